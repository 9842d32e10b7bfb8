"""Requests handed to a world without a server between them, for tests of the clients alone."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from fault_scripts import Fault
from local_server import Asked, World

from noktvrn_ai_artist.collectors.messages import Request, Response
from noktvrn_ai_artist.collectors.request_secrets import opened


def ask(world: World, request: Request, *, fault: Fault | None = None) -> Response:
    """What the world answers; it raises where the request leaves the specification."""
    reply = world(as_asked(request, fault=fault))
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return Response(status=reply.status, headers=headers, body=reply.body)


def as_asked(request: Request, *, fault: Fault | None = None) -> Asked:
    """The request as a server would see it."""
    headers, body = {**request.headers, **opened(request.secret_headers)}, b""
    if request.json is not None:
        headers["Content-Type"], body = "application/json", json.dumps(request.json).encode()
    elif request.form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode({**request.form, **opened(request.secret_form)}).encode()
    return Asked(
        method=request.method,
        path=request.path,
        params={**request.params, **opened(request.secret_params)},
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
        fault=fault,
    )
