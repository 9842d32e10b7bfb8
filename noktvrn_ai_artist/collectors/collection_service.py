"""Collection: what is due is asked for, youngest first, and what is told is stored, call by call.

A run is written down with its start before anything is asked, and every counter is stamped with
that start. A run that died is taken up by the next one, within the hour, where it stood and with
its own start: so its rows are those of an undisturbed run. After that it is closed as abandoned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from noktvrn_ai_artist.analytics.change_digest import digest
from noktvrn_ai_artist.analytics.declared_names import load_catalogue
from noktvrn_ai_artist.analytics.metric_catalogue import Catalogue
from noktvrn_ai_artist.collectors.due import SLACK, Watched, due, next_due
from noktvrn_ai_artist.collectors.feeds import FEEDS, Feed, FeedName, ids_of
from noktvrn_ai_artist.collectors.kept_answers import KeptAnswers
from noktvrn_ai_artist.collectors.kept_tokens import KeptTokens
from noktvrn_ai_artist.collectors.messages import Provider
from noktvrn_ai_artist.collectors.platform_access import Opened, PlatformAccess, check_configured
from noktvrn_ai_artist.collectors.quota_ledger import QuotaLedger
from noktvrn_ai_artist.collectors.readings import Answer, Reading
from noktvrn_ai_artist.collectors.run_ledger import (
    CallNews,
    Run,
    RunLedger,
    RunOutcome,
    collecting_alone,
)
from noktvrn_ai_artist.collectors.transport import Patience, Transport
from noktvrn_ai_artist.database.connection_manager import Database
from noktvrn_ai_artist.errors import BadAnswer, NoktvrnError, ProviderError, QuotaSpent
from noktvrn_ai_artist.records import Observation
from noktvrn_ai_artist.settings import Settings

# A run that died longer ago is not taken up: what is asked now is not what was so then. An hourly
# timer that is a little late finds it in time.
TAKEN_UP_WITHIN = timedelta(hours=1) + SLACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run would do now: how much is due, in how many calls, and what the quota has left.

    `next_at` is when the first publication is due; None where none is published.
    """

    feed: FeedName
    watched: int
    due: int
    calls: int
    units_left: int | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A run with its end, None where none was due, and the error that it ended with."""

    run: Run | None
    error: NoktvrnError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What collection needs from outside: the time, and a way to let it go by.

    `patience` and `rng` are the transport's; without them it has its own.
    """

    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    patience: Patience | None = None
    rng: Random | None = None


class CollectionService:
    """Collects from the platforms into one database."""

    def __init__(self, database: Database, settings: Settings, around: Surroundings) -> None:
        self._database, self._settings, self._around = database, settings, around

    def plan(self, name: FeedName) -> Plan:
        """What is due now; nothing is asked or stored."""
        feed, now = FEEDS[name], self._around.clock()
        watched = RunLedger(self._database, feed).watched()
        ready = due(watched, now=now, rhythm=feed.rhythm)
        quota = QuotaLedger(self._database, a_day=self._settings.quotas)
        return Plan(
            feed=name,
            watched=len(watched),
            due=len(ready),
            calls=len(feed.batches(ready, at=now)),
            units_left=quota.left(feed.provider, now=now),
            next_at=next_due(watched, rhythm=feed.rhythm),
        )

    def collect(self, name: FeedName) -> Run | None:
        """One run over what is due; None where nothing is, and nothing was left to finish.

        The run says "done", or "quota spent" where something due was not asked for.

        Raises:
            ProviderError: the run ended as failed, with the same reason; what it stored is kept.
            NotConfigured, CollectionUnderWay, DatabaseUnavailable: as `attempt` does.
        """
        ended = self.attempt(name)
        if ended.error is not None:
            raise ended.error
        return ended.run

    def attempt(self, name: FeedName) -> Ended:
        """As `collect`, but a run that failed is told as well, with what it stored.

        Raises:
            NotConfigured: a key or token is not set; no run was begun.
            CollectionUnderWay: another collection of this interface is under way.
            DatabaseUnavailable: the run is taken up by the next one.
        """
        check_configured(self._settings, name)
        feed = FEEDS[name]
        with collecting_alone(self._database, name), self._outside(feed) as outside:
            ended = _Collection(self._database, feed, outside, self._around.clock).run()
        if ended.run is not None and ended.run.stored:
            digest(self._database)
        return ended

    @contextmanager
    def access(self, provider: Provider) -> Iterator[tuple[PlatformAccess, _CountedQuota]]:
        """What opens the platforms, and the units of one of them that are used meanwhile."""
        clock, database = self._around.clock, self._database
        quota = _CountedQuota(database, self._settings, provider)
        with Transport(
            self._settings,
            quota=quota,
            answers=KeptAnswers(database),
            clock=clock,
            sleep=self._around.sleep,
            patience=self._around.patience,
            rng=self._around.rng,
        ) as transport:
            tokens = KeptTokens(database, key_folder=self._settings.data_dir, clock=clock)
            yield (
                PlatformAccess(
                    settings=self._settings, transport=transport, tokens=tokens, clock=clock
                ),
                quota,
            )

    @contextmanager
    def _outside(self, feed: Feed) -> Iterator[_Outside]:
        with self.access(feed.provider) as (access, quota):
            yield _Outside(feed, access, quota)


