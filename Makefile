# What a developer and an operator run, and what CI runs. `make` lists it.

MAKEFLAGS += --no-builtin-rules --warn-undefined-variables
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$python" && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
CODE := $(wildcard lrs projections adapters schemas bench tests tools)
# Tests that start no server and no database but a file: they run first and take seconds.
UNIT := $(wildcard tests/schemas tests/adapters tests/projections/scoring tests/projections/test_*.py)

# What tests write is gone when they end: memory holds it at less cost than a disk, where 4 GB of it
# are free and programs may be run from it.
TMPDIR ?= $(shell ! grep -qs ' /dev/shm .*noexec' /proc/mounts && test -w /dev/shm \
	&& df -Pk /dev/shm | awk 'NR == 2 && $$4 > 4000000 { print $$6 }')

SUITE ?=
DB ?= sqlite
ARGS ?=

.PHONY: help setup demo serve test unit lint format bench tampering conformance faults clients docs lock clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-13s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.program ## Install the program into .venv, as .venv/bin/lrs.

demo: .venv/.program ## Generate a ministry's data, start a store on it, and say what to open.
	$(BIN)/lrs demo $(ARGS)

serve: .venv/.program ## Start a store; LRS_* variables or ARGS="--port 8081" configure it.
	$(BIN)/lrs serve $(ARGS)

# Tests start hundreds of processes: what Python compiled is kept, also where it is told not to.
test unit: export PYTHONDONTWRITEBYTECODE :=
test unit: export TMPDIR := $(TMPDIR)

test: .venv/.tools ## Check everything: lint, fast tests, then all others on SQLite and PostgreSQL.
	$(MAKE) --no-print-directory --jobs=2 --output-sync lint unit
	$(BIN)/pytest --quiet --numprocesses=3 --dist=loadgroup --no-loadscope-reorder tests $(addprefix --ignore=,$(UNIT))

unit: .venv/.tools ## Run the tests that start nothing.
	$(if $(UNIT),$(BIN)/pytest --quiet $(UNIT),$(error there are no unit tests))

lint: .venv/.tools ## Check style, types and the layers.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

format: .venv/.tools ## Put the code into the one format.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.tools ## Measure the store against bounds measured in the same run.
	$(BIN)/python -m bench $(ARGS)

tampering: .venv/.tools ## Try all an insider can do to a log, and print what finds it.
	$(BIN)/python -m tests.tampering

conformance: .venv/.tools ## Run ADL's suite: SUITE=path to its checkout, DB=sqlite or postgresql.
	$(if $(SUITE),,$(error SUITE=path to a checkout of the ADL LRS conformance test suite is missing))
	$(if $(filter sqlite postgresql,$(DB)),,$(error DB=$(DB): must be sqlite or postgresql))
	$(BIN)/python -m tests.conformance --suite "$(SUITE)" --database $(DB) $(ARGS)

faults: .venv/.tools ## Kill the server, cut the database, fill the disk: nothing acknowledged is lost.
	$(BIN)/pytest -m faults tests $(ARGS)

clients: .venv/.tools ## Drive the store with the JavaScript clients; needs Node.js.
	@command -v npm >/dev/null || { echo "make clients needs Node.js and npm" >&2; exit 1; }
	npm ci --prefix tests/clients --no-audit --no-fund
	$(BIN)/pytest -m node tests $(ARGS)

docs: .venv/.tools ## Check that the documentation says what the program does.
	$(BIN)/pytest -m docs tests $(ARGS)

lock: ## Pin the newest versions of all dependencies, by hash; needs uv.
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	$(LOCK) --group build --output-file requirements/runtime.lock
	$(LOCK) --group dev --constraints requirements/runtime.lock --output-file requirements/dev.lock
	! grep -n '://' requirements/*.lock

LOCK := uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --no-emit-find-links

clean: ## Remove what make made: environment, caches, builds. Databases stay.
	rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	rm -rf tests/clients/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	$(if $(PYTHON),,$(error Python 3.11 or newer is needed; none was found))
	$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python's venv module is needed (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 1; }

.venv/.program: pyproject.toml requirements/runtime.lock | .venv/bin/python
	$(PIP) install --require-hashes --requirement requirements/runtime.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

.venv/.tools: requirements/dev.lock .venv/.program
	$(PIP) install --require-hashes --requirement requirements/dev.lock
	touch $@
