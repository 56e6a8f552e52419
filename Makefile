# Every target does its own set-up in .venv; only Python 3.11+ and make are needed.
.DEFAULT_GOAL := help
.PHONY: help report test journeys parity test-spark check lint types docs examples lowest bench references coverage error-rates picture clean

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

report: .venv/.report ## Estimate, compare and write the page of the NetClean waves
	@$(BIN)/surveylib report waves/netclean --out build/report
	@echo "Open build/report/index.html in a browser."

test: .venv/.test ## Run the tests and every example in the docstrings
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not journey and not parity and not spark"

journeys: .venv/.test ## Start the command as a new user would, and open what it wrote; DATA=<folder of real inputs>
	@$(if $(DATA),SURVEYLIB_DATA="$(abspath $(DATA))") $(BIN)/python -m pytest -m journey

parity: .venv/.parity ## Compare with R survey on designs drawn at random
	@$(BIN)/python -m pytest -m parity tests/parity

test-spark: .venv-spark/.ready ## Compare Spark on this machine with DuckDB and pandas
	@.venv-spark/bin/python -m pytest -q -m spark -p no:cacheprovider tests/spark

check: lint types docs examples lowest ## Lint, types, docs, examples, lowest versions of dependencies

lint: .venv/.check ## Lint and format
	@echo "ruff: all rules"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/.check ## Types
	@echo "mypy: strict"
	@$(BIN)/mypy

docs: .venv/.check ## Draw the gallery, and build the documentation; a warning is an error
	@echo "docs/gallery.py"
	@$(BIN)/python -W error docs/gallery.py > /dev/null
	@echo "mkdocs: strict"
	@$(BIN)/mkdocs build --strict --quiet --config-file .ci/mkdocs.yml

examples: .venv/.test ## Run every example
	@for file in examples/*.py; do echo "$$file"; $(BIN)/python -W error $$file > /dev/null || exit 1; done

lowest: .venv-lowest/.ready ## Run the tests on the lowest versions that pyproject.toml allows
	@echo "pytest on the lowest versions of dependencies"
	@.venv-lowest/bin/python -m pytest -q -n 2 --dist worksteal -p no:cacheprovider \
		-m "not journey and not parity and not spark"

bench: .venv/.test ## Time a first estimate, a report, an ingest and the engine, beside bare runs and others
	@$(BIN)/python tests/benchmarks/cold_start.py
	@$(BIN)/python tests/benchmarks/ingest.py
	@$(BIN)/python tests/benchmarks/engine.py
	@$(BIN)/python tests/benchmarks/series.py

references: ## Compute the reference values again with R
	@for folder in tests/stats/references tests/analysis/references tests/docs/references; do \
		(cd $$folder && for file in *.R; do Rscript $$file; done); done
	@git diff --stat --exit-code tests/*/references

coverage: .venv/.test ## Compute again how often each interval holds the true share (minutes)
	@$(BIN)/python docs/coverage.py

error-rates: .venv/.test ## Compute again how often changes and trends are shown that are not there (minutes)
	@$(BIN)/python docs/error_rates.py
	@$(BIN)/python docs/mix_rates.py

picture: .venv/.test ## Take the README's picture with Chromium, and draw those of docs/pictures.md
	@$(BIN)/python docs/picture.py
	@$(BIN)/python docs/gallery.py

clean: ## Remove everything that was made
	@rm -rf .venv .venv-lowest .venv-spark build site .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/.made:
	@test -n "$(PYTHON)" || { echo "surveylib needs Python 3.11 or newer on the PATH"; exit 1; }
	@echo "Setting up .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv
	@$(PIP) "pip>=25.1"
	@touch $@

.venv/.report: .venv/.made pyproject.toml
	@echo "Installing surveylib and what its report needs (once)"
	@$(PIP) --editable '.[report]'
	@touch $@

.venv/.test: .venv/.report pyproject.toml
	@echo "Installing what the tests need (once)"
	@$(PIP) --editable '.[report,formats]' --group test
	@touch $@

.venv/.parity: .venv/.test pyproject.toml
	@command -v Rscript >/dev/null && Rscript -e 'library(survey)' >/dev/null 2>&1 || { \
		echo "Installing R and its package survey (once)"; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends \
		r-base-core r-cran-survey r-cran-coin >/dev/null; }
	@echo "Installing what the comparison needs (once)"
	@$(PIP) --group parity
	@touch $@

.venv/.check: .venv/.test pyproject.toml
	@echo "Installing what the checks need (once)"
	@$(PIP) --group lint --group docs
	@touch $@

.venv-lowest/.ready: .venv/.made pyproject.toml
	@echo "Setting up .venv-lowest (once)"
	@$(PIP) uv
	@$(PYTHON) -m venv .venv-lowest
	@$(BIN)/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct \
		--editable '.[report,formats]' --group test
	@touch $@

.venv-spark/.ready: .venv/.made pyproject.toml
	@command -v java >/dev/null || { \
		echo "Installing Java (once)"; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends \
		openjdk-17-jre-headless >/dev/null; }
	@echo "Setting up .venv-spark (once)"
	@$(PYTHON) -m venv .venv-spark
	@.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check \
		--editable '.[report,formats,spark]' --group test
	@touch $@
