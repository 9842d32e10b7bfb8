"""From the results that are kept to the page in the docs: tables between its marks, and a chart."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.database.charts import rate_chart
from benchmarks.database.contest import Outcome, Result, Side, read
from benchmarks.ranking.report import filled

PAGE = "database-benchmark.md"
CHARTED = ("new-rows", "many-rows")
WRITING = ("new-rows", "same-rows", "daily-batch")


def write_report(results: Path, docs: Path) -> list[Path]:
    """Rewrite the generated parts of the page and its charts; says what was written."""
    kept: dict[str, list[Result]] = {}
    for path in results.glob("*.json"):
        result = read(path)
        kept.setdefault(result.contest, []).append(result)
    parts = {name: _part(sorted(found, key=_size)) for name, found in kept.items()}
    page, images = docs / PAGE, docs / "images"
    page.write_text(filled(page.read_text(encoding="utf-8"), parts), encoding="utf-8")
    written = [page]
    for name in CHARTED:
        if name in kept:
            written.append(images / f"database-{name}.svg")
            largest = max(kept[name], key=_size)
            written[-1].write_text(rate_chart(largest.outcomes), encoding="utf-8")
    return written


def _size(result: Result) -> int:
    return result.rows


def _part(results: Sequence[Result]) -> str:
    return "\n\n".join(f"{_title(result)}:\n\n{_tabled(result)}" for result in results)


def _title(result: Result) -> str:
    if not result.rows:
        return result.machine
    return f"{result.rows:,} rows in the table, {result.machine}"


def _tabled(result: Result) -> str:
    if result.contest.startswith("singles"):
        return _singles_table(result.outcomes)
    if result.contest == "questions":
        return _questions_table(result.outcomes)
    return _rates_table(result.outcomes, writes=result.contest in WRITING)


def _rates_table(outcomes: Sequence[Outcome], *, writes: bool) -> str:
    limit = next((one for one in outcomes if one.side is Side.LIMIT), None)
    head = ["", "rows", "rows a second", "of the limit", "WAL bytes a row", "peak MB"]
    rows = [_rates_row(one, limit, writes=writes) for one in outcomes]
    used = [place for place, _ in enumerate(head) if not place or any(row[place] for row in rows)]
    return _table([head[i] for i in used], [[row[i] for i in used] for row in rows])


def _rates_row(one: Outcome, limit: Outcome | None, *, writes: bool) -> list[str]:
    wal = one.wal_a_row if writes else None
    name = f"**{one.name}**" if one.side is Side.OURS else one.name
    return [
        name,
        f"{one.amount:,}",
        f"{one.rate:,.0f}",
        f"{one.rate / limit.rate:.0%}" if limit else "",
        f"{wal:,.0f}" if wal is not None else "",
        f"{one.peak_mb:,.0f}" if one.peak_mb else "",
    ]


def _singles_table(outcomes: Sequence[Outcome]) -> str:
    by_clients = _by_subject(outcomes)
    names = list(next(iter(by_clients.values())))
    rows = []
    for clients, found in by_clients.items():
        limit = found[names[0]]
        cells = [
            f"{found[name].rate:,.0f} ({_share(found[name], limit):.0%})" for name in names[1:]
        ]
        rows.append([clients, f"{limit.rate:,.0f}", *cells])
    return _table(["clients", *names], rows)


def _by_subject(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Outcome]]:
    """Everybody's outcomes by name, for each thing that all were measured at."""
    found: dict[str, dict[str, Outcome]] = {}
    for one in outcomes:
        name, _, subject = one.name.partition("; ")
        found.setdefault(subject, {})[name] = one
    return found


def _share(ours: Outcome, limit: Outcome) -> float:
    """The median of the ratios within the rounds, which the disk's moods touch least."""
    pairs = zip(ours.seconds, limit.seconds, strict=True)
    return statistics.median(theirs / mine for mine, theirs in pairs)


def _questions_table(outcomes: Sequence[Outcome]) -> str:
    by_question = _by_subject(outcomes)
    names = list(next(iter(by_question.values())))
    rows = [
        [question, f"{found[names[0]].amount:,}", *(_quantiles(found[name]) for name in names)]
        for question, found in by_question.items()
    ]
    return _table(["p50 / p99 in ms", "rows", *names], rows)


def _quantiles(one: Outcome) -> str:
    cuts = statistics.quantiles(one.seconds, n=100, method="inclusive")
    return f"{1e3 * cuts[49]:,.2f} / {1e3 * cuts[98]:,.2f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
