"""A bulk with bad rows: refused with a list, or stored without them and every row accounted for."""

from __future__ import annotations

import csv
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from answers import line_faults
from bad_files import GOOD, GOOD_ROW, GOOD_WIDE, LONG, WIDE
from doors import as_text
from refusals import Refusal, command, refused_command
from world_of_inputs import contents, rows_stored

from noktvrn_ai_artist.analytics import performance_db_service as service
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadValue, ImportRefused, Rejection

pytestmark = pytest.mark.usefixtures("own_settings")


def many(good: int, bad: int) -> list[dict[str, object]]:
    """Bad rows first, then good ones, one of them twice."""
    wrong: list[dict[str, object]] = [{**GOOD_ROW, "metric_value": -1} for _ in range(bad)]
    days = (datetime(2025, 6, 1, tzinfo=UTC) + timedelta(days=day) for day in range(good))
    right: list[dict[str, object]] = [{**GOOD_ROW, "recorded_at": day} for day in days]
    return [*wrong, *right, right[0]]


def many_as_file(rows: list[dict[str, object]]) -> bytes:
    lines = (",".join(as_text(row).values()) for row in rows)
    return LONG + "\n".join(lines).encode() + b"\n"


def test_the_first_hundred_refusals_of_a_bulk_are_listed(world: Database, tmp_path: Path) -> None:
    rows, before, heard = many(3, 250), contents(world), list[Rejection]()
    rows[1]["release_id"], rows[1]["metric_value"] = 999, 1  # known to be unknown only at the end
    with pytest.raises(ImportRefused) as refused:
        service.add_performance_metrics(rows, on_rejection=heard.append)
    assert refused.value.rejected == len(heard) == 250
    assert [one.row for one in refused.value.rejections] == list(range(1, 101))
    file = tmp_path / "many.csv"
    file.write_bytes(many_as_file(rows))
    told = refused_command("ingest", str(file))
    assert isinstance(told, Refusal), told
    assert told.lines[0].startswith("250 observations were refused and nothing was stored; ")
    assert [line.split(",")[0] for line in told.lines[1:-1]] == [
        f"  row {number}" for number in range(2, 102)
    ]
    assert told.lines[2] == "  row 3, release_id: there is no release 999"
    assert told.lines[-1] == "  … and 150 more"
    assert contents(world) == before


def test_skipping_bad_rows_stores_the_good_ones_and_every_row_is_accounted_for(
    empty: Database,
) -> None:
    heard = list[Rejection]()
    counts = service.add_performance_metrics(many(5, 120), skip_bad=True, on_rejection=heard.append)
    assert (counts.read, counts.stored, counts.duplicate, counts.rejected) == (126, 5, 1, 120)
    assert counts.read == counts.stored + counts.duplicate + counts.rejected
    assert [one.row for one in heard] == list(range(1, 121))
    assert len(service.get_performance_data(release_id=1)) == 1 + 5


def test_skipped_rows_of_a_file_can_be_mended_and_come_in_again(
    empty: Database, tmp_path: Path
) -> None:
    file, rejects = tmp_path / "many.csv", tmp_path / "many.csv.rejects.csv"
    file.write_bytes(many_as_file(many(4, 2)))
    told = command("ingest", str(file), "--skip-bad", "--json")
    assert told.code == 0, told.err
    counts = json.loads(told.out)["counts"]
    assert (counts["read"], counts["stored"], counts["duplicate"], counts["rejected"]) == (
        7,
        4,
        1,
        2,
    )
    with rejects.open(encoding="utf-8") as lines:
        refused = list(csv.DictReader(lines))
    assert [(row["refused_column"], row["refused_rule"]) for row in refused] == [
        ("metric_value", "must not be negative")
    ] * 2
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.name, rejects.name]
    rejects.write_text(rejects.read_text().replace(",-1,", ",1,").replace("06-01", "05-01"))
    assert command("ingest", str(rejects)).code == 0
    assert rows_stored(empty) == 1 + 4 + 1


def test_the_first_rule_a_wide_row_breaks_is_the_one_written_beside_it(
    empty: Database, tmp_path: Path
) -> None:
    file = tmp_path / "wide.csv"
    file.write_bytes(WIDE + b"1,YouTube,2025-06-01T00:00:00Z,-7,1_000\n" + GOOD_WIDE)
    assert command("ingest", str(file), "--skip-bad").code == 0
    with (tmp_path / "wide.csv.rejects.csv").open(encoding="utf-8") as lines:
        (row,) = csv.DictReader(lines)
    assert (row["refused_column"], row["refused_rule"]) == ("views", "must not be negative")


@pytest.mark.parametrize("place", ["the file itself", "a folder", "no folder"])
def test_rejects_that_cannot_be_kept_are_said_before_anything_is_stored(
    world: Database, tmp_path: Path, place: str
) -> None:
    file, before = tmp_path / "bad.csv", contents(world)
    file.write_bytes(LONG + GOOD + b"x," * 4 + b"x\n")
    places = {"the file itself": file, "a folder": tmp_path, "no folder": tmp_path / "not" / "here"}
    told = refused_command("ingest", str(file), "--skip-bad", f"--rejects={places[place]}")
    assert isinstance(told, Refusal), told
    assert not list(line_faults(told))
    assert len(told.lines) == 1
    assert file.read_bytes().startswith(LONG)
    assert contents(world) == before


def test_rejects_replace_a_link_and_do_not_follow_it(empty: Database, tmp_path: Path) -> None:
    file, precious = tmp_path / "bad.csv", tmp_path / "precious"
    file.write_bytes(LONG + GOOD.replace(b"7", b"-7"))
    precious.write_text("do not touch")
    (tmp_path / "bad.csv.rejects.csv").symlink_to(precious)
    assert command("ingest", str(file), "--skip-bad").code == 0
    assert precious.read_text() == "do not touch"
    assert not (tmp_path / "bad.csv.rejects.csv").is_symlink()


def test_a_bulk_under_a_bad_source_or_label_is_refused(world: Database) -> None:
    before = contents(world)
    for bad, column in ({"source": "x" * 65}, "source"), ({"label": "a\0b"}, "label"):
        with pytest.raises(BadValue) as refused:
            service.add_performance_metrics([GOOD_ROW], **bad)  # type: ignore[arg-type]
        assert refused.value.column == column
    assert contents(world) == before
