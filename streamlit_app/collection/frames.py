"""The tables of the collection page, made of runs, plans and absences: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

import pandas as pd

from noktvrn_ai_artist.collectors.collection_service import Plan
from noktvrn_ai_artist.collectors.run_ledger import Absence, Run
from streamlit_app.analytics.wording import MISSING, metric_name, shown_time


def plans_frame(plans: Sequence[Plan], zone: tzinfo, *, now: datetime) -> pd.DataFrame:
    """What is due from each interface, and what its quota has left."""
    return pd.DataFrame(
        {
            "From": [plan.feed.value for plan in plans],
            "Publications": [plan.watched for plan in plans],
            "Due now": [plan.due for plan in plans],
            "Calls": [plan.calls for plan in plans],
            "Due next": [_when(plan.next_at, zone, now=now) for plan in plans],
            "Quota left": [
                "no limit known" if plan.units_left is None else f"{plan.units_left:,}"
                for plan in plans
            ],
        }
    )


def runs_frame(runs: Sequence[Run], zone: tzinfo) -> pd.DataFrame:
    """Every run in words: what was asked, what came of it, how it ended."""
    return pd.DataFrame(
        {
            "Id": [run.run_id for run in runs],
            "From": [run.feed for run in runs],
            "Began": [shown_time(run.started_at, zone) for run in runs],
            "End": [run.outcome or "under way, or died" for run in runs],
            "Asked": [run.asked for run in runs],
            "Due": [run.due for run in runs],
            "Stored": [run.stored for run in runs],
            "Corrected": [run.corrected for run in runs],
            "Missing": [run.missing for run in runs],
            "Hidden": [run.hidden for run in runs],
            "Refused": [run.refused for run in runs],
            "Units": [run.units for run in runs],
            "Why": [run.reason or "" for run in runs],
        }
    )


def absences_frame(absences: Sequence[tuple[str, Absence]], zone: tzinfo) -> pd.DataFrame:
    """What was missing or hidden when it was last asked for, and since how many times."""
    return pd.DataFrame(
        {
            "From": [feed for feed, _ in absences],
            "Title": [one.title for _, one in absences],
            "Id there": [one.external_id for _, one in absences],
            "Missing in a row": [one.misses for _, one in absences],
            "Hides": [", ".join(map(metric_name, one.hidden)) or MISSING for _, one in absences],
            "Last asked": [shown_time(one.asked_at, zone) for _, one in absences],
        }
    )


def _when(moment: datetime | None, zone: tzinfo, *, now: datetime) -> str:
    if moment is None:
        return MISSING
    return "now" if moment <= now else shown_time(moment, zone)
