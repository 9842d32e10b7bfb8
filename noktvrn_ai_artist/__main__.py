"""`python -m noktvrn_ai_artist` and the command `noktvrn` start here."""


def main() -> None:
    """Run the command line."""
    from noktvrn_ai_artist.cli import app  # noqa: PLC0415

    app()


if __name__ == "__main__":
    main()
