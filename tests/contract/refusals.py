"""How a door says no: called in Python or started as a command."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import pytest

from noktvrn_ai_artist.__main__ import main
from noktvrn_ai_artist.errors import NoktvrnError


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How a door said no: the error (None from a command), and the lines a person reads."""

    error: NoktvrnError | None
    lines: tuple[str, ...]
    row: int | None = None


Refused = Refusal | str  # text says how it was not refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a command left behind."""

    code: object
    out: str
    err: str


def command(*arguments: str) -> Told:
    """The command line as it is started, in this process."""
    out, err = io.StringIO(), io.StringIO()
    code: object = None
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["noktvrn", *arguments])
        try:
            main()
        except SystemExit as leaving:
            code = leaving.code
        except Exception as error:  # noqa: BLE001 - a traceback is a finding, whatever it says
            code = f"of a traceback, {type(error).__name__}"
    return Told(code=code, out=out.getvalue(), err=err.getvalue())


def refused_call(call: Callable[[], object], *, row: int | None = None) -> Refused:
    try:
        result = call()
    except NoktvrnError as error:
        return Refusal(error=error, lines=(str(error),), row=row)
    except Exception as error:  # noqa: BLE001 - whatever else leaves a door is a finding
        return f"left by {type(error).__name__}"
    return f"accepted: {result!r}"


def refused_command(*arguments: str, row: int | None = None) -> Refused:
    told = command(*arguments)
    if told.code != 1 or told.out:
        return f"exit code {told.code}, {told.out!r}, {told.err[:300]!r}"
    if not told.err.startswith("error: "):
        return f"no error line in {told.err[:300]!r}"
    lines = told.err.removeprefix("error: ").removesuffix("\n").split("\n")
    return Refusal(error=None, lines=tuple(lines), row=row)
