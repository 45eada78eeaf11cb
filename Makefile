# omroeper: make demo | test | check | soak | bench | serve | screenshots | golden
#
# Every target first makes .venv from the hash-locked requirements, or finds it ready. What that says
# goes to standard error; standard output carries only the program's own words. Options go through
# ARGS:  make demo ARGS="--once --json"

MAKEFLAGS += --no-print-directory --silent
export PYTHON
BIN := .venv/bin
UV ?= uv
.DEFAULT_GOAL := help
.PHONY: help demo serve test check format soak bench screenshots golden lock run-environment test-environment

help:
	sed -n '1,5s/^# \{0,1\}//p' Makefile

run-environment:
	.ci/environment run

test-environment:
	.ci/environment test

demo: run-environment
	exec $(BIN)/python -m broadcaster demo $(ARGS)

serve: run-environment
	exec $(BIN)/python -m broadcaster serve $(ARGS)

test: test-environment
	exec $(BIN)/python -m pytest -n 4 --dist worksteal $(ARGS)

soak: test-environment
	exec $(BIN)/python -m pytest -m soak -n 2 --dist worksteal --timeout 3600 $(ARGS)

bench: test-environment
	exec $(BIN)/python -m bench $(ARGS)

# What the browser tests see at three widths, into docs/screenshots.
screenshots: test-environment
	PICTURES=1 exec $(BIN)/python -m pytest tests/browser -k "not postgresql" $(ARGS)

# The texts of every scenario, as people read them, into tests/golden: then read the difference.
golden: test-environment
	exec $(BIN)/python -m pytest -q tests/golden --refresh-golden $(ARGS)

# All of them, also after one that fails: one run shows everything.
check: test-environment
	failed=; for check in "ruff format --check ." "ruff check ." mypy lint-imports "deptry ."; do \
		$(BIN)/$$check || failed="$$failed [$$check]"; \
	done; [ -z "$$failed" ] || { echo "make check failed:$$failed" >&2; exit 1; }

format: test-environment
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Needs uv; the result has hashes, and no address of any registry.
lock:
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --group build -o requirements.lock pyproject.toml $(ARGS)
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --group build --extra dev -c requirements.lock -o requirements-dev.lock \
		pyproject.toml $(ARGS)
