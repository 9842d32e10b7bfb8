"""The state file's text: read back as written, one text for one history, refused if not ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.observation_rules import LARGEST_VALUE
from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_records import (
    Candidate,
    ClipUsage,
    ScoreReport,
    Selection,
)
from noktvrn_ai_artist.analytics.source_stats_file import SourceStatsFile
from noktvrn_ai_artist.analytics.source_stats_format import (
    decoded,
    encoded,
    encoded_pointer,
    ledger_pointed_at,
)
from noktvrn_ai_artist.errors import StateFileUnreadable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD_HEAD = '{"format":"noktvrn source stats","version":1,'
HEAD = '{"format":"noktvrn source stats","selections":[],"version":2,'

labels = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda text: text.strip() and "\0" not in text
)
instants = st.datetimes(datetime(2005, 1, 2), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
events = st.none() | st.uuids().map(str)
SOURCES = ("Pexels", "größe", "コバー")
usages = st.builds(
    ClipUsage,
    source_name=st.sampled_from(SOURCES),
    clip_id=labels,
    release_id=st.integers(1, 2**63 - 1),
    used_at=instants,
    event_id=events,
    search_term=st.none() | labels,
    creator=st.none() | labels,
    selection_id=st.none() | st.sampled_from(["s", "t"]),
)
reports = st.builds(
    ScoreReport,
    release_id=st.integers(1, 5),
    score=st.floats(allow_nan=False, allow_infinity=False),
    reported_at=instants,
    event_id=events,
    artist_id=st.none() | st.integers(0, 2**63 - 1),
)
candidates = st.tuples(
    *(
        st.builds(
            Candidate,
            source=st.just(source),
            mean=st.floats(-LARGEST_VALUE, LARGEST_VALUE),
            sd=st.floats(0, LARGEST_VALUE),
            probability=st.floats(0, 1),
        )
        for source in SOURCES
    )
)
drawn = st.tuples(
    *(
        st.builds(
            Selection,
            selection_id=st.just(name),
            drawn_at=instants,
            top_n=st.integers(0, 5),
            candidates=candidates,
        )
        for name in ("s", "t")
    )
)
SELECTIONS = tuple(
    Selection(
        selection_id=name,
        drawn_at=NOON,
        top_n=1,
        candidates=tuple(
            Candidate(source=source, mean=0.0, sd=1.0, probability=1.0) for source in SOURCES
        ),
    )
    for name in ("s", "t")
)


def told(used: list[ClipUsage], drawn_before: tuple[Selection, ...] = SELECTIONS) -> SourceHistory:
    return SourceHistory().with_usages(used, drawn_before)[0]


def usage(number: int = 1) -> ClipUsage:
    return ClipUsage(
        source_name="pexels",
        clip_id=f"clip {number}",
        release_id=number,
        used_at=NOON,
        event_id=f"event {number}",
    )


@given(st.lists(usages, max_size=8), st.lists(reports, max_size=8), drawn)
def test_what_is_written_is_read_back(
    used: list[ClipUsage], reported: list[ScoreReport], drawn_before: tuple[Selection, ...]
) -> None:
    history = told(used, drawn_before).with_reports(reported)[0]
    assert decoded(encoded(history)) == history


@given(st.lists(usages, max_size=8), st.randoms(use_true_random=False))
def test_the_same_history_is_the_same_bytes(used: list[ClipUsage], random: Random) -> None:
    shuffled = random.sample(used, len(used))
    one, other = (told(each) for each in (used, shuffled))
    assert encoded(one) == encoded(other)


@given(st.lists(usages, min_size=1, max_size=3), st.data())
def test_every_truncation_is_refused(used: list[ClipUsage], data: st.DataObject) -> None:
    whole = encoded(told(used))
    cut = data.draw(st.integers(0, len(whole) - 2))
    with pytest.raises(ValueError, match=r"."):
        decoded(whole[:cut])


SELECTION_ROWS = '[["s","2026-03-01T12:00:00+00:00",1,[["pexels",0.5,1.0,1.0]]]]'
USAGE_OF_SELECTION = (
    '"scores":[],"usages":[[1,"pexels","clip","2026-03-01T12:00:00+00:00",null,null,null,"s"]]}'
)
FOREIGN = {
    "empty": b"",
    "white space": b" \n",
    "truncated": HEAD.encode(),
    "zeroed": b"\0" * 200,
    "not UTF-8": b"\xff\xfe{}",
    "a BOM": b"\xef\xbb\xbf" + encoded(SourceHistory()),
    "a list": b"[]",
    "another program's": b'{"pexels": 3}',
    "no version": b'{"format":"noktvrn source stats","scores":[],"usages":[]}',
    "version true": b'{"format":"noktvrn source stats","scores":[],"usages":[],"version":true}',
    "version 0": b'{"format":"noktvrn source stats","scores":[],"usages":[],"version":0}',
    "version 3": b'{"format":"noktvrn source stats","version":3}',
    "version 2 with the keys of 1": (
        b'{"format":"noktvrn source stats","scores":[],"usages":[],"version":2}'
    ),
    "version 1 with the keys of 2": (
        OLD_HEAD + '"scores":[],"selections":[],"usages":[]}'
    ).encode(),
    "a pointer nowhere": b'{"format":"noktvrn source stats","moved_to":5,"version":2}',
    "another key": (HEAD + '"scores":[],"usages":[],"more":1}').encode(),
    "a key twice": (HEAD + '"scores":[],"usages":[],"usages":[]}').encode(),
    "usages that are no list": (HEAD + '"scores":[],"usages":{}}').encode(),
    "NaN": (HEAD + '"usages":[],"scores":[[1,NaN,"2026-03-01T12:00:00+00:00",null]]}').encode(),
    "1e400": (HEAD + '"usages":[],"scores":[[1,1e400,"2026-03-01T12:00:00+00:00",null]]}').encode(),
    "5,000 digits": (HEAD + '"usages":[],"scores":[[1,' + "9" * 5000 + ',"",null]]}').encode(),
    "a boolean score": (
        HEAD + '"usages":[],"scores":[[1,true,"2026-03-01T12:00:00+00:00",null]]}'
    ).encode(),
    "a naive time": (HEAD + '"usages":[],"scores":[[1,1.0,"2026-03-01T12:00:00",null]]}').encode(),
    "no time": (HEAD + '"usages":[],"scores":[[1,1.0,"noon",null]]}').encode(),
    "a short row": (HEAD + '"scores":[],"usages":[[1,"pexels","clip"]]}').encode(),
    "an event twice": (
        HEAD
        + '"scores":[],"usages":['
        + ",".join(['[1,"pexels","clip","2026-03-01T12:00:00+00:00","e"]'] * 2)
        + "]}"
    ).encode(),
    "nested too deeply": b"[" * 200_000,
    "a selection that no usage names": (
        HEAD.replace("[]", SELECTION_ROWS) + '"scores":[],"usages":[]}'
    ).encode(),
    "a selection twice": (
        HEAD.replace("[]", SELECTION_ROWS[:-1] + "," + SELECTION_ROWS[1:]) + USAGE_OF_SELECTION
    ).encode(),
    "a selection that is not there": (HEAD + USAGE_OF_SELECTION).encode(),
    "an infinite candidate": (
        HEAD.replace("[]", SELECTION_ROWS.replace("0.5", "1e400")) + USAGE_OF_SELECTION
    ).encode(),
    "a naive draw": (
        HEAD.replace("[]", SELECTION_ROWS.replace("+00:00", "")) + USAGE_OF_SELECTION
    ).encode(),
    "a short candidate": (
        HEAD.replace("[]", SELECTION_ROWS.replace(",0.5", "")) + USAGE_OF_SELECTION
    ).encode(),
}


@pytest.mark.parametrize("data", FOREIGN.values(), ids=FOREIGN.keys())
def test_what_is_not_ours_is_refused_by_path_and_reason_and_left_as_it_is(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "source_stats.json"
    path.write_bytes(data)
    for attempt in (
        SourceStatsFile(path).read,
        lambda: SourceStatsFile(path).add_usages([usage()]),
    ):
        with pytest.raises(StateFileUnreadable, match="left as it is") as refusal:
            attempt()
        assert refusal.value.path == path
        assert refusal.value.reason
        assert "99999" not in str(refusal.value)
    assert path.read_bytes() == data
    assert not (tmp_path / "source_stats.json.tmp").exists()


def test_a_newer_version_is_named() -> None:
    with pytest.raises(ValueError, match="version 3, this program reads up to 2"):
        decoded(FOREIGN["version 3"])


def test_a_file_of_the_version_before_is_read_and_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "source_stats.json"
    rows = '"scores":[[1,2.5,"2026-03-01T12:00:00+00:00",null]],"usages":[[1,"pexels","clip 1",'
    path.write_text(OLD_HEAD + rows + '"2026-03-01T12:00:00+00:00","event 1"]]}')
    file = SourceStatsFile(path)
    assert file.read().usages == [usage()]
    assert [each.score for each in file.read().reports] == [2.5]
    assert file.add_usages([usage(), usage(2)]) == 1
    assert json.loads(path.read_text())["version"] == 2


def test_the_file_is_plain_json_of_a_named_format_and_version(tmp_path: Path) -> None:
    path = tmp_path / "source_stats.json"
    SourceStatsFile(path).add_usages([usage()])
    assert json.loads(path.read_text()) == {
        "format": "noktvrn source stats",
        "version": 2,
        "scores": [],
        "selections": [],
        "usages": [[1, "pexels", "clip 1", "2026-03-01T12:00:00+00:00", "event 1"]],
    }


@given(st.uuids().map(str))
def test_a_pointer_names_its_ledger_and_is_no_history(ledger_id: str) -> None:
    pointer = encoded_pointer(ledger_id)
    assert ledger_pointed_at(pointer) == ledger_id
    with pytest.raises(ValueError, match="was moved to PostgreSQL"):
        decoded(pointer)
    assert ledger_pointed_at(encoded(SourceHistory())) is None
