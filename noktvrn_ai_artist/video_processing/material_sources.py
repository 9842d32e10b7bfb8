"""MoneyPrinterTurbo's records of the stock clips in a video, as usages for the tracker.

That program keeps them in the file script.json of each task's folder, under `material_sources`: a
list of objects with `provider`, `local_file`, `duration`, and where known `search_term`,
`asset_id`, `source_page`, `creator` (`id`, `name`, `profile_page`) and `rendition`.
https://github.com/harry0703/MoneyPrinterTurbo/blob/030904e3d2e53d4e2012c5204c50b3833ec5e429/app/services/material.py
(`_material_source_record`), and app/services/task_artifacts.py there for the file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from noktvrn_ai_artist.analytics.source_records import ClipUsage
from noktvrn_ai_artist.errors import BadFile

LARGEST_FILE = 16 << 20
Text = Annotated[str, Field(min_length=1, max_length=256)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)


class _Creator(_Part):
    name: Text | None = None
    id: Text | None = None


class _Record(_Part):
    provider: Annotated[Text, Field(max_length=64)]
    local_file: Text
    search_term: Text | None = None
    asset_id: Text | None = None
    creator: _Creator | None = None


class _Script(_Part):
    material_sources: tuple[_Record, ...]


def read_material_sources(
    content: bytes, *, release_id: int, used_at: datetime
) -> tuple[ClipUsage, ...]:
    """The uses that a task's script.json tells of, in the order of the video.

    A clip without an id is named by its local file. Each use has an event id made of what was used
    and where, so the same file told twice counts once.

    Raises:
        BadFile: it is not such a file, or a record of it cannot be read.
        BadTrackerInput: a value breaks a rule of usages.
    """
    if len(content) > LARGEST_FILE:
        raise BadFile("is larger than 16 MB")
    try:
        script = _Script.model_validate_json(content.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in fault["loc"]) or "its text"
        raise BadFile(f"is no record of MoneyPrinterTurbo's: {place}: {fault['msg']}") from None
    return _usages(script.material_sources, release_id=release_id, used_at=used_at)


def _usages(
    records: Sequence[_Record], *, release_id: int, used_at: datetime
) -> tuple[ClipUsage, ...]:
    return tuple(
        ClipUsage(
            source_name=record.provider,
            clip_id=record.asset_id or record.local_file,
            release_id=release_id,
            used_at=used_at,
            event_id=_event_id(record, release_id, place),
            search_term=record.search_term,
            creator=None if record.creator is None else record.creator.name,
        )
        for place, record in enumerate(records)
    )


def _event_id(record: _Record, release_id: int, place: int) -> str:
    told = json.dumps([release_id, place, record.model_dump(mode="json")], sort_keys=True)
    return f"moneyprinterturbo {hashlib.sha256(told.encode()).hexdigest()}"
