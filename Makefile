# Every target needs only make and Python 3.11 or newer; the rest is set up when the lock changes.

VENV := .venv
PYTHON := $(VENV)/bin/python
DATA_TOKEN := from kit.config import from_environment as config; import json; \
	print(json.loads((config().data_dir / "demo-tokens.json").read_text())["staff"])

BASE ?= main
# A file's share of the time is told before pytest's own last line.
PYTEST := $(PYTHON) -m pytest -q -n logical --maxprocesses 4 --dist worksteal --shares
# What plays, attacks or compares for long may take so.
LONG := --timeout 3600

# Programs that the tests start load what others have compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-changed test-reference simulate day guards check bench bench-quick wheel sdl docs lint-schema picture pictures migration lock clean

run: $(VENV)/runtime.stamp ## Start Abruf with its demo.
	@# Without its pages the API is up, and says how to build them; Ctrl-C ends it here, too.
	$(PYTHON) -m web.build || test $$? -eq 1
	@# Ctrl-C is how it ends: make need not call that an error.
	@trap : INT; $(PYTHON) start.py || test $$? -eq 130

test: $(VENV)/dev.stamp ## Run every test, the browser's too; some: make test ARGS="tests/kit -k money"
	$(PYTHON) -m web.chromium
	$(PYTHON) -m tests.walls.programs
	$(PYTHON) -m web.build
	$(PYTEST) $(ARGS)

test-changed: $(VENV)/dev.stamp ## Run what the change since BASE touches: make test-changed BASE=main
	$(PYTHON) -m tests.changed $(BASE) -q -n logical --maxprocesses 4 --dist worksteal

test-reference: $(VENV)/dev.stamp ## Run what asks the API on the reference executor; compare many more operations; ask every field all there is, all that is wrong, and what is hidden on every way; migrate from every revision. Nightly.
	$(PYTEST) $(LONG) --executor reference tests/api
	$(PYTEST) $(LONG) --operations 10000 --seed $$(date +%Y%m%d) tests/execution tests/api/sweeps/test_hidden_columns.py
	$(PYTEST) $(LONG) --every-case tests/models/events tests/api/sweeps/test_bad_input.py tests/api/sweeps/inputs/test_every_stage.py tests/api/sweeps/test_hidden_columns.py tests/execution/test_differential.py
	$(PYTEST) $(LONG) --every-way tests/migrations

simulate: $(VENV)/dev.stamp ## Play and attack long and otherwise each time: make simulate PLAYS=300 SEED=1. Nightly.
	ABRUF_PLAYS=$(or $(PLAYS),200) ABRUF_ATTACK_SECONDS=$(or $(SECONDS),600) \
		ABRUF_PLAY_SEED=$(or $(SEED),$(shell date +%s)) \
		ABRUF_PRICED_PARTIES=1000 ABRUF_PRICED_PRODUCTS=100 \
		$(PYTEST) $(LONG) tests/simulation tests/attacks/load tests/commands/master/test_many_prices.py

day: $(VENV)/dev.stamp ## Play an operator's day: wheel, PostgreSQL 15, upgrade under load, backup, loss, restore. Minutes.
	$(PYTHON) -m tests.walls.programs
	$(PYTHON) -m web.build
	$(PYTHON) -m tests.operating.day

kill: $(VENV)/dev.stamp ## Kill workers and servers again and again while 2,000 changes of 20 merchants are written: make kill SEED=1. Nightly.
	ABRUF_KILL_CHANGES=2000 ABRUF_KILL_MERCHANTS=20 ABRUF_KILLS=60 \
		ABRUF_KILL_SENDING=20 ABRUF_KILL_ORDERS=50 ABRUF_KILL_SENDERS=20 ABRUF_KILL_SEED=$(or $(SEED),$(shell date +%s)) \
		$(PYTHON) -m pytest -q -s $(LONG) tests/workers/test_killed.py tests/workers/messages/test_webhook_processes.py

guards: $(VENV)/dev.stamp ## Take each guard away in turn; a test must miss it. Nightly.
	$(PYTHON) -m pytest -q $(LONG) --guards tests/api tests/commands

