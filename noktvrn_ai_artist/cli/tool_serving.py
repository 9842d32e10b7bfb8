"""The command that answers programs over the Model Context Protocol."""

from __future__ import annotations

import importlib

from noktvrn_ai_artist.errors import SettingsError


def mcp() -> None:
    """Answer an MCP client on standard input and output: numbers, sources, profiles; reads only.

    A client starts it; it ends when its input does.
    """
    try:
        importlib.import_module("mcp.server.mcpserver")
    except ModuleNotFoundError as error:
        raise SettingsError(
            "serving MCP needs its SDK, 2.3 or newer: pip install 'noktvrn-ai-artist[mcp]'"
        ) from error
    from noktvrn_ai_artist.mcp_server import make_server  # noqa: PLC0415 - needs the extra

    make_server().run("stdio")
