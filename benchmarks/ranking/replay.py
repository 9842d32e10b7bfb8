"""A smoke test on real logged choices: the sample of the Open Bandit Dataset that `obp` carries.

Items of a fashion shop take the place of sources, an impression that of a release, a click that of
its score. Of a uniformly random log each half is told to a tracker, and the other half says what
its proposal would have earned, by inverse propensity scores (IPW), their self-normalised form and
the doubly robust estimator. Each file has 10,000 rows with 38 to 46 clicks: far too few to tell
policies apart, so this shows that the way from a log to an estimate works, and nothing more.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.ranking.measures import Floats, half_width
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport
from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker

CAMPAIGNS = ("all", "men", "women")
POSITIONS = 3
PRIOR_IMPRESSIONS = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a policy would earn per impression by one estimator, with a 95 % bootstrap interval."""

    campaign: str
    policy: str
    estimator: str
    value: float
    low: float
    high: float
    clicks: int


def replay(*, seed: int = 0) -> list[Estimate]:
    """Every campaign, policy and estimator."""
    return [
        estimate
        for campaign in CAMPAIGNS
        for estimate in _campaign(campaign, _read(campaign), seed)
    ]


def table(estimates: Sequence[Estimate]) -> str:
    """Clicks per thousand impressions, as Markdown."""
    lines = ["| campaign | policy | estimator | clicks per 1,000 (95 %) | clicks |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for one in estimates:
        interval = f"{1000 * one.value:.1f} ({1000 * one.low:.1f} to {1000 * one.high:.1f})"
        cells = (one.campaign, one.policy, one.estimator, interval, str(one.clicks))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _read(campaign: str) -> pd.DataFrame:
    spec = find_spec("obp")
    assert spec is not None, "obp is not installed: it belongs to the dependency group `ranking`"
    assert spec.origin is not None
    path = Path(spec.origin).parent / "dataset" / "obd" / "random" / campaign / f"{campaign}.csv"
    return pd.read_csv(path, index_col=0).sort_values("timestamp", kind="stable")


def _campaign(campaign: str, log: pd.DataFrame, seed: int) -> list[Estimate]:
    half, items = len(log) // 2, int(log["item_id"].max()) + 1
    halves = (log.iloc[:half], log.iloc[half:])
    others = (halves[1], halves[0])
    proposed = [_proposed(other, items, seed) for other in others]
    rates = _by_round(halves, [_click_rates(other, items) for other in others])
    policies = {
        "random": np.full((len(log), items), 1 / items),
        "our tracker": _by_round(halves, proposed),
    }
    return [_as_logged(campaign, log)] + [
        estimate
        for name, probabilities in policies.items()
        for estimate in _estimates(campaign, name, log, probabilities, rates)
    ]


def _by_round(halves: Sequence[pd.DataFrame], values: Sequence[Floats]) -> Floats:
    """The values of each half's items, repeated for each of its rounds."""
    return np.vstack([np.tile(v, (len(h), 1)) for h, v in zip(halves, values, strict=True)])


def _as_logged(campaign: str, log: pd.DataFrame) -> Estimate:
    """What the log's own uniform choice earned."""
    clicks = log["click"].to_numpy(dtype=float)
    value, half = float(np.mean(clicks)), half_width(clicks)
    return Estimate(
        campaign=campaign,
        policy="as logged",
        estimator="mean",
        value=value,
        low=value - half,
        high=value + half,
        clicks=int(np.sum(clicks)),
    )


def _proposed(past: pd.DataFrame, items: int, seed: int) -> Floats:
    """With which probability our tracker would show each item in a place, after this log."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    times = [begin + timedelta(minutes=minute) for minute in range(len(past))]
    with tempfile.TemporaryDirectory() as folder:
        clock = times[-1] + timedelta(minutes=1)
        tracker = StockSuccessTracker(Path(folder) / "source_stats.json", clock=lambda: clock)
        tracker.log_clip_usages(
            ClipUsage(source_name=f"item {i}", clip_id="an item", release_id=row + 1, used_at=time)
            for row, (i, time) in enumerate(zip(past["item_id"], times, strict=True))
        )
        tracker.log_release_performances(
            ScoreReport(release_id=row + 1, score=float(click), reported_at=time)
            for row, (click, time) in enumerate(zip(past["click"], times, strict=True))
        )
        selection = tracker.propose_sources(
            POSITIONS,
            rng=np.random.default_rng(seed),
            among=[f"item {item}" for item in range(items)],
        )
    chances = np.zeros(items)
    for candidate in selection.candidates:
        chances[int(candidate.source.removeprefix("item "))] = candidate.probability
    return chances / np.sum(chances)


def _estimates(
    campaign: str, policy: str, log: pd.DataFrame, probabilities: Floats, rates: Floats
) -> list[Estimate]:
    from obp import ope  # noqa: PLC0415 - it brings torch, which takes seconds to import

    told = {
        "reward": log["click"].to_numpy(),
        "action": log["item_id"].to_numpy(),
        "pscore": log["propensity_score"].to_numpy(),
        "position": log["position"].rank(method="dense").astype(int).to_numpy() - 1,
        "action_dist": np.repeat(probabilities[:, :, None], POSITIONS, axis=2),
        "estimated_rewards_by_reg_model": np.repeat(rates[:, :, None], POSITIONS, axis=2),
    }
    estimators = (
        ope.InverseProbabilityWeighting(),
        ope.SelfNormalizedInverseProbabilityWeighting(),
        ope.DoublyRobust(),
    )
    clicks = int(np.sum(told["reward"]))
    return [_estimate(campaign, policy, estimator, told, clicks) for estimator in estimators]


def _estimate(
    campaign: str, policy: str, estimator: object, told: dict[str, NDArray[np.float64]], clicks: int
) -> Estimate:
    interval = estimator.estimate_interval(**told, n_bootstrap_samples=500, random_state=1)  # type: ignore[attr-defined]
    return Estimate(
        campaign=campaign,
        policy=policy,
        estimator=str(estimator.estimator_name).upper(),  # type: ignore[attr-defined]
        value=float(estimator.estimate_policy_value(**told)),  # type: ignore[attr-defined]
        low=float(interval["95.0% CI (lower)"]),
        high=float(interval["95.0% CI (upper)"]),
        clicks=clicks,
    )


def _click_rates(past: pd.DataFrame, items: int) -> Floats:
    """Each item's click rate in the past, drawn towards that of all."""
    shown = np.bincount(past["item_id"], minlength=items)
    clicks = np.bincount(past["item_id"], weights=past["click"], minlength=items)
    overall = float(past["click"].mean())
    return (clicks + PRIOR_IMPRESSIONS * overall) / (shown + PRIOR_IMPRESSIONS)
