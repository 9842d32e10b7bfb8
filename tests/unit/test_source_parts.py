"""Clips, search terms and creators under their source: a dense oracle, and laws of pooling."""

from __future__ import annotations

import math
from datetime import timedelta
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_worlds import DAY, END, HALF_LIFE, START, report, some_reports, told, usages, use

from noktvrn_ai_artist.analytics import source_parts
from noktvrn_ai_artist.analytics.source_belief import QUALITY_SD
from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_parts import PART_SD, Part, part_standings_of
from noktvrn_ai_artist.analytics.source_ranking import HALF_WIDTH, Ranking, ranked
from noktvrn_ai_artist.analytics.source_records import (
    ClipUsage,
    PartStanding,
    ScoreReport,
    Verdict,
)

Used = list[ClipUsage]
Reported = list[ScoreReport]


def ranking_of(history: SourceHistory) -> Ranking:
    return ranked(history, as_of=END, half_life=HALF_LIFE)


def parts_of(
    history: SourceHistory, source: str = "own", *, part: Part = Part.CLIP
) -> list[PartStanding]:
    return part_standings_of(ranking_of(history), history, source=source, part=part)


def share_of(name: str, history: SourceHistory, release: int, *, source: str, part: Part) -> float:
    clips = history.releases[release].usages
    its = [each for each in clips if each.source_name == source and part.of(each) == name]
    return len(its) / len(clips)


def deviations_by_hand(
    history: SourceHistory, *, source: str, part: Part
) -> dict[str, tuple[float, float]]:
    """Mean and sd of each part's deviation: one normal distribution of residuals and deviations."""
    seen = ranking_of(history)
    named = [each for each in history.usages if each.source_name == source and part.of(each)]
    rows = [
        (row, release)
        for row, release in enumerate(seen.evidence.releases.tolist())
        if seen.evidence.scored[row]
        and any(each.source_name == source for each in history.releases[release].usages)
    ]
    names = sorted({str(part.of(each)) for each in named})
    size = len(names) + len(rows)
    joint = np.zeros((size, size))
    load = np.eye(len(names)).tolist()
    for _, release in rows:
        load.append([share_of(name, history, release, source=source, part=part) for name in names])
    for one in range(size):
        for other in range(size):
            both = zip(load[one], load[other], strict=True)
            joint[one, other] = PART_SD**2 * sum(here * there for here, there in both)
    for place, (row, _) in enumerate(rows, len(names)):
        joint[place, place] += seen.belief.variance[row]
    cross, residuals = joint[: len(names), len(names) :], joint[len(names) :, len(names) :]
    gain = np.linalg.solve(residuals, cross.T).T
    mean = gain @ seen.belief.residual[[row for row, _ in rows]]
    variance = np.diagonal(joint[: len(names), : len(names)] - gain @ cross.T)
    return dict(
        zip(names, zip(mean.tolist(), np.sqrt(variance).tolist(), strict=True), strict=True)
    )


@given(usages, some_reports, st.sampled_from([Part.CLIP, Part.SEARCH_TERM]))
def test_parts_are_what_the_dense_joint_distribution_makes_of_the_residuals(
    used: Used, reported: Reported, part: Part
) -> None:
    history = told(used, reported)
    seen = ranking_of(history)
    for place, source in enumerate(seen.belief.sources):
        base, doubt = seen.belief.mean[place], seen.belief.sd[place]
        found = parts_of(history, source, part=part)
        expected = deviations_by_hand(history, source=source, part=part)
        assert {each.part for each in found} == expected.keys()
        for each in found:
            mean, sd = expected[each.part]
            assert each.mean == pytest.approx(base + mean, rel=1e-9, abs=1e-9)
            assert each.sd == pytest.approx(math.hypot(doubt, sd), rel=1e-9)
            assert each.probability_above_source == pytest.approx(NormalDist().cdf(mean / sd))


@given(usages, some_reports)
def test_every_clip_of_a_source_stands_once_the_best_first_with_its_uses(
    used: Used, reported: Reported
) -> None:
    history = told(used, reported)
    scored = {each.release_id for each in reported}
    for source in {each.source_name for each in used}:
        found = parts_of(history, source)
        assert found == sorted(found, key=lambda each: (-round(each.mean, 9), each.part))
        clips = {each.clip_id for each in used if each.source_name == source}
        assert sorted(each.part for each in found) == sorted(clips)
        for each in found:
            its = [u for u in used if (u.source_name, u.clip_id) == (source, each.part)]
            assert (each.usages, each.last_used) == (len(its), max(u.used_at for u in its))
            assert each.releases == len({u.release_id for u in its} & scored)
            assert (each.low, each.high) == pytest.approx(
                (each.mean - HALF_WIDTH * each.sd, each.mean + HALF_WIDTH * each.sd)
            )


