# `make help` lists the targets. Each makes what it needs; nothing has to be set up before.
PYTHON ?= python3
VENV := .venv
SERVICE_PINS := auth_service/requirements.txt catalog_service/requirements.txt
PACKAGES := common auth_service catalog_service gateway bench
STACK_PROJECT ?= ecommerce-test
STACK_PORT ?= 18080
# Cheaper hashes and higher limits than by default, so that hundreds of sign-ins don't take the most of the time.
STACK_SETTINGS = GATEWAY_PORT=$(STACK_PORT) BCRYPT_ROUNDS=8 LOGIN_RATE=20r/s SIGNUP_RATE=20r/s TOKEN_RATE=20r/s \
	SIGNUPS_PER_ADDRESS=0 WRONG_PASSWORDS_PER_ADDRESS=0
# They have containers of their own and leave the stack alone.
BESIDE = $(wildcard tests/stack/test_gateway_*.py)
BENCH_PROJECT ?= ecommerce-bench
BENCH_PORT ?= 18081

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.run: $(SERVICE_PINS)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes $(SERVICE_PINS:%=-r %)
	@touch $@

$(VENV)/.test: $(VENV)/.run tests/requirements.txt
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.txt
	@touch $@

.PHONY: run
run: $(VENV)/.run ## Serve everything at http://127.0.0.1:5000 on SQLite; PORT and DATA_DIR move it
	$(VENV)/bin/python -m gateway.embedded

.PHONY: lint
lint: $(VENV)/.test ## Check style, types and the import contracts
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy $(PACKAGES) tests
	$(VENV)/bin/lint-imports

.PHONY: test
test: $(VENV)/.test ## Run every test that needs no Docker; says what it skips and why
	$(VENV)/bin/pytest tests/unit tests/contract -rs --numprocesses auto --dist loadfile --no-loadscope-reorder

.PHONY: check
check: lint test ## What has to pass before a change lands

.PHONY: test-stack
test-stack: $(VENV)/.test ## Run the tests that need Docker: the contract, MySQL, the containers and their faults
	export REQUIRE_DOCKER=1 COMPOSE_PROJECT=$(STACK_PROJECT) $(STACK_SETTINGS); \
	trap 'docker compose --project-name $(STACK_PROJECT) down --volumes' EXIT; \
	docker compose --project-name $(STACK_PROJECT) up --build --detach --wait || \
		{ docker compose --project-name $(STACK_PROJECT) logs; exit 1; }; \
	export BASE_URL=http://127.0.0.1:$(STACK_PORT) SCHEMATHESIS_EXAMPLES=100; status=0; \
	$(VENV)/bin/pytest tests/integration $(BESIDE) -rs >$(VENV)/beside.log 2>&1 & beside=$$!; \
	$(VENV)/bin/pytest tests/contract -rs || status=$$?; \
	wait $$beside || status=$$?; cat $(VENV)/beside.log; \
	$(VENV)/bin/pytest tests/stack -rs $(BESIDE:%=--ignore=%) || status=$$?; \
	exit $$status

.PHONY: bench
bench: $(VENV)/.run ## Measure against yardsticks; ONLY=ingest-random measures one line
	COMPOSE_PROJECT_NAME=$(BENCH_PROJECT) GATEWAY_PORT=$(BENCH_PORT) \
		$(VENV)/bin/python -m bench $(ONLY) $(if $(ROUNDS),--rounds $(ROUNDS))

.PHONY: openapi
openapi: $(VENV)/.run ## Write gateway/pages/openapi.json anew, from the routes and models
	$(VENV)/bin/python -m gateway.openapi

.PHONY: screenshots
screenshots: $(VENV)/.test ## Take the pictures of the browser page in docs/screenshots anew; needs a Chromium
	$(VENV)/bin/python -m tests.contract.browser.screenshots

.PHONY: pins
pins: ## Resolve the requirements.in files anew
	$(PYTHON) -m venv $(VENV)/pins && $(VENV)/pins/bin/pip install --quiet uv==0.13.9
	for folder in auth_service catalog_service tests bench; do (cd $$folder && \
		../$(VENV)/pins/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -o requirements.txt requirements.in) || exit; done
