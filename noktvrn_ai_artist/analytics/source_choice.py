"""Which sources to use next: the best by belief with a bonus for doubt, drawn so that it is known.

Sources are ordered by mean + (bonus + DITHER * e) * sd: what is little known is tried, as long as
it may be good (Russac, Vernade, Cappé, NeurIPS 2019, for discounted linear rewards). How large the
bonus is is drawn, one for all sources (Vaswani, Mehrabian, Durand, Kveton, AISTATS 2020); a little
normal noise e for each source tells equals apart and lets those just behind go first now and then.
Both are drawn from 2,000 pairs that are always the same. So there are finitely many orders, and the
probability of each source is counted, not estimated: it can be relied on when the log is used to
judge another way of choosing. Doubt is what will be left once the releases under way have their
scores, for evidence that is already bought need not be bought twice; and without the doubt about
the level, which all sources share: it would hide how much is known of a source that is in every
release.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

import numpy as np
from numpy.random import Generator

from noktvrn_ai_artist.analytics.source_belief import Belief
from noktvrn_ai_artist.analytics.source_ranking import normal_draws
from noktvrn_ai_artist.analytics.source_records import Candidate, Selection

LARGEST_BONUS = 2.0
"""In standard deviations; the smallest is 0, and all between are as likely."""
DITHER = 0.1


def drawn_selection(belief: Belief, *, top_n: int, drawn_at: datetime, rng: Generator) -> Selection:
    """An order of all sources, and for each how likely it was to be among the first `top_n`."""
    sd = np.sqrt(np.diagonal(belief.awaiting))
    dither = normal_draws(len(belief.sources))
    bonus = np.linspace(0.0, LARGEST_BONUS, len(dither))[:, None] + DITHER * dither
    orders = np.argsort(-(belief.mean + bonus * sd), axis=1, kind="stable")
    chosen = orders[rng.integers(len(orders))]
    first = np.zeros(len(belief.sources), dtype=np.int64)
    np.add.at(first, orders[:, :top_n], 1)
    candidates = tuple(
        Candidate(
            source=belief.sources[place],
            mean=float(belief.mean[place]),
            sd=float(sd[place]),
            probability=float(first[place] / len(orders)),
        )
        for place in chosen.tolist()
    )
    return Selection(
        selection_id=_name(rng.bytes(16), drawn_at, top_n, candidates),
        drawn_at=drawn_at,
        top_n=top_n,
        candidates=candidates,
    )


def _name(dice: bytes, drawn_at: datetime, top_n: int, candidates: tuple[Candidate, ...]) -> str:
    """Another name for another draw, even if the dice are seeded alike."""
    content = repr((dice, drawn_at, top_n, candidates)).encode()
    return blake2b(content, digest_size=16).hexdigest()
