"""The app's entrance: which pages there are, and one calm line when something fails."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from noktvrn_ai_artist.errors import NoktvrnError
from streamlit_app.components.banner import show_demo_banner
from streamlit_app.components.failure import show_failure
from streamlit_app.components.places import OVERVIEW, PAGES
from streamlit_app.components.time_zone import choose_zone

_LOGO = Path(__file__).parent / "assets" / "logo.svg"


def main() -> None:
    """Run the page that was asked for."""
    st.set_page_config(page_title="noktvrn", page_icon=":material/graphic_eq:", layout="wide")
    sections = {
        section: [
            st.Page(
                place.file,
                title=place.title,
                icon=place.icon,
                url_path=place.address,
                default=place is OVERVIEW,
            )
            for place in places
        ]
        for section, places in PAGES.items()
    }
    page = st.navigation(sections)
    st.logo(_LOGO, size="medium")
    choose_zone()
    try:
        show_demo_banner()
        page.run()
    except NoktvrnError as error:
        show_failure(error)


if __name__ == "__main__":
    main()
