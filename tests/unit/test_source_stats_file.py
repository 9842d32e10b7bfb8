"""The state file: what it refuses, what it keeps of the old one, what a bad disk may not do."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from noktvrn_ai_artist.analytics.source_history import SourceHistory
from noktvrn_ai_artist.analytics.source_records import (
    ClipUsage,
)
from noktvrn_ai_artist.analytics.source_stats_file import SourceStatsFile
from noktvrn_ai_artist.analytics.source_stats_format import decoded, encoded
from noktvrn_ai_artist.errors import StateFileNotWritten, StateFileUnreadable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


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
    assert file.read().usages == [usage(1)]
    file.add_usages([usage(2)])
    assert file.read().usages == [usage(1), usage(2)]
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
    assert file.read().usages == [usage(1)]


def test_short_writes_are_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = SourceStatsFile(tmp_path / "source_stats.json")
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data[:7])))
    file.add_usages([usage(1), usage(2)])
    assert file.read().usages == [usage(1), usage(2)]


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


def names_in(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_handed_over_the_file_is_kept_and_a_pointer_stands_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "source_stats.json"
    file, taken = SourceStatsFile(path), []
    file.add_usages([usage(1)])
    path.chmod(0o640)
    old, history = path.read_bytes(), file.read()
    assert file.moved_to() is None
    kept = file.hand_over(lambda given: taken.append(given) or "the ledger")
    assert taken == [history]
    assert kept == tmp_path / "source_stats.json.moved"
    assert kept.read_bytes() == old
    assert SourceStatsFile(path).moved_to() == "the ledger"
    assert {stat.S_IMODE(each.stat().st_mode) for each in (path, kept)} == {0o640}
    assert names_in(tmp_path) == {path.name, kept.name, f"{path.name}.lock"}


def test_whoever_had_the_file_open_is_told_where_its_history_went(tmp_path: Path) -> None:
    path = tmp_path / "source_stats.json"
    file = SourceStatsFile(path)
    file.add_usages([usage(1)])
    SourceStatsFile(path).hand_over(lambda _: "the ledger")
    pointer = path.read_bytes()
    for door in (
        file.read,
        lambda: file.add_usages([usage(2)]),
        lambda: file.forget_release(1),
        lambda: file.hand_over(lambda _: "another ledger"),
    ):
        with pytest.raises(StateFileUnreadable, match=r"moved to PostgreSQL.*open_tracker"):
            door()
    assert path.read_bytes() == pointer


def test_what_was_kept_before_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "source_stats.json"
    for number in (1, 2, 3):
        path.unlink(missing_ok=True)
        SourceStatsFile(path).add_usages([usage(number)])
        SourceStatsFile(path).hand_over(lambda _: "the ledger")
    kept = [tmp_path / f"source_stats.json.moved{number}" for number in ("", 2, 3)]
    assert [decoded(each.read_bytes()).usages for each in kept] == [
        [usage(1)],
        [usage(2)],
        [usage(3)],
    ]


def test_what_a_killed_move_had_kept_is_not_kept_twice(tmp_path: Path) -> None:
    path = tmp_path / "source_stats.json"
    file = SourceStatsFile(path)
    file.add_usages([usage(1)])
    path.with_name(f"{path.name}.moved").write_bytes(path.read_bytes())
    file.hand_over(lambda _: "the ledger")
    assert names_in(tmp_path) == {path.name, f"{path.name}.moved", f"{path.name}.lock"}


def test_without_a_file_an_empty_history_is_handed_over_and_nothing_kept(tmp_path: Path) -> None:
    file, taken = SourceStatsFile(tmp_path / "source_stats.json"), []
    assert file.moved_to() is None
    assert file.hand_over(lambda given: taken.append(given) or "the ledger") is None
    assert (taken, file.moved_to()) == ([SourceHistory()], "the ledger")


def test_a_history_that_is_not_taken_stays(tmp_path: Path) -> None:
    file = SourceStatsFile(tmp_path / "source_stats.json")
    file.add_usages([usage(1)])

    def refuse(_: SourceHistory) -> str:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        file.hand_over(refuse)
    assert file.read().usages == [usage(1)]
    assert names_in(tmp_path) == {"source_stats.json", "source_stats.json.lock"}


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_failing_disk_stops_a_move_and_the_history_stays(tmp_path: Path, call: str) -> None:
    path = tmp_path / "source_stats.json"
    file = SourceStatsFile(path)
    file.add_usages([usage(1)])
    with failing(call, error=errno.ENOSPC, path=path), pytest.raises(StateFileNotWritten):
        file.hand_over(lambda _: "the ledger")
    assert file.read().usages == [usage(1)]
    assert not path.with_name("source_stats.json.tmp").exists()
    assert file.hand_over(lambda _: "the ledger") is not None
