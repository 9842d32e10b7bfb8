"""What an export leaves unsaid and its importer knows, and what of it is still missing."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from noktvrn_ai_artist.errors import BadFile
from noktvrn_ai_artist.ingest.export_cells import day_from
from noktvrn_ai_artist.ingest.export_layouts import (
    LIFETIME,
    SONG_WINDOWS,
    VIDEO_TABLE,
    Layout,
    NamedBy,
)
from noktvrn_ai_artist.ingest.export_names import window_in


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAnswers:
    """What is known of a platform's export besides its cells; None is not known.

    A song's timeline is of the release `release_id`, or of `title` by `artist`. Lists of songs and
    videos are by `artist`, over a `window` (`7d`, `28d` or `12m` of songs; `lifetime` or one day
    such as `2026-11-01` of videos), as it was at `exported_at` (aware). What is None is looked for
    in `file_name` and among the known releases.
    """

    file_name: str = ""
    release_id: int | None = None
    title: str | None = None
    artist: str | None = None
    window: str | None = None
    exported_at: datetime | None = None

    @property
    def given(self) -> list[str]:
        """The answers that were given."""
        names = [field.name for field in fields(self) if field.name != "file_name"]
        return [name for name in names if getattr(self, name) is not None]


NO_ANSWERS = ExportAnswers()


def option(answer: str) -> str:
    """An answer's name on the command line."""
    return "--release" if answer == "release_id" else f"--{answer.replace('_', '-')}"


def refuse_useless(answers: ExportAnswers, layout: Layout | None) -> None:
    """Refuse answers that say nothing of this file: they may have been meant for another.

    Raises:
        BadFile: naming the first of them.
    """
    useless = [name for name in answers.given if layout is None or name not in layout.answers]
    if useless:
        what = "no platform's export" if layout is None else f"a {layout.form}"
        raise BadFile(f"is {what}, of which {option(useless[0])} says nothing")
    if answers.release_id is not None and (answers.title or answers.artist):
        raise BadFile("is said to be of a release twice: --release is enough")


def window_of(answers: ExportAnswers, layout: Layout) -> str | None:
    """The window that all numbers of a file are of; None where each row is about one day.

    Raises:
        BadFile: it is needed and not known, or none of those that can be kept.
    """
    if "window" not in layout.answers:
        return None
    if layout is VIDEO_TABLE:
        return _video_window(answers.window)
    window = answers.window or window_in(answers.file_name)
    if window is None:
        raise BadFile(
            f"does not say over which time its numbers are: --window {' or '.join(SONG_WINDOWS)}"
        )
    if window not in SONG_WINDOWS:
        raise BadFile(f"is over a --window that is none of {', '.join(SONG_WINDOWS)}")
    return window


def moment_of(answers: ExportAnswers, layout: Layout, window: str | None) -> datetime | None:
    """When the numbers of a window were so; None where a day tells it.

    Raises:
        BadFile: it is needed and not known, or needless.
    """
    if window is None:
        return None
    needed = layout.named_by is NamedBy.SONG or window == LIFETIME
    if needed and answers.exported_at is None:
        raise BadFile("does not say when it was made: --exported-at, such as 2026-11-20T08:00:00Z")
    if not needed and answers.exported_at is not None:
        raise BadFile("is of one day, of which --exported-at says nothing")
    return answers.exported_at


def _video_window(window: str | None) -> str:
    """Sums of several days are no daily amounts, and no counters either."""
    if window == LIFETIME:
        return window
    rule = (
        "does not say over which time its numbers are: --window lifetime, or one day such as"
        " --window 2026-11-01; sums of several days cannot be kept, so export the chart's days"
    )
    if window is None:
        raise BadFile(rule)
    try:
        day_from(window, column="--window")
    except ValueError as error:
        raise BadFile(rule.replace("does not say", "has a --window that does not say")) from error
    return window
