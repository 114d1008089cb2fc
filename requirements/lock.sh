#!/bin/sh
# Writes core.txt and dev.txt anew: every dependency pinned and hashed, for all systems and Pythons from 3.11 on, without
# naming any index, so that each machine may fetch the same files from wherever it likes. Versions that still fit stay as
# they are; `--upgrade` takes the newest. Needs uv.
set -eu
cd "$(dirname "$0")/.."
if ! uv --version >/dev/null 2>&1; then
    echo "make lock needs uv: install it (pip install uv), then run the command again." >&2
    exit 2
fi

# A person's own mirror must neither decide which hashes exist nor end up in the file.
unset UV_DEFAULT_INDEX UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_CONSTRAINT UV_OVERRIDE

compile() {
    uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
        pyproject.toml --group pyproject.toml:build "$@"
}
compile --output-file requirements/core.txt "$@"
# What people run is what the tests run: dev only adds to core.
compile --group pyproject.toml:dev --constraint requirements/core.txt --output-file requirements/dev.txt "$@"
