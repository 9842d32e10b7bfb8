"""Artists evolve by the scores of the feedback loop, once for each evidence, remembered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from evolving_world import (
    ARTIST,
    NOW,
    OTHER,
    OWN,
    all_at_once,
    evolve,
    parameters,
    published,
    remembered,
)
from observed_tables import rows
from scored_world import curve

from noktvrn_ai_artist.analytics.performance_db_service import add_performance_metrics
from noktvrn_ai_artist.analytics.source_records import ScoreReport
from noktvrn_ai_artist.artist_evolution import artist_evolution_service, profile_store
from noktvrn_ai_artist.artist_evolution.artist_evolution_service import ArtistEvolutionService
from noktvrn_ai_artist.artist_evolution.profiles import neutral_profile
from noktvrn_ai_artist.artist_evolution.progression import (
    ChangeKind,
    EntryKind,
    Finding,
    replayed,
)
from noktvrn_ai_artist.artist_evolution.vocabulary import Trait
from noktvrn_ai_artist.database.connection_manager import Connection, Database
from noktvrn_ai_artist.errors import (
    BadValue,
    PerformanceDbError,
    UnknownArtist,
)
from noktvrn_ai_artist.feedback_loop import run_feedback

KEPT = (
    "select * from artist_profiles",
    "select * from artist_progression_log order by artist_id, version",
)


@pytest.fixture
def service(database: Database) -> ArtistEvolutionService:
    """Over releases with numbers; nothing is known yet of what they were made with."""
    published(database)
    return ArtistEvolutionService(database)


@pytest.fixture
def made(service: ArtistEvolutionService) -> ArtistEvolutionService:
    """Over releases of which that is known too."""
    remembered(service)
    return service


def kept(service: ArtistEvolutionService) -> list[object]:
    return [rows(service.database, statement) for statement in KEPT]


def test_what_went_with_better_releases_weighs_more(made: ArtistEvolutionService) -> None:
    found = evolve(made)
    assert (found.basis, found.releases, found.without_parameters) == ("YouTube views", 20, 0)
    genres = {one.value: one for one in found.judgements if one.trait is Trait.GENRE}
    assert genres["house"].finding is Finding.BETTER
    assert genres["ambient"].finding is Finding.WORSE
    assert genres["synthwave"].finding is Finding.TOO_LITTLE_DATA
    weights = made.profile(ARTIST).weights(Trait.GENRE)
    assert weights["ambient"] < 1 < weights["house"]
    assert weights["synthwave"] == 1
    assert made.profile(ARTIST) == found.after
    assert made.profile(OTHER) == neutral_profile(OTHER)


def test_one_entry_holds_reasons_numbers_and_both_profiles(made: ArtistEvolutionService) -> None:
    found = evolve(made)
    (entry,) = made.progression(ARTIST)
    assert (entry.version, entry.kind, entry.happened_at) == (1, EntryKind.EVOLVED, NOW)
    assert (entry.basis, entry.releases) == ("YouTube views", 20)
    assert (entry.before, entry.after) == (found.before.traits, found.after.traits)
    assert entry.changes == found.changes
    assert entry.judgements == found.judgements
    assert all("doublings" in one.reason for one in entry.changes if one.drawn_from == ())
    (tried,) = [one for one in entry.changes if one.kind is ChangeKind.TRIED]
    assert tried.value in tried.drawn_from


def test_the_scores_are_those_that_the_tracker_is_told(made: ArtistEvolutionService) -> None:
    class Book:
        told: dict[int, float]

        def reports(self) -> list[ScoreReport]:
            return []

        def log_release_performances(self, reports: list[ScoreReport], /) -> int:
            self.told = {one.release_id: one.score for one in reports}
            return len(self.told)

    book = Book()
    run_feedback(made.database, book, now=NOW)  # type: ignore[arg-type]
    found = evolve(made, dry_run=True)
    house = next(one for one in found.judgements if one.value == "house")
    scores = {n: round(book.told[n], 1) for n in OWN}
    pairs = [
        min(2.0, max(-2.0, scores[i] - scores[j]))
        for i in OWN
        for j in OWN
        if i % 4 == 1 and j % 4 == 3
    ]
    assert house.difference == pytest.approx(sum(pairs) / len(pairs), abs=0.15)


def test_the_same_evidence_changes_nothing_twice(made: ArtistEvolutionService) -> None:
    evolve(made)
    before = kept(made)
    again = evolve(made, rng=np.random.default_rng(99))
    assert again.seen_before
    assert again.changes == ()
    assert again.after == again.before
    assert kept(made) == before


def test_evidence_of_two_bases_by_turns_counts_once_each(database: Database) -> None:
    published(database, platforms=("YouTube", "TikTok"))
    service = ArtistEvolutionService(database)
    remembered(service)
    seen = [evolve(service, platform=name).seen_before for name in ("YouTube", "TikTok") * 2]
    assert seen == [False, False, True, True]
    bases = [entry.basis for entry in service.progression(ARTIST)]
    assert bases == ["YouTube views", "TikTok views"]


def test_other_evidence_goes_on_from_there(made: ArtistEvolutionService) -> None:
    first = evolve(made)
    add_performance_metrics(curve(1, level=64.0, days=9))
    second = evolve(made)
    assert not second.seen_before
    assert second.before == first.after
    entries = made.progression(ARTIST)
    assert [entry.version for entry in entries] == list(range(1, len(entries) + 1))
    assert replayed(entries) == made.profile(ARTIST).traits


def test_a_dry_run_shows_what_would_be_and_keeps_nothing(made: ArtistEvolutionService) -> None:
    shown = evolve(made, dry_run=True)
    assert kept(made) == [[], []]
    assert rows(made.database, "select * from release_milestones") == []
    done = evolve(made)
    assert (shown.after, shown.changes) == (done.after, done.changes)
    assert (shown.dry_run, done.dry_run) == (True, False)


def test_releases_of_which_nothing_is_known_count_for_nothing(
    service: ArtistEvolutionService,
) -> None:
    found = evolve(service)
    assert (found.releases, found.without_parameters) == (0, 20)
    assert (found.changes, kept(service)) == ((), [[], []])
    for release_id in (1, 5, 3, 7):
        genre = "house" if release_id % 4 == 1 else "ambient"
        service.record_parameters(release_id, parameters(genre), now=NOW)
    found = evolve(service)
    assert (found.releases, found.without_parameters) == (4, 16)
    assert {one.finding for one in found.judgements} == {Finding.TOO_LITTLE_DATA}
    assert kept(service) == [[], []]


def test_without_any_score_nothing_happens(database: Database) -> None:
    published(database, platforms=())
    found = evolve(ArtistEvolutionService(database))
    assert (found.basis, found.releases, found.changes) == (None, 0, ())


def test_several_platforms_are_weighed_only_where_that_is_asked_for(database: Database) -> None:
    published(database, platforms=("TikTok", "Instagram"))
    service = ArtistEvolutionService(database)
    remembered(service)
    with pytest.raises(BadValue, match="name the one to score by"):
        evolve(service)
    assert evolve(service, platform="tiktok").basis == "TikTok views"
    blended = evolve(service, blend={"tiktok": 1, "instagram": 1})
    assert blended.basis == "50% Instagram views + 50% TikTok views"
    with pytest.raises(BadValue, match="whose terms forbid"):
        evolve(service, blend={"tiktok": 1, "youtube": 1})


def test_what_is_recorded_rebuilds_the_profile(made: ArtistEvolutionService) -> None:
    made.set_profile(ARTIST, {Trait.GENRE: {"house": 1, "ambient": 1, "drone": 0}}, now=NOW)
    evolve(made)
    made.set_profile(ARTIST, {Trait.MOOD: {"dark": 2, "calm": 1}}, now=NOW)
    add_performance_metrics(curve(3, level=0.01, days=9))
    evolve(made)
    entries = made.progression(ARTIST)
    assert len(entries) >= 3
    assert entries[0].before == neutral_profile(ARTIST).traits
    for place, entry in enumerate(entries):
        assert replayed(entries[: place + 1]) == entry.after
    assert entries[-1].after == made.profile(ARTIST).traits
    assert entries[-1].version == made.profile(ARTIST).version


def test_what_the_operator_set_stands_until_the_evidence_changes(
    made: ArtistEvolutionService,
) -> None:
    evolve(made)
    given = {Trait.GENRE: {"house": 0.5, "techno": 2}}
    chosen = made.set_profile(ARTIST, given, now=NOW)
    assert chosen.weights(Trait.GENRE) == {"house": 0.5, "techno": 2.0}
    assert evolve(made).after == chosen
    assert made.set_profile(ARTIST, given, now=NOW) == chosen
    assert [entry.kind for entry in made.progression(ARTIST)] == [EntryKind.EVOLVED, EntryKind.SET]


def test_several_at_once_leave_one_entry(
    made: ArtistEvolutionService, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = profile_store.last_fingerprint

    def asked_slowly(connection: Connection, artist_id: int, *, basis: str | None) -> str | None:
        told = asked(connection, artist_id, basis=basis)
        time.sleep(0.2)
        return told

    monkeypatch.setattr(profile_store, "last_fingerprint", asked_slowly)
    run_feedback(made.database, artist_evolution_service._Scores(), now=NOW)
    got = all_at_once(lambda: evolve(made), times=4)
    assert len(made.progression(ARTIST)) == 1
    seen = [found.seen_before for found in got]  # type: ignore[attr-defined]
    assert sorted(seen) == [False, True, True, True]


def test_without_the_lock_the_key_still_keeps_it_to_one_entry(
    made: ArtistEvolutionService, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_feedback(made.database, artist_evolution_service._Scores(), now=NOW)
    meet, asked = threading.Barrier(2), profile_store.last_fingerprint

    def asked_together(connection: Connection, artist_id: int, *, basis: str | None) -> str | None:
        told = asked(connection, artist_id, basis=basis)
        meet.wait(timeout=20)
        return told

    monkeypatch.setattr(profile_store, "hold_artist", lambda _connection, _artist: None)
    monkeypatch.setattr(profile_store, "last_fingerprint", asked_together)
    got = all_at_once(lambda: evolve(made), times=2)
    assert sum(isinstance(one, PerformanceDbError) for one in got) == 1
    assert len(made.progression(ARTIST)) == 1


def test_profile_and_entry_are_kept_together_or_not_at_all(made: ArtistEvolutionService) -> None:
    with made.database.transaction() as connection:
        connection.execute(
            b"insert into artist_progression_log values (%s, 1, 'set by the operator', now(),"
            b" null, null, 0, '[]', '[]', '[]', '[]')",
            [ARTIST],
        )
    with pytest.raises(PerformanceDbError, match="23505"):
        evolve(made)
    assert rows(made.database, KEPT[0]) == []


_EVOLVE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import numpy as np
from noktvrn_ai_artist.artist_evolution.artist_evolution_service import ArtistEvolutionService
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.settings import Settings

with Database(Settings(data_dir=Path(sys.argv[1]), database=sys.argv[2])) as database:
    print("begin", flush=True)
    ArtistEvolutionService(database).evolve_artist(
        2, now=datetime(2026, 6, 1, tzinfo=UTC), rng=np.random.default_rng(5)
    )
"""