check: $(VENV)/dev.stamp ## Lint, types, import contracts.
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports

bench: $(VENV)/dev.stamp ## Measure Abruf beside others: half an hour. ARGS="--help" tells more.
	$(PYTHON) -m bench $(ARGS)

bench-quick: $(VENV)/dev.stamp ## The same in less than two minutes, with little data.
	$(PYTHON) -m bench --quick $(ARGS)

sdl: $(VENV)/runtime.stamp ## Write the schema to schema.graphql.
	$(PYTHON) -c 'from schema.schema import schema; print(schema.as_str())' > schema.graphql.new
	mv schema.graphql.new schema.graphql

docs: $(VENV)/runtime.stamp ## Write what is made of the code: docs of events, verbs, gates, who sees what; examples and messages of events.
	$(PYTHON) -c 'from models.base.markdown import events_markdown; print(events_markdown())' > docs/EVENTS.md.new
	mv docs/EVENTS.md.new docs/EVENTS.md
	$(PYTHON) -c 'import models; from models.events.schemas import schemas_text; print(schemas_text())' \
		> docs/events.schema.json.new
	mv docs/events.schema.json.new docs/events.schema.json
	$(PYTHON) -c 'from schema.schema import schema; from schema.verbs import verbs_markdown; \
		print(verbs_markdown(schema.mutation), end="")' > docs/VERBS.md.new
	mv docs/VERBS.md.new docs/VERBS.md
	$(PYTHON) -c 'from models.matrix import write_matrix; write_matrix()'
	$(PYTHON) -m tests.models.base.written
	$(PYTHON) -m tests.models.events.messages
	$(PYTHON) -c 'from tests.gates.markdown import gates_markdown; print(gates_markdown(), end="")' \
		> docs/GATES.md.new
	mv docs/GATES.md.new docs/GATES.md

lint-schema: ## Look at schema.graphql with the rules of docs/lint: needs Node 20 with npm, and the network once.
	npm --prefix docs/lint ci --ignore-scripts --silent
	docs/lint/node_modules/.bin/eslint --max-warnings 0 --config docs/lint/eslint.config.mjs schema.graphql

SERVER = "http://$${ABRUF_HOST:-127.0.0.1}:$${ABRUF_PORT:-8000}/graphql" "$$($(PYTHON) -c '$(DATA_TOKEN)')"
picture: $(VENV)/dev.stamp ## Take the README's pictures of the server that `make run` started.
	$(PYTHON) -m web.picture $(SERVER) docs/pictures
	$(PYTHON) -m web.burn_down $(SERVER) docs/pictures/burn-down.svg

pictures: $(VENV)/dev.stamp ## Take a picture of each kind of mail in each language, into dist/mails, and the docs' two.
	$(PYTHON) -m web.mails dist/mails
	$(PYTHON) -m web.mails --docs docs/pictures

migration: $(VENV)/dev.stamp ## Write a migration from the models: make migration m="what it does"
	$(PYTHON) -m migrations "$(m)"

wheel: $(VENV)/dev.stamp ## Pack Abruf as a wheel that any pip installs, into dist/.
	$(PYTHON) -m web.build
	$(PYTHON) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

lock: $(VENV)/dev.stamp ## Pin what pyproject.toml and requirements/dev.in allow, with hashes.
	for each in runtime:pyproject.toml dev:requirements/dev.in; do \
		$(VENV)/bin/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
			--no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
			--output-file requirements/$${each%%:*}.txt $${each#*:} || exit; \
	done

clean: ## Remove what make has made; the data folder stays.
	rm -rf $(VENV) dist web/dist web/node_modules bench/engines/postgraphile/node_modules .hypothesis .import_linter_cache
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/dev.stamp: $(VENV)/runtime.stamp requirements/dev.txt
	@$(PYTHON) abruf/environment.py $(VENV) requirements/dev.txt
	@touch $@

$(VENV)/runtime.stamp: requirements/runtime.txt
	@for each in python3.13 python3.12 python3.11 python3; do \
		$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		$$each abruf/environment.py $(VENV) $<; exit; \
	done; echo "Abruf needs Python 3.11 or newer; no such python3 is on the PATH." >&2; exit 1
	@touch $@
