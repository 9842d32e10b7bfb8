"""What commands print: tables for people, JSON for programs, one line for what went wrong."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from noktvrn_ai_artist.errors import ImportRefused, NoktvrnError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

console = Console()
errors = Console(stderr=True, soft_wrap=True)

DASH = "–"


def say_error(error: NoktvrnError) -> None:
    """One error on one line, to the letter; a refused import lists what it refused."""
    say_aside(f"error: {error}", style="bold red")
    if isinstance(error, ImportRefused):
        for rejection in error.rejections:
            say_aside(f"  {rejection}")
        more = error.rejected - len(error.rejections)
        if more > 0:
            say_aside(f"  … and {more:,} more")


def say(line: str) -> None:
    """One line for people, to the letter."""
    console.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)


def say_aside(line: str, *, style: str | None = None) -> None:
    """One line for people, to the letter, on the error stream."""
    errors.print(line, style=style, markup=False, emoji=False, highlight=False)


def print_json(value: object) -> None:
    """A value as JSON: records as objects, times in ISO 8601."""
    typer.echo(_json(value))


def print_json_array(values: Iterable[object]) -> None:
    """Values as one JSON array, each printed as it comes."""
    opened = "["
    for value in values:
        typer.echo(f"{opened}\n{_json(value)}", nl=False)
        opened = ","
    typer.echo("\n]" if opened == "," else "[]")


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    unbroken: Collection[str] = (),
) -> None:
    """A table, to the letter; columns whose values are all numbers stand to the right.

    Where it is too wide, the `unbroken` columns keep their width at the cost of the others.
    """
    listed = [list(row) for row in rows]
    # What is no Text would be read as markup.
    heading = Text(title, style="table.title")
    table = Table(title=heading, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for place, column in enumerate(columns):
        numeric = all(isinstance(row[place], int | float | None) for row in listed)
        justify: Literal["right", "left"] = "right" if numeric and listed else "left"
        table.add_column(column, justify=justify, no_wrap=column in unbroken)
    for row in listed:
        table.add_row(*(Text(shown(value)) for value in row))
    console.print(table)


def shown(value: object) -> str:
    """One cell for people: thousands apart, times to the minute in UTC, a dash for nothing."""
    if value is None:
        return DASH
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() or abs(value) >= 1000 else f"{value:,.3g}"  # noqa: PLR2004
    return str(value)


def shown_id(value: int) -> str:
    """An id is a name, not an amount."""
    return str(value)


def _json(value: object) -> str:
    return json.dumps(_jsonable(value), ensure_ascii=False, indent=2, allow_nan=False)


def _jsonable(value: object) -> Any:  # noqa: ANN401 - JSON holds anything
    if is_dataclass(value) and not isinstance(value, type):
        return _jsonable(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_jsonable(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Path):
        return str(value)
    return value
