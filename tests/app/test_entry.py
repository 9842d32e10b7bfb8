"""Entering numbers: the form, its answers, its undo, and the CSV upload."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from app_world import OpenPage, song
from streamlit.testing.v1 import AppTest

from noktvrn_ai_artist.analytics.performance_db_service import (
    get_corrections,
    get_imports,
    get_performance_data,
)
from noktvrn_ai_artist.database import connection_manager
from streamlit_app.analytics.csv_upload import TEMPLATE
from streamlit_app.components.places import ENTRY


@pytest.fixture
def release_id(open_page: OpenPage) -> int:
    """A release without numbers."""
    return song("Ada", "First")


def enter(app: AppTest, value: str, *, on: date = date(2026, 3, 1)) -> AppTest:
    """Fill in the form and save."""
    app.text_input(key="entry_value").set_value(value)
    app.date_input(key="entry_date").set_value(on)
    app.time_input(key="entry_time").set_value(time(12, 30))
    return app.button(key="entry_save").click().run()


def test_a_saved_number_is_stored_as_it_was_entered(open_page: OpenPage, release_id: int) -> None:
    app = open_page(ENTRY)
    app.text_input(key="entry_notes").set_value("from the studio page")
    enter(app, "1234")
    (row,) = get_performance_data()
    assert (row["release_id"], row["platform"], row["metric_type"]) == (
        release_id,
        "YouTube",
        "views",
    )
    assert row["metric_value"] == 1234
    assert row["recorded_at"].isoformat() == "2026-03-01T12:30:00+00:00"
    assert (row["source"], row["source_url"], row["notes"]) == (
        "manual",
        None,
        "from the studio page",
    )
    assert app.success[0].value.startswith("Saved: 1,234 YouTube views of “First” on 1 Mar 2026")


def test_after_saving_the_form_is_clear_but_keeps_the_moment(
    open_page: OpenPage, release_id: int
) -> None:
    app = enter(open_page(ENTRY), "1234")
    assert app.text_input(key="entry_value").value == ""
    assert app.date_input(key="entry_date").value == date(2026, 3, 1)
    assert app.time_input(key="entry_time").value == time(12, 30)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("", "plain number"),
        ("12,345", "plain number"),
        ("1_000", "plain number"),
        ("\u0661\u0662", "plain number"),
        ("NaN", "plain number"),
        ("inf", "plain number"),
        ("-1", "must not be negative"),
        ("1e400", "finite"),
        ("9" * 5000, "53 in size"),
        ("9007199254740993", "53 in size"),
    ],
)
def test_a_bad_value_is_refused_in_one_line_and_kept(
    open_page: OpenPage, release_id: int, value: str, rule: str
) -> None:
    app = enter(open_page(ENTRY), value)
    assert app.error[0].value.startswith("Not saved: ")
    assert rule in app.error[0].value
    assert len(app.error[0].value) < 120
    assert app.text_input(key="entry_value").value == value
    assert get_performance_data() == []


def test_a_time_in_the_future_is_refused(open_page: OpenPage, release_id: int) -> None:
    app = enter(open_page(ENTRY), "5", on=datetime.now(UTC).date() + timedelta(days=30))
    assert app.error[0].value == (
        "Not saved: Recorded at must not be more than 5 minutes in the future."
    )


def test_the_same_number_again_is_known_already(open_page: OpenPage, release_id: int) -> None:
    app = enter(open_page(ENTRY), "5")
    enter(app, "6", on=date(2026, 3, 2))
    enter(app, "5")
    assert app.success[0].value.startswith("Known already")
    assert len(get_performance_data()) == 2


def test_a_key_press_that_arrives_twice_is_one_save(open_page: OpenPage, release_id: int) -> None:
    app = enter(open_page(ENTRY), "5")
    enter(app, "5")
    assert app.success[0].value.startswith("Saved")
    assert app.text_input(key="entry_value").value == ""
    assert len(get_imports()) == 1


def test_what_was_undone_can_be_saved_again(open_page: OpenPage, release_id: int) -> None:
    app = enter(open_page(ENTRY), "5")
    app.button(key="undo_last").click().run()
    enter(app, "5")
    assert len(get_performance_data()) == 1


def test_another_value_for_the_same_moment_is_a_correction(
    open_page: OpenPage, release_id: int
) -> None:
    app = enter(open_page(ENTRY), "5")
    enter(app, "6")
    assert app.success[0].value.startswith("Corrected to 6")
    assert [old.metric_value for old in get_corrections(release_id)] == [5]


def test_the_last_save_can_be_undone(open_page: OpenPage, release_id: int) -> None:
    app = enter(open_page(ENTRY), "5")
    app.button(key="undo_last").click().run()
    assert "1 value taken back" in app.success[0].value
    assert get_performance_data() == []


def test_a_database_that_goes_away_while_saving_is_one_line_and_the_value_stays(
    open_page: OpenPage, release_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(ENTRY)
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone@127.0.0.1:1/none")
    connection_manager.use_database(None)
    enter(app, "5")
    assert not app.exception
    assert "Saving again is safe" in app.error[0].value
    assert app.text_input(key="entry_value").value == "5"


GOOD = (
    "artist,title,published_at,recorded_at,platform,views,likes\n"
    "Bob,Song,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,YouTube,10,1\n"
    "Bob,Song,2026-01-01T00:00:00Z,2026-01-03T00:00:00Z,YouTube,20,\n"
)
BAD = GOOD + "Bob,Song,2026-01-01T00:00:00Z,2026-01-04,YouTube,30,3\n"


def upload(open_page: OpenPage, content: str | bytes) -> AppTest:
    """The entry page with a file handed in."""
    app = open_page(ENTRY)
    data = content.encode() if isinstance(content, str) else content
    app.file_uploader[0].upload("numbers.csv", data)
    return app.run()


def figures(app: AppTest) -> dict[str, str]:
    return {card.label: card.value for card in app.metric}


def test_a_file_is_tried_before_anything_is_stored(open_page: OpenPage) -> None:
    app = upload(open_page, GOOD)
    assert not app.exception
    assert figures(app) == {
        "Values read": "3",
        "New": "3",
        "Corrections": "0",
        "Duplicates": "0",
        "Refused": "0",
    }
    assert get_performance_data() == []
    assert get_imports() == []


def test_an_accepted_file_is_imported_and_can_be_undone(open_page: OpenPage) -> None:
    app = upload(open_page, GOOD)
    app.button(key="csv_import").click().run()
    assert app.success[0].value.startswith("Imported 3 values from numbers.csv")
    assert len(get_performance_data()) == 3
    app.button(key="undo_last").click().run()
    assert get_performance_data() == []


def test_a_refused_row_is_named_and_nothing_can_be_imported(open_page: OpenPage) -> None:
    app = upload(open_page, BAD)
    refused = next(f.value for f in app.dataframe if "Rule" in f.value.columns)
    assert list(refused["Row"]) == [4]
    assert list(refused["Column"]) == ["recorded_at"]
    assert not [button for button in app.button if button.key == "csv_import"]


def test_valid_rows_alone_are_imported_on_request(open_page: OpenPage) -> None:
    app = upload(open_page, BAD)
    app.segmented_control(key="csv_mode").set_value("Valid rows only").run()
    app.button(key="csv_import").click().run()
    assert "1 refused" in app.success[0].value
    assert len(get_performance_data()) == 3


def test_duplicates_are_counted_and_change_nothing(open_page: OpenPage) -> None:
    app = upload(open_page, GOOD)
    app.button(key="csv_import").click().run()
    again = upload(open_page, GOOD)
    assert figures(again)["Duplicates"] == "3"
    assert again.button(key="csv_import").disabled


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x1f\x8b\x08\x00",
        "a,b".encode("utf-16"),
        b"artist,title\nBj\xf6rk,x\n",
        b"a,a\n1,2\n",
    ],
    ids=["empty", "compressed", "utf-16", "cp1252", "column twice"],
)
def test_a_file_that_is_no_table_is_one_line(open_page: OpenPage, content: bytes) -> None:
    app = upload(open_page, content)
    assert not app.exception
    assert app.error[0].value.startswith("Nothing was stored: the file ") or app.error[
        0
    ].value.startswith("Nothing was stored: row ")


def test_a_header_alone_is_no_values(open_page: OpenPage) -> None:
    app = upload(open_page, GOOD.splitlines()[0] + "\n")
    assert figures(app)["Values read"] == "0"


def test_a_column_that_means_nothing_can_be_read_over(open_page: OpenPage) -> None:
    app = upload(open_page, GOOD.replace("views,likes", "views,frobs"))
    assert "frobs" in app.error[0].value
    app.multiselect(key="csv_ignored").set_value(["frobs"]).run()
    assert figures(app)["New"] == "2"


def test_the_template_is_a_file_that_would_be_accepted(open_page: OpenPage) -> None:
    app = upload(open_page, TEMPLATE)
    assert figures(app)["Refused"] == "0"
    assert figures(app)["New"] == "2"
