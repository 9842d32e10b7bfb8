"""Where pages are: their files and addresses, for the navigation and for links between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One page: its file (beside `app.py`), its address, and how the navigation shows it."""

    file: str
    address: str
    title: str
    icon: str


OVERVIEW = Place(
    file="analytics/overview.py", address="overview", title="Overview", icon=":material/monitoring:"
)
RELEASE = Place(
    file="analytics/dashboard.py", address="release", title="Release", icon=":material/album:"
)
ENTRY = Place(
    file="analytics/data_entry.py",
    address="enter",
    title="Enter numbers",
    icon=":material/edit_note:",
)
RELEASES = Place(
    file="releases/release_list.py",
    address="releases",
    title="Releases",
    icon=":material/library_music:",
)
IMPORTS = Place(
    file="collection/imports.py", address="imports", title="Imports", icon=":material/history:"
)
COLLECTION = Place(
    file="collection/runs.py",
    address="collection",
    title="Collection",
    icon=":material/cloud_download:",
)
SOURCES = Place(
    file="sources/standings.py",
    address="sources",
    title="Stock sources",
    icon=":material/movie:",
)
EVOLUTION = Place(
    file="evolution/progression.py",
    address="evolution",
    title="Artist evolution",
    icon=":material/timeline:",
)

PAGES: Mapping[str, tuple[Place, ...]] = {
    "Performance": (OVERVIEW, RELEASE),
    "Numbers": (ENTRY, COLLECTION, IMPORTS, RELEASES),
    "Footage": (SOURCES,),
    "Artists": (EVOLUTION,),
}
