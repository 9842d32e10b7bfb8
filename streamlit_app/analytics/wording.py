"""How numbers, names and times are put in words, the same on every page."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from urllib.parse import quote

from noktvrn_ai_artist.analytics.metric_catalogue import MetricKind
from streamlit_app.analytics.periods import Comparison, Span, shown_day

MISSING = "–"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+|~$&])")
_LISTED = re.compile(r"^(\s*\d*)([-.=])(?=[\s=]|$)", re.MULTILINE)
# Streamlit reads these after Markdown has read its own signs, so that neither a backslash nor an
# entity keeps them: icons and emoji (`:smile:`), colours, arrows and dashes, addresses. The colon
# of a time of day is none of them.
_READ_TOGETHER = re.compile(
    r"(?<=:)(?=\S)(?!(?<=\d:)\d\d(?!\w))"
    r"|(?<=@)(?=\S)|(?<=-)(?=[->])|(?<=<)(?=[-=])|(?<=[>~])(?==)|(?<=www)(?=\.)",
    re.IGNORECASE,
)
_JOINER = "\u2060"
# What would end a link's address or be read anew inside of it.
_IN_ADDRESS = {ord(sign): quote(sign) for sign in "<>\\$` \t\r\n"} | {ord("&"): "&amp;"}
_STEPS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))
_TEN, _HUNDRED, _THOUSAND = 10, 100, 1_000


def plain(text: str) -> str:
    """A text that Markdown shows as it is: a title may hold dollars, stars, brackets and colons.

    What is copied from the page then has a word joiner (U+2060), which has no width, where a
    backslash does not help.

    >>> print(plain("A$AP *live* [x](y)"))
    A\\$AP \\*live\\* \\[x\\]\\(y\\)
    >>> plain(":smile: at 12:30").replace("\u2060", "|")
    ':|smile: at 12:30'
    """
    joined = _READ_TOGETHER.sub(_JOINER, text)
    return _LISTED.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", joined))


def link(name: str, url: str | None) -> str:
    """The name as a link to a web page; the name alone where there is none.

    >>> link("YouTube", "https://x.example/a) **b** [c](<d>")
    '[YouTube](<https://x.example/a)%20**b**%20[c](%3Cd%3E>)'
    >>> link("YouTube", "javascript:alert(1)")
    'YouTube'
    """
    if url is None or not url.lower().startswith(("https://", "http://")):
        return plain(name)
    return f"[{plain(name)}](<{url.translate(_IN_ADDRESS)}>)"


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
