"""Commands that show what is believed of stock sources, why, and what to use next."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer
from numpy.random import default_rng

from noktvrn_ai_artist.analytics import source_course
from noktvrn_ai_artist.analytics.source_parts import Part
from noktvrn_ai_artist.analytics.source_ranking import CREDIBLE_LEVEL
from noktvrn_ai_artist.analytics.source_records import PartStanding, Standing, Verdict
from noktvrn_ai_artist.analytics.source_words import ASSOCIATION, GATE, headline, reason_for
from noktvrn_ai_artist.analytics.stock_success_tracker import utc_now
from noktvrn_ai_artist.analytics.tracker_place import open_tracker
from noktvrn_ai_artist.cli import text_charts
from noktvrn_ai_artist.cli.output import AsJson, console, print_json, print_table, say
from noktvrn_ai_artist.cli.source_stories import Story, tell
from noktvrn_ai_artist.settings import Settings

CHART_WIDTH = 17
# On a narrower screen the chances would leave no room for the verdicts.
_ROOM_FOR_CHANCES = 76

sources = typer.Typer(help="Show which stock sources go with better releases, and how sure it is.")

Source = Annotated[str, typer.Argument(help="Such as pexels.")]


class By(StrEnum):
    """What a source is taken apart into."""

    CLIP = "clip"
    SEARCH_TERM = "search-term"
    CREATOR = "creator"

    @property
    def part(self) -> Part:
        """The same in the words of the tracker."""
        return Part(self.value.replace("-", " "))


@sources.callback(invoke_without_command=True)
def show_sources(context: typer.Context, as_json: AsJson = False) -> None:
    """Show which stock sources go with better releases, and how sure that is."""
    if context.invoked_subcommand is not None:
        if as_json:
            raise typer.BadParameter("it goes behind the command it is for", param_hint="--json")
        return
    found = open_tracker(Settings.from_environment()).standings()
    if as_json:
        print_json([_fields(standing) for standing in found])
        return
    if not found:
        say("nothing was logged yet: `noktvrn tracker log-usage` notes which release uses a clip")
        return
    say(headline(found))
    _print_standings(found)
    say(GATE)
    say(ASSOCIATION)


@sources.command("explain")
def explain(source: Source, as_json: AsJson = False) -> None:
    """Show how sure it is, how it went, and which releases made it so."""
    tracker = open_tracker(Settings.from_environment())
    now = tracker.explain(source)
    until = utc_now()
    since = until - source_course.LATELY
    past = source_course.past_instants(tracker.reports(), until=until)
    before = source_course.explanation_then(tracker, source, since)
    story = Story(
        explanation=now,
        scale=tracker.score_scale(),
        course=source_course.course_of(now.standing.source, source_course.moments(tracker, past)),
        change=source_course.change_between(before, now, since=since),
    )
    if as_json:
        print_json({**_fields(now.standing), **story.as_fields()})
        return
    tell(story)


@sources.command("propose")
def propose(
    top: Annotated[int, typer.Option(min=1, help="How many sources to propose.")] = 3,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed draws the same again.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw the sources to use next: good ones first, little known ones given their chance."""
    tracker = open_tracker(Settings.from_environment())
    selection = tracker.propose_sources(top, rng=default_rng(seed))
    if as_json:
        print_json(selection)
        return
    print_table(
        f"Proposed: {', '.join(selection.proposed) or 'nothing, as no source is known yet'}",
        ("source", f"among the first {top}", "estimate", "doubt", "why"),
        [
            (
                one.source,
                f"{one.probability:.0%}",
                f"{one.mean:+.2f}",
                f"± {one.sd:.2f}",
                reason_for(one, selection) if one.source in selection.proposed else None,
            )
            for one in selection.candidates
        ],
    )
    say("A draw of its own each time; the Video Selector draws anew and stores what it drew.")


@sources.command("clips")
def clips(
    source: Source,
    by: Annotated[By, typer.Option(help="What to take it apart into.")] = By.CLIP,
    as_json: AsJson = False,
) -> None:
    """Show how the clips of a source do, or its search terms, or its creators."""
    tracker = open_tracker(Settings.from_environment())
    found = tracker.part_standings(source, part=by.part)
    if as_json:
        print_json([_part_fields(standing) for standing in found])
        return
    if not found:
        say(f"no {by.part} of {source!r} is known")
        return
    span = _span(found)
    axis = text_charts.axis(span, width=CHART_WIDTH)
    print_table(
        f"{source}, by {by.part}: 0 is the average source",
        (by.part, "verdict", "mean", axis, "releases"),
        [
            (
                standing.part,
                standing.verdict,
                _judged(standing, f"{standing.mean:+.2f}"),
                _drawn(standing, span),
                standing.releases,
            )
            for standing in found
        ],
        unbroken=[axis],
    )
    say(f"Better and worse than most are said against {source} itself.")


def _print_standings(found: Sequence[Standing]) -> None:
    span = _span(found)
    axis = text_charts.axis(span, width=CHART_WIDTH)
    chances = ("best", "top 3") if console.width >= _ROOM_FOR_CHANCES else ()
    print_table(
        f"Stock sources, with {CREDIBLE_LEVEL:.0%} intervals",
        ("source", "verdict", "mean", axis, *chances, "releases"),
        [
            (
                standing.source,
                standing.verdict,
                _judged(standing, f"{standing.mean:+.2f}"),
                _drawn(standing, span),
                *(_chances(standing) if chances else ()),
                standing.releases,
            )
            for standing in found
        ],
        unbroken=["mean", axis],
    )


def _chances(standing: Standing) -> tuple[str | None, str | None]:
    best, top = standing.probability_best, standing.probability_top_three
    return (_judged(standing, f"{best:.0%}"), _judged(standing, f"{top:.0%}"))


def _span(found: Sequence[Standing] | Sequence[PartStanding]) -> tuple[float, float]:
    lows, highs = [one.low for one in found], [one.high for one in found]
    return (min([-0.5, *lows]), max([0.5, *highs]))


def _is_judged(standing: Standing | PartStanding) -> bool:
    return standing.verdict is not Verdict.TOO_LITTLE_DATA


def _judged(standing: Standing | PartStanding, said: str) -> str | None:
    return said if _is_judged(standing) else None


def _drawn(standing: Standing | PartStanding, span: tuple[float, float]) -> str:
    return text_charts.interval(
        (standing.low, standing.mean, standing.high),
        span=span,
        width=CHART_WIDTH,
        firm=_is_judged(standing),
    )


def _fields(standing: Standing) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(standing, name) for name in Standing.__slots__}
    return {
        **fields,
        "enough_evidence": standing.enough_evidence,
        "verdict": standing.verdict,
    }


def _part_fields(standing: PartStanding) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(standing, name) for name in PartStanding.__slots__}
    return {**fields, "verdict": standing.verdict}
