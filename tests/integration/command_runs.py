"""Commands run in the tests' own process, on a terminal of a known width."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from noktvrn_ai_artist.cli import app
from noktvrn_ai_artist.cli.output import console


def run(*arguments: str, width: int = 200) -> str:
    """What a command that ends well prints; an error comes through as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "width", width)
        result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output
