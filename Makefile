# Eye Spy. `make run` and `make test` are all you need; `make help` lists the rest.
# Kept to what GNU make 3.81 knows, as macOS has no newer one.

PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install
# Beside the assets, wherever EYESPY_ASSETS puts them, so that deleting them fetches them again.
FETCHED := "$${EYESPY_ASSETS:-assets}/.fetched"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup tools assets run test check bench clean

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

setup: assets ## Make .venv, install what the workbench needs, fetch and verify its assets

run: setup ## Set up if need be, make the demo sessions on a first start, and serve the workbench
	@$(PY) -m workbench demo --if-empty
	@exec $(PY) -m workbench

test: tools assets ## All tests but the heavy ones, on all cores
	@$(PY) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile -m "not heavy"

check: tools assets ## Format, lint, types, and all tests
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	@$(MAKE) --no-print-directory test

bench: tools assets ## Benchmarks, one by one, and the tests that take too long for `make test`
	@$(PY) -m pytest -m heavy
	@for file in benchmarks/[a-z]*.py; do \
	  echo "== $$file"; $(PY) -m "benchmarks.$$(basename "$$file" .py)" || exit 1; \
	done

clean: ## Remove .venv and caches of tools; photos, labels, models and assets stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

assets: .venv/.installed
	@test -e $(FETCHED) && test -z "$$(find workbench/assets.py -newer $(FETCHED))" \
	  || { $(PY) -m workbench assets && { touch $(FETCHED) 2>/dev/null || true; }; }

tools: .venv/.tools

.venv/.tools: requirements-dev.txt .venv/.installed
	$(PIP) -r requirements-dev.txt
	@touch $@

.venv/.installed: requirements.txt $(PY)
	@echo "Installing what Eye Spy needs into .venv (the first time this takes some minutes)"
	$(PIP) -r requirements.txt
	@touch $@

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Eye Spy needs Python 3.11 or newer, and “$(PYTHON)” is not: install one and name it: make run PYTHON=python3.12" >&2; \
	  exit 1; }
	$(PYTHON) -m venv --clear .venv
