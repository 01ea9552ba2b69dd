# Two commands matter: `make run` and `make test`.
.DEFAULT_GOAL := help
PORT ?= 8000
DATA ?= data
PY := .venv/bin/python
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Some images set it: each of hundreds of programs would compile all that it reads, a third of its start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help env run quick test lint check long planted faults bench nation drill wheel clean

help: ## show this
	@grep -E '^[a-z]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

env: ## make the environment: .venv/bin/hadir and the built phone
	@scripts/setup.sh env

run: env ## start the demo regency (PORT=8000 DATA=data), a minute the first time; Ctrl-C stops it
	@.venv/bin/hadir demo --data "$(DATA)" --people 4800 --keep --url "http://127.0.0.1:$(PORT)"
	@exec .venv/bin/hadir serve --data "$(DATA)" --port "$(PORT)"

quick: testenv ## lint, types and the pure tests: under a minute
	@$(PY) scripts/check.py --quick

test: testenv ## install what the tests need and run them all
	@scripts/setup.sh env
	@$(PY) scripts/check.py --tests

lint: testenv ## style, types, import contracts
	@ruff check .
	@ruff format --check .
	@mypy
	@lint-imports --no-logo 2>/dev/null || lint-imports
	@cd phone && npm run --silent lint && npm run --silent check

check: testenv ## what CI runs: lint, types, contracts, tests; cheap failures first
	@scripts/setup.sh env
	@$(PY) scripts/check.py

planted: testenv ## every planted bug must be caught by the test that it names
	@$(PY) -m pytest -q tests/test_planted.py --all-planted

bench: env ## measure everything, up to an hour: gate, overload, slow clients, newcomers, herd, nation, office, law (needs gcc, libssl-dev, a quiet machine)
	@.venv/bin/hadir bench all --figures docs/figures.md

nation: env ## five million people tap once (needs 14 GB of disk, half an hour)
	@.venv/bin/hadir bench nation --figures docs/figures.md

long: check planted ## the check, the long forms of the law's tests, its mutants, an installation on a bare Debian with systemd, a long walk over every page (hours)
	@$(PY) -m pytest -q -m slow tests/rules
	@$(PY) scripts/mutants.py
	@$(PY) -m pytest -q --long --figures docs/figures.md tests/install tests/journeys/test_monkey.py

faults: testenv ## the long forms of every disaster: kills, power cuts, failing calls, full disks, simulated days
	@.venv/bin/hadir faults kill --times 500 --figures docs/figures.md
	@.venv/bin/hadir faults tamper --figures docs/figures.md
	@.venv/bin/hadir simulate --seeds 5000 --figures docs/figures.md
	@$(PY) -m pytest -q --long --figures docs/figures.md tests/faults tests/gate/test_overload.py tests/gate/test_unix_socket.py tests/records/test_outsider.py --ignore=tests/faults/test_tamper.py

wheel: env ## build a package to install elsewhere: dist/hadir-*.whl, with the law and the phone in it
	@.venv/bin/pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w dist .
	@ls dist/hadir-*.whl

drill: env ## rehearse a morning of 4,800 people: drill.html, docs/figures.md, the README's headline
	@.venv/bin/hadir drill --people 4800 --arrive 07:05-07:29 --late 5% --outage 07:05-08:05 --speed 60 --report drill.html --figures docs/figures.md --readme README.md

clean: ## remove everything that was made (never a data folder)
	@rm -rf .venv .make phone/node_modules phone/dist .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.PHONY: testenv
testenv:
	@scripts/setup.sh tests
