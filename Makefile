# What a person does here. `make demo` needs Python 3.11 or newer with pip, and make; nothing else.
PYTHON ?= python3
BIN := .venv/bin
# The host's pip fills the environment, so that a Python without ensurepip (Debian's) will do.
PIP = $(PYTHON) -m pip --disable-pip-version-check --python $(BIN)/python install --quiet
LOCK = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --strip-extras \
	--allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links
SUITE := tests
RUNS := 3

.PHONY: setup dev demo test packages check bench matrix soak lock docs

setup: .venv/.toxiproxy            ## an environment from the lock file, and Toxiproxy where it can be had

demo: setup                        ## the whole story in about a minute, ends with a report
	@$(BIN)/streamproof demo

test: dev packages                 ## everything that the README promises
	timeout --foreground --kill-after 60 40m \
		$(BIN)/pytest -rs --numprocesses 3 --dist loadfile --durations 25 $(SUITE)

check: .venv/.dev                  ## format, lint, types, floors, fast tests; under a minute
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -m "not slow" --numprocesses auto --maxprocesses 4 $(SUITE)

bench: dev                         ## every number that the docs quote
	@for script in $$(grep -l -e '"--json"' bench/*.py); do \
		name=$$(basename $$script .py); [ $$name = matrix ] && continue; \
		echo "== bench.$$name"; $(BIN)/python -m bench.$$name || exit; \
	done

matrix: dev                        ## every defect of the gateway is found, and nothing else is; under 20 minutes
	$(BIN)/python -m bench.matrix

soak: setup                        ## the demo RUNS times in a row, each must pass
	@for run in $$(seq $(RUNS)); do echo "== demo $$run of $(RUNS)"; $(BIN)/streamproof demo || exit; done

lock: .venv/.dev                   ## new lock files from pyproject.toml
	$(LOCK) --all-build-deps --output-file requirements.lock pyproject.toml
	$(LOCK) --all-build-deps --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml

docs: .venv/.dev                   ## docs/schema.md from harness/record.py
	$(BIN)/python -m harness.schema_doc docs/schema.md

dev: .venv/.toxiproxy .venv/.dev

# The files .venv/.* are stamps: a second run finds nothing to do.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is too old: Python 3.11 or newer is needed; say which: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv --without-pip .venv

.venv/.run: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.run
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

.venv/.toxiproxy: .venv/.run
	@$(BIN)/streamproof toxiproxy install || \
		echo "No Toxiproxy: the built-in proxy will play the networks. Try again: $(BIN)/streamproof toxiproxy install"
	@touch $@

packages:
	@sh tests/debian_packages.sh
