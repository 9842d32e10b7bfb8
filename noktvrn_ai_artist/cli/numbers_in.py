"""Commands that store numbers, and take them back."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Annotated, BinaryIO

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics.observation_batches import ignore_rejection
from noktvrn_ai_artist.analytics.observation_rules import (
    LONGEST_EXTERNAL_ID,
    LONGEST_TITLE,
    checked_name,
    instant_from,
    number_from,
    release_id_from,
)
from noktvrn_ai_artist.analytics.performance_files import refuse_special
from noktvrn_ai_artist.cli.output import (
    AsJson,
    errors,
    print_json,
    print_table,
    say,
    say_aside,
    shown_id,
)
from noktvrn_ai_artist.errors import BadFile, BadValue, Rejection
from noktvrn_ai_artist.ingest.export_answers import ExportAnswers
from noktvrn_ai_artist.ingest.ingest_service import IngestReport, ingest_file, write_rejects
from noktvrn_ai_artist.records import ImportBatch

_MOST_REFUSED_LISTED = 100
_STOPPED = 128 + signal.SIGINT
# Whoever is told how far a reading is, by the number of observations.
Follow = Callable[[int], None]
_COUNTS = ("read", "stored", "corrected", "duplicate", "rejected")


def ingest(
    file: Annotated[
        Path, typer.Argument(help="CSV or Parquet: an observation or a snapshot a row.")
    ],
    platform: Annotated[
        str | None, typer.Option(help="The platform of every row, where no column names it.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="A column to read over; may be given several times.")
    ] = None,
    release: Annotated[
        str | None, typer.Option(help="Of a platform's export about one release: its id.")
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Of a song's timeline: its title, if no --release is given.")
    ] = None,
    artist: Annotated[
        str | None, typer.Option(help="Of a platform's export: the artist of what it names.")
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(help="What a platform's list is over: 7d, 28d, 12m; lifetime, or a day."),
    ] = None,
    exported_at: Annotated[
        str | None,
        typer.Option(help="When a platform's list was made: ISO 8601 with an offset."),
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
    """Store the numbers of a CSV or Parquet file, registering the releases it names.

    The form is found by the header: long (metric_type, metric_value) or wide (a column for each
    metric), or an export of Spotify for Artists or YouTube Studio; what such a file does not say
    is asked for. Nothing is stored unless every row is good, or --skip-bad is given. A second run
    stores nothing twice, and finishes what was broken off. A dry run writes no file; it lists what
    would be refused.
    """
    import pyarrow as pa  # noqa: PLC0415 - only imports need Arrow, and it is slow to load

    # Arrow's own pool keeps what it once had: 15 MB more.
    pa.set_memory_pool(pa.system_memory_pool())
    if rejects is not None and not skip_bad:
        raise BadValue("is of use with --skip-bad only", column="--rejects")
    answers = _answers(release, title, artist, window, exported_at)
    service.apply_schema()
    refused: list[Rejection] = []
    target = rejects or file.with_name(f"{file.name}.rejects.csv")
    if skip_bad and not dry_run:
        _refuse_unwritable(target, file)
    with _opened(file) as opened:
        with _bar(opened, file.stat().st_size) as bar, _stoppable(file.name):
            report = ingest_file(
                opened,
                label=file.name,
                platform=platform,
                ignore=frozenset(ignore or ()),
                answers=answers,
                dry_run=dry_run,
                skip_bad=skip_bad,
                on_survey=bar("releases"),
                on_progress=bar("numbers"),
                on_rejection=refused.append if skip_bad else ignore_rejection,
            )
        if refused and not dry_run:
            _write_rejects(opened, refused, target)
    if as_json:
        print_json(report)
        return
    _tell(report)
    if refused:
        _tell_refused(refused, None if dry_run else target)


def _answers(
    release: str | None,
    title: str | None,
    artist: str | None,
    window: str | None,
    exported_at: str | None,
) -> ExportAnswers:
    """What was said of a platform's export, by the rules of all values."""
    return ExportAnswers(
        release_id=release_id_from(release, column="--release") if release is not None else None,
        title=_named(title, "--title", LONGEST_TITLE),
        artist=_named(artist, "--artist", LONGEST_EXTERNAL_ID),
        window=window,
        exported_at=(
            instant_from(exported_at, column="--exported-at") if exported_at is not None else None
        ),
    )


