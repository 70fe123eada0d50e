# Each target sets up what it needs and prints what it does. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

BIN := .venv/bin
WORKERS ?= 2
ARGS ?=

SETUP := @PYTHON="$(PYTHON)" .ci/setup
SAY = @printf '==> %s\n'

COVER := -p tests.coverage_gates --cov --cov-report=term:skip-covered
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate
EXTRAS := test servers bench browser dev
# Spark has a lock of its own: it is large, and only `make spark-test` wants it.

.DEFAULT_GOAL := help
.PHONY: help run test check lint types imports audit bench bench-http bench-columns bench-quotes browser-test fault-test fire controls features-check paper-run spark-test lock clean setup

help:            ## list the targets
	@grep -hE '^[a-z-]+: +##|^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/: *[^#]*##/\t/' | expand -t 16
	@echo
	@echo 'PYTHON=python3.12 chooses the interpreter, ARGS="--paused" is handed on, WORKERS=4 tests on four cores.'

setup:           ## make .venv hold what requirements.lock names
	$(SETUP)

run: setup       ## play the sample bars through the gate, with the screens beside it
	$(SAY) 'trivet run $(ARGS)'
	@exec $(BIN)/trivet run $(ARGS)

test: check      ## lint, types, import contracts, then the tests with their coverage gates
	$(SAY) 'tests, $(WORKERS) at a time'
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(COVER) $(ARGS)

check: lint types imports       ## ruff, mypy and the import contracts

lint: setup      ## ruff: rules and format
	$(SAY) 'ruff check, ruff format --check'
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

types: setup     ## mypy, strict
	$(SAY) 'mypy'
	@$(BIN)/mypy

imports: setup   ## who may import whom
	$(SAY) 'import contracts'
	@$(BIN)/lint-imports --no-logo --no-cache

bench: setup     ## this engine beside its peers, as ratios
	$(SAY) 'benchmarks of the engine'
	@$(BIN)/python -m tests.benchmarks.engines $(ARGS)

bench-http: setup       ## durable decisions per second over HTTP, beside a bare endpoint
	$(SAY) 'benchmarks over HTTP'
	@$(BIN)/python -m tests.benchmarks.http $(ARGS)

bench-quotes: setup      ## 10,000 quotes a second through inspection into Redis, and how old they are there
	$(SAY) 'benchmarks of quotes'
	@$(BIN)/python -m tests.benchmarks.quotes $(ARGS)

bench-columns: setup    ## ten million signals at once: Polars, DuckDB, and by hand
	$(SAY) 'benchmarks over columns'
	@$(BIN)/python -m tests.benchmarks.columnar $(ARGS)

audit: setup     ## known weaknesses of what is locked; exits 3 where that cannot be told from here
	$(SAY) 'pip-audit over requirements.lock'
	@$(BIN)/python .ci/audit

browser-test: setup     ## the screens in Debian's Chromium
	@command -v chromium >/dev/null || { echo 'missing: chromium; on Debian: apt-get install chromium' >&2; exit 1; }
	$(SAY) 'browser tests'
	@$(BIN)/python -m pytest -m browser tests/ui $(ARGS)

fault-test: setup       ## a house on real servers suffers every fault in turn, with a table of it; a live one is killed on its way
	$(SAY) 'faults on real servers'
	@$(BIN)/python -m pytest -m faults tests/faults tests/flows/test_live_crashes.py -s $(ARGS)

fire: setup      ## 50,000 signals through NATS while a process is killed every few seconds
	$(SAY) 'signals under fire'
	@$(BIN)/python -m tests.faults.fire $(ARGS)

controls: setup  ## trip every control and stop, print what happened, write docs/controls.md
	$(SAY) 'controls and stops'
	@$(BIN)/python -m tests.controls.page

features-check: setup   ## every feature in three forms, by TA-Lib and exactly, on every sample bar; writes docs/features.md
	$(SAY) 'forms of the features'
	@$(BIN)/python -m tests.adapters.features.differences

paper-run: setup  ## thirteen years in phase paper: flat by every close, half days listed
	$(SAY) 'a paper run'
	@rm -rf var/paper-run
	@$(BIN)/trivet replay --phase paper --from 2000-03-01 --store var/paper-run
	@TRIVET_HOME=var/paper-run $(BIN)/trivet phase sessions

spark-test: setup       ## the same regressions on Spark (installs it; needs a Java runtime)
	@command -v java >/dev/null || { echo 'missing: java; on Debian: apt-get install default-jre-headless' >&2; exit 1; }
	$(SAY) 'installing Spark beside the rest (hashes checked)'
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r .ci/spark.lock
	$(SAY) 'Spark tests'
	@$(BIN)/python -m pytest -m spark tests/spark $(ARGS)

lock: setup      ## resolve the dependencies anew into requirements.lock and those of the image, the build and Spark
	$(SAY) 'resolving pyproject.toml'
	@$(COMPILE) --upgrade $(addprefix --extra ,$(EXTRAS)) pyproject.toml -o requirements.lock
	@$(COMPILE) --constraints requirements.lock pyproject.toml -o deploy/requirements.lock
	@echo 'ibis-framework[pyspark]' | $(COMPILE) --upgrade --constraints requirements.lock - -o .ci/spark.lock
	@echo setuptools | $(COMPILE) --upgrade - -o .ci/build.lock

clean:           ## remove what the tools made (.venv and var stay)
	$(SAY) 'removing caches and build leftovers'
	@rm -rf build dist htmlcov .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
