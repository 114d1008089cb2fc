# Two commands matter: `make demo` shows Sameday at work, `make test` proves it. Both need only Python 3.11+ and make.

.DEFAULT_GOAL := help
.PHONY: help demo test test-all format docs lock clean

# What a person's shell exports for his other projects must not leak into this one.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONDONTWRITEBYTECODE VIRTUAL_ENV __PYVENV_LAUNCHER__
# Python 3.11 and 3.12 read the path of an editable install in the encoding of LC_ALL, even if that is C, and then fail
# in a folder with a Cyrillic name. Without LC_ALL they take UTF-8.
ifneq ($(filter C POSIX,$(LC_ALL)),)
unexport LC_ALL
endif

# More words for the command below: `make demo ARGS=--check`, `make lock ARGS=--upgrade`.
ARGS ?=

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

demo: ## Show Sameday at work: sample agency, real IMAP, panel on this machine
	@sh .ci/bootstrap.sh core
	@exec .venv/bin/sameday demo $(ARGS)

test: ## Check format, lint, types, import contracts and behaviour
	@sh .ci/bootstrap.sh dev
	@exec .venv/bin/python .ci/check.py

test-all: ## The same with the slow suite
	@sh .ci/bootstrap.sh dev
	@exec .venv/bin/python .ci/check.py --slow

format: ## Rewrite the code in the project's format and sort its imports
	@sh .ci/bootstrap.sh dev
	@.venv/bin/ruff check --quiet --select I --fix .
	@.venv/bin/ruff format .

docs: ## Write the reference pages anew from the code
	@sh .ci/bootstrap.sh core
	@exec .venv/bin/python -m sameday.docs

lock: ## Pin every dependency anew, with hashes and without any host (needs uv)
	@sh requirements/lock.sh $(ARGS)

clean: ## Remove the virtual environment and everything that tools leave behind
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
