"""The loop demo: live through the simulated days, check what came of them, and show it."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from collected_world import stored_rows
from repeated_steps import StepTally
from simulated_loop import SimulatedLoop, live, simulated_loop
from simulated_world import ARTISTS, GENRE_TIES, SOURCE_TIES, best

from noktvrn_ai_artist.artist_evolution.artist_evolution_service import Evolution
from noktvrn_ai_artist.artist_evolution.evolution_words import ASSOCIATION
from noktvrn_ai_artist.artist_evolution.vocabulary import Trait
from noktvrn_ai_artist.cli.output import print_table, say
from noktvrn_ai_artist.collectors.feeds import FeedName
from noktvrn_ai_artist.collectors.run_ledger import RunOutcome
from noktvrn_ai_artist.database.connection_manager import Database, use_database
from noktvrn_ai_artist.database.migrations import apply_migrations
from noktvrn_ai_artist.settings import Settings

LABEL = "[simulated]"
RELEASES, DAYS, SEED = 14, 28, 11


@dataclass(slots=True)
class Checks:
    """What has to hold, and whether it did."""

    held: list[tuple[str, bool]] = field(default_factory=list)

    def that(self, rule: str, *, holds: bool) -> None:
        """Write down whether a rule holds."""
        self.held.append((rule, holds))

    @property
    def all_held(self) -> bool:
        """Whether every rule held, of at least one."""
        return bool(self.held) and all(holds for _, holds in self.held)


def tell(line: str) -> None:
    """One line, with the label that all simulated data carries."""
    say(f"{LABEL} {line}")


def run(
    database: Database, folder: Path, *, releases: int, days: int, seed: int, sure: bool = True
) -> Checks:
    """The loop from the first release to the clips of the next.

    With `sure` there are releases enough that the contrary of what is true must not be found.
    """
    checks = Checks()
    with simulated_loop(database, folder, seed=seed) as loop:
        live(loop, releases=releases, days=days)
        loop.score()
        ranked = loop.rank()
        evolved = {artist: loop.evolve(artist) for artist in ARTISTS}
        for artist in ARTISTS:
            loop.make(artist, f"SIMULATED next release of {artist}")
        _check_collection(loop, checks)
        _check_steps(loop, checks)
        if sure:
            _check_findings(ranked, evolved, checks)
        _show_sources(loop)
        _show_profiles(evolved)
        _show_steps(loop, checks)
    return checks


def _check_collection(loop: SimulatedLoop, checks: Checks) -> None:
    """Nothing but what the platform showed at each run's start was stored, and all of that."""
    stored = stored_rows(loop.database, FeedName.YOUTUBE)
    works = loop.world.youtube.works
    wrong = [row for row in stored if works[row[0]].count(row[1], row[2]) != row[3]]
    runs = len(loop.runs)
    checks.that(f"{len(stored):,} stored numbers, {len(wrong)} wrong", holds=not wrong)
    checks.that(f"{runs} runs told of {_stored(loop):,}", holds=_stored(loop) == len(stored))
    done = all(one.outcome == RunOutcome.DONE for one in loop.runs)
    checks.that("every run asked for all that was due", holds=bool(runs) and done)


def _stored(loop: SimulatedLoop) -> int:
    return sum(one.stored for one in loop.runs)


def _check_steps(loop: SimulatedLoop, checks: Checks) -> None:
    for tally in loop.repeat.steps.values():
        rule = f"{tally.name}: {tally.repeated} repetitions changed nothing"
        checks.that(rule, holds=tally.repeated > 0 and not tally.changed)


def _check_findings(ranked: list[str], evolved: dict[str, Evolution], checks: Checks) -> None:
    """So few releases leave room for chance, but not for the contrary of what is true."""
    worst, genre = min(SOURCE_TIES, key=lambda name: SOURCE_TIES[name]), best(GENRE_TIES)
    checks.that(f"the worst source, {worst}, does not stand first", holds=ranked[0] != worst)
    for artist, found in evolved.items():
        before, after = (each.weights(Trait.GENRE) for each in (found.before, found.after))
        rule = f"{artist}: the favoured genre, {genre}, is not reduced"
        checks.that(rule, holds=after.get(genre, 0.0) >= before[genre])


def _show_sources(loop: SimulatedLoop) -> None:
    print_table(
        f"{LABEL} What is believed of the sources, and what is true in this world",
        ("source", "verdict", "estimate", "interval", "releases", "true doublings"),
        [
            (
                one.source,
                one.verdict,
                f"{one.mean:+.2f}",
                f"{one.low:+.2f} to {one.high:+.2f}",
                one.releases,
                f"{SOURCE_TIES[one.source]:+.1f}",
            )
            for one in loop.tracker.standings()
        ],
    )


def _show_profiles(evolved: dict[str, Evolution]) -> None:
    for artist, found in evolved.items():
        tell(f"{artist}: version {found.before.version} became {found.after.version}")
        for change in found.changes:
            weight = "dropped" if change.after is None else f"{change.after:.2f}"
            tell(f"  {change.trait} {change.value}: {change.kind}, {weight} ({change.reason})")
    tell(ASSOCIATION)


def _show_steps(loop: SimulatedLoop, checks: Checks) -> None:
    print_table(
        f"{LABEL} Every step, and what doing it again changed",
        ("step", "done", "again", "rows before", "after", "hash before", "after", "changed"),
        [_step_cells(tally) for tally in loop.repeat.steps.values()],
    )
    print_table(
        f"{LABEL} What is left",
        ("table", "rows", "hash"),
        [(name, one.rows, one.hash[:12]) for name, one in loop.repeat.state().items() if one.rows],
    )
    for rule, holds in checks.held:
        tell(f"{'ok    ' if holds else 'FAILED'} {rule}")


def _step_cells(tally: StepTally) -> tuple[object, ...]:
    changed = ", ".join(sorted(set(tally.changed))) or "nothing"
    before, after = tally.before, tally.after
    rows, hashes = (before.rows, after.rows), (before.hash[:8], after.hash[:8])
    return (tally.name, tally.done, tally.repeated, *rows, *hashes, changed)


@contextmanager
def temporary_database(folder: Path) -> Iterator[Database]:
    """A private PostgreSQL of the demo's own, gone at the end."""
    settings = Settings(data_dir=folder, database="noktvrn_loop", database_url=None)
    database = Database(settings)
    try:
        use_database(database.open())
        apply_migrations(database)
        yield database
    finally:
        use_database(None)
        if database.server is not None:
            database.server.remove()


def main(arguments: Sequence[str]) -> int:
    """Run the demo; the exit code."""
    about = "The whole loop in one run, on simulated data."
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--releases", type=int, default=RELEASES, help="of each artist")
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args(arguments)
    began = time.monotonic()
    tell(f"{given.releases} releases of each of {len(ARTISTS)} artists over {given.days} days …")
    with tempfile.TemporaryDirectory() as folder, temporary_database(Path(folder)) as database:
        checks = run(
            database,
            Path(folder),
            releases=given.releases,
            days=given.days,
            seed=given.seed,
            sure=given.releases >= RELEASES,
        )
    tell(
        f"{'all checks held' if checks.all_held else 'CHECKS FAILED'}"
        f" ({time.monotonic() - began:.0f} s)"
    )
    return 0 if checks.all_held else 1
