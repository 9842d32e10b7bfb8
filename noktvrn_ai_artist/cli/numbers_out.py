"""Commands that show numbers: as they are, as a file, by age, corrected, and how fresh."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, cast

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics import performance_questions as questions
from noktvrn_ai_artist.analytics.observation_rules import instant_from, release_id_from
from noktvrn_ai_artist.analytics.performance_files import FileFormat, write_file, write_stream
from noktvrn_ai_artist.analytics.release_growth import AgeComparison, growth_of
from noktvrn_ai_artist.analytics.release_registry import get_release
from noktvrn_ai_artist.cli.output import (
    AsJson,
    errors,
    print_json,
    print_json_array,
    print_table,
    say,
    say_aside,
    shown,
    shown_id,
)
from noktvrn_ai_artist.database.connection_manager import shared_database
from noktvrn_ai_artist.errors import BadValue
from noktvrn_ai_artist.records import Correction

if TYPE_CHECKING:
    import pyarrow as pa

_OBSERVATION_COLUMNS = (
    "release_id",
    "platform",
    "metric_type",
    "metric_value",
    "recorded_at",
    "source",
)

_STANDARD_OUTPUT = Path("-")
_STOPPED = 128 + signal.SIGINT

ArtistId = Annotated[str | None, typer.Option(help="An artist's id.")]
ReleaseId = Annotated[str | None, typer.Option(help="A release's id.")]
PlatformName = Annotated[str | None, typer.Option(help="Such as YouTube.")]
Instant = Annotated[str | None, typer.Option(help="ISO 8601 with an offset.")]


class _Filters(TypedDict):
    """What the reading functions take, all of it optional."""

    artist_id: int | None
    release_id: int | None
    platform: str | None
    start_date: datetime | None
    end_date: datetime | None


def performance(
    artist: ArtistId = None,
    release: ReleaseId = None,
    platform: PlatformName = None,
    since: Instant = None,
    until: Instant = None,
    most: Annotated[int, typer.Option(min=1, help="How many the table shows.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show observations, newest first; `--since` is inclusive, `--until` exclusive."""
    service.check_schema()
    found = service.iter_performance_data(**_filters(artist, release, platform, since, until))
    with closing(cast("Generator[dict[str, Any]]", found)) as streamed:
        if as_json:
            print_json_array(streamed)
            return
        rows = [_observation_cells(row) for row in islice(streamed, most)]
    print_table(f"Observations (UTC): the newest {len(rows):,}", _OBSERVATION_COLUMNS, rows)


def export(
    file: Annotated[Path, typer.Argument(help="The file to write; - is standard output, as CSV.")],
    artist: ArtistId = None,
    release: ReleaseId = None,
    platform: PlatformName = None,
    since: Instant = None,
    until: Instant = None,
    file_format: Annotated[
        FileFormat | None, typer.Option("--format", help="Default: what the file's ending says.")
    ] = None,
) -> None:
    """Write observations to a CSV or Parquet file, in no order; both can be ingested again.

    `--since` is inclusive, `--until` exclusive. A file that is there is replaced once the new one
    is whole. In CSV, text that a spreadsheet would run as a formula stands behind an apostrophe.
    """
    out = None if file == _STANDARD_OUTPUT else file
    kind = file_format or (FileFormat.CSV if out is None else FileFormat.of(out))
    if out is None and kind is not FileFormat.CSV:
        raise BadValue("goes to a file only", column="--format")
    service.check_schema()
    _use_little_memory()
    found = service.iter_performance_batches(**_filters(artist, release, platform, since, until))
    with (
        _stoppable(out),
        closing(cast("Generator[pa.RecordBatch]", found)) as batches,
        _counter() as count,
    ):
        if out is None:
            stdout = typer.get_binary_stream("stdout")
            write_stream(stdout, batches, file_format=kind, on_progress=count)
            return
        written = write_file(out, batches, file_format=kind, on_progress=count)
    say(f"wrote {written:,} observations to {out}")


