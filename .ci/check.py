"""Run every check of the project in order and stop at the first that fails, with its exit code.

Runs inside `.venv` (see bootstrap.py). Suites whose system package is missing and may not be
installed are left out, by name and with the reason, at the beginning and again at the end.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import system_packages

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.prefix) / "bin"

# Servers live where an ordinary user's PATH does not look.
SERVER_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/lib/dovecot", "/usr/libexec/dovecot")


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """Tests that need a program which pip can't install."""

    marker: str
    """Name of the pytest marker on the tests."""

    package: str
    """Debian's name of the package."""

    programs: tuple[tuple[str, ...], ...]
    """Each must be there; inside the parentheses stand other names of the same program."""

    slow: bool = False
    """True when only the slow run has such tests."""

    needs_root: bool = False
    """True when the program alone does not do."""


SUITES = (
    # dovecot-core alone has the server and not the IMAP part.
    Suite(marker="dovecot", package="dovecot-imapd", programs=(("dovecot",), ("imap",))),
    Suite(
        marker="browser",
        package="chromium",
        programs=(("chromium", "chromium-browser", "google-chrome"),),
    ),
    # Cyrus and Courier: their packages tolerate no other IMAP server, so they live in a chroot.
    Suite(
        marker="chroot",
        package="debootstrap",
        programs=(("debootstrap",),),
        slow=True,
        needs_root=True,
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Skipped:
    """A suite that will not run, and why."""

    suite: Suite
    reason: str

    def __str__(self) -> str:
        """Return a sentence for people."""
        marker, package = self.suite.marker, self.suite.package
        return f"SKIPPED: the {marker} tests, which need {package}: {self.reason}"


def missing_suites(suites: Sequence[Suite]) -> list[Suite]:
    """Return those of the suites whose programs are not here."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SERVER_FOLDERS])

    def is_here(names: Sequence[str]) -> bool:
        return any(shutil.which(name, path=path) for name in names)

    return [suite for suite in suites if not all(map(is_here, suite.programs))]


def provide_suites(*, slow: bool) -> list[Skipped]:
    """Install what the suites need where that is allowed; return those that are left out."""
    wanted = [suite for suite in SUITES if slow or not suite.slow]
    barred = [suite for suite in wanted if suite.needs_root and os.geteuid() != 0]
    possible = [suite for suite in wanted if suite not in barred]
    left_out = [Skipped(suite=suite, reason="they need root") for suite in barred]
    missing = missing_suites(possible)
    if not missing:
        return left_out
    reason = system_packages.reason_not_to_install()
    if reason is None:
        packages = [suite.package for suite in missing]
        announce(f"installing system packages: {', '.join(packages)}")
        complaint = system_packages.install(packages)
        print(complaint, flush=True)
        reason = (
            "apt-get could not install it, see above"
            if complaint
            else "installed, yet its program is not found"
        )
    still_missing = missing_suites(possible)
    return left_out + [Skipped(suite=suite, reason=reason) for suite in still_missing]


def steps(left_out: Sequence[Suite], *, slow: bool) -> list[list[str]]:
    """Return the commands of a full check, cheapest first."""
    markers = [suite.marker for suite in left_out] + ([] if slow else ["slow"])
    selection = ["-m", " and ".join(f"not {marker}" for marker in markers)] if markers else []
    return [
        ["ruff", "format", "--check", "."],
        ["ruff", "check", "."],
        ["mypy"],
        ["lint-imports"],
        # A file's tests stay in one process, so that a server started for the file is started once.
        ["pytest", "-q", "-n", "2", "--dist", "loadfile", *selection],
    ]


def run_step(command: Sequence[str]) -> int:
    """Run one command of this environment between its name and its time; return its exit code."""
    name = " ".join(command)
    announce(name)
    began = time.monotonic()
    code = subprocess.run(
        [BIN / command[0], *command[1:]], check=False, cwd=ROOT, stdin=subprocess.DEVNULL
    ).returncode
    took = f"{time.monotonic() - began:.1f} s"
    announce(f"ok, {took}" if code == 0 else f"FAILED: {name} (exit code {code}, {took})")
    return code


def announce(text: str) -> None:
    """Print a line that stands out from the tools' own output and does not overtake it."""
    print(f"== {text}", flush=True)


def main() -> int:
    """Run the checks and return the exit code of the first that fails, or 0."""
    parser = argparse.ArgumentParser(description="Check the project.")
    parser.add_argument("--slow", action="store_true", help="run the slow tests too")
    arguments = parser.parse_args()
    began = time.monotonic()
    skipped = provide_suites(slow=arguments.slow)
    for line in skipped:
        announce(str(line))
    for command in steps([line.suite for line in skipped], slow=arguments.slow):
        if code := run_step(command):
            return code
    for line in skipped:
        announce(str(line))
    announce(f"all checks passed in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
