"""Small charts drawn in text: intervals, courses and bars."""

from __future__ import annotations

from collections.abc import Sequence

_STEPS = "▁▂▃▄▅▆▇█"
# No spaces: a table would break its lines there.
_ZERO, _NOTHING = "┊", "·"


def interval(
    ends: tuple[float, float, float], *, span: tuple[float, float], width: int, firm: bool
) -> str:
    """An interval (low, middle, high) over a span, zero marked; hollow and dotted unless firm.

    >>> interval((-0.5, 0.5, 1.5), span=(-2, 2), width=17, firm=True)
    '······├─┊─●───┤··'
    >>> interval((-1, 0.5, 2), span=(-2, 2), width=17, firm=False)
    '····├╌╌╌┊╌○╌╌╌╌╌┤'
    """
    cells = [_NOTHING] * width
    first, middle, last = (_place(value, span, width) for value in ends)
    for place in range(first, last + 1):
        cells[place] = "─" if firm else "╌"
    cells[first], cells[last] = "├", "┤"
    cells[_place(0.0, span, width)] = _ZERO
    cells[middle] = "●" if firm else "○"
    return "".join(cells)


def axis(span: tuple[float, float], *, width: int) -> str:
    """The ends of a span and its zero, as wide as its intervals.

    >>> axis((-0.84, 1.2), width=17)
    '-0.8   0     +1.2'
    """
    low, high = (f"{end:+.1f}" for end in span)
    cells = list(low + " " * (width - len(low) - len(high)) + high)
    zero = _place(0.0, span, width)
    if cells[zero] == " ":
        cells[zero] = "0"
    return "".join(cells)


def course(values: Sequence[float]) -> str:
    """Values in the order of time, each as a step between the lowest and the highest.

    >>> course([0.0, 1.0, 2.0, 7.0]), course([3.0, 3.0])
    ('▁▂▃█', '▁▁')
    """
    lowest, reach = min(values, default=0.0), max(values, default=0.0) - min(values, default=0.0)
    most = len(_STEPS) - 1
    return "".join(_STEPS[round(most * (value - lowest) / (reach or 1.0))] for value in values)


def bar(value: float, *, largest: float, half: int) -> str:
    """A bar to the right of the middle, or to the left if it is negative.

    >>> bar(1.0, largest=2.0, half=4), bar(-2.0, largest=2.0, half=4)
    ('    ┊██  ', '████┊    ')
    """
    length = round(half * abs(value) / largest) if largest else 0
    left, right = ("", "█" * length) if value >= 0 else ("█" * length, "")
    return f"{left:>{half}}{_ZERO}{right:<{half}}"


def _place(value: float, span: tuple[float, float], width: int) -> int:
    low, high = span
    return max(0, min(width - 1, round((value - low) / ((high - low) or 1.0) * (width - 1))))
