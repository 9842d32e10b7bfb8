"""An answer's body as it comes in, unpacked, and known to be whole: pure, no I/O.

httpx2 unpacks gzip too, but takes one that was cut off for whole, and unpacks a chunk however large
it becomes.
"""

from __future__ import annotations

import zlib
from contextlib import suppress

_GZIP = 16 + zlib.MAX_WBITS


class BodyReader:
    """Collects a body, plain or in gzip, chunk by chunk.

    >>> body = BodyReader("")
    >>> body.add(b"{}", most=10)
    >>> (bytes(body.read), body.whole, body.too_large)
    (b'{}', True, False)
    """

    def __init__(self, encoding: str) -> None:
        self.read = bytearray()
        self.too_large = False
        self._packed = encoding.strip().lower() in {"gzip", "x-gzip"}
        self._plain = encoding.strip().lower() in {"", "identity"}
        self._gzip = zlib.decompressobj(_GZIP)

    def add(self, chunk: bytes, *, most: int) -> None:
        """Take the next bytes in; no more than one byte above `most` is ever held."""
        if self.too_large:
            return
        room = most + 1 - len(self.read)
        if not self._packed:
            self.read += chunk[:room]
        else:
            # What cannot be unpacked never reaches its end, and so is not whole.
            with suppress(zlib.error):
                self.read += self._gzip.decompress(chunk, room)
        self.too_large = len(self.read) > most

    @property
    def whole(self) -> bool:
        """Whether what was read so far can be read and is complete in itself."""
        return self._plain or (self._packed and self._gzip.eof)
