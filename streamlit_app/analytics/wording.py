"""How numbers, names and times are put in words, the same on every page."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from streamlit_app.analytics.periods import Comparison, Span, shown_day

MISSING = "–"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+|~$&])")
_STEPS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))
_TEN, _HUNDRED, _THOUSAND = 10, 100, 1_000


def plain(text: str) -> str:
    """A text that Markdown shows as it is: a title may hold dollars, stars and brackets.

    >>> print(plain("A$AP *live* [x](y)"))
    A\\$AP \\*live\\* \\[x\\]\\(y\\)
    """
    return _MARKDOWN.sub(r"\\\1", text)


def short(number: float) -> str:
    """A number in at most four characters and a letter.

    >>> short(1234567), short(999.0), short(0.0312), short(-15300)
    ('1.23M', '999', '0.031', '-15.3K')
    """
    for step, letter in _STEPS:
        # What rounds up to the next step is shown in it: 999,999 is 1M.
        if abs(number) >= step * 0.9995:
            return f"{_digits(number / step)}{letter}"
    return _digits(number)


def _digits(number: float) -> str:
    if number == int(number) and abs(number) < _THOUSAND:
        return f"{int(number)}"
    size = abs(number)
    places = 2 if size < _TEN else 1 if size < _HUNDRED else 0
    text = f"{number:.{3 if size < 1 else places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def whole(number: float) -> str:
    """A number with all its digits that matter, in groups of three.

    >>> whole(1234567.0), whole(392600.5), whole(0.5)
    ('1,234,567', '392,600', '0.5')
    """
    if number == int(number) or abs(number) >= _THOUSAND:
        return f"{number:,.0f}"
    return f"{number:,.4g}"


def signed(number: float) -> str:
    """A short number with its sign (an ASCII one: the cards read it).

    >>> signed(1200), signed(-3)
    ('+1.2K', '-3')
    """
    return f"+{short(number)}" if number >= 0 else f"-{short(-number)}"


def percent(share: float) -> str:
    """A change as a percentage with its sign; a multiple where a percentage says nothing.

    >>> percent(0.123), percent(-0.5), percent(14.0)
    ('+12 %', '-50 %', '15 times')
    """
    if share >= _TEN:
        return f"{share + 1:,.0f} times"
    return f"{share * _HUNDRED:+.0f} %"


def metric_name(name: str) -> str:
    """A metric as people call it.

    >>> metric_name("average_view_duration")
    'Average view duration'
    """
    return name.replace("_", " ").capitalize()


def kind_name(kind: MetricKind) -> str:
    """What kind of number it is, in words."""
    return {
        MetricKind.COUNTER: "a running total since publication",
        MetricKind.DAILY: "an amount of each day",
        MetricKind.GAUGE: "a level at the time",
        MetricKind.ROLLING_UNIQUE: "people in a moving window",
        MetricKind.RATIO: "a ratio",
    }[kind]


def shown_time(instant: datetime, zone: tzinfo) -> str:
    """An instant on the wall clock of a zone."""
    local = instant.astimezone(zone)
    return f"{shown_day(local.date())}, {local:%H:%M}"


def compared_words(span: Span) -> str:
    """What a change is measured against, short enough for a card: "28 days before"."""
    if span.comparison is Comparison.LAST_YEAR:
        return "last year"
    return f"{plural(span.period.days, 'day')} before"


def plural(count: int, word: str) -> str:
    """A count and its word.

    >>> plural(1, "release"), plural(1200, "release")
    ('1 release', '1,200 releases')
    """
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
