# Each habit is one command. Only Python 3.11+, make and a package index are needed: where uv is
# absent it is fetched from the index into .tools/.

PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN = $(UV) run --quiet --frozen

.PHONY: demo demo-remove test lint format test-browser proofs bench bench-ranking loop-demo

demo: $(UV)
	@$(UV) sync --quiet --frozen --no-dev --inexact
	@exec .venv/bin/noktvrn demo

demo-remove: $(UV)
	@$(UV) sync --quiet --frozen --no-dev --inexact
	@.venv/bin/noktvrn demo --remove

test: $(UV)
	$(RUN) pytest -n 2 -m "not browser and not long"

lint: $(UV)
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy

format: $(UV)
	$(RUN) ruff check --fix
	$(RUN) ruff format

test-browser: $(UV)
	$(RUN) pytest -m browser

proofs: $(UV)
	$(RUN) pytest -m long

loop-demo: $(UV)
	@$(RUN) python tests/loop/loop_demo.py

bench: $(UV)
	$(RUN) --group database-bench python -m benchmarks.database

bench-ranking: $(UV)
	$(RUN) --group ranking python -m benchmarks.ranking

.tools/bin/uv:
	@$(PYTHON) -m venv .tools
	@.tools/bin/python -m pip install --quiet "uv>=0.9"
