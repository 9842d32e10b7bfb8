"""How bodies are read: exact types or not at all; fields that nobody asked for are left aside."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from noktvrn_ai_artist.analytics.observation_rules import instant_from
from noktvrn_ai_artist.collectors.messages import Provider, Response
from noktvrn_ai_artist.errors import BadAnswer

_WHOLE = re.compile(r"[0-9]{1,20}")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


class Body(BaseModel):
    """An object of a body: a number is no text, a fraction no whole number, 1 is not true."""

    model_config = ConfigDict(
        strict=True, extra="ignore", frozen=True, allow_inf_nan=False, hide_input_in_errors=True
    )


B = TypeVar("B", bound=Body)


def read_body(kind: type[B], response: Response, *, provider: Provider) -> B:
    """The body as such an object.

    Raises:
        BadAnswer: it is cut off, or no JSON, or a field is missing or of another type.
    """
    try:
        return kind.model_validate_json(response.body)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in fault["loc"]) or "the body"
        # The text of the fault may quote the body, and with it a token.
        raise BadAnswer(provider, f"{place} is not as documented ({fault['type']})") from None


def read_if_possible(kind: type[B], response: Response, *, provider: Provider) -> B | None:
    """The body as such an object; None where it is another, as a proxy's page in place of it."""
    try:
        return read_body(kind, response, provider=provider)
    except BadAnswer:
        return None


def _whole(value: object) -> int:
    """A whole number written as text, as Google writes those of 64 bits."""
    if not isinstance(value, str) or not _WHOLE.fullmatch(value):
        raise ValueError("must be a whole number as text")
    return int(value)


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("must be a date and time as text")  # noqa: TRY004 - what pydantic catches
    return instant_from(value)


WholeText = Annotated[int, BeforeValidator(_whole)]
Instant = Annotated[datetime, BeforeValidator(_instant)]


def plain_word(text: str | None) -> str:
    """A code of an error as it may be repeated; whatever else stands there is not repeated."""
    return text if text is not None and _WORD.fullmatch(text) else "no reason given"
