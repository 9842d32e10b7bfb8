"""Bad inputs and the answer each must get: one table, whatever door it comes in by."""

from __future__ import annotations

from bad_files import ROWS, TABLES
from bad_questions import FILTERS, STATEMENTS, USAGES
from bad_texts import ENTRIES, FREE_TEXTS, METRICS, PLATFORMS
from bad_values import RELEASES, TIMES, VALUES

INPUTS = (*VALUES, *RELEASES, *TIMES, *PLATFORMS, *METRICS, *FREE_TEXTS, *ENTRIES)

TABLE = (*INPUTS, *ROWS, *TABLES, *FILTERS, *USAGES, *STATEMENTS)
