"""Make `.venv` match the locks: the first time from nothing, later only what changed.

Uses the standard library only, because it runs before anything is installed:

    bootstrap.py core                 what running Sameday needs
    bootstrap.py dev                  the same, and what its tests need
    bootstrap.py --is-current core    change nothing; exit 0 if `.venv` is already fit

Exit codes: 0 done, 1 pip failed (its output is shown), 2 something must be installed first (one
sentence says what).
"""

import argparse
import fcntl
import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import system_packages

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / ".sameday"
LOCKS = {"core": ROOT / "requirements" / "core.txt", "dev": ROOT / "requirements" / "dev.txt"}

# Which finished builds are good enough for a lock: dev holds all of core, in the same versions.
SATISFIED_BY = {"core": {"core", "dev"}, "dev": {"dev"}}


class BootstrapError(Exception):
    """Stop: the text says why and what to do, `exit_code` is what the shell gets."""

    def __init__(self, text: str, *, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """What a finished build was made of; written last, so that an interrupted one has none."""

    lock: str
    """`core` or `dev`; empty where nothing was finished."""

    house: str
    """Folder and Python version. A virtual environment holds absolute paths, so it dies when its
    folder moves; and a system upgrade can turn `.venv/bin/python` into a Python that does not see
    the old packages. Both need a new one."""

    pins: str
    """Locks and pyproject.toml. When only these change, pip can go on from what is there."""

    @classmethod
    def wanted(cls, lock: str) -> Self:
        """Return the stamp of a build that is up to date here and now."""
        pinned = [*LOCKS.values(), ROOT / "pyproject.toml"]
        return cls(
            lock=lock,
            house=_hash(str(ROOT).encode(), repr(sys.version_info[:2]).encode()),
            pins=_hash(*(path.read_bytes() for path in pinned)),
        )

    @classmethod
    def found(cls) -> Self:
        """Read the stamp of the last finished build; all empty if none can be read."""
        try:
            lock, house, pins = STAMP.read_text(encoding="utf-8").split()
        except (OSError, ValueError):
            return cls(lock="", house="", pins="")
        return cls(lock=lock, house=house, pins=pins)

    def write(self) -> None:
        """Declare the build finished."""
        STAMP.write_text(f"{self.lock} {self.house} {self.pins}\n", encoding="utf-8")


def is_current(lock: str) -> bool:
    """Tell whether `.venv` was finished for this lock or a larger one, is unchanged and runs."""
    found, wanted = Stamp.found(), Stamp.wanted(lock)
    same = (found.house, found.pins) == (wanted.house, wanted.pins)
    return same and found.lock in SATISFIED_BY[lock] and _venv_runs()


def build(lock: str) -> None:
    """Bring `.venv` up to date: from what is there if that was finished, else from nothing."""
    began = time.monotonic()
    found, wanted = Stamp.found(), Stamp.wanted(lock)
    if found.house != wanted.house or not _venv_runs():
        make_venv()
    # From here to the end an interruption must leave no stamp: pip takes a half-written package
    # for an installed one.
    STAMP.unlink(missing_ok=True)
    count = len(re.findall(r"^\S+==", LOCKS[lock].read_text(encoding="utf-8"), re.MULTILINE))
    say(f"Installing the {count} packages of requirements/{lock}.txt; this may take a minute.")
    pip("--require-hashes", "--only-binary", ":all:", "-r", str(LOCKS[lock]))
    pip("--no-deps", "--no-build-isolation", "-e", str(ROOT))
    wanted.write()
    say(f"Ready after {time.monotonic() - began:.0f} seconds.")


def make_venv() -> None:
    """Make an empty virtual environment in place of whatever is there."""
    provide_venv_modules()
    code, output = _run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if code != 0:
        raise BootstrapError(
            f"{output}\nPython could not make a virtual environment in {VENV}: see above.",
            exit_code=1,
        )
    say(f"Made a virtual environment in .venv with Python {sys.version.split()[0]}.")


def provide_venv_modules() -> None:
    """Install the half of Python's venv that Debian keeps in a package of its own, if missing.

    Raises BootstrapError with one sentence where that is not allowed or does not help.
    """
    if _has_venv_modules():
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if system_packages.reason_not_to_install() is None:
        say(f"Installing the system package {package}.")
        system_packages.install([package])
        if _has_venv_modules():
            return
    raise BootstrapError(
        f"The Python at {sys.executable} cannot make virtual environments: install its modules venv"
        f" and ensurepip (on Debian and Ubuntu: apt-get install {package}), then run the command"
        " again.",
        exit_code=2,
    )


def pip(*arguments: str) -> None:
    """Run `pip install` inside `.venv`, silently unless it fails.

    The machine's own pip settings stay in force (a mirror, a proxy, a certificate), except those
    that would carry the packages to another place than `.venv`.
    """
    elsewhere = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"}
    environment = {key: value for key, value in os.environ.items() if key not in elsewhere}
    environment |= {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    # A warning that root should use a virtual environment would puzzle: it does.
    environment |= {"PIP_ROOT_USER_ACTION": "ignore"}
    code, output = _run([_venv_python(), "-m", "pip", "install", *arguments], environment)
    if code != 0:
        raise BootstrapError(
            f"{output}\npip could not install the packages: see above.", exit_code=1
        )


def say(sentence: str) -> None:
    """Tell the person who waits what is going on."""
    print(sentence, file=sys.stderr, flush=True)


def _venv_python() -> str:
    return str(VENV / "bin" / "python")


def _venv_runs() -> bool:
    try:
        return Path(sys.prefix) == VENV or _run([_venv_python(), "-m", "pip", "--version"])[0] == 0
    except OSError:
        return False


def _has_venv_modules() -> bool:
    # A new process, since this one may remember what was missing before an installation.
    return _run([sys.executable, "-E", "-s", "-c", "import ensurepip, venv"])[0] == 0


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _run(command: list[str], environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Return the exit code and what was said on both streams."""
    done = subprocess.run(
        command,
        check=False,
        env=environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return done.returncode, done.stdout.strip()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Wait until no other bootstrap of this checkout runs: two in one `.venv` would spoil it."""
    folder = os.open(ROOT / ".ci", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def main() -> int:
    """Do what the command line says and return the exit code."""
    parser = argparse.ArgumentParser(description="Make .venv match the locks.")
    parser.add_argument("lock", choices=sorted(LOCKS))
    parser.add_argument(
        "--is-current", action="store_true", help="change nothing; exit 0 if .venv is already fit"
    )
    arguments = parser.parse_args()
    if arguments.is_current:
        return 0 if is_current(arguments.lock) else 1
    try:
        with _one_at_a_time():
            if not is_current(arguments.lock):
                build(arguments.lock)
    except BootstrapError as error:
        say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        say("Interrupted; the next run starts the virtual environment anew.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
