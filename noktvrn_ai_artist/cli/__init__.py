"""The command line: one command per habit, every reading one with `--json`."""

from noktvrn_ai_artist.cli.app import app

__all__ = ["app"]
