"""What a video of Pexels is by its published types (npm `pexels` 1.4.0), as a JSON Schema."""

from __future__ import annotations

from typing import Any

_NUMBER, _TEXT = {"type": "number"}, {"type": "string"}
_NUMBER_OR_NULL = {"type": ["number", "null"]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


_FILE = _object(
    {
        "id": _NUMBER,
        "quality": {"enum": ["hd", "sd", "hls"]},
        "file_type": _TEXT,
        "width": _NUMBER_OR_NULL,
        "height": _NUMBER_OR_NULL,
        "link": _TEXT,
        "fps": _NUMBER_OR_NULL,
    }
)
VIDEO = _object(
    {
        "id": _NUMBER,
        "width": _NUMBER,
        "height": _NUMBER,
        "url": _TEXT,
        "image": _TEXT,
        "full_res": {},
        "tags": {"type": "array"},
        "duration": _NUMBER,
        "user": _object({"id": _NUMBER, "name": _TEXT, "url": _TEXT}),
        "video_files": {"type": "array", "items": _FILE},
        "video_pictures": {
            "type": "array",
            "items": _object({"id": _NUMBER, "picture": _TEXT, "nr": _NUMBER}),
        },
    }
)