class _CountedQuota(QuotaLedger):
    """The ledger, and how many units of one provider were taken through it."""

    def __init__(self, database: Database, settings: Settings, provider: Provider) -> None:
        super().__init__(database, a_day=settings.quotas)
        self._provider = provider
        self._units = 0

    def take(self, provider: Provider, *, units: int, now: datetime) -> None:
        """Count them in both places."""
        super().take(provider, units=units, now=now)
        if provider is self._provider:
            self._units += units

    def counted(self) -> int:
        """The units taken since this was last asked."""
        units, self._units = self._units, 0
        return units


class _Outside:
    """One interface, asked batch by batch."""

    def __init__(self, feed: Feed, access: PlatformAccess, quota: _CountedQuota) -> None:
        self._feed, self._access, self.quota = feed, access, quota

    def answer(self, batch: Sequence[Watched], *, at: datetime) -> Answer:
        """What is told of a batch, over all pages: one is not stored without the others."""
        return self._access.ask(self._feed, lambda opened: self._walked(opened, batch, at))

    def _walked(self, opened: Opened, batch: Sequence[Watched], at: datetime) -> Answer:
        feed, readings, missing = self._feed, list[Reading](), frozenset(ids_of(batch))
        request = feed.ask(batch, secret=opened.secret, at=at)
        hidden, refused = set[tuple[str, str]](), set[tuple[str, str]]()
        while True:
            response = opened.send(request)
            page = feed.read(response, request=request, asked=missing, at=at)
            readings += page.readings
            missing = page.missing
            hidden |= page.hidden
            refused |= page.refused
            if page.follow_up is None:
                return Answer(
                    readings=tuple(readings),
                    missing=missing,
                    hidden=frozenset(hidden),
                    refused=frozenset(refused),
                )
            request = page.follow_up


class _Collection:
    """One run from its beginning, or from where it died, to its end."""

    def __init__(
        self, database: Database, feed: Feed, outside: _Outside, clock: Callable[[], datetime]
    ) -> None:
        self._ledger = RunLedger(database, feed)
        self._feed, self._outside, self._clock = feed, outside, clock
        self._catalogue: Catalogue = load_catalogue(database)

    def run(self) -> Ended:
        """The run with its end, and why it failed; nothing where nothing was due."""
        watched = self._ledger.watched()
        run = self._taken_up()
        started_at = self._clock() if run is None else run.started_at
        ready = due(watched, now=started_at, rhythm=self._feed.rhythm)
        if run is None:
            if not ready:
                return Ended(run=None)
            run = self._ledger.begin(started_at=started_at, due=len(ready))
        return self._ended(run, {one.external_id: one for one in ready})

    def _taken_up(self) -> Run | None:
        """The run that died, if it is young enough; an older one is closed."""
        left = self._ledger.open_run()
        if left is None:
            return None
        if timedelta(0) <= self._clock() - left.started_at < TAKEN_UP_WITHIN:
            return left
        self._end(left, RunOutcome.ABANDONED, "it died, and was not taken up within an hour")
        return None

    def _ended(self, run: Run, ready: dict[str, Watched]) -> Ended:
        """Ask for all that is due, and write down how that ended."""
        try:
            unread = self._asked(run, ready)
        except QuotaSpent as error:
            return Ended(run=self._end(run, RunOutcome.QUOTA_SPENT, error.reason))
        except ProviderError as error:
            return Ended(run=self._end(run, RunOutcome.FAILED, str(error)), error=error)
        if unread:
            calls = "1 answer" if len(unread) == 1 else f"{len(unread)} answers"
            reason = f"{calls} could not be read; first: {unread[0]}"
            return Ended(run=self._end(run, RunOutcome.FAILED, reason), error=unread[0])
        return Ended(run=self._end(run, RunOutcome.DONE, None))

    def _asked(self, run: Run, ready: dict[str, Watched]) -> list[BadAnswer]:
        """Ask batch by batch; an answer that cannot be read does not stop the others."""
        batches = self._feed.batches(ready.values(), at=run.started_at)
        askable = {each for batch in batches for each in ids_of(batch)}
        unaskable = [each for each in ready if each not in askable]
        if unaskable:
            self._keep(run, CallNews(unaskable=unaskable))
        unread = []
        for batch in batches:
            try:
                answer = self._outside.answer(batch, at=run.started_at)
            except BadAnswer as error:
                unread.append(error)
            else:
                self._keep(run, self._news(ids_of(batch), answer, ready))
        return unread

    def _news(self, asked: Sequence[str], answer: Answer, ready: dict[str, Watched]) -> CallNews:
        return CallNews(
            observations=[self._observation(one, ready) for one in answer.readings],
            asked=asked,
            missing=answer.missing,
            hidden=answer.hidden,
            refused=len(answer.refused),
            units=self._outside.quota.counted(),
        )

    def _observation(self, reading: Reading, ready: dict[str, Watched]) -> Observation:
        # True for as long as the row is kept: the same number read again later changes nothing.
        notes = (
            f"provisional when read on {self._clock():%Y-%m-%d}" if reading.provisional else None
        )
        return Observation(
            release_id=ready[reading.external_id].release_id,
            platform=self._feed.platform,
            metric_type=reading.metric_type,
            metric_value=reading.metric_value,
            recorded_at=reading.recorded_at,
            source=self._feed.source,
            notes=notes,
        )

    def _keep(self, run: Run, news: CallNews) -> None:
        self._ledger.keep(run, news, catalogue=self._catalogue, now=self._clock())

    def _end(self, run: Run, outcome: RunOutcome, reason: str | None) -> Run:
        units = self._outside.quota.counted()
        now = self._clock()
        return self._ledger.end(run, outcome=outcome, reason=reason, units=units, now=now)
