"""The stock libraries that can be searched, and which of them the settings hold a key for.

Videvo has no interface that could be searched. It is a source's name like any other: what was used
of it is told with `noktvrn tracker log-usage videvo ...`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from noktvrn_ai_artist.errors import NotConfigured
from noktvrn_ai_artist.settings import Settings
from noktvrn_ai_artist.video_processing.stock_libraries.coverr import COVERR
from noktvrn_ai_artist.video_processing.stock_libraries.pexels import PEXELS
from noktvrn_ai_artist.video_processing.stock_libraries.pixabay import PIXABAY

LIBRARIES = (COVERR, PEXELS, PIXABAY)
Keys = Mapping[str, SecretStr]
"""The keys of libraries, by the library's name."""


def configured_keys(settings: Settings) -> Keys:
    """The keys that are set.

    Raises:
        NotConfigured: none is.
    """
    given = {library.name: getattr(settings, library.key_setting) for library in LIBRARIES}
    keys = {name: key for name, key in given.items() if key is not None}
    if not keys:
        names = ", ".join(f"NOKTVRN_{library.key_setting.upper()}" for library in LIBRARIES)
        raise NotConfigured("stock libraries", f"no key is set; set one or more of {names}")
    return keys
