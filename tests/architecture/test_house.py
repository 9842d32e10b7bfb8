"""The house keeps its shape: floors, sizes, and the habits that make code readable."""

from __future__ import annotations

import ast
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("noktvrn_ai_artist", "streamlit_app")
# Floors are for what is installed; whatever else is read is held to the same sizes and habits.
ALL_READ = (*PACKAGES, "tests", "benchmarks")
LONGEST_FILE, LONGEST_FUNCTION, MOST_EXCEPTS_PER_HUNDRED = 400, 40, 15

# The longest prefix that matches a module names its floor; a module imports only from its own
# floor and those below.
FLOORS = {
    "noktvrn_ai_artist": 0,
    "noktvrn_ai_artist.errors": 0,
    "noktvrn_ai_artist.records": 0,
    "noktvrn_ai_artist.settings": 0,
    "noktvrn_ai_artist.__main__": 4,
    "noktvrn_ai_artist.cli": 4,
    "noktvrn_ai_artist.mcp_answers": 4,
    "noktvrn_ai_artist.mcp_server": 4,
    "noktvrn_ai_artist.analytics": 0,
    "noktvrn_ai_artist.analytics.metric_catalogue": 1,
    "noktvrn_ai_artist.analytics.known_platforms": 1,
    "noktvrn_ai_artist.analytics.observation_rules": 1,
    "noktvrn_ai_artist.analytics.observation_door": 1,
    "noktvrn_ai_artist.analytics.release_entries": 1,
    "noktvrn_ai_artist.analytics.growth_curves": 1,
    "noktvrn_ai_artist.analytics.release_milestones": 1,
    "noktvrn_ai_artist.analytics.scored_metrics": 1,
    "noktvrn_ai_artist.analytics.usual_performance": 1,
    "noktvrn_ai_artist.analytics.release_scoring": 1,
    "noktvrn_ai_artist.analytics.score_news": 1,
    "noktvrn_ai_artist.analytics.source_records": 1,
    "noktvrn_ai_artist.analytics.source_history": 1,
    "noktvrn_ai_artist.analytics.first_selection": 1,
    "noktvrn_ai_artist.analytics.score_maturing": 1,
    "noktvrn_ai_artist.analytics.source_evidence": 1,
    "noktvrn_ai_artist.analytics.source_belief": 1,
    "noktvrn_ai_artist.analytics.source_ranking": 1,
    "noktvrn_ai_artist.analytics.source_parts": 1,
    "noktvrn_ai_artist.analytics.source_choice": 1,
    "noktvrn_ai_artist.analytics.source_words": 1,
    "noktvrn_ai_artist.analytics.source_rows": 1,
    "noktvrn_ai_artist.analytics.source_stats_format": 1,
    "noktvrn_ai_artist.analytics.source_stats_file": 2,
    "noktvrn_ai_artist.analytics.ledger_rows": 2,
    "noktvrn_ai_artist.analytics.source_ledger": 2,
    "noktvrn_ai_artist.analytics.tracker_place": 3,
    "noktvrn_ai_artist.analytics.declared_names": 2,
    "noktvrn_ai_artist.analytics.change_digest": 2,
    "noktvrn_ai_artist.analytics.observation_batches": 2,
    "noktvrn_ai_artist.analytics.observation_columns": 2,
    "noktvrn_ai_artist.analytics.observation_screen": 2,
    "noktvrn_ai_artist.analytics.observation_order": 2,
    "noktvrn_ai_artist.analytics.observation_landing": 2,
    "noktvrn_ai_artist.analytics.typed_columns": 2,
    "noktvrn_ai_artist.analytics.given_observations": 2,
    "noktvrn_ai_artist.analytics.performance_db_service": 2,
    "noktvrn_ai_artist.analytics.performance_columns": 2,
    "noktvrn_ai_artist.analytics.performance_files": 2,
    "noktvrn_ai_artist.analytics.performance_filters": 2,
    "noktvrn_ai_artist.analytics.performance_reads": 2,
    "noktvrn_ai_artist.analytics.performance_tables": 2,
    "noktvrn_ai_artist.analytics.performance_writers": 2,
    "noktvrn_ai_artist.analytics.performance_questions": 2,
    "noktvrn_ai_artist.analytics.retention": 2,
    "noktvrn_ai_artist.analytics.release_registry": 2,
    "noktvrn_ai_artist.analytics.milestone_keeping": 2,
    "noktvrn_ai_artist.analytics.stock_success_tracker": 3,
    "noktvrn_ai_artist.analytics.source_course": 3,
    "noktvrn_ai_artist.analytics.release_growth": 3,
    "noktvrn_ai_artist.feedback_loop": 3,
    "noktvrn_ai_artist.artist_evolution": 0,
    "noktvrn_ai_artist.artist_evolution.vocabulary": 1,
    "noktvrn_ai_artist.artist_evolution.profiles": 1,
    "noktvrn_ai_artist.artist_evolution.progression": 1,
    "noktvrn_ai_artist.artist_evolution.evolution_words": 1,
    "noktvrn_ai_artist.artist_evolution.evolution_rules": 1,
    "noktvrn_ai_artist.artist_evolution.style_adaptor": 1,
    "noktvrn_ai_artist.artist_evolution.profile_store": 2,
    "noktvrn_ai_artist.artist_evolution.artist_evolution_service": 3,
    "noktvrn_ai_artist.collectors": 0,
    "noktvrn_ai_artist.collectors.messages": 0,
    "noktvrn_ai_artist.collectors.base_urls": 1,
    "noktvrn_ai_artist.collectors.body_reader": 1,
    "noktvrn_ai_artist.collectors.quotas": 1,
    "noktvrn_ai_artist.collectors.waiting": 1,
    "noktvrn_ai_artist.collectors.request_secrets": 1,
    "noktvrn_ai_artist.collectors.token_grants": 1,
    "noktvrn_ai_artist.collectors.due": 1,
    "noktvrn_ai_artist.collectors.feeds": 1,
    "noktvrn_ai_artist.collectors.platform_access": 2,
    "noktvrn_ai_artist.collectors.run_ledger": 2,
    "noktvrn_ai_artist.collectors.collection_service": 3,
    "noktvrn_ai_artist.collectors.listings": 2,
    "noktvrn_ai_artist.collectors.channel_discovery": 3,
    "noktvrn_ai_artist.collectors.track_metadata": 3,
    "noktvrn_ai_artist.collectors.readings": 1,
    "noktvrn_ai_artist.collectors.answer_fields": 1,
    "noktvrn_ai_artist.collectors.verdicts": 1,
    "noktvrn_ai_artist.collectors.google_answers": 1,
    "noktvrn_ai_artist.collectors.google_oauth": 1,
    "noktvrn_ai_artist.collectors.oauth_tokens": 1,
    "noktvrn_ai_artist.collectors.youtube_data": 1,
    "noktvrn_ai_artist.collectors.youtube_analytics": 1,
    "noktvrn_ai_artist.collectors.tiktok": 1,
    "noktvrn_ai_artist.collectors.soundcloud": 1,
    "noktvrn_ai_artist.collectors.spotify_web": 1,
    "noktvrn_ai_artist.collectors.transport": 2,
    "noktvrn_ai_artist.collectors.quota_ledger": 2,
    "noktvrn_ai_artist.collectors.kept_answers": 2,
    "noktvrn_ai_artist.collectors.kept_tokens": 2,
    "noktvrn_ai_artist.collectors.token_key": 2,
    "noktvrn_ai_artist.database": 2,
    "noktvrn_ai_artist.ingest": 0,
    "noktvrn_ai_artist.ingest.text_blocks": 2,
    "noktvrn_ai_artist.ingest.csv_blocks": 2,
    "noktvrn_ai_artist.ingest.csv_table": 2,
    "noktvrn_ai_artist.ingest.parquet_table": 2,
    "noktvrn_ai_artist.ingest.number_files": 2,
    "noktvrn_ai_artist.ingest.file_forms": 2,
    "noktvrn_ai_artist.ingest.cell_screens": 2,
    "noktvrn_ai_artist.ingest.block_columns": 2,
    "noktvrn_ai_artist.ingest.block_reading": 2,
    "noktvrn_ai_artist.ingest.told_columns": 2,
    "noktvrn_ai_artist.ingest.export_layouts": 2,
    "noktvrn_ai_artist.ingest.export_names": 1,
    "noktvrn_ai_artist.ingest.export_cells": 2,
    "noktvrn_ai_artist.ingest.export_answers": 2,
    "noktvrn_ai_artist.ingest.export_contents": 2,
    "noktvrn_ai_artist.ingest.export_releases": 2,
    "noktvrn_ai_artist.ingest.platform_exports": 2,
    "noktvrn_ai_artist.ingest.file_survey": 2,
    "noktvrn_ai_artist.ingest.own_exports": 2,
    "noktvrn_ai_artist.ingest.file_readings": 2,
    "noktvrn_ai_artist.ingest.ingest_service": 3,
    "noktvrn_ai_artist.demo": 0,
    "noktvrn_ai_artist.demo.demo_data": 3,
    "noktvrn_ai_artist.demo.simulated_footage": 1,
    "noktvrn_ai_artist.video_processing": 0,
    "noktvrn_ai_artist.video_processing.clip_records": 1,
    "noktvrn_ai_artist.video_processing.audio_features": 1,
    "noktvrn_ai_artist.video_processing.search_terms": 1,
    "noktvrn_ai_artist.video_processing.clip_matching": 1,
    "noktvrn_ai_artist.video_processing.diversity_guard": 1,
    "noktvrn_ai_artist.video_processing.slot_filling": 1,
    "noktvrn_ai_artist.video_processing.material_sources": 1,
    "noktvrn_ai_artist.video_processing.stock_libraries": 1,
    "noktvrn_ai_artist.video_processing.audio_files": 2,
    "noktvrn_ai_artist.video_processing.clip_supply": 3,
    "noktvrn_ai_artist.video_processing.video_selector": 3,
    "noktvrn_ai_artist.video_processing.selection_words": 3,
    "streamlit_app": 4,
}
# What may be imported from outside the standard library, and where.
THIRD_PARTY = {
    0: {"pydantic", "pydantic_settings", "platformdirs"},
    1: {"numpy", "pydantic"},
    2: {
        "numpy",
        "pandas",
        "pyarrow",
        "psycopg",
        "psycopg_pool",
        "psutil",
        "stamina",
        "filelock",
        "pydantic",
        "httpx2",
        "cryptography",
    },
    3: {"numpy", "psycopg"},
    4: {
        "mcp",
        "numpy",
        "pandas",
        "plotly",
        "pyarrow",
        "pydantic",
        "rich",
        "stamina",
        "streamlit",
        "typer",
    },
}
STANDARD = sys.stdlib_module_names
CLOCK_AND_DICE = re.compile(r"\b(datetime\.now|time\.time|os\.environ|random\.)")


