"""Vowpal Wabbit (https://vowpalwabbit.org): its regression on shares, and SquareCB."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from vowpalwabbit import Workspace

from benchmarks.ranking.learners import fading
from benchmarks.ranking.measures import Floats
from benchmarks.ranking.rewards import Evidence

RETRAINED_EVERY = 3
"""Releases, two days of a world: from the whole log anew, which takes it long."""


@dataclass(slots=True, kw_only=True)
class Regression:
    """One example for each release with its shares as features, greedy but for `epsilon`.

    Fading is given as importance weights, the artist as a namespace where it is told and
    `artist_features` is wanted.
    """

    rate: float
    power: float = 0.5
    half_life: float | None = None
    epsilon: float = 0.0
    artist_features: bool = False
    asked: int = field(default=0, init=False)
    learned: Floats = field(default_factory=lambda: np.zeros(0), init=False)

    def promises(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        """The estimates, or at random with probability `epsilon`."""
        if self.asked % RETRAINED_EVERY == 0:
            self.learned = self.estimates(evidence)
        self.asked += 1
        return rng.random(evidence.sources) if rng.random() < self.epsilon else self.learned

    def estimates(self, evidence: Evidence) -> Floats:
        """The prediction for a release cut of one source alone."""
        model = Workspace(f"--quiet -l {self.rate} --power_t {self.power} --random_seed 1")
        for line in self._lines(evidence):
            model.learn(line)
        values = [float(model.predict(f"|s s{s}:1")) for s in range(evidence.sources)]
        model.finish()
        return np.array(values)

    def _lines(self, evidence: Evidence) -> list[str]:
        weights, lines, all_shares = fading(evidence, self.half_life), [], evidence.shares.tolist()
        for row, (reward, weight) in enumerate(zip(evidence.rewards, weights, strict=True)):
            shares = enumerate(all_shares[row])
            features = " ".join(f"s{source}:{share:.6g}" for source, share in shares if share)
            artist = ""
            if self.artist_features and evidence.artists is not None:
                artist = f" |a a{evidence.artists[row]}"
            lines.append(f"{reward:.8g} {weight:.6g} |s {features}{artist}")
        return lines


class SquareCb:
    """cb_explore_adf --squarecb, an action for each source, told every release once a source.

    The order is drawn without replacement from the probabilities it gives. What it is told of its
    past choices is an even chance: several sources make a release, and what was on offer, not the
    draw alone, decided which. Costs are scores with the sign turned.
    """

    def __init__(self, *, rate: float, gamma: float) -> None:
        self._options = f"--squarecb --gamma_scale {gamma} -l {rate} --quiet --random_seed 1"
        self._asked = 0
        self._probabilities = np.zeros(0)

    def promises(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        """The logarithms of the probabilities with Gumbel noise: a draw without replacement."""
        if self._asked % RETRAINED_EVERY == 0:
            self._probabilities = self.estimates(evidence)
        self._asked += 1
        return np.log(np.maximum(self._probabilities, 1e-9)) + rng.gumbel(size=evidence.sources)

    def estimates(self, evidence: Evidence) -> Floats:
        """The probabilities: the likelier it would choose a source, the better."""
        model = Workspace(f"--cb_explore_adf {self._options}")
        rows, sources = evidence.by_clip(once=True)
        known = np.unique(sources).tolist()
        actions = [f"|s s{source}" for source in known]
        for row, source in zip(rows.tolist(), sources.tolist(), strict=True):
            place, cost = known.index(source), -evidence.rewards[row]
            labelled = f"0:{cost:.8g}:{1 / len(known):.6g} {actions[place]}"
            model.learn([*actions[:place], labelled, *actions[place + 1 :]])
        answers = np.array(model.predict(actions))
        model.finish()
        values = np.full(evidence.sources, float(np.max(answers)))
        values[known] = answers
        return values
