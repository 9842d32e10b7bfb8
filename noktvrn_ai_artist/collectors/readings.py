"""What a platform's answer tells: numbers, what is missing or hidden, and where to ask on; no I/O.

A number ends in exactly one place. Given and within the rules, it is a reading; absent or null, it
is hidden; below 0 or above 2**53, it is refused. It is never 0 unless the platform says 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from noktvrn_ai_artist.analytics.observation_rules import LARGEST_VALUE
from noktvrn_ai_artist.collectors.messages import Provider, Request
from noktvrn_ai_artist.errors import BadAnswer


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Reading:
    """One number as a platform gave it, under the catalogue's name and in its unit.

    `recorded_at` is the run's start for what is so now, and the start of its day (in the platform's
    day zone) for what belongs to a day. The platform is likely to revise a `provisional` number.
    """

    external_id: str
    metric_type: str
    recorded_at: datetime
    metric_value: float
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one call told of the ids it asked for; whatever order it told it in, this is the same.

    `missing` are ids that were asked for and not answered; `hidden` and `refused` are pairs of id
    and metric, of daily amounts where that was so on any day. `follow_up` asks for the next page.
    """

    readings: tuple[Reading, ...] = ()
    missing: frozenset[str] = frozenset()
    hidden: frozenset[tuple[str, str]] = frozenset()
    refused: frozenset[tuple[str, str]] = frozenset()
    follow_up: Request | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A number as it stood in an answer, before any rule: None where there was none."""

    external_id: str
    metric_type: str
    value: float | None
    recorded_at: datetime
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A publication that a listing names; `other_id` is what else it may be registered as."""

    external_id: str
    title: str
    published_at: datetime | None = None
    url: str | None = None
    other_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """The pages of a listing read so far: which were asked for, and what stood on them."""

    cursors: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a listing: what no page before it named, and the trail for the next one."""

    found: tuple[Found, ...]
    trail: Trail
    follow_up: Request | None = None


def answer_of(
    given: Iterable[Given],
    *,
    provider: Provider,
    missing: frozenset[str],
    follow_up: Request | None = None,
) -> Answer:
    """The numbers of one answer, sorted into readings, hidden and refused ones.

    Raises:
        BadAnswer: one number is given twice, and differs.
    """
    numbers: dict[tuple[str, str, datetime], Given] = {}
    for number in given:
        place = (number.external_id, number.metric_type, number.recorded_at)
        if numbers.setdefault(place, number) != number:
            raise BadAnswer(provider, f"{number.metric_type} is given twice, and differs")
    return Answer(
        readings=tuple(sorted(_readings(numbers.values()))),
        missing=missing,
        hidden=_pairs(number for number in numbers.values() if number.value is None),
        refused=_pairs(number for number in numbers.values() if _breaks_a_rule(number)),
        follow_up=follow_up,
    )


def missing_from(
    asked: Iterable[str], answered: Iterable[str], provider: Provider
) -> frozenset[str]:
    """The ids that were asked for and not answered.

    Raises:
        BadAnswer: the answer speaks of an id that was not asked for.
    """
    wanted, told = frozenset(asked), frozenset(answered)
    if not told <= wanted:
        raise BadAnswer(provider, "speaks of what was not asked for")
    return wanted - told


def batches(ids: Iterable[str], *, size: int, form: re.Pattern[str]) -> list[tuple[str, ...]]:
    """The ids in batches of at most `size`, each once, in their order.

    What cannot be an id of the platform is left out: asked together with others, it would spoil
    the answer for all of them.

    >>> batches(["a", "b", "a", "c,d", "e"], size=2, form=re.compile(r"[a-z]"))
    [('a', 'b'), ('e',)]
    """
    rest = iter(dict.fromkeys(each for each in ids if form.fullmatch(each)))
    return list(iter(lambda: tuple(islice(rest, size)), ()))


def page_of(
    found: Iterable[Found],
    *,
    trail: Trail,
    cursor: str | None,
    follow_up: Request | None,
    provider: Provider,
) -> Page:
    """What a page names that no page before it did, and where the next one is.

    `cursor` is what the next page is asked for with; None where this one is the last.

    Raises:
        BadAnswer: that page was read already: the listing runs in a circle.
    """
    if cursor in trail.cursors:
        raise BadAnswer(provider, "its pages run in a circle")
    new = {each.external_id: each for each in found if each.external_id not in trail.ids}
    cursors = trail.cursors if cursor is None else trail.cursors | {cursor}
    return Page(
        found=tuple(new.values()),
        trail=Trail(cursors=cursors, ids=trail.ids.union(new)),
        follow_up=None if cursor is None else follow_up,
    )


def _readings(numbers: Iterable[Given]) -> list[Reading]:
    return [
        Reading(
            external_id=number.external_id,
            metric_type=number.metric_type,
            metric_value=float(number.value),
            recorded_at=number.recorded_at,
            provisional=number.provisional,
        )
        for number in numbers
        if number.value is not None and not _breaks_a_rule(number)
    ]


def _breaks_a_rule(number: Given) -> bool:
    return number.value is not None and not 0 <= number.value <= LARGEST_VALUE


def _pairs(numbers: Iterable[Given]) -> frozenset[tuple[str, str]]:
    return frozenset((number.external_id, number.metric_type) for number in numbers)
