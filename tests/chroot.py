"""Build a Debian system in a folder, and run a server in it that this machine must not install.

Everything runs in a mount and a process namespace of its own: when the last process of it ends,
no mount is left over, and whatever a server started is gone with it.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_APT = Path("/etc/apt")
_TOOLS = ("debootstrap", "unshare", "chroot")
_BUILD_SECONDS = 900
_RUN_SECONDS = 60
_ONE_LINE = re.compile(r"^deb\s+(?:\[[^\]]*\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<parts>.+)$")
_ADD_ON_SUITE = re.compile(r"[-/]")
"""In "bookworm-updates" and "bookworm/updates": such a suite alone makes no system."""

_DEBIAN = re.compile(r"^(?:https?://|file:/).*/debian(?:/|$)")
"""Others, too, have a release named bookworm with a part named main: of their programs alone."""

_INSTALL = """
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq && apt-get install -qq -y --no-install-recommends "$@"
"""


class ChrootFailed(Exception):
    """A command that builds or serves the system failed; the message is what it said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mirror:
    """Where this machine gets its own Debian packages."""

    uri: str
    suite: str


def mirror_of_this_machine(apt: Path = _APT) -> Mirror | None:
    """Return the first whole Debian release in APT's configuration, None when there is none.

    It is never written in a file of the project: it differs from machine to machine.
    """
    one_line = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]
    paragraphs = sorted((apt / "sources.list.d").glob("*.sources"))
    found = (
        *(m for path in paragraphs if path.is_file() for m in _from_paragraphs(path.read_text())),
        *(m for path in one_line if path.is_file() for m in _from_lines(path.read_text())),
    )
    return next(iter(found), None)


def reason_not_to_build() -> str | None:
    """Say why no chroot can be built here; None where one can."""
    if os.geteuid() != 0:
        return "building a chroot needs root"
    missing = [tool for tool in _TOOLS if not shutil.which(tool)]
    if missing:
        return f"{missing[0]} is not installed"
    if mirror_of_this_machine() is None:
        return "APT's configuration names no mirror that debootstrap can use"
    return None


class Chroot:
    """A small Debian system in a folder that is there and empty."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; `build` fills it."""
        self.folder = folder

    def build(self, packages: Sequence[str]) -> None:
        """Make the system and install packages in it, none of whose services starts."""
        mirror = mirror_of_this_machine()
        assert mirror is not None, "ask reason_not_to_build first"
        command = ["debootstrap", "--variant=minbase", mirror.suite, str(self.folder), mirror.uri]
        _run(["unshare", "--mount", "--", *command], _BUILD_SECONDS)
        # The servers run as users who must be able to reach their files.
        self.folder.chmod(0o755)
        policy = self.folder / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        shutil.copy("/etc/resolv.conf", self.folder / "etc/resolv.conf")
        self.run(_INSTALL, *packages, seconds=_BUILD_SECONDS)

    def write(self, path: str, content: str) -> None:
        """Write a file, and the folders above it, by its path inside."""
        target = self.folder / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)

    def run(self, script: str, *arguments: str, seconds: float = _RUN_SECONDS) -> str:
        """Run a shell script inside to its end, return what it printed; ChrootFailed otherwise."""
        return _run(self._command(script, arguments), seconds)

    def start(self, script: str, *arguments: str, log: Path) -> "subprocess.Popen[bytes]":
        """Start a shell script inside that stays; killing the process ends all that it started."""
        with log.open("wb") as output:
            return subprocess.Popen(
                self._command(script, arguments),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def remove(self) -> None:
        """Delete the folder; never what somebody may have mounted in it."""
        subprocess.run(["rm", "-rf", "--one-file-system", str(self.folder)], check=False)

    def _command(self, script: str, arguments: Iterable[str]) -> list[str]:
        proc = f"--mount-proc={self.folder}/proc"
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", proc, "--"]
        # Without the last line bash would become the last command of the script; and one that
        # gives up root would no longer be killed with its parent.
        lasting = f"{script}\nexit 0\n"
        return [*apart, "chroot", str(self.folder), "bash", "-euc", lasting, "bash", *arguments]


def _run(command: Sequence[str], seconds: float) -> str:
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds,
    )
    if done.returncode != 0:
        raise ChrootFailed(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-3000:]}")
    return done.stdout


# --- reading APT's configuration ----------------------------------------------------------------


def _from_lines(text: str) -> Iterator[Mirror]:
    """Read the one-line style of sources.list(5)."""
    for line in text.splitlines():
        match = _ONE_LINE.match(line.strip())
        if match:
            yield from _usable([match["uri"]], [match["suite"]], match["parts"].split())


def _from_paragraphs(text: str) -> Iterator[Mirror]:
    """Read the deb822 style of sources.list(5)."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for paragraph in re.split(r"\n\s*\n", "\n".join(lines)):
        unfolded = re.sub(r"\n[ \t]+", " ", paragraph)
        pairs = (line.partition(":") for line in unfolded.splitlines())
        fields = {name.strip().lower(): value.split() for name, _colon, value in pairs}
        if "deb" in fields.get("types", []) and fields.get("enabled") != ["no"]:
            uris, suites = fields.get("uris", []), fields.get("suites", [])
            yield from _usable(uris, suites, fields.get("components", []))


def _usable(
    uris: Iterable[str], suites: Sequence[str], components: Sequence[str]
) -> Iterator[Mirror]:
    """Return what debootstrap can use: a whole release of Debian, at an address of its own."""
    for uri in uris:
        for suite in suites:
            is_release = "main" in components and not _ADD_ON_SUITE.search(suite)
            if is_release and _DEBIAN.match(uri):
                yield Mirror(uri=uri, suite=suite)
