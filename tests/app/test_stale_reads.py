"""What is known changes while a page is open: no row, rank or list is taken for another one."""

from __future__ import annotations

from datetime import timedelta

from app_world import OUT, OpenPage, grow, select_row, song, words

from noktvrn_ai_artist.analytics.performance_db_service import add_performance_metric
from noktvrn_ai_artist.database.connection_manager import Database
from streamlit_app import resources
from streamlit_app.components.places import IMPORTS, RELEASE, RELEASES


def test_a_selected_release_is_shown_until_the_rows_are_others(
    open_page: OpenPage, world: list[int]
) -> None:
    app = select_row(open_page(RELEASES), 4)
    assert app.header[0].value == "Alone"
    bob = next(one.artist_id for one in resources.artists() if one.name == "Bob")
    app.selectbox(key="from").set_value(bob).run()
    assert not app.exception
    assert not app.header
    assert "Select a row" in words(app)


def test_after_another_import_the_selected_one_is_not_another(
    open_page: OpenPage, world: list[int]
) -> None:
    app = select_row(open_page(IMPORTS), 0)
    chosen = app.dataframe[0].value["Id"].iloc[0]
    assert f"**Import {chosen}**" in words(app)
    grow(song("Ada", "New"), days=1, daily=1)
    resources.forget_reads()
    app.run()
    assert app.dataframe[0].value["Id"].iloc[1] == chosen
    assert "**Import " not in words(app)
    assert not [button for button in app.button if button.key == "undo_import"]


def test_a_selection_that_is_no_row_is_none(open_page: OpenPage, world: list[int]) -> None:
    for place in (RELEASES, IMPORTS):
        assert not select_row(open_page(place), 999).exception


def test_first_numbers_that_came_from_elsewhere_are_not_counted_yet(
    open_page: OpenPage, world: list[int]
) -> None:
    new = song("Ada", "New")
    app = open_page(RELEASE, release=str(world[0]))
    add_performance_metric(new, "YouTube", "views", 5, OUT + timedelta(days=1))
    app.query_params["release"] = str(new)
    app.run()
    assert not app.exception
    assert "not counted yet; reload the page in a minute" in words(app)
    resources.forget_reads()
    assert "This release is number 5 of 5" in words(app.run())


def test_an_artist_whose_releases_were_read_at_another_moment_is_no_fault(
    open_page: OpenPage, world: list[int], database: Database
) -> None:
    app = open_page(RELEASE)
    bob = next(one.artist_id for one in resources.artists() if one.name == "Bob")
    with database.transaction() as connection:
        connection.execute(
            "update approved_releases set artist_id = "
            "(select artist_id from artists where name = 'Ada') where artist_id = %s",
            (bob,),
        )
    app.selectbox(key="by").set_value(bob).run()
    assert not app.exception
    assert "no release of this artist is known now" in words(app)