@given(usages, some_reports)
def test_a_part_without_a_scored_release_is_as_good_as_its_source_and_less_certain(
    used: Used, reported: Reported
) -> None:
    history = told([*used, use("own", 99, clip_id="unscored")], reported)
    seen = ranking_of(history)
    place = seen.belief.sources.index("own")
    part = next(each for each in parts_of(history) if each.part == "unscored")
    assert part.mean == seen.belief.mean[place]
    assert part.sd == pytest.approx(math.hypot(seen.belief.sd[place], PART_SD))
    assert (part.probability_above_source, part.releases) == (0.5, 0)


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=12), st.integers(0, 12))
def test_a_part_that_its_source_is_never_without_deviates_by_less_than_its_part_of_the_mean(
    scores: list[float], others: int
) -> None:
    """What the source's own prior leaves unexplained is all that the part can be told apart by.

    With n settled releases of the source alone, none of them faded: deviation = (PART_SD /
    QUALITY_SD)^2 mean / (1 + n PART_SD^2 / noise).
    """
    number = len(scores)
    used = [use("own", release) for release in range(1, number + 1)]
    used += [use("pexels", 100 + release) for release in range(others)]
    reported = [report(release, score) for release, score in enumerate(scores, 1)]
    reported += [report(100 + release, release) for release in range(others)]
    history = told(used, reported)
    seen = ranked(history, as_of=END, half_life=timedelta.max)
    (part,) = part_standings_of(seen, history, source="own", part=Part.CLIP)
    noise, mean = seen.belief.noise, float(seen.belief.mean[0])
    expected = (PART_SD / QUALITY_SD) ** 2 * mean / (1 + number * PART_SD**2 / noise)
    assert part.mean - mean == pytest.approx(expected, abs=1e-6)


def test_the_better_clip_of_a_source_stands_first_and_the_source_in_between() -> None:
    clips = ["sunny", "foggy"]
    used = [use("own", each, clip_id=clips[each % 2], day=190) for each in range(1, 41)]
    used += [use("pexels", each, day=190) for each in range(41, 61)]
    scores = [report(each, 100.0 - 60 * (each % 2 == 1) + each, day=195) for each in range(1, 61)]
    history = told(used, scores)
    best, worst = parts_of(history)
    assert (best.part, worst.part) == ("sunny", "foggy")
    assert best.mean > ranking_of(history).belief.mean[0] > worst.mean
    assert (best.verdict, worst.verdict) == (Verdict.ABOVE, Verdict.BELOW)


def test_uses_without_a_search_term_or_a_creator_are_left_out() -> None:
    history = told(
        [
            use("own", 1, search_term="night", creator="ann"),
            use("own", 1, search_term="night"),
            use("own", 2, creator="bob"),
            use("pexels", 2, search_term="day", creator="cid"),
        ],
        [report(1, 5.0), report(2, 1.0)],
    )
    found = {part: [each.part for each in parts_of(history, part=part)] for part in Part}
    assert found == {
        Part.CLIP: ["clip"],
        Part.SEARCH_TERM: ["night"],
        Part.CREATOR: ["ann", "bob"],
    }
    assert parts_of(told([use("own", 1)]), part=Part.CREATOR) == []


def test_a_source_that_was_never_used_has_no_parts() -> None:
    assert parts_of(told([use("own", 1)], [report(1, 5.0)]), "pexels") == []


def test_of_very_many_releases_the_latest_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_parts, "MOST_RELEASES", 3)
    used = [use("own", each, clip_id="old", day=each) for each in range(1, 5)]
    used += [use("own", each, clip_id="new", day=100 + each) for each in range(5, 8)]
    used += [use("pexels", 9, day=100)]
    history = told(used, [report(each, each % 5, day=195) for each in range(1, 10)])
    old, new = sorted(parts_of(history), key=lambda each: each.part, reverse=True)
    seen = ranking_of(history)
    assert old.mean == seen.belief.mean[0] != new.mean
    assert (old.releases, new.releases) == (4, 3)
    monkeypatch.setattr(source_parts, "MOST_RELEASES", 7)
    assert parts_of(history)[0].mean != old.mean
    assert new.last_used == START + 107 * DAY
