"""What is secret in a request: that it can be sent, and that nothing said afterwards repeats it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

from noktvrn_ai_artist.collectors.messages import Request
from noktvrn_ai_artist.errors import NotConfigured

_SHORTEST = 4


def opened(values: Mapping[str, SecretStr]) -> dict[str, str]:
    """The values in the open, to be sent and not kept."""
    return {name: value.get_secret_value() for name, value in values.items()}


def check_secrets(request: Request) -> None:
    """Refuse keys and tokens that no header can carry, such as one pasted with its line's end.

    Raises:
        NotConfigured: naming the header; the driver's own error would quote the value.
    """
    for name, value in opened(request.secret_headers).items():
        if not (value.isascii() and value.isprintable()):
            reason = f"the key or token for {name} has characters that cannot be sent"
            raise NotConfigured(request.provider, reason)


def without_secrets(text: str, request: Request) -> str:
    """The text with every secret of the request in it struck out.

    >>> r = Request(provider="x", method="GET", path="/", secret_params={"key": SecretStr("abcde")})
    >>> without_secrets("no such key: abcde", r)
    'no such key: ***'
    """
    for secret in _written(request):
        text = text.replace(secret, "***")
    return text


def revealed(request: Request, body: bytes) -> bool:
    """Whether an answer repeats a secret of its request."""
    return any(secret.encode() in body for secret in _written(request))


def _written(request: Request) -> list[str]:
    """Each secret in every way in which it may be repeated, the longest first."""
    found = {form for part in _parts(request) for form in (part, quote(part), quote_plus(part))}
    return sorted((each for each in found if len(each) >= _SHORTEST), key=len, reverse=True)


def _parts(request: Request) -> Iterator[str]:
    for values in (request.secret_headers, request.secret_params, request.secret_form):
        for value in opened(values).values():
            # "Bearer TOKEN" is repeated as the token alone.
            yield from (value, *value.split())
