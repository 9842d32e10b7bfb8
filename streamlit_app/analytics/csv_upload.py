"""A CSV file on its way in: previewed, checked in a dry run, stored whole or without bad rows."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import BinaryIO

import pandas as pd
import streamlit as st

from noktvrn_ai_artist.errors import BadFile, BadValue, PerformanceDbError, Rejection
from noktvrn_ai_artist.ingest.csv_table import CsvTable
from noktvrn_ai_artist.ingest.export_answers import ExportAnswers
from noktvrn_ai_artist.ingest.export_layouts import layout_of
from noktvrn_ai_artist.ingest.ingest_service import IngestReport, ingest_file, write_rejects
from streamlit_app import resources
from streamlit_app.analytics.export_questions import as_on_the_page, ask_about_export
from streamlit_app.analytics.wording import plain, plural
from streamlit_app.components.last_save import Outcome, remember

TEMPLATE = (
    "artist,title,published_at,platform,external_id,recorded_at,metric_type,metric_value\n"
    "An artist,A song,2026-11-01T18:00:00Z,YouTube,a1b2c3,2026-11-08T18:00:00Z,views,12345\n"
    "An artist,A song,2026-11-01T18:00:00Z,YouTube,a1b2c3,2026-11-08T18:00:00Z,likes,678\n"
)
_CHECK, _GENERATION = "csv_check", "csv_generation"
_MOST_LISTED, _PREVIEWED = 200, 6
_ALL, _VALID = "All or nothing", "Valid rows only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One file, and how it is to be read."""

    file_id: str
    platform: str | None
    ignore: frozenset[str]
    answers: ExportAnswers


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a dry run of one file said: its report, or why the file cannot be read."""

    asked: Asked
    report: IngestReport | None
    rejections: tuple[Rejection, ...]
    fault: str


def show_csv_upload() -> None:
    """Upload, preview, dry run, import."""
    st.markdown(
        "One value a row (`metric_type`, `metric_value`), or one snapshot a row with a column for "
        "each metric. Releases that are not known yet are registered. Times need a UTC offset. "
        "Exports of Spotify for Artists and YouTube Studio are taken as they are."
    )
    st.download_button(
        "Template",
        TEMPLATE,
        file_name="template.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    generation = st.session_state.setdefault(_GENERATION, 0)
    file = st.file_uploader("CSV file", type="csv", key=f"csv_file_{generation}")
    if file is None:
        return
    try:
        header, preview = _preview(file)
        layout = layout_of(header)
    except BadFile as error:
        st.error(f"Nothing was stored: {plain(str(error))}.", icon=":material/error:")
        return
    platform, ignore = _choose_reading(header)
    answers = ask_about_export(layout, file_name=file.name, file_id=file.file_id)
    st.dataframe(preview, hide_index=True, alt="The first rows of the file")
    st.caption(f"The first {plural(len(preview), 'row')} of {plain(file.name)}.")
    asked = Asked(file_id=file.file_id, platform=platform, ignore=ignore, answers=answers)
    check = _checked(file, asked)
    if check.report is None:
        fault = plain(as_on_the_page(check.fault))
        st.error(f"Nothing was stored: {fault}.", icon=":material/error:")
        st.caption("A column that is to be passed over can be named under “Columns to read over”.")
        return
    _show_check(check.report)
    valid_only = _show_rejections(file, check)
    _offer_import(file, check, valid_only=valid_only)


def _preview(file: BinaryIO) -> tuple[list[str], pd.DataFrame]:
    table = CsvTable(file)
    header = list(table.header)
    rows = [dict(zip(header, row.cells, strict=False)) for row in islice(table.rows(), _PREVIEWED)]
    return header, pd.DataFrame(rows, columns=pd.Index(dict.fromkeys(header)))


def _choose_reading(header: list[str]) -> tuple[str | None, frozenset[str]]:
    left, right = st.columns(2)
    platform = left.selectbox(
        "Platform",
        list(resources.catalogue().platforms),
        index=None,
        placeholder="As the file says",
        key="csv_platform",
        help="Of every row, where no column names it.",
    )
    ignored = right.multiselect(
        "Columns to read over", list(dict.fromkeys(header)), key="csv_ignored", placeholder="None"
    )
    return platform, frozenset(ignored)


def _checked(file: BinaryIO, asked: Asked) -> Check:
    """The dry run of this file read in this way, done once."""
    known = st.session_state.get(_CHECK)
    if isinstance(known, Check) and known.asked == asked:
        return known
    rejections: list[Rejection] = []
    report, fault = None, ""
    with st.spinner("Dry run …"):
        try:
            report = ingest_file(
                file,
                label="dry run",
                platform=asked.platform,
                ignore=asked.ignore,
                answers=asked.answers,
                dry_run=True,
                skip_bad=True,
                on_rejection=rejections.append,
            )
        except (BadFile, BadValue) as error:
            fault = str(error)
    check = Check(asked=asked, report=report, rejections=tuple(rejections), fault=fault)
    st.session_state[_CHECK] = check
    return check


def _show_check(report: IngestReport) -> None:
    counts = report.counts
    st.markdown("**Dry run**: nothing is stored yet.")
    with st.grid(5, min_column_width=120):
        st.metric("Values read", f"{counts.read:,}", border=True)
        st.metric("New", f"{counts.stored - counts.corrected:,}", border=True)
        st.metric("Corrections", f"{counts.corrected:,}", border=True)
        st.metric("Duplicates", f"{counts.duplicate:,}", border=True)
        st.metric("Refused", f"{counts.rejected:,}", border=True)
    facts = [
        f"{plural(report.releases, 'new release')} by {plural(report.artists, 'new artist')}",
        "duplicates change nothing",
    ]
    if report.before_publication:
        facts.append(
            f"{plural(report.before_publication, 'value')} stamped before the publication: "
            "stored, and left out of every curve"
        )
    if report.read_over:
        facts.append(f"read over, for there is no metric: {plain(', '.join(report.read_over))}")
    st.caption(f"{'; '.join(facts)}.")


def _show_rejections(file: BinaryIO, check: Check) -> bool:
    """The refused places by row and column; says whether only valid rows are wanted."""
    if not check.rejections:
        return False
    listed = sorted(check.rejections, key=lambda rejection: rejection.row)
    st.warning(
        f"{plural(len(listed), 'value')} refused. Mend the file, or import only the valid rows.",
        icon=":material/rule:",
    )
    table = pd.DataFrame(
        [(r.row, r.column, r.rule) for r in listed[:_MOST_LISTED]],
        columns=["Row", "Column", "Rule"],
    )
    st.dataframe(table, hide_index=True, alt="Refused rows, by row, column and rule")
    if len(listed) > _MOST_LISTED:
        st.caption(f"The first {_MOST_LISTED} of {len(listed):,}.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode = st.segmented_control(
            "Import", [_ALL, _VALID], default=_ALL, required=True, key="csv_mode"
        )
        st.download_button(
            "Refused rows",
            partial(_rejects, file, {r.row: r for r in reversed(listed)}),
            file_name="refused.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    return mode == _VALID


def _rejects(file: BinaryIO, rejections: dict[int, Rejection]) -> str:
    target = io.StringIO()
    write_rejects(file, rejections, target)
    return target.getvalue()


def _offer_import(file: BinaryIO, check: Check, *, valid_only: bool) -> None:
    if check.report is None or (check.rejections and not valid_only):
        st.caption("All or nothing: as long as a value is refused, nothing can be imported.")
        return
    stored = check.report.counts.stored
    st.button(
        f"Import {plural(stored, 'value')}",
        icon=":material/upload:",
        disabled=stored == 0,
        on_click=_import,
        args=(file, check),
        kwargs={"valid_only": valid_only},
        key="csv_import",
    )


def _import(file: BinaryIO, check: Check, *, valid_only: bool) -> None:
    name = str(getattr(file, "name", "upload.csv"))
    try:
        report = ingest_file(
            file,
            label=name,
            platform=check.asked.platform,
            ignore=check.asked.ignore,
            answers=check.asked.answers,
            skip_bad=valid_only,
        )
    except PerformanceDbError as error:
        remember(Outcome(says=f"Not imported: {error}", failed=True))
        return
    counts = report.counts
    st.session_state[_GENERATION] += 1
    st.session_state.pop(_CHECK, None)
    remember(
        Outcome(
            says=f"Imported {plural(counts.stored, 'value')} from {name} "
            f"({plural(counts.duplicate, 'duplicate')}, {counts.rejected:,} refused).",
            batch_id=counts.batch_id,
        )
    )
