PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo up test coverage fuzz schemathesis lint bench bench-diagnosis load faults soak secrets sbom audit

setup: .venv/.stamp

.venv/.stamp: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
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
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

# Tracing takes half as long again as the tests of pure Python.
coverage: setup
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --cov --cov-report=term

INPUTS ?= 200000

fuzz: setup
	$(BIN)/python -W ignore -m tests.fuzz.run --inputs $(INPUTS)

REQUESTS ?= 10000

schemathesis: setup
	$(BIN)/python -m tests.fuzz.schema --requests $(REQUESTS)

.venv-peers/.stamp: requirements/peers.txt requirements/peers-bare.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check -r requirements/peers.txt
	.venv-peers/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements/peers-bare.txt
	.venv-peers/bin/pip install --quiet --disable-pip-version-check --no-deps --target .venv-peers/tensorboard \
		tensorboard==2.21.0 tensorboard-data-server==0.7.2 werkzeug==3.1.9 markdown==3.11.3
	touch $@

bench: setup .venv-peers/.stamp
	$(BIN)/python benchmarks/compare.py --peers .venv-peers/bin/python --write

bench-diagnosis: setup
	$(BIN)/python benchmarks/diagnosis_scoreboard.py

faults: setup
	$(BIN)/python -m tests.faults.scoreboard --write

load: setup
	$(BIN)/python benchmarks/load.py

MINUTES ?= 120

soak: setup
	$(BIN)/python -m tests.faults.soak $(MINUTES)

.venv-security/.stamp: requirements/security.txt
	$(PYTHON) -m venv .venv-security
	.venv-security/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/security.txt
	touch $@

# What the images are made of, in CycloneDX's format.
sbom: .venv-security/.stamp
	mkdir -p dist
	for part in api worker; do \
		.venv-security/bin/cyclonedx-py requirements --output-reproducible \
			-o dist/sbom-$$part.json requirements/$$part.txt || exit 1; \
	done
	@echo "dist/sbom-api.json and dist/sbom-worker.json"

# Known vulnerabilities of the pinned packages. 3: the list of vulnerabilities could not be read, so nothing was checked.
audit: .venv-security/.stamp
	@$(PYTHON) requirements/audit.py .venv-security/bin/pip-audit api worker

secrets: secrets/redis_api secrets/redis_worker

# Containers read them as other users; the folder is closed instead.
secrets/redis_%:
	mkdir -p -m 0700 secrets
	umask 022 && $(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(32))' >$@
