# Each target sets up what it needs first; nothing has to be installed by hand but Python >= 3.11 and make.
.DEFAULT_GOAL := help
.PHONY: help run up test check bench chaos console format lock containers clean

# Compiled once and kept, also where the environment says no: the tests start Python many times over.
export PYTHONDONTWRITEBYTECODE :=
# As in the platform's processes: small products of matrices are slower on threads than on one.
export OPENBLAS_NUM_THREADS ?= 1

PYTEST := .venv/bin/pytest
SOURCES := csms scheduler web v2ghub simulator tests bench tools
# Two workers suit two cores, a file stays on one.
PARALLEL ?= -n 2 --dist loadfile
# How often `make chaos` draws new examples.
ROUNDS ?= 10

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## Set everything up and run the demo site (Ctrl-C stops it)
	@tools/setup.sh run
	@exec .venv/bin/v2ghub demo --speed 60

up: ## The same platform in real time, without the simulator
	@tools/setup.sh run
	@exec .venv/bin/v2ghub up

test: ## Set everything up and run all tests, browser tests included
	@tools/setup.sh test
	@$(PYTEST) -q $(PARALLEL) -m "not e2e"
	@$(PYTEST) -q $(PARALLEL) -m e2e tests/e2e tests/integration/v2ghub
	@tools/setup.sh npm run check
	@tools/setup.sh npm run types -- --check

check: ## Format, lint, types, import contracts, fast tests
	@tools/setup.sh dev
	@.venv/bin/ruff format --check --quiet $(SOURCES)
	@.venv/bin/ruff check --quiet $(SOURCES)
	@.venv/bin/mypy
	@.venv/bin/lint-imports --cache-dir .import_linter_cache > .setup/imports.log || (cat .setup/imports.log; exit 1)
	@$(PYTEST) -q $(PARALLEL) -m "not integration and not e2e and not slow"

bench: ## Benchmarks as JSON lines
	@tools/setup.sh dev
	@for one in bench/[a-z]*.py; do .venv/bin/python $$one || exit 1; done

chaos: ## The long forms of the kill tests, and new examples for all property tests
	@tools/setup.sh test
	@for round in $$(seq $(ROUNDS)); do V2GHUB_CHAOS=long $(PYTEST) -q $(PARALLEL) -m "hypothesis and not e2e" || exit 1; done
	@V2GHUB_CHAOS=long $(PYTEST) -q -m chaos --timeout 7200

console: ## Build the operator console into web/static
	@tools/setup.sh console

format: ## Format and fix what can be fixed
	@tools/setup.sh dev
	@.venv/bin/ruff format $(SOURCES) && .venv/bin/ruff check --fix $(SOURCES)

lock: ## Compile the hashed lock files from pyproject.toml
	@tools/lock.sh

containers: ## Build the image and start the platform from it
	@docker/containers.sh

clean: ## Remove what was set up (not the state in .v2ghub)
	@rm -rf .venv .setup web/static web/console/node_modules
