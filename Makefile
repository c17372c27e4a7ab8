PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo up test lint bench bench-diagnosis faults

setup: .venv/.stamp

.venv/.stamp: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: setup
	$(BIN)/satnet demo

up: setup
	$(BIN)/satnet up

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest --cov --cov-report=term

bench: setup
	$(BIN)/python benchmarks/claim_latency.py

bench-diagnosis: setup
	$(BIN)/python benchmarks/diagnosis_scoreboard.py

faults: setup
	$(BIN)/pytest -m service
