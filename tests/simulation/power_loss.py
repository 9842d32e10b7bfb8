"""What a power cut may leave: calls recorded on the way to the disk, and every disk they allow.

A file system may keep or lose whatever was not synced, in any order: a file that was not synced may
be whole, empty, cut short or full of zeros; an entry of a folder that was not synced (a new file, a
rename, a removal) may be there or not. Only what was synced is sure.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations, permutations, product
from pathlib import Path

import pytest

Entries = dict[str, int | None]
Change = tuple[tuple[str, int | None], ...]
"""Entries of one folder that change together."""
Tree = tuple[tuple[str, bytes | None], ...]
"""What is on a disk: paths from the root with their content, None for a folder."""

ROOT = 0
MOST_REORDERED = 5


class Killed(BaseException):
    """The process was killed before its next call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One step towards the disk; `inode` is what is made, written or synced, 0 the root folder."""

    kind: str
    inode: int = ROOT
    folder: int = ROOT
    entries: Change = ()
    data: bytes = b""


class Recorder:
    """Stands before `os` while it is installed and notes the calls below its root, in order.

    Nothing is synced for real. After `kill_after` calls the process counts as killed: this and
    every further call fails, so that no clean-up runs which a killed process would not run.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls: list[Call] = []
        self._names: dict[Path, int] = {root: ROOT}
        self._open: dict[int, int] = {}
        self._left: int | None = None

    def mark(self, kind: str) -> None:
        """Note that something happened between the calls, such as an acknowledgement."""
        self.calls.append(Call(kind=kind))

    @contextmanager
    def installed(self, *, kill_after: int | None = None) -> Iterator[None]:
        """Record, and play the kill if one is due; says so with `Killed`."""
        self._left = kill_after
        with pytest.MonkeyPatch.context() as patch:
            for name in ("open", "close", "write", "fsync", "mkdir", "replace", "unlink"):
                patch.setattr(os, name, self._instead_of(name, getattr(os, name)))
            yield
        self._open.clear()

    def _instead_of(self, name: str, real: Callable[..., object]) -> Callable[..., object]:
        note = getattr(self, f"_note_{name}")

        def standing_in(*arguments: object, **options: object) -> object:
            return note(real, *arguments, **options)

        return standing_in

    def _step(self, call: Call) -> None:
        if self._left is not None:
            if self._left == 0:
                raise Killed
            self._left -= 1
        self.calls.append(call)

    def _ours(self, path: object) -> bool:
        return self.root in Path(str(path)).parents and not str(path).endswith(".lock")

    def _entry(self, path: Path, inode: int | None) -> tuple[str, int | None]:
        return (path.name, inode)

    def _made(self, kind: str, path: Path) -> None:
        inode = 1 + sum(call.kind in {"make folder", "make file"} for call in self.calls)
        entry = self._entry(path, inode)
        self._step(Call(kind=kind, inode=inode, folder=self._names[path.parent], entries=(entry,)))
        self._names[path] = inode

    def _note_open(self, real: Callable[..., int], path: object, flags: int, *rest: int) -> int:
        if self._ours(path) and flags & os.O_CREAT:
            self._made("make file", Path(str(path)))
        descriptor = real(path, flags, *rest)
        if self._ours(path) or Path(str(path)) == self.root:
            self._open[descriptor] = self._names[Path(str(path))]
        return descriptor

    def _note_close(self, real: Callable[..., None], descriptor: int) -> None:
        self._open.pop(descriptor, None)
        real(descriptor)

    def _note_write(self, real: Callable[..., int], descriptor: int, data: bytes) -> int:
        if descriptor in self._open:
            self._step(Call(kind="write", inode=self._open[descriptor], data=bytes(data)))
        return real(descriptor, data)

    def _note_fsync(self, real: Callable[..., None], descriptor: int) -> None:
        if descriptor in self._open:
            self._step(Call(kind="sync", inode=self._open[descriptor]))

    def _note_mkdir(self, real: Callable[..., None], path: object, mode: int) -> None:
        if self._ours(path) and not os.path.lexists(path):
            self._made("make folder", Path(str(path)))
        real(path, mode)

    def _note_replace(self, real: Callable[..., None], source: Path, target: Path) -> None:
        inode = self._names[source]
        entries = (self._entry(source, None), self._entry(target, inode))
        self._step(Call(kind="rename", folder=self._names[source.parent], entries=entries))
        real(source, target)
        self._names[target] = self._names.pop(source)

    def _note_unlink(self, real: Callable[..., None], path: Path) -> None:
        if path in self._names:
            entries = (self._entry(path, None),)
            self._step(Call(kind="remove", folder=self._names[path.parent], entries=entries))
            del self._names[path]
        real(path)


