"""The story of one source, told in lines: how sure it is, how it went, which releases made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from noktvrn_ai_artist.analytics.source_course import Change, CoursePoint, own_contributions
from noktvrn_ai_artist.analytics.source_records import (
    RELEASES_FOR_EVIDENCE,
    Contribution,
    Explanation,
    Standing,
)
from noktvrn_ai_artist.analytics.source_words import ASSOCIATION, ScoreScale
from noktvrn_ai_artist.cli import text_charts
from noktvrn_ai_artist.cli.output import print_table, say, shown, shown_id

_MOST_RELEASES = 10
_BAR_HALF = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that is told of one source; `course` ends before the present standing."""

    explanation: Explanation
    scale: ScoreScale
    course: Sequence[CoursePoint]
    change: Change

    def as_fields(self) -> dict[str, object]:
        """What there is beside the standing, for programs."""
        return {
            "effect": self.scale.effect_of(self.explanation.standing),
            "contributions": self.explanation.contributions,
            "course": [
                {
                    "instant": point.instant,
                    "mean": point.standing.mean,
                    "low": point.standing.low,
                    "high": point.standing.high,
                    "verdict": point.standing.verdict,
                }
                for point in self.course
            ],
            "change": self.change,
        }


def tell(story: Story) -> None:
    """Print it."""
    standing = story.explanation.standing
    say(f"{standing.source}: {standing.verdict}")
    for line in (*_standing_lines(standing, story.scale), *_course_lines(story)):
        say(line)
    _print_contributions(story.explanation.contributions)
    say(ASSOCIATION)


def _standing_lines(standing: Standing, scale: ScoreScale) -> list[str]:
    judged = _judgement(standing, scale)
    if not standing.enough_evidence:
        judged = [f"not judged before {RELEASES_FOR_EVIDENCE} scored releases"]
    counts = {
        "scored": standing.releases,
        "of them still maturing": standing.maturing,
        "more awaiting a score": standing.awaiting,
    }
    counted = ", ".join(f"{shown(count)} {what}" for what, count in counts.items())
    weigh = f"which tell as much as {standing.effective_releases:.1f} of today cut from it alone"
    used = f"{shown(standing.usages)} clip uses, the last on {standing.last_used:%Y-%m-%d}"
    return [f"  {line}" for line in (*judged, f"releases: {counted};", f"  {weigh}", used)]


def _judgement(standing: Standing, scale: ScoreScale) -> list[str]:
    best, top = standing.probability_best, standing.probability_top_three
    interval = f"{standing.mean:+.2f} ({standing.low:+.2f} to {standing.high:+.2f})"
    return [
        f"releases cut from it: {scale.effect_of(standing)} against a median release",
        f"estimate {interval}, in standard deviations; 0 is the average source",
        f"the best with {best:.0%}, among the first three with {top:.0%}",
    ]


def _course_lines(story: Story) -> list[str]:
    now = story.explanation.standing.mean
    steps = text_charts.course([*(point.standing.mean for point in story.course), now])
    begun = [f"{one.standing.mean:+.2f} on {one.instant:%Y-%m-%d}, " for one in story.course[:1]]
    return [
        f"  course {steps}  {''.join(begun)}{now:+.2f} now",
        f"  since {story.change.since:%Y-%m-%d}: {_moved(story.change)}",
    ]


def _moved(change: Change) -> str:
    before = "not in use, 0" if change.before is None else f"{change.before:+.2f}"
    moves = ", ".join(
        f"release {move.release_id} {move.change:+.2f}{' (new)' if move.is_new else ''}"
        for move in change.worth_saying
    )
    return f"from {before} to {change.now:+.2f}" + (f"; most by {moves}" if moves else "")


def _print_contributions(contributions: Sequence[Contribution]) -> None:
    its_own, of_others = own_contributions(contributions)
    strongest = its_own[:_MOST_RELEASES]
    largest = max((abs(one.effect) for one in strongest), default=0.0)
    print_table(
        f"The strongest of its {len(its_own):,} scored releases",
        ("release", "score", "of its clips", "effect", ""),
        [
            (
                shown_id(one.release_id),
                one.score,
                f"{one.share:.0%}",
                f"{one.effect:+.3f}",
                text_charts.bar(one.effect, largest=largest, half=_BAR_HALF),
            )
            for one in strongest
        ],
    )
    if its_own:
        say(f"releases without it, as what it is compared with: {of_others:+.3f} in all")