def test_killed_anywhere_the_next_run_ends_in_the_same_entry(made: ArtistEvolutionService) -> None:
    settings = made.database.settings
    expected = evolve(made, dry_run=True)
    command = [sys.executable, "-c", _EVOLVE, str(settings.data_dir), settings.database]
    for pause in (0.0, 0.01, 0.03, 0.06, 0.1):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(pause)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert len(made.progression(ARTIST)) == made.profile(ARTIST).version <= 1
    evolve(made)
    (entry,) = made.progression(ARTIST)
    assert (entry.changes, entry.after) == (expected.changes, expected.after.traits)


@pytest.mark.parametrize("bad", [0, -1, True, 2.0, 2**63])
def test_what_is_no_id_is_refused(service: ArtistEvolutionService, bad: int) -> None:
    for ask in (service.profile, service.progression):
        with pytest.raises(BadValue, match="artist_id"):
            ask(bad)


def test_an_unknown_artist_is_refused(service: ArtistEvolutionService) -> None:
    for ask in (
        lambda: service.profile(999),
        lambda: service.evolve_artist(999, now=NOW, rng=np.random.default_rng(0)),
        lambda: service.set_profile(999, {Trait.GENRE: {"house": 1}}, now=NOW),
        lambda: service.next_parameters(999, rng=np.random.default_rng(0)),
    ):
        with pytest.raises(UnknownArtist, match="there is no artist 999"):
            ask()


@pytest.mark.parametrize(
    "traits",
    ['[["genre", "house", 5]]', '[["genre", "house", 0.1]]', '[["genre", 1, 1]]', '{"a": 1}'],
)
def test_the_schema_refuses_weights_out_of_range(database: Database, traits: str) -> None:
    for table in ("artist_profiles", "release_parameters"):
        with (
            pytest.raises(PerformanceDbError, match="23514"),
            database.transaction() as connection,
        ):
            connection.execute(
                f"insert into {table} values (1, 1, %s::jsonb, now())".encode(), [traits]
            )
