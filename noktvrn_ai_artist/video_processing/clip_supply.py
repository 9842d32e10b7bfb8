"""The clips of the configured libraries, page by page, each asked for once; failures are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from noktvrn_ai_artist.collectors.messages import Request, Response
from noktvrn_ai_artist.errors import ProviderError
from noktvrn_ai_artist.video_processing.clip_records import Clip, ClipPage, ClipSearch, Orientation
from noktvrn_ai_artist.video_processing.search_terms import is_avoided
from noktvrn_ai_artist.video_processing.stock_libraries.known_libraries import LIBRARIES, Keys
from noktvrn_ai_artist.video_processing.stock_libraries.library import Judges, StockLibrary

MOST_PAGES = 2
"""How far a search is paged: terms differ more than the third page of one of them."""


class Sends(Protocol):
    """Whoever brings a request to its provider and back: a `Transport`."""

    def send(self, request: Request, *, judge: Judges) -> Response:
        """The good answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockAccess:
    """The way to the libraries, and the keys of those that may be asked."""

    transport: Sends
    keys: Keys


@dataclass(slots=True)
class ClipSupply:
    """What the libraries have; `failed` says of those that failed why, once they did.

    Clips whose title or tags have an avoided term in them are left out.
    """

    access: StockAccess
    orientation: Orientation
    avoided: Sequence[str] = ()
    failed: dict[str, ProviderError] = field(default_factory=dict)
    _known: dict[tuple[str, ClipSearch], ClipPage] = field(default_factory=dict)

    def clips(self, source: str, term: str) -> Iterator[Sequence[Clip]]:
        """Page by page what the source has for a term; a source that fails has no more pages."""
        library = next(each for each in LIBRARIES if each.name == source)
        for number in range(MOST_PAGES):
            search = ClipSearch(term=term, orientation=self.orientation, page=number)
            page = self._page(library, search)
            yield page.clips
            if not page.more:
                return

    def _page(self, library: StockLibrary, search: ClipSearch) -> ClipPage:
        if library.name in self.failed:
            return _NOTHING
        place = (library.name, search)
        if place not in self._known:
            self._known[place] = self._asked(library, search)
        return self._known[place]

    def _asked(self, library: StockLibrary, search: ClipSearch) -> ClipPage:
        try:
            request = library.ask(search, key=self.access.keys[library.name])
            response = self.access.transport.send(request, judge=library.judge)
            page = library.read(response, search=search)
        except ProviderError as error:
            # The next source takes over, and the result says so.
            self.failed[library.name] = error
            return _NOTHING
        wanted = tuple(clip for clip in page.clips if not is_avoided(clip.words, self.avoided))
        return ClipPage(clips=wanted, more=page.more)


_NOTHING = ClipPage(clips=(), more=False)
