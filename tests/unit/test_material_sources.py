"""MoneyPrinterTurbo's records of stock clips, taken over as usages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from noktvrn_ai_artist.analytics.stock_success_tracker import StockSuccessTracker
from noktvrn_ai_artist.errors import BadFile, BadTrackerInput
from noktvrn_ai_artist.video_processing.material_sources import read_material_sources

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORD = {
    "provider": "pexels",
    "local_file": "vid-0f3a.mp4",
    "duration": 14,
    "search_term": "neon city",
    "asset_id": "8512",
    "source_page": "https://www.pexels.com/video/8512/",
    "creator": {"id": "77", "name": "Ana Lu", "profile_page": "https://www.pexels.com/@ana"},
    "rendition": {"id": "991", "width": 1080, "height": 1920},
}
LEAST = {"provider": "Coverr", "local_file": "vid-77.mp4", "duration": 9}


def script(*records: object) -> bytes:
    told = {"script": "A song.", "search_terms": ["neon"], "params": {}}
    return json.dumps({**told, "material_sources": records}, indent=4).encode()


def test_a_record_becomes_a_usage_with_its_term_and_creator() -> None:
    full, least = read_material_sources(script(RECORD, LEAST), release_id=12, used_at=NOON)
    assert (full.source_name, full.clip_id, full.release_id) == ("pexels", "8512", 12)
    assert (full.search_term, full.creator, full.used_at) == ("neon city", "Ana Lu", NOON)
    assert (least.source_name, least.clip_id) == ("coverr", "vid-77.mp4")
    assert (least.search_term, least.creator) == (None, None)


def test_the_same_file_counts_once_and_a_clip_shown_twice_counts_twice(tmp_path: Path) -> None:
    tracker = StockSuccessTracker(tmp_path / "stats.json")
    for new in (3, 0):
        usages = read_material_sources(script(RECORD, LEAST, RECORD), release_id=1, used_at=NOON)
        assert tracker.log_clip_usages(usages) == new
    assert len(tracker.usages(1)) == 3


BROKEN: list[bytes] = [
    b"",
    b"{",
    b"[]",
    b"{}",
    b"\xff\xfe",
    script({**RECORD, "provider": ""}),
    script({**RECORD, "provider": "x" * 65}),
    script({**RECORD, "asset_id": 8512}),
    script({**RECORD, "creator": "Ana"}),
    script({**RECORD, "local_file": None}),
    script(RECORD, "no record"),
    b" " * ((16 << 20) + 1),
]


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
def test_what_cannot_be_read_is_refused_whole(content: bytes) -> None:
    with pytest.raises(BadFile):
        read_material_sources(content, release_id=12, used_at=NOON)


def test_values_that_break_a_rule_of_usages_are_refused() -> None:
    record: dict[str, Any] = {**RECORD, "asset_id": "a\0b"}
    with pytest.raises(BadTrackerInput):
        read_material_sources(script(record), release_id=12, used_at=NOON)
