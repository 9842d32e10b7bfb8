"""The tracker's history in one JSON file that is whole after a kill, a full disk or a power cut.

Every change takes the lock, reads the file, writes a whole new one beside it, syncs that, renames
it over the old one and syncs the folder; only then does the call return. Readers take no lock: they
see the old file or the new one. `kill -9` alone would never show that the syncs are needed; a power
cut does, because a file system may keep a rename and lose the data it names.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import chain, count
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from noktvrn_ai_artist.analytics.first_selection import refuse_a_second_selection
from noktvrn_ai_artist.analytics.source_history import ReleaseHistory, SourceHistory
from noktvrn_ai_artist.analytics.source_records import ClipUsage, ScoreReport, Selection
from noktvrn_ai_artist.analytics.source_stats_format import (
    decoded,
    encoded,
    encoded_pointer,
    ledger_pointed_at,
)
from noktvrn_ai_artist.errors import StateFileNotWritten, StateFileUnreadable

LOCK_TIMEOUT = timedelta(seconds=30)
_POLL_SECONDS = 0.005
_LARGEST_POINTER = 4096

Answer = TypeVar("Answer")


class SourceStatsFile:
    """A state file, and beside it its lock (`.lock`, never removed) and what is being written.

    A symlink is followed once, here. Every change costs time in proportion to the file, so log many
    usages in one call. What a killed writer left (`.tmp`, at most one) goes with the next change.

    Raises, from every method:
        StateFileUnreadable: the file is not one of ours, damaged, or not ours to read.
        StateFileNotWritten: a change could not be stored, or the lock was not to be had in time.
    """

    def __init__(self, path: Path | str, *, lock_timeout: timedelta = LOCK_TIMEOUT) -> None:
        self.path = Path(os.path.realpath(path))
        self._folder = self.path.parent
        self._temporary = self.path.with_name(f"{self.path.name}.tmp")
        self._lock = self.path.with_name(f"{self.path.name}.lock")
        self._lock_timeout = lock_timeout
        self._known = (encoded(SourceHistory()), SourceHistory())

    def read(self) -> SourceHistory:
        """What is stored now; a missing file is an empty history."""
        return self._read(self._decoded, missing=SourceHistory())

    def add_usages(
        self,
        usages: Sequence[ClipUsage],
        selections: Sequence[Selection] = (),
        *,
        first_of: int | None = None,
    ) -> int:
        """Store all these usages, with the selections they name, or none; says how many are new.

        Raises:
            BadValue: the release `first_of` has another selection's clips already.
        """

        def add(history: SourceHistory) -> tuple[SourceHistory, int]:
            if first_of is not None:
                told = history.releases.get(first_of, ReleaseHistory())
                kept = {usage.selection_id for usage in told.usages}
                refuse_a_second_selection(first_of, kept=kept, told=usages)
            return history.with_usages(usages, selections)

        return self._change(add)

    def add_reports(self, reports: Sequence[ScoreReport]) -> int:
        """Store all these score reports or none; says how many were not repetitions."""
        return self._change(lambda history: history.with_reports(reports))

    def forget_release(self, release_id: int) -> bool:
        """Drop all that was logged of a release; says whether anything was."""
        return self._change(lambda history: history.without_release(release_id))

    def moved_to(self) -> str | None:
        """The ledger in PostgreSQL that the history was moved to, if it was."""
        return self._read(self._pointed_at, missing=None)

    def hand_over(self, take: Callable[[SourceHistory], str]) -> Path | None:
        """Give the history away and leave a pointer in its place; says where the old file is kept.

        `take` stores the history for good, unless it is stored there already, and names the ledger
        it is in. The old file is kept as `.moved`, or under the next name that is free, if there
        was one. Killed anywhere and called again, this goes on where it ended.
        """
        with self._alone():
            ledger_id = take(self.read())
            kept = self._keep() if self.path.exists() else None
            self._replace(self.path, encoded_pointer(ledger_id))
            _sync_folder(self._folder)
        return kept

    def _read(self, parse: Callable[[bytes], Answer], *, missing: Answer) -> Answer:
        try:
            return parse(_regular_file(self.path))
        except FileNotFoundError:
            return missing
        except OSError as error:
            raise StateFileUnreadable(self.path, _reason(error)) from error
        except ValueError as error:
            raise StateFileUnreadable(self.path, str(error)) from error

    def _pointed_at(self, data: bytes) -> str | None:
        if len(data) > _LARGEST_POINTER:
            return None
        ledger_id = ledger_pointed_at(data)
        if ledger_id is not None:
            # Whoever left the pointer may have died before its sync. Were it gone after a power
            # cut, what is now told to the ledger would be missing from the file.
            _sync_folder(self._folder)
        return ledger_id

    def _change(self, change: Callable[[SourceHistory], tuple[SourceHistory, Answer]]) -> Answer:
        with self._alone():
            before = self.read()
            after, answer = change(before)
            if after != before:
                self._replace(self.path, data := encoded(after))
                self._known = (data, after)
            # Also when nothing changed: whoever stored this may have died before its sync.
            _sync_folder(self._folder)
        return answer

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            _make_folder(self._folder)
            with FileLock(
                self._lock,
                timeout=self._lock_timeout.total_seconds(),
                mode=0o600,
                poll_interval=_POLL_SECONDS,
            ):
                yield
        except OSError as error:
            raise StateFileNotWritten(self.path, _reason(error)) from error

    def _keep(self) -> Path:
        data = self.path.read_bytes()
        names = (f"{self.path.name}.moved{number}" for number in chain([""], count(2)))
        places = (self.path.with_name(name) for name in names)
        # One that holds the same was kept before the move was killed.
        kept = next(each for each in places if not os.path.lexists(each) or _holds(each, data))
        if not os.path.lexists(kept):
            self._replace(kept, data)
        _sync_folder(self._folder)
        return kept

    def _decoded(self, data: bytes) -> SourceHistory:
        """Decode only what has changed: by its bytes, for time and size can both stay the same."""
        known_data, known = self._known
        if data == known_data:
            return known
        history = decoded(data)
        self._known = (data, history)
        return history

    def _replace(self, target: Path, data: bytes) -> None:
        self._temporary.unlink(missing_ok=True)
        if not self.path.exists():
            _sync_folders_above(self._folder)
        descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            try:
                self._take_over_mode_and_owner(descriptor)
                _write_all(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._temporary.replace(target)
        finally:
            self._temporary.unlink(missing_ok=True)

    def _take_over_mode_and_owner(self, descriptor: int) -> None:
        with suppress(FileNotFoundError):
            old, new = self.path.stat(), os.fstat(descriptor)
            if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
                os.fchown(descriptor, old.st_uid, old.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _regular_file(path: Path) -> bytes:
    """The whole of a regular file; anything else could block or never end."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    _sync_folder(folder.parent)


def _sync_folders_above(folder: Path) -> None:
    """Make the first file's way to it lasting: another process may have died making a folder."""
    for parent in folder.parents:
        with suppress(OSError):  # a folder that is not ours to open was not made by us
            _sync_folder(parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
