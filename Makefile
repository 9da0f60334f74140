# The project's commands. The first one makes .venv; it is brought up to date only when
# pyproject.toml, constraints.txt or this file change.
PYTHON ?= python3
ARGS ?=
RL_GAMES ?=

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
RECIPE := pyproject.toml constraints.txt Makefile

.DEFAULT_GOAL := help
.PHONY: help train test long check lint types imports dead bench chaos peers head clean

help:  ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

train: .venv/.installed  ## train, play, evaluate: make train ARGS="task=Pendulum seed=1"
	$(BIN)/python train.py $(ARGS)

test: check  ## the whole gate: check, then every test
	$(BIN)/python -m pytest -n 2 --dist worksteal

long: .venv/.installed-dev  ## tests that are too long for the gate
	$(BIN)/python -m pytest -m long

check: lint types imports dead  ## lint, types, import rules, dead code

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.installed-dev
	$(BIN)/mypy

imports: .venv/.installed-dev
	$(BIN)/lint-imports

dead: .venv/.installed-dev
	$(BIN)/vulture

bench: .venv/.installed  ## steps per second of the vector environments on this machine
	$(BIN)/python benchmarks/throughput.py $(ARGS)

chaos: .venv/.installed-dev  ## the fault suite's long trials, those that are not done yet: docs/chaos.md
	$(BIN)/python -m tests.chaos $(ARGS)

peers: .venv-peers/.installed  ## .venv-peers: rlgx and all that benchmarks/ compares it with

head: .venv/.installed-dev  ## train, resume, play with another rl_games: make head RL_GAMES=<checkout>
	@test -d "$(RL_GAMES)/rl_games" || { echo "name a checkout: make head RL_GAMES=<checkout>"; exit 2; }
	RL_GAMES_HEAD="$(abspath $(RL_GAMES))" $(BIN)/python -m pytest tests/test_head.py

clean:  ## remove .venv, .venv-peers and the tools' caches, never runs/
	rm -rf .venv .venv-peers .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build dist *.egg-info

.venv/pyvenv.cfg:
	$(PYTHON) -m venv .venv

.venv/.installed: $(RECIPE) | .venv/pyvenv.cfg
	@echo "installing rlgx into .venv (about a minute)"
	$(INSTALL) --editable .
	@touch $@

.venv/.installed-dev: $(RECIPE) | .venv/pyvenv.cfg
	@echo "installing rlgx and its tools into .venv (about a minute)"
	$(INSTALL) --editable ".[dev,atari,box2d,mujoco,video]"
	@touch $@ .venv/.installed

.venv-peers/.installed: $(RECIPE) benchmarks/peers.txt
	@echo "installing rlgx and its peers into .venv-peers (minutes)"
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--editable . --requirement benchmarks/peers.txt
	@touch $@
