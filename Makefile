# Each target is one line of intent. Everything is installed into .venv, nothing outside the checkout.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= auto
SIZE ?= demo

.PHONY: demo test check lint types contracts faults crash bench clean

demo: $(VENV)/.installed          ## sync two sandbox trackers and publish the reports into vmo-demo/
	@$(BIN)/vmo demo --size $(SIZE)

test: $(VENV)/.installed-dev      ## every test; says what was left out for want of a browser
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests

check: lint types contracts test  ## all that has to hold in every commit

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: $(VENV)/.installed-dev
	@$(BIN)/mypy

contracts: $(VENV)/.installed-dev
	@$(BIN)/lint-imports

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "vmo needs Python 3.11 or newer, this is " + sys.version.split()[0] + ": try make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what vmo needs into $(VENV) ..."
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib config connectors domain sync metrics reports cli >/dev/null 2>&1 || true
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need into $(VENV) ..."
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true
	@touch $@

faults: $(VENV)/.installed-dev     ## the catalogue of faults, and what each family counts
	@$(BIN)/python -m tests.faults

crash: $(VENV)/.installed-dev      ## kill the sync at every storage and network operation (minutes to hours: SAMPLE, SEED)
	@$(BIN)/python -m tests.crash

bench: $(VENV)/.installed-dev      ## requests, time and memory beside their yardsticks
	@$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) vmo-demo
