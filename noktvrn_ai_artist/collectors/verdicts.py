"""What statuses mean wherever a provider's own words do not say otherwise."""

from __future__ import annotations

from noktvrn_ai_artist.collectors.answer_fields import Body, plain_word, read_body
from noktvrn_ai_artist.collectors.messages import Outcome, Provider, Response, Verdict
from noktvrn_ai_artist.errors import BadAnswer

OK, BAD_REQUEST, UNAUTHORIZED, NOT_FOUND = 200, 400, 401, 404
TOO_MANY, SERVER_ERROR = 429, 500


class _Anything(Body):
    """Any object at all."""


def good_if_an_object(response: Response, provider: Provider) -> Verdict:
    """Good, unless the body is cut off or no JSON object."""
    try:
        read_body(_Anything, response, provider=provider)
    except BadAnswer as error:
        return Verdict(outcome=Outcome.UNREADABLE, reason=error.reason)
    return Verdict(outcome=Outcome.GOOD)


def not_good(response: Response, code: str | None, *, passing: bool = False) -> Verdict:
    """To be asked again later where the status or the provider's code says so, else refused."""
    later = passing or response.status == TOO_MANY or response.status >= SERVER_ERROR
    reason = f"{plain_word(code)} (status {response.status})"
    return Verdict(outcome=Outcome.TRY_LATER if later else Outcome.REFUSED, reason=reason)
