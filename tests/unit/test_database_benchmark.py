"""The shape of the database benchmark: honest work, sorted rows, results that are kept whole."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.database import report
from benchmarks.database.contest import (
    Contender,
    Outcome,
    Result,
    Side,
    WrongWork,
    play,
    read,
    write,
)
from benchmarks.database.world import A_RELEASE, METRICS, first_rows, table

KEY = ["release_id", "recorded_at", "platform", "metric_type"]
PAGE = Path(report.__file__).parents[2] / "docs" / report.PAGE


def ignored(_: str) -> None:
    """Nobody listens to the progress."""


def contender(done: int) -> Contender:
    return Contender(name=f"does {done}", side=Side.OURS, amount=3, run=lambda: done)


def test_contenders_run_in_turn_round_after_round() -> None:
    ran: list[str] = []
    both = [
        Contender(
            name=name,
            side=Side.OTHER,
            amount=1,
            prepare=lambda name=name: ran.append(f"prepare {name}"),
            run=lambda name=name: ran.append(name) or 1,
        )
        for name in ("a", "b")
    ]
    outcomes = play(both, rounds=2, wal=lambda: 0, progress=ignored)
    assert ran == ["prepare a", "a", "prepare b", "b"] * 2
    assert [len(one.seconds) for one in outcomes] == [2, 2]


def test_a_contender_that_does_less_is_found_out() -> None:
    assert play([contender(3)], rounds=1, wal=lambda: 0, progress=ignored)
    with pytest.raises(WrongWork):
        play([contender(2)], rounds=1, wal=lambda: 0, progress=ignored)


def test_the_rows_are_sorted_by_their_key_and_told_once() -> None:
    rows = table(range(1, 3))
    assert rows.num_rows == 2 * A_RELEASE
    assert rows.group_by(KEY).aggregate([]).num_rows == rows.num_rows
    by_key = [(name, "ascending") for name in KEY]
    plain = pa.table({name: _plain(rows[name]) for name in rows.column_names})
    assert plain.sort_by(by_key).equals(plain)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def test_the_first_rows_are_the_beginning_of_all() -> None:
    count = A_RELEASE + len(METRICS)
    assert first_rows(count).to_pylist() == table(range(1, 3)).to_pylist()[:count]


def test_a_kept_result_reads_as_it_was_written(tmp_path: Path) -> None:
    outcome = Outcome(name="a", side=Side.LIMIT, amount=5, seconds=[1.5], wal=[10], peak_mb=2.0)
    result = Result(contest="c", rows=9, machine="m", outcomes=[outcome])
    assert read(write(result, tmp_path)) == result


def test_the_page_is_filled_between_its_marks(tmp_path: Path) -> None:
    limit = Outcome(name="limit", side=Side.LIMIT, amount=10, seconds=[1.0], wal=[100])
    ours = Outcome(name="ours", side=Side.OURS, amount=10, seconds=[2.0, 2.0, 9.0], wal=[50] * 3)
    write(Result(contest="new-rows", rows=10, machine="m", outcomes=[limit, ours]), tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / report.PAGE).write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    page, chart = report.write_report(tmp_path, tmp_path)
    assert "| **ours** | 10 | 5 | 50% | 5 |" in page.read_text(encoding="utf-8")
    assert chart.read_text(encoding="utf-8").count("<rect") == 1 + 3 + 2
