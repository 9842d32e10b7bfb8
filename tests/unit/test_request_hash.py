"""The key of a kept answer: everything that is asked and where, and nothing that is secret."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import SecretStr

from noktvrn_ai_artist.collectors.kept_answers import request_hash
from noktvrn_ai_artist.collectors.messages import Provider, Request
from noktvrn_ai_artist.collectors.request_secrets import revealed, without_secrets

HERE = "https://pixabay.com"
ASKED = Request(
    provider=Provider.PIXABAY, method="GET", path="/api/videos/", params={"q": "neon", "page": "1"}
)
SECRET = replace(
    ASKED,
    secret_params={"key": SecretStr("k&y-1")},
    secret_headers={"Authorization": SecretStr("Bearer token-2")},
    secret_form={"refresh_token": SecretStr("fresh-3")},
)


@pytest.mark.parametrize(
    "change",
    [
        {"provider": Provider.PEXELS},
        {"method": "POST"},
        {"path": "/api/"},
        {"params": {"q": "neon", "page": "2"}},
        {"params": {"q": "neon"}},
        {"headers": {"Accept-Language": "it"}},
        {"json": {"q": "neon"}},
        {"form": {"q": "neon"}},
    ],
)
def test_another_question_has_another_key(change: dict[str, Any]) -> None:
    assert request_hash(replace(ASKED, **change), base_url=HERE) != request_hash(
        ASKED, base_url=HERE
    )


def test_the_same_question_put_elsewhere_has_another_key() -> None:
    rehearsal = request_hash(ASKED, base_url="http://127.0.0.1:8080")
    assert rehearsal != request_hash(ASKED, base_url=HERE)


def test_secrets_and_the_order_of_parameters_are_no_part_of_the_key() -> None:
    turned = MappingProxyType(dict(reversed(ASKED.params.items())))
    keys = {
        request_hash(request, base_url=HERE)
        for request in (ASKED, SECRET, replace(ASKED, params=turned), replace(ASKED, units=9))
    }
    assert len(keys) == 1


@pytest.mark.parametrize(
    "said", ["k&y-1", "k%26y-1", "Bearer token-2", "token-2", "fresh-3", "k&y-1token-2fresh-3"]
)
def test_a_secret_is_struck_out_in_whatever_way_it_is_repeated(said: str) -> None:
    assert without_secrets(f"not good: {said}!", SECRET).strip("*!") == "not good: "
    assert revealed(SECRET, f"not good: {said}!".encode())


def test_what_is_not_secret_stays() -> None:
    assert without_secrets("no key for neon, page 1", SECRET) == "no key for neon, page 1"
    assert not revealed(SECRET, b"no key for neon, page 1")