def _named(text: str | None, column: str, longest: int) -> str | None:
    return checked_name(text, column=column, longest=longest) if text is not None else None


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
    service.check_schema()
    found = service.get_imports(most=most)
    if as_json:
        print_json(found)
        return
    print_table(
        "Imports",
        ("id", "when (UTC)", "what", *_COUNTS, "undone"),
        [_import_cells(batch) for batch in found],
    )
    for batch in found:
        if batch.expired:
            kept = f"{batch.expired:,} of its {batch.stored:,} stored values are no longer kept"
            say(f"import {batch.batch_id}: {kept}")


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
    with _named_fault(target):
        refuse_special(target)
        with NamedTemporaryFile(dir=target.parent):
            pass


def _write_rejects(file: BinaryIO, refused: Sequence[Rejection], target: Path) -> None:
    """Whole or not at all, readable by its owner; a link at its place is replaced, not followed."""
    first_of_row = {rejection.row: rejection for rejection in reversed(refused)}
    with (
        _named_fault(target),
        TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder,
    ):
        whole = Path(folder) / "rejects"
        with whole.open("x", encoding="utf-8", newline="") as out:
            whole.chmod(0o600)
            write_rejects(file, first_of_row, out)
        whole.replace(target)


@contextmanager
def _named_fault(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadFile(f"{target} cannot be written: {error.strerror}") from error


@contextmanager
def _stoppable(label: str) -> Iterator[None]:
    """Ctrl+C ends in one line that says what became of the import."""
    since = datetime.now(UTC)
    try:
        yield
    except KeyboardInterrupt:
        # It may have come while the last word, to commit, was under way: only the database knows.
        kept = [b for b in service.get_imports() if b.created_at >= since and b.label == label]
        say_aside(f"stopped; {' '.join(map(_what_was_kept, kept)) or 'nothing was stored'}")
        raise typer.Exit(_STOPPED) from None


def _what_was_kept(batch: ImportBatch) -> str:
    return (
        f"import {batch.batch_id} has stored {batch.stored:,} observations: the same command again"
        f" stores the rest, {_way_back(batch.batch_id)}"
    )


def _way_back(batch_id: int | None) -> str:
    return f"`noktvrn undo {batch_id}` takes it back"


@contextmanager
def _bar(file: BinaryIO, size: int) -> Iterator[Callable[[str], Follow]]:
    """A bar that follows each reading of the file; on a terminal only, and on the error stream."""
    columns = (
        TextColumn("reading {task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[seen]:,} observations"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=size, seen=0)

        def reading(what: str) -> Follow:
            def follow(seen: int) -> None:
                bar.update(task, description=what, completed=file.tell(), seen=seen)

            return follow

        yield reading


def _tell(report: IngestReport) -> None:
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
    if report.read_over:
        say(f"read over, for there is no metric: {', '.join(report.read_over)}")
    if report.before_publication:
        say(
            f"{report.before_publication:,} observations are stamped before their release came"
            " out: stored, and left out of every curve",
        )
    brought = counts.stored + report.artists + report.releases + report.publications
    if brought and not report.dry_run:
        say(f"import {counts.batch_id}: {_way_back(counts.batch_id)}")


def _tell_refused(refused: Sequence[Rejection], target: Path | None) -> None:
    """Where the refused rows are; after a dry run, which writes no file, the first of them."""
    if target is not None:
        say(f"refused rows are in {target}")
        return
    say("would refuse:")
    for rejection in sorted(refused, key=lambda one: one.row)[:_MOST_REFUSED_LISTED]:
        say(f"  {rejection}")
    if len(refused) > _MOST_REFUSED_LISTED:
        say(f"  … and {len(refused) - _MOST_REFUSED_LISTED:,} more")
