# Seven words; `make help` lists them. Everything else is `.venv/bin/arrears <verb>`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(shell for p in $(PYTHONS); do $$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p; done) python3)
BIN := .venv/bin
CODE := arrears workflows activities api web tests scripts benchmarks hatch_build.py
FAST := not (postgres or server or browser or chaos or slow)

# Files of the fast tests outlive no run: where there is room they lie in memory, and nobody waits for the disk.
IN_MEMORY := $(shell df -k --output=avail /dev/shm 2>/dev/null | awk 'NR == 2 && $$1 > 1000000 { print "TMPDIR=/dev/shm" }')

# One more than there are processors: many tests wait for processes that they started.
HANDS = $(shell $(BIN)/python -c 'import os; print(min((os.cpu_count() or 1) + 1, 4))')

# Compiled code and rewritten tests are kept, whatever the shell says: a second run starts in half the time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check check-code check-tests fmt bench chaos

help: ## list these words
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## build .venv from the lock and compile the message catalogues; quick when nothing changed
	@$(PYTHON) scripts/setup.py

demo: setup ## everything on this machine: engine, sample portfolio, web inbox; Ctrl-C stops it, nothing is lost
	@exec $(BIN)/arrears demo

test: setup ## all tests, with a browser and both databases (installs Debian's where root and apt-get are there)
	@bash scripts/test_tools.sh $(BIN)/pytest -n $(HANDS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup ## format, lint, types, contracts, fast tests
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=line check-code check-tests

check-code:
	$(BIN)/ruff format --check $(wildcard $(CODE))
	$(BIN)/ruff check $(wildcard $(CODE))
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

check-tests:
	@$(IN_MEMORY) $(BIN)/pytest -q -n logical --dist worksteal --hypothesis-profile quick -m "$(FAST)" $(ARGS)

fmt: setup ## format, and mend what the linter can mend by itself
	$(BIN)/ruff format $(wildcard $(CODE))
	$(BIN)/ruff check --fix $(wildcard $(CODE))

bench: setup ## measure: intake, guard, rules, starts per second, click to applied, memory (minutes; never part of the tests)
	@for one in $(basename $(notdir $(wildcard benchmarks/[a-z]*.py))); do \
		$(BIN)/python -m benchmarks.$$one $(ARGS) || exit 1; \
	done

chaos: setup ## kill the parts of a bank at work by SEED and ask what was lost (minutes; ARGS="--database postgres --seconds 90 --cases 200")
	@$(BIN)/python -m tests.chaos monkey $(if $(SEED),--seed $(SEED)) $(ARGS)
