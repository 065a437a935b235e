# The verbs people and CI share. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-config --no-annotate --custom-compile-command "make lock"

JOBS ?= auto#        test processes
PYTEST_ARGS ?=#      for example: make test PYTEST_ARGS="-k timeline"
UPGRADE ?=#          make lock UPGRADE=--upgrade takes the newest releases

.PHONY: help demo test lab lint types fmt bench samples pictures lock soak clean

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.demo-stamp ## run the start notebook on data-samples/ and print its timeline
	@$(BIN)/python tools/demo.py

test: $(VENV)/.test-stamp lint types ## everything a change must pass
	@tools/ensure_chromium.sh
	@tools/ensure_spark.sh $(BIN)/python
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --cov=trailnb $(PYTEST_ARGS)

lab: $(VENV)/.demo-stamp ## open JupyterLab on the notebooks
	$(BIN)/jupyter lab notebooks

lint: $(VENV)/.test-stamp ## style and import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@PYTHONPATH=. $(BIN)/lint-imports --no-cache --no-logo

types: $(VENV)/.test-stamp ## mypy --strict
	$(BIN)/mypy

fmt: $(VENV)/.test-stamp ## put code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.test-stamp ## measure against a hand-written loop and other tools
	$(BIN)/python -m benchmarks

samples: $(VENV)/.test-stamp ## write data-samples/ anew (seeded: same bytes every time)
	$(BIN)/python tools/make_samples.py

pictures: $(VENV)/.test-stamp ## draw docs/pictures/ anew from data-samples/
	$(BIN)/python tools/make_pictures.py

lock: $(VENV)/.test-stamp ## pin and hash what pyproject.toml asks for
	$(COMPILE) $(UPGRADE) --extra lab --extra test \
		--output-file requirements/test.txt pyproject.toml requirements/build.in
	$(COMPILE) $(UPGRADE) --extra lab --constraint requirements/test.txt \
		--output-file requirements/demo.txt pyproject.toml requirements/build.in
	$(COMPILE) $(UPGRADE) --constraint requirements/test.txt \
		--output-file requirements/spark.txt requirements/spark.in

soak: $(VENV)/.test-stamp ## the tests too long for every change
	@tools/ensure_chromium.sh
	$(BIN)/python -m pytest -m soak $(PYTEST_ARGS)

clean: ## remove what was built; .venv and data-samples/ stay
	rm -rf build dist htmlcov .coverage .coverage.* coverage.xml
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# An environment is made once, then follows its lock file. Every wheel is checked
# against its hash; the project itself is linked in, with nothing else resolved. The locks are
# whole, so pip need not resolve either: for an extra, older ones look past the pin at newer releases.

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"trailnb needs Python 3.11 or newer, this is {v[0]}.{v[1]}: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.demo-stamp: requirements/demo.txt pyproject.toml | $(BIN)/python
	@echo "bringing $(VENV) to the pins of requirements/demo.txt"
	@$(PIP) --require-hashes --no-deps -r requirements/demo.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

# The test set holds the demo set, at the same pins.
$(VENV)/.test-stamp: requirements/test.txt pyproject.toml | $(BIN)/python
	@echo "bringing $(VENV) to the pins of requirements/test.txt"
	@$(PIP) --require-hashes --no-deps -r requirements/test.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.demo-stamp
