# Tangleway from the sources. Needs python3 (3.11 or newer), git and make; everything else is
# set up in this folder: uv in .uv/ (only where the machine has none) and the packages in .venv/.

PYTHON ?= python3
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
BIN := .venv/bin
SETUP := .venv/set-up
SOURCES := tangleway scenarios benchmarks fake_devices dashboard vehicle_agent charger_agent parking_agent \
	agent_runtime wallet session_records ledger_node configuration negotiation ledger_core tests

# uv uses the Python named above and never fetches one, writes nowhere but here, and trusts the
# certificates that the machine trusts, as pip does (company networks have roots of their own).
export UV_PYTHON ?= $(PYTHON)
export UV_PYTHON_DOWNLOADS ?= never
export UV_PROJECT_ENVIRONMENT := .venv
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt),)
export UV_SYSTEM_CERTS ?= true
endif
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format clean python

help:  ## say what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

setup: $(SETUP)  ## set everything up in .venv

demo: $(SETUP)  ## run the main story: cars charge, park and pay tolls
	@$(BIN)/tangleway demo

test: $(SETUP)  ## run all tests
	@$(BIN)/pytest -n 2 --dist worksteal

lint: $(SETUP)  ## check style, types and import arrows
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(SETUP)  ## let ruff order and lay out the sources
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:  ## remove all that was set up or cached here
	rm -rf tests/foreign/node_modules
	rm -rf .venv .uv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is newer than both files exactly when .venv holds what they ask for.
$(SETUP): pyproject.toml uv.lock | python $(filter .uv/bin/uv,$(UV))
	@echo "Setting up .venv (about a minute, only when pyproject.toml or uv.lock changed) ..."
	@$(UV) sync --frozen --compile-bytecode
	@touch $@

.uv/bin/uv: | python
	@echo "Getting uv into .uv ..."
	@$(PYTHON) -m venv .uv || { rm -rf .uv; \
		echo "$(PYTHON) can not make virtual environments: install its venv package" \
			"(Debian: apt-get install python3-venv)." >&2; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9" || \
		{ rm -rf .uv; exit 1; }

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Tangleway needs Python 3.11 or newer; '$(PYTHON)' is" \
			"$$($(PYTHON) --version 2>/dev/null || echo missing). Name another one:" \
			"make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
