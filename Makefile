# Two commands are enough: `make demo` and `make test`. `make` alone lists the others.
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint fmt texts screenshots
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
# The first Python 3.11 or newer that can make virtual environments.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	"$$p" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$p" && break; done)
# Most tests wait for something: four at once keep two cores busy.
# A process that hung is not begun again: xdist would give it the same test, which hangs again.
PARALLEL ?= -n 4 --dist loadfile --no-loadscope-reorder --max-worker-restart 0
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps

help:
	@echo 'make setup          set up .venv (skipped while it is up to date)'
	@echo 'make demo           start everything on this machine; FRESH=1 starts over, PORT=9300 moves its ports'
	@echo 'make test           formatting, lint, types, import contracts, tests'
	@echo 'make lint           the same without the tests'
	@echo 'make fmt            format and mend what can be mended'
	@echo 'make texts          bring cases/locale/*.po in line with the code; says what is left to translate'
	@echo 'make screenshots    take the pictures of README.md and docs/ anew, from a demo of its own'

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer with venv is needed (Debian: apt-get install python3-venv).' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements.lock
	$(PIP) -e .
	@touch $@

demo: setup
	@exec $(BIN)/cx demo $(if $(filter-out 0,$(FRESH)),--fresh) $(if $(PORT),--port $(PORT)) $(ARGS)

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Lint takes a core while the tests wait for each other: both at once, the tests first, and pytest has the last word.
test: setup
	@nice -n 5 $(MAKE) --no-print-directory lint > $(VENV)/lint.log 2>&1 & lint=$$!; \
	$(BIN)/pytest $(PARALLEL) $(ARGS); tests=$$?; \
	wait $$lint || { cat $(VENV)/lint.log; exit 1; }; exit $$tests

fmt: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

texts: setup
	@$(BIN)/python -m tests.support.catalogues

screenshots: setup
	@$(BIN)/python -m tests.support.screenshots $(ARGS)