def modules(packages: tuple[str, ...] = PACKAGES) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(module: str) -> int:
    while module not in FLOORS:
        module, dot, _ = module.rpartition(".")
        assert dot, f"{module} stands on no floor: name it in FLOORS"
    return FLOORS[module]


def imports_of(tree: ast.Module, module: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: imports are absolute here"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                path = ROOT / whole.replace(".", "/")
                yield whole if path.with_suffix(".py").exists() or path.is_dir() else node.module


def floor_faults(path: Path, source: str) -> list[str]:
    module, tree = name_of(path), ast.parse(source)
    floor = floor_of(module)
    faults = []
    for name in imports_of(tree, module):
        top = name.partition(".")[0]
        if top in PACKAGES:
            if floor_of(name) > floor:
                faults.append(f"{module} (floor {floor}) imports {name} (floor {floor_of(name)})")
        elif top not in STANDARD and top not in THIRD_PARTY[floor]:
            faults.append(f"{module} (floor {floor}) imports {top}")
    return faults


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def unannotated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    arguments += [extra for extra in (node.args.vararg, node.args.kwarg) if extra]
    missing = [a for a in arguments if a.annotation is None and a.arg not in {"self", "cls"}]
    return bool(missing) or node.returns is None


def banners(path: Path) -> list[str]:
    with path.open("rb") as file:
        comments = [t for t in tokenize.tokenize(file.readline) if t.type == tokenize.COMMENT]
    return [
        f"{path.name}:{token.start[0]}"
        for token in comments
        if re.search(r"[-=#*~_]{4,}", token.string)
    ]


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_imports_only_from_its_floor_and_below(path: Path) -> None:
    assert floor_faults(path, path.read_text(encoding="utf-8")) == []


def test_an_upward_import_is_seen() -> None:
    path = ROOT / "noktvrn_ai_artist" / "analytics" / "growth_curves.py"
    source = "from noktvrn_ai_artist.analytics import performance_db_service\nimport streamlit\n"
    assert len(floor_faults(path, source)) == 2


@pytest.mark.parametrize("path", modules(ALL_READ), ids=name_of)
def test_a_module_opens_with_a_sentence(path: Path) -> None:
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = doc.partition("\n\n")[0]
    assert first[:1].isupper() or first[:1] in '`"', f"{path}: {first!r}"
    assert first.rstrip().endswith((".", ":")), f"{path}: {first!r}"


@pytest.mark.parametrize("path", modules(ALL_READ), ids=name_of)
def test_a_file_ends_before_four_hundred_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", modules(ALL_READ), ids=name_of)
def test_every_function_is_annotated(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [node.name for node in functions(tree) if unannotated(node)] == []


@pytest.mark.parametrize("path", modules(ALL_READ), ids=name_of)
def test_no_function_is_longer_than_forty_lines_outside_the_command_line(path: Path) -> None:
    if "cli" in path.relative_to(ROOT).parts:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    long = [(n.name, length(n)) for n in functions(tree) if length(n) > LONGEST_FUNCTION]
    assert long == []


def test_errors_are_caught_in_few_places() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in modules()]
    count = sum(1 for tree in trees for _ in functions(tree))
    excepts = sum(isinstance(n, ast.ExceptHandler) for tree in trees for n in ast.walk(tree))
    assert excepts * 100 <= MOST_EXCEPTS_PER_HUNDRED * count, f"{excepts} in {count} functions"


@pytest.mark.parametrize("path", modules(ALL_READ), ids=name_of)
def test_no_comment_is_a_banner(path: Path) -> None:
    assert banners(path) == []


@pytest.mark.parametrize("path", modules(("noktvrn_ai_artist",)), ids=name_of)
def test_the_domain_asks_for_time_chance_and_surroundings(path: Path) -> None:
    if floor_of(name_of(path)) <= 1:
        assert CLOCK_AND_DICE.findall(path.read_text(encoding="utf-8")) == []


def test_streamlit_appears_only_in_the_app() -> None:
    users = [p for p in modules(("noktvrn_ai_artist",)) if "import streamlit" in p.read_text()]
    assert users == []


def test_the_tests_and_the_measurements_are_held_to_the_same_sizes() -> None:
    held = modules(ALL_READ)
    assert Path(__file__) in held
    assert ROOT / "benchmarks" / "database" / "__main__.py" in held


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_nothing_is_left_to_do(path: Path) -> None:
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", path.read_text(encoding="utf-8"))
