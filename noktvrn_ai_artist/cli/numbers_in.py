"""Commands that store numbers, and take them back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Annotated, BinaryIO

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics.observation_rules import (
    instant_from,
    number_from,
    release_id_from,
)
from noktvrn_ai_artist.cli.output import AsJson, errors, print_json, print_table, say, shown_id
from noktvrn_ai_artist.errors import BadFile, Rejection
from noktvrn_ai_artist.ingest.ingest_service import IngestReport, ingest_file, write_rejects
from noktvrn_ai_artist.records import ImportBatch

_STEP = 1000
_COUNTS = ("read", "stored", "corrected", "duplicate", "rejected")


def ingest(
    file: Annotated[Path, typer.Argument(help="A CSV file: an observation or a snapshot a row.")],
    platform: Annotated[
        str | None, typer.Option(help="The platform of every row, where no column names it.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="A column to read over; may be given several times.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do everything, then take it back.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Store the good rows; write the bad ones to a file.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Where bad rows go; default FILE.rejects.csv.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Store the numbers of a CSV file, registering the releases it names.

    The form is found by the header: long (metric_type, metric_value) or wide (a column for each
    metric). Nothing is stored unless every row is good, or --skip-bad is given. A second run
    stores nothing twice.
    """
    service.apply_schema()
    refused: dict[int, Rejection] = {}
    target = rejects or file.with_name(f"{file.name}.rejects.csv")

    def note(rejection: Rejection) -> None:
        refused.setdefault(rejection.row, rejection)

    if skip_bad:
        _refuse_unwritable(target, file)
    with _opened(file) as opened, _bar(opened, file.stat().st_size) as progress:
        report = ingest_file(
            opened,
            label=file.name,
            platform=platform,
            ignore=frozenset(ignore or ()),
            dry_run=dry_run,
            skip_bad=skip_bad,
            on_progress=progress,
            on_rejection=note,
        )
        if refused:
            _write_rejects(opened, refused, target)
    if as_json:
        print_json(report)
    else:
        _tell(report, target if refused else None)


def record(
    release: Annotated[str, typer.Argument(help="The release's id; see `noktvrn releases`.")],
    platform: Annotated[str, typer.Argument(help="Such as YouTube, Spotify, TikTok.")],
    metric: Annotated[str, typer.Argument(help="Such as views, likes, streams.")],
    value: Annotated[str, typer.Argument(help="A plain number.")],
    at: Annotated[
        str | None, typer.Option(help="When it was so: ISO 8601 with an offset; default now.")
    ] = None,
    source_url: Annotated[str | None, typer.Option(help="Where the number can be seen.")] = None,
    notes: Annotated[str | None, typer.Option(help="Anything worth remembering.")] = None,
) -> None:
    """Store one observation of one metric of one release."""
    service.apply_schema()
    stored = service.insert_performance_record(
        release_id_from(release),
        platform,
        metric,
        number_from(value),
        instant_from(at) if at is not None else None,
        source="command line",
        source_url=source_url,
        notes=notes,
    )
    say("stored" if stored else "known already; nothing changed")


def imports(
    most: Annotated[int, typer.Option(min=1, help="How many to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List what was imported or saved, the newest first."""
    service.apply_schema()
    found = service.get_imports(most=most)
    if as_json:
        print_json(found)
        return
    print_table(
        "Imports",
        ("id", "when (UTC)", "what", *_COUNTS, "undone"),
        [_import_cells(batch) for batch in found],
    )


def _import_cells(batch: ImportBatch) -> tuple[object, ...]:
    counts = (batch.read, batch.stored, batch.corrected, batch.duplicate, batch.rejected)
    what = batch.label or batch.source
    return (shown_id(batch.batch_id), batch.created_at, what, *counts, batch.undone_at)


def undo(
    batch: Annotated[str, typer.Argument(help="The import's id; see `noktvrn imports`.")],
) -> None:
    """Take an import back: its numbers, and the releases that nothing else is known of."""
    service.apply_schema()
    batch_id = release_id_from(batch, column="import")
    counts = service.undo_import(batch_id)
    say(
        f"import {batch_id} undone: {counts.removed:,} observations removed, {counts.restored:,}"
        f" restored to what they were, {counts.releases:,} releases and {counts.artists:,}"
        " artists removed",
    )


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        opened = file.open("rb")
    except OSError as error:
        raise BadFile(f"{file} cannot be opened: {error.strerror}") from error
    with opened:
        if not opened.seekable():
            raise BadFile(f"{file} can be read only once, and is read twice: save it first")
        yield opened


def _refuse_unwritable(target: Path, file: Path) -> None:
    """Said before anything is stored, for afterwards the refused rows would be told to nobody."""
    if target.exists() and file.exists() and target.samefile(file):
        raise BadFile(f"{file} would be overwritten by its own refused rows")
    if target.is_dir():
        raise BadFile(f"{target} cannot be written: it is a folder")
    with _named_fault(target), NamedTemporaryFile(dir=target.parent):
        pass


def _write_rejects(file: BinaryIO, refused: Mapping[int, Rejection], target: Path) -> None:
    """Whole or not at all, readable by its owner; a link at its place is replaced, not followed."""
    with (
        _named_fault(target),
        TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder,
    ):
        whole = Path(folder) / "rejects"
        with whole.open("x", encoding="utf-8", newline="") as out:
            whole.chmod(0o600)
            write_rejects(file, refused, out)
        whole.replace(target)


@contextmanager
def _named_fault(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadFile(f"{target} cannot be written: {error.strerror}") from error


@contextmanager
def _bar(file: BinaryIO, size: int) -> Iterator[Callable[[int], None]]:
    """A bar that follows the reading of the file; on a terminal only, and on the error stream."""
    columns = (
        TextColumn("reading"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[seen]:,} observations"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("reading", total=size, seen=0)

        def follow(seen: int) -> None:
            if seen % _STEP == 0:
                bar.update(task, completed=file.tell(), seen=seen)

        yield follow


def _tell(report: IngestReport, rejects: Path | None) -> None:
    counts = report.counts
    did = "would store" if report.dry_run else "stored"
    say(
        f"{did} {counts.stored:,} of {counts.read:,} observations ({report.form} form):"
        f" {counts.corrected:,} corrected, {counts.duplicate:,} duplicate,"
        f" {counts.rejected:,} rejected",
    )
    say(
        f"registered {report.artists:,} artists, {report.releases:,} releases,"
        f" {report.publications:,} publications",
    )
    if report.before_publication:
        say(
            f"{report.before_publication:,} observations are stamped before their release came"
            " out: stored, and left out of every curve",
        )
    if rejects is not None:
        say(f"refused rows are in {rejects}")
    if not report.dry_run:
        say(f"import {counts.batch_id}: `noktvrn undo {counts.batch_id}` takes it back")