class Disk:
    """What is sure and what is pending after some calls."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self.sure_entries: dict[int, Entries] = {ROOT: {}}
        self.pending: dict[int, list[Change]] = {ROOT: []}
        self.sure_data: dict[int, bytes] = {}
        self.data: dict[int, bytes] = {}
        for call in calls:
            self._take(call)

    def _take(self, call: Call) -> None:
        if call.kind == "make folder":
            self.sure_entries[call.inode], self.pending[call.inode] = {}, []
        elif call.kind == "make file":
            self.sure_data[call.inode] = self.data[call.inode] = b""
        elif call.kind == "write":
            self.data[call.inode] += call.data
        elif call.kind == "sync" and call.inode in self.data:
            self.sure_data[call.inode] = self.data[call.inode]
        elif call.kind == "sync":
            for entries in self.pending[call.inode]:
                self.sure_entries[call.inode].update(entries)
            self.pending[call.inode].clear()
        if call.entries:
            self.pending[call.folder].append(call.entries)

    def outcomes(self) -> set[Tree]:
        """Every tree that may be found when the power is back."""
        folders = list(self.sure_entries)
        trees: set[Tree] = set()
        for found in product(*(self._folder_outcomes(folder) for folder in folders)):
            contents = dict(zip(folders, found, strict=True))
            trees |= set(self._trees(contents))
        return trees

    def _folder_outcomes(self, folder: int) -> list[Entries]:
        outcomes: dict[tuple[tuple[str, int | None], ...], Entries] = {}
        for order in _orders(self.pending[folder]):
            entries = dict(self.sure_entries[folder])
            for change in order:
                entries.update(change)
            outcomes[tuple(sorted(entries.items()))] = entries
        return list(outcomes.values())

    def _trees(self, contents: dict[int, Entries]) -> Iterator[Tree]:
        places = list(_reachable(ROOT, "", contents))
        files = [inode for _, inode in places if inode in self.data]
        for versions in product(*(self._versions(inode) for inode in files)):
            version = dict(zip(files, versions, strict=True))
            yield tuple((path, version.get(inode)) for path, inode in places)

    def _versions(self, inode: int) -> set[bytes]:
        data, sure = self.data[inode], self.sure_data[inode]
        if data == sure:
            return {data}
        lengths = [len(data) * eighths // 8 for eighths in range(8)] + [len(data) - 2]
        cut = {data[:length] for length in lengths}
        zeroed = {data[:length] + bytes(len(data) - length) for length in lengths}
        return {sure, data} | cut | zeroed


def _orders(pending: Sequence[Change]) -> Iterator[Sequence[Change]]:
    """Any of the changes in any order; of more than five, for time's sake, in their own order."""
    for size in range(len(pending) + 1):
        for chosen in combinations(pending, size):
            yield from permutations(chosen) if len(pending) <= MOST_REORDERED else [chosen]


def _reachable(folder: int, prefix: str, contents: dict[int, Entries]) -> Iterator[tuple[str, int]]:
    for name, inode in sorted(contents[folder].items()):
        if inode is not None:
            yield prefix + name, inode
            if inode in contents:
                yield from _reachable(inode, f"{prefix}{name}/", contents)


def laid_out(tree: Tree, folder: Path) -> None:
    """Make this tree in an empty folder."""
    for path, content in tree:
        if content is None:
            (folder / path).mkdir()
        else:
            (folder / path).write_bytes(content)


def cuts(calls: Sequence[Call]) -> Iterator[tuple[int, int]]:
    """Every point the power may fail at: how many calls were made, and changes acknowledged."""
    for made in range(len(calls) + 1):
        yield made, sum(call.kind == "acknowledged" for call in calls[:made])


def without_file_syncs(calls: list[Call]) -> list[Call]:
    """The same calls of a program that does not sync what it has written."""
    files = {call.inode for call in calls if call.kind == "make file"}
    return [call for call in calls if call.kind != "sync" or call.inode not in files]


def without_folder_syncs(calls: list[Call]) -> list[Call]:
    """The same calls of a program that does not sync the folder it renamed in."""
    homes = {call.folder for call in calls if call.kind == "rename"}
    return [call for call in calls if call.kind != "sync" or call.inode not in homes]
