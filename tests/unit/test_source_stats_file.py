"""The state file: what it refuses, what it keeps of the old one, what a bad disk may not do."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport
from noktvrn_ai_artist.analytics.source_stats_file import SourceStatsFile
from noktvrn_ai_artist.analytics.source_stats_format import decoded, encoded
from noktvrn_ai_artist.errors import StateFileNotWritten, StateFileUnreadable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEAD = '{"format":"noktvrn source stats","version":1,'

labels = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda text: text.strip() and "\0" not in text
)
instants = st.datetimes(datetime(2005, 1, 2), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
events = st.none() | st.uuids().map(str)
usages = st.builds(
    ClipUsage,
    source_name=st.sampled_from(["Pexels", "größe", "コバー"]),
    clip_id=labels,
    release_id=st.integers(1, 2**63 - 1),
    used_at=instants,
    event_id=events,
)
reports = st.builds(
    ScoreReport,
    release_id=st.integers(1, 5),
    score=st.floats(allow_nan=False, allow_infinity=False),
    reported_at=instants,
    event_id=events,
)


def usage(number: int = 1) -> ClipUsage:
    return ClipUsage(
        source_name="pexels",
        clip_id=f"clip {number}",
        release_id=number,
        used_at=NOON,
        event_id=f"event {number}",
    )


@contextmanager
def failing(name: str, *, error: int, path: Path) -> Iterator[None]:
    """`os.<name>` fails for everything but the lock, as a broken or full disk makes it fail."""
    real = getattr(os, name)

    def broken(first: object, *rest: object, **options: object) -> object:
        if str(first).endswith(".lock"):
            return real(first, *rest, **options)
        raise OSError(error, os.strerror(error))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, name, broken)
        yield
    assert path.parent.exists()


@given(st.lists(usages, max_size=8), st.lists(reports, max_size=8))
def test_what_is_written_is_read_back(used: list[ClipUsage], reported: list[ScoreReport]) -> None:
    history = SourceHistory().with_usages(used)[0].with_reports(reported)[0]
    assert decoded(encoded(history)) == history


@given(st.lists(usages, max_size=8), st.randoms(use_true_random=False))
def test_the_same_history_is_the_same_bytes(used: list[ClipUsage], random: Random) -> None:
    shuffled = random.sample(used, len(used))
    one, other = (SourceHistory().with_usages(each)[0] for each in (used, shuffled))
    assert encoded(one) == encoded(other)


@given(st.lists(usages, min_size=1, max_size=3), st.data())
def test_every_truncation_is_refused(used: list[ClipUsage], data: st.DataObject) -> None:
    whole = encoded(SourceHistory().with_usages(used)[0])
    cut = data.draw(st.integers(0, len(whole) - 2))
    with pytest.raises(ValueError, match=r"."):
        decoded(whole[:cut])


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
    "version 2": b'{"format":"noktvrn source stats","version":2}',
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
    with pytest.raises(ValueError, match="version 2, this program reads up to 1"):
        decoded(FOREIGN["version 2"])


@pytest.mark.parametrize("kind", ["a folder", "a pipe", "below a file"])
def test_what_is_no_regular_file_is_refused_and_never_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "source_stats.json"
    if kind == "a folder":
        path.mkdir()
    elif kind == "a pipe":
        os.mkfifo(path)
    else:
        (tmp_path / "file").touch()
        path = tmp_path / "file" / "source_stats.json"
    with pytest.raises(StateFileUnreadable):
        SourceStatsFile(path).read()
    with pytest.raises((StateFileUnreadable, StateFileNotWritten)):
        SourceStatsFile(path).add_usages([usage()])


def test_a_missing_file_is_an_empty_history_and_reading_makes_nothing(tmp_path: Path) -> None:
    assert SourceStatsFile(tmp_path / "new" / "source_stats.json").read() == SourceHistory()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_new_files_are_private_and_so_are_new_folders(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "data" / "stats" / "source_stats.json"
    before = os.umask(umask)
    try:
        SourceStatsFile(path).add_usages([usage()])
    finally:
        os.umask(before)
    modes = {
        each.name: stat.S_IMODE(each.stat().st_mode)
        for each in (path, path.with_name("source_stats.json.lock"), *list(path.parents)[:2])
    }
    assert modes == {
        "source_stats.json": 0o600,
        "source_stats.json.lock": 0o600,
        "stats": 0o700,
        "data": 0o700,
    }


def test_a_change_keeps_the_mode_of_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "source_stats.json"
    SourceStatsFile(path).add_usages([usage(1)])
    path.chmod(0o640)
    SourceStatsFile(path).add_usages([usage(2)])
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_change_keeps_the_owner_of_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "source_stats.json"
    SourceStatsFile(path).add_usages([usage(1)])
    os.chown(path, 12345, 12346)
    SourceStatsFile(path).add_usages([usage(2)])
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346)


def test_a_symlink_stays_one_and_its_target_is_changed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link, target = tmp_path / "source_stats.json", tmp_path / "real" / "stats.json"
    link.symlink_to(target)
    by_link, by_name = SourceStatsFile(link), SourceStatsFile(target)
    by_link.add_usages([usage(1)])
    by_name.add_usages([usage(2)])
    assert link.is_symlink()
    assert by_link.read() == by_name.read()
    assert len(by_link.read().usages) == 2
    assert not link.with_name("source_stats.json.lock").exists()


def test_the_place_is_settled_once_and_a_change_of_folder_does_not_move_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    file = SourceStatsFile("source_stats.json")
    monkeypatch.chdir(tmp_path / "elsewhere")
    file.add_usages([usage()])
    assert (tmp_path / "source_stats.json").exists()


def test_what_a_killed_writer_left_is_never_read_and_goes_with_the_next_change(
    tmp_path: Path,
) -> None:
    path = tmp_path / "source_stats.json"
    file = SourceStatsFile(path)
    file.add_usages([usage(1)])
    leftover = tmp_path / "source_stats.json.tmp"
    leftover.write_bytes(encoded(SourceHistory().with_usages([usage(9)])[0])[:50])
    assert file.read().usages == (usage(1),)
    file.add_usages([usage(2)])
    assert file.read().usages == (usage(1), usage(2))
    assert {each.name for each in tmp_path.iterdir()} == {path.name, f"{path.name}.lock"}


def test_a_leftover_that_is_a_symlink_is_removed_and_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "source_stats.json.tmp").symlink_to(victim)
    SourceStatsFile(tmp_path / "source_stats.json").add_usages([usage()])
    assert victim.read_text() == "precious"


def test_the_lock_is_waited_for_only_so_long_and_never_removed(tmp_path: Path) -> None:
    path = tmp_path / "source_stats.json"
    file = SourceStatsFile(path, lock_timeout=timedelta(milliseconds=20))
    file.add_usages([usage(1)])
    inode = path.with_name("source_stats.json.lock").stat().st_ino
    with (
        FileLock(path.with_name("source_stats.json.lock")),
        pytest.raises(StateFileNotWritten, match=r"source_stats\.json"),
    ):
        file.add_usages([usage(2)])
    file.add_usages([usage(2)])
    assert path.with_name("source_stats.json.lock").stat().st_ino == inode


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace", "fchmod"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT])
def test_a_failing_disk_is_our_error_and_leaves_a_whole_file(
    tmp_path: Path, call: str, error: int
) -> None:
    path = tmp_path / "source_stats.json"
    file = SourceStatsFile(path)
    file.add_usages([usage(1)])
    old = path.read_bytes()
    with (
        failing(call, error=error, path=path),
        pytest.raises((StateFileNotWritten, StateFileUnreadable)) as refusal,
    ):
        file.add_usages([usage(2)])
    assert os.strerror(error) in str(refusal.value)
    assert path.read_bytes() == old
    assert not path.with_name("source_stats.json.tmp").exists()
    assert file.add_usages([usage(2)]) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_really_full_disk_is_reported_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "source_stats.json"
    file = SourceStatsFile(path)
    file.add_usages([usage(1)])
    real = os.open

    def full(name: object, flags: int, mode: int = 0o777, **options: int) -> int:
        if str(name).endswith(".tmp"):
            return real("/dev/full", os.O_WRONLY)
        return real(name, flags, mode, **options)

    monkeypatch.setattr(os, "open", full)
    monkeypatch.setattr(os, "fchmod", lambda *_: None)
    monkeypatch.setattr(os, "fchown", lambda *_: None)
    with pytest.raises(StateFileNotWritten, match="No space left"):
        file.add_usages([usage(2)])
    assert file.read().usages == (usage(1),)


def test_short_writes_are_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = SourceStatsFile(tmp_path / "source_stats.json")
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data[:7])))
    file.add_usages([usage(1), usage(2)])
    assert file.read().usages == (usage(1), usage(2))


def test_nothing_new_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "source_stats.json"
    file = SourceStatsFile(path)
    file.add_usages([usage()])
    inode = path.stat().st_ino
    assert file.add_usages([usage()]) == 0
    assert path.stat().st_ino == inode


def test_a_change_that_keeps_size_and_time_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "source_stats.json"
    file = SourceStatsFile(path)
    file.add_usages([usage(1)])
    assert file.read() == file.read()
    time = path.stat().st_mtime_ns
    path.write_text(path.read_text().replace("clip 1", "clip 9"))
    os.utime(path, ns=(time, time))
    assert [each.clip_id for each in file.read().usages] == ["clip 9"]


def test_the_file_is_plain_json_of_a_named_format_and_version(tmp_path: Path) -> None:
    path = tmp_path / "source_stats.json"
    SourceStatsFile(path).add_usages([usage()])
    assert json.loads(path.read_text()) == {
        "format": "noktvrn source stats",
        "version": 1,
        "scores": [],
        "usages": [[1, "pexels", "clip 1", "2026-03-01T12:00:00+00:00", "event 1"]],
    }
