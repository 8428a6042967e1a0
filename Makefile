# `make demo` and `make test` need only python3, pip and make; both build .venv from constraints.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint bench docs clean

demo: $(VENV)/.core
	$(BIN)/vadose demo --out demo

test: $(VENV)/.all
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.all
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: $(VENV)/.all
	$(BIN)/python -m benchmarks

docs: $(VENV)/.all
	$(BIN)/python docs/build.py

clean:
	rm -rf $(VENV) demo out build dist

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e .
	touch $@

$(VENV)/.all: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e ".[all,dev]"
	touch $@ $(VENV)/.core
