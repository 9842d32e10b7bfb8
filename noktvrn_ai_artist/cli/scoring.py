"""The command that turns new numbers into scores and tells the tracker of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.analytics.growth_curves import DAY
from noktvrn_ai_artist.analytics.observation_rules import number_from
from noktvrn_ai_artist.analytics.tracker_place import open_tracker
from noktvrn_ai_artist.analytics.usual_performance import FEWEST
from noktvrn_ai_artist.cli.output import AsJson, print_json, print_table, say, shown, shown_id
from noktvrn_ai_artist.database.connection_manager import shared_database
from noktvrn_ai_artist.errors import BadValue
from noktvrn_ai_artist.feedback_loop import LoopReport, Move, run_feedback
from noktvrn_ai_artist.settings import Settings

_MOST_MOVES = 20
_LONGEST_TITLE = 20
_NEEDED = f"it takes {FEWEST + 1} with a publication date whose totals are known at one age"

ScoredPlatform = Annotated[
    str | None, typer.Option(help="Whose scores; default the only platform with numbers.")
]
ScoredMetric = Annotated[
    str | None, typer.Option(help="Its metric; default the platform's usual one.")
]
Blend = Annotated[str | None, typer.Option(help="Several, with weights: tiktok=1,instagram=0.5.")]


def score(
    platform: ScoredPlatform = None,
    metric: ScoredMetric = None,
    blend: Blend = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would move; keep and tell nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Score releases against their artist's usual at the same age, and tell the tracker.

    A score is in doublings: 0 is usual for the artist, +1 twice as much, -1 half.
    """
    weights = None if blend is None else weights_from(blend)
    service.apply_schema()
    report = run_feedback(
        shared_database(),
        open_tracker(Settings.from_environment()),
        now=datetime.now(UTC),
        platform=platform,
        metric=metric,
        blend=weights,
        dry_run=dry_run,
    )
    if as_json:
        print_json(report)
        return
    _tell(report)


def weights_from(text: str) -> dict[str, float]:
    """Platforms and their weights, as in tiktok=1,instagram=0.5."""
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, equals, weight = part.partition("=")
        if not equals or name.strip() in weights:
            raise BadValue("must be as in tiktok=1,instagram=0.5", column="blend")
        weights[name.strip()] = number_from(weight.strip(), column="blend")
    return weights


def _tell(report: LoopReport) -> None:
    if report.moves:
        _tell_moves(report.moves)
    read = f"read {report.curves:,} changed curves ({report.observations:,} observations)"
    did = "would move" if report.dry_run else "moved"
    by = f" by {report.basis}" if report.basis else ""
    idle = "tell" if report.curves else "do"
    scored = f"{report.scored:,} releases scored{by}"
    if report.moves:
        say(f"{read}; {scored}; {len(report.moves):,} {did}")
    elif report.scored:
        say(f"nothing to {idle}: {read}; {scored}; none of them moved")
    else:
        say(f"nothing to {idle}: {read}; no release can be scored{by} yet: {_NEEDED}")
    if report.overruled:
        say(f"of them {report.overruled:,} keep what the tracker was told by hand since")
    if report.ahead:
        say(f"of them {report.ahead:,} wait: they have numbers of an instant still to come")


def _tell_moves(moves: Sequence[Move]) -> None:
    largest = sorted(moves, key=lambda move: (-abs(move.new - (move.old or 0)), move.release_id))
    print_table(
        "Scores that moved the most: doublings against the artist's usual at the same age",
        ("id", "title", "was", "is", "±", "age", "value", "usual"),
        [_cells(move) for move in largest[:_MOST_MOVES]],
    )
    if len(moves) > _MOST_MOVES:
        say(f"… and {len(moves) - _MOST_MOVES:,} more (--json lists all)")


def _cells(move: Move) -> tuple[object, ...]:
    title = move.title or "gone"
    short = title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"
    was = None if move.old is None else f"{move.old:+.2f}"
    sd = None if move.sd is None else f"{move.sd:.1f}"
    ages = _listed([f"{part.age / DAY:g} d" for part in move.parts])
    values = _listed([shown(round(part.value)) for part in move.parts])
    usual = _listed([shown(round(part.usual)) for part in move.parts])
    return (shown_id(move.release_id), short, was, f"{move.new:+.2f}", sd, ages, values, usual)


def _listed(cells: Sequence[str]) -> str | None:
    """One for each platform; none where no numbers are left."""
    return " / ".join(cells) or None
