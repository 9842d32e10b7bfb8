"""Bodies: read whole or known not to be, never larger than allowed, however they come in."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noktvrn_ai_artist.collectors.body_reader import BodyReader

MOST = 1000
bodies = st.binary(max_size=MOST)


def read(encoding: str, sent: bytes, *, size: int = 7, most: int = MOST) -> BodyReader:
    body = BodyReader(encoding)
    for start in range(0, len(sent), size):
        body.add(sent[start : start + size], most=most)
    return body


@given(bodies, st.integers(1, 99))
def test_a_body_in_gzip_reads_as_the_body_itself(content: bytes, size: int) -> None:
    plain, packed = read("", content, size=size), read("gzip", gzip.compress(content), size=size)
    assert plain.read == packed.read == content
    assert plain.whole
    assert packed.whole


@given(bodies, st.data())
def test_gzip_that_is_cut_off_anywhere_is_not_whole(content: bytes, data: st.DataObject) -> None:
    packed = gzip.compress(content)
    cut = data.draw(st.integers(0, len(packed) - 1))
    assert not read("gzip", packed[:cut]).whole


@given(bodies.filter(bool), st.data())
def test_gzip_in_which_a_byte_was_changed_is_not_whole_or_says_the_same(
    content: bytes, data: st.DataObject
) -> None:
    packed = bytearray(gzip.compress(content))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    body = read("gzip", bytes(packed))
    assert not body.whole or body.read == content


@given(st.integers(0, 5), st.sampled_from(["", "gzip"]), st.integers(1, 5000))
def test_a_body_is_too_large_exactly_above_the_bound(more: int, encoding: str, size: int) -> None:
    content = b"x" * (MOST + more)
    sent = gzip.compress(content) if encoding else content
    body = read(encoding, sent, size=size)
    assert body.too_large == (more > 0)
    assert len(body.read) <= MOST + 1


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd", "?"])
def test_a_packing_that_was_not_asked_for_is_not_whole(encoding: str) -> None:
    assert not read(encoding, b"{}").whole