def growth(
    release: Annotated[str, typer.Argument(help="A release's id.")],
    platform: Annotated[str, typer.Option(help="The platform.")] = "YouTube",
    metric: Annotated[str, typer.Option(help="A counter or a daily amount.")] = "views",
    as_json: AsJson = False,
) -> None:
    """Show a release after 24 h, 7 d and 28 d against its artist's other releases at that age."""
    service.check_schema()
    known = get_release(shared_database(), release_id_from(release))
    rows = growth_of(known, platform=platform, metric_type=metric)
    if as_json:
        print_json({"release": known, "ages": rows})
        return
    say(f"{known.artist} – {known.title} · {platform} {metric}")
    print_table(
        "",
        ("age", "value", "usual median", "lower quartile", "upper quartile", "releases behind it"),
        [_growth_cells(row) for row in rows],
    )


def corrections(
    release: Annotated[str, typer.Argument(help="A release's id.")], as_json: AsJson = False
) -> None:
    """Show values of a release that no longer stand, and where they had come from."""
    service.check_schema()
    found = service.get_corrections(release_id_from(release))
    if as_json:
        print_json(found)
        return
    print_table(
        "Values that no longer stand",
        ("platform", "metric", "recorded at (UTC)", "value", "source", "import", "stored at"),
        [_correction_cells(correction) for correction in found],
    )


def freshness(as_json: AsJson = False) -> None:
    """Show how far the numbers of each platform and metric reach."""
    service.check_schema()
    found = questions.freshness()
    if as_json:
        print_json(found)
        return
    print_table(
        "Freshness",
        ("platform", "metric", "releases", "observations", "complete to (UTC)"),
        [(f.platform, f.metric_type, f.releases, f.observations, f.complete_to) for f in found],
    )


def _filters(
    artist: str | None,
    release: str | None,
    platform: str | None,
    since: str | None,
    until: str | None,
) -> _Filters:
    return {
        "artist_id": None if artist is None else release_id_from(artist, column="artist_id"),
        "release_id": None if release is None else release_id_from(release),
        "platform": platform,
        "start_date": _instant(since, "since"),
        "end_date": _instant(until, "until"),
    }


def _use_little_memory() -> None:
    """The allocator that Arrow brings keeps what it was given once; the system's gives it back."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and few commands need it

    pa.set_memory_pool(pa.system_memory_pool())


@contextmanager
def _stoppable(out: Path | None) -> Iterator[None]:
    """Ctrl+C ends in one line that says what became of the file."""
    try:
        yield
    except KeyboardInterrupt:
        say_aside("stopped" if out is None else "stopped; nothing was written")
        raise typer.Exit(_STOPPED) from None


@contextmanager
def _counter() -> Iterator[Callable[[int], None]]:
    """How many were written by now; on a terminal only, and on the error stream."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[written]:,} observations"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=None, written=0)
        yield lambda written: bar.update(task, written=written)


def _observation_cells(row: Mapping[str, Any]) -> list[object]:
    return [shown_id(row["release_id"]), *(row[column] for column in _OBSERVATION_COLUMNS[1:])]


def _correction_cells(old: Correction) -> tuple[object, ...]:
    batch = None if old.batch_id is None else shown_id(old.batch_id)
    key = (old.platform, old.metric_type, old.recorded_at)
    return (*key, old.metric_value, old.source, batch, old.stored_at)


def _instant(text: str | None, column: str) -> datetime | None:
    return None if text is None else instant_from(text, column=column)


def _growth_cells(row: AgeComparison) -> tuple[object, ...]:
    hours = row.age_hours
    age = f"{hours:.0f} h" if hours <= 24 else f"{hours / 24:.0f} d"  # noqa: PLR2004
    value = row.maturity.value if row.value is None else shown(row.value)
    usual = row.usual_median, row.lower_quartile, row.upper_quartile
    return (age, value, *usual, row.releases)
