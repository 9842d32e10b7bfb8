"""Steps that are done twice: the second time must change no row and no byte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from table_digests import Digest, table_digests

from noktvrn_ai_artist.database.connection_manager import Database

T = TypeVar("T")
STATE_FILE = "source_stats.json"


@dataclass(slots=True)
class StepTally:
    """How often one step was done, and what its repetitions came to.

    `before` and `after` are of the first repetition that changed something, else of the last one.
    """

    name: str
    done: int = 0
    repeated: int = 0
    before: Digest = field(default_factory=lambda: _whole({}))
    after: Digest = field(default_factory=lambda: _whole({}))
    changed: list[str] = field(default_factory=list)

    def repeat(self, before: dict[str, Digest], after: dict[str, Digest]) -> None:
        """Write down what one repetition did."""
        self.repeated += 1
        if not self.changed:
            self.before, self.after = _whole(before), _whole(after)
        self.changed += [each for each in after if before.get(each) != after[each]]


@dataclass(slots=True)
class Repeater:
    """Does steps, does them again, and counts what the second time changed."""

    database: Database
    state_file: Path
    steps: dict[str, StepTally] = field(default_factory=dict)

    def step(self, name: str, work: Callable[[], T]) -> T:
        """Do a step once."""
        self._tally(name).done += 1
        return work()

    def again(self, name: str, work: Callable[[], object]) -> None:
        """Do a step that was done already, and look for any difference."""
        before = self.state()
        work()
        self._tally(name).repeat(before, self.state())

    def state(self) -> dict[str, Digest]:
        """Rows and hash of every table, and of the tracker's state file."""
        body = self.state_file.read_bytes() if self.state_file.exists() else b""
        file = Digest(rows=len(body.splitlines()), hash=hashlib.md5(body).hexdigest())  # noqa: S324
        return {**table_digests(self.database), STATE_FILE: file}

    def _tally(self, name: str) -> StepTally:
        return self.steps.setdefault(name, StepTally(name))


def _whole(state: dict[str, Digest]) -> Digest:
    """Rows and hash of everything together."""
    text = "".join(f"{name}{one.rows}{one.hash}" for name, one in sorted(state.items()))
    # It tells states apart, and keeps no secret.
    told = hashlib.md5(text.encode()).hexdigest()  # noqa: S324
    return Digest(rows=sum(one.rows for one in state.values()), hash=told)
