"""Google's discovery documents as rules that requests and answers are checked against.

The documents lie in the package google-api-python-client; nothing is fetched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import googleapiclient
from jsonschema import Draft202012Validator
from local_server import Asked, refuse_unless

_DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"


@cache
def document(name: str) -> Mapping[str, Any]:
    """One discovery document, such as `youtube.v3`."""
    found: Mapping[str, Any] = json.loads((_DOCUMENTS / f"{name}.json").read_text("utf-8"))
    return found


@cache
def _validator(name: str, schema: str) -> Draft202012Validator:
    defs = {key: _as_json_schema(value) for key, value in document(name)["schemas"].items()}
    return Draft202012Validator({"$ref": f"#/$defs/{schema}", "$defs": defs})


def _as_json_schema(schema: Any) -> Any:  # noqa: ANN401 - any part of a document
    """The same schema in today's dialect; a field it does not know is an error."""
    if isinstance(schema, list):
        return [_as_json_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    kept = {
        key: schema[key]
        for key in ("type", "items", "enum", "additionalProperties")
        if key in schema
    }
    if kept.get("type") == "any":
        del kept["type"]
    new = {
        key: value if key in {"type", "enum"} else _as_json_schema(value)
        for key, value in kept.items()
    }
    if "properties" in schema:
        properties = schema["properties"].items()
        new["properties"] = {key: _as_json_schema(value) for key, value in properties}
        new.setdefault("additionalProperties", False)
    return new


def check_answer(content: object, *, name: str, schema: str) -> None:
    """Fail unless the content is what the document says of this schema."""
    _validator(name, schema).validate(content)


def check_request(asked: Asked, *, name: str, resource: str, method: str) -> None:
    """Fail unless method, path and parameters are as the document says."""
    spec = document(name)["resources"][resource]["methods"][method]
    refuse_unless(asked.method == spec["httpMethod"], f"{resource} are asked for by HTTP method")
    refuse_unless(asked.path == "/" + spec["path"], f"{resource} are at their path")
    known = spec["parameters"]
    for parameter, value in asked.params.items():
        refuse_unless(parameter in known, f"{resource} know no parameter {parameter}")
        _check_parameter(parameter, value, known[parameter])
    for parameter, rule in known.items():
        refuse_unless(
            parameter in asked.params or not rule.get("required"), f"{parameter} is there"
        )


def _check_parameter(name: str, value: str, rule: Mapping[str, Any]) -> None:
    refuse_unless(value, f"{name} says something")
    if rule["type"] == "integer":
        refuse_unless(value.isdecimal(), f"{name} is a whole number")
        least, most = int(rule.get("minimum", 0)), int(rule.get("maximum", 2**31 - 1))
        refuse_unless(least <= int(value) <= most, f"{name} is between {least} and {most}")
    if rule["type"] == "boolean":
        refuse_unless(value in {"true", "false"}, f"{name} is true or false")
    if "enum" in rule:
        refuse_unless(value in rule["enum"], f"{name} is one of its words")
