#!/bin/sh
# Brings .venv up to date with a lock ("core" or "dev"), using the first Python that is new enough and really runs.
# Calls no other program before it has found one, so that a bare PATH gives our sentence and not the shell's.
case $0 in */*) cd "${0%/*}/.." || exit 2 ;; *) cd .. || exit 2 ;; esac
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONDONTWRITEBYTECODE VIRTUAL_ENV __PYVENV_LAUNCHER__

# The usual case, kept fast: nothing has changed since the last time.
.venv/bin/python -E -s .ci/bootstrap.py --is-current "$@" 2>/dev/null && exit 0

# A Python that can make virtual environments by itself wins over a newer one that needs a system package first.
# Running each candidate is the point: a pyenv shim exists for versions that are installed but not chosen, and fails.
for modules in "ensurepip, venv" "sys"; do
    for python in python3.14 python3.13 python3.12 python3.11 python3; do
        if "$python" -E -s -c "import sys, $modules; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1; then
            exec "$python" -E -s .ci/bootstrap.py "$@"
        fi
    done
done
echo "Sameday needs Python 3.11 or newer, and none was found on PATH: install one (for example: apt-get install python3 python3-venv), then run the command again." >&2
exit 2
