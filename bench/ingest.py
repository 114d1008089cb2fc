"""Time Sameday on a whole mailbox, side by side with a bare fetch and with mbsync + notmuch.

All run one after another in one call, on one Dovecot, on the same letters: single figures drift
with the machine, their ratios tell. Run it as `python -m bench.ingest --messages 20000`.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imapclient import IMAPClient

from bench import agency
from bench.mailbox import drop_into_maildir, give_to, letters
from tests.dovecot import PASSWORD, Dovecot

_UIDS_AT_ONCE = 200
_NAME = "u0"


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """How one contender did."""

    name: str
    seconds: float
    cpu_seconds: float
    """Of the client and its children, the server's left out."""
    messages: int

    @property
    def rate(self) -> float:
        """Return messages per second."""
        return self.messages / self.seconds


@contextmanager
def filled_server(folder: Path, messages: int) -> Iterator[Dovecot]:
    """Yield a Dovecot whose user's mailbox holds that many generated letters."""
    with Dovecot(folder, users=1) as server:
        maildir = folder / "mail" / _NAME / "Maildir"
        count, size = drop_into_maildir(letters(messages), maildir)
        if os.getuid() == 0:
            give_to(maildir, "nobody")
        print(f"{count} messages, {size / 1e6:.0f} MB, mean {size / count / 1e3:.1f} KB")
        yield server


def measured(name: str, messages: int, work: Callable[[], None]) -> Run:
    """Run a piece of work; return how long it took, and the processor time of its children too."""
    cpu, start = _cpu_seconds(), time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    return Run(name=name, seconds=seconds, cpu_seconds=_cpu_seconds() - cpu, messages=messages)


def _cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


# --- contenders ---------------------------------------------------------------------------------


def fetch_everything(port: int) -> None:
    """Fetch the first 64 KB of every message and throw them away (the limit of the client)."""
    client = IMAPClient("127.0.0.1", port, ssl=False)
    client._imap.debug = 0  # noqa: SLF001 - its log costs a factor of 5
    client.login(_NAME, PASSWORD)
    for folder in ("INBOX", "Sent"):
        client.select_folder(folder, readonly=True)
        uids = client.search("ALL")
        for start in range(0, len(uids), _UIDS_AT_ONCE):
            client.fetch(uids[start : start + _UIDS_AT_ONCE], ["BODY.PEEK[]<0.65536>"])
    client.logout()


def sync_with_sameday(config: Path, *, passes: int = 1) -> None:
    """Run `sameday sync --once` as a person would: start-up, reading, judging, all committed."""
    for _ in range(passes):
        command = [sys.executable, "-m", "sameday", "sync", "--once", "--config", str(config)]
        environment = {**os.environ, agency.PASSWORD_ENV: PASSWORD}
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


def run_mbsync(folder: Path, port: int) -> None:
    """Copy the mailbox into a fresh Maildir."""
    (folder / "copy").mkdir(exist_ok=True)
    (folder / "mbsyncrc").write_text(
        f"FSync no\nIMAPAccount a\nHost 127.0.0.1\nPort {port}\nUser {_NAME}\nPass {PASSWORD}\n"
        f"SSLType None\nAuthMechs LOGIN\n\nIMAPStore far\nAccount a\n\nMaildirStore near\n"
        f"Path {folder}/copy/\nInbox {folder}/copy/INBOX\nSubFolders Verbatim\n\nChannel c\n"
        f"Far :far:\nNear :near:\nPatterns INBOX Sent\nCreate Near\nSyncState *\nSync Pull\n"
    )
    command = ["mbsync", "-q", "-c", str(folder / "mbsyncrc"), "-a"]
    subprocess.run(command, check=True)


def run_notmuch(folder: Path) -> None:
    """Index and thread the Maildir."""
    config = folder / "notmuch-config"
    config.write_text(f"[database]\npath={folder}/copy\n[new]\nignore=.mbsyncstate\n")
    command = ["notmuch", f"--config={config}", "new", "--quiet"]
    subprocess.run(command, check=True, env={**os.environ, "HOME": str(folder)})


# --- the table ----------------------------------------------------------------------------------


def compare(messages: int, folder: Path, *, with_notmuch: bool) -> list[Run]:
    """Run all contenders on one mailbox."""
    home = folder / "client"
    home.mkdir()
    with filled_server(folder / "server", messages) as server:
        # The first look makes Dovecot read the directory; no contender should pay for it.
        fetch_everything(server.port)
        config = agency.write_config(home, server.port, [_NAME])
        runs = [
            measured("bare fetch", messages, lambda: fetch_everything(server.port)),
            measured("sameday", messages, lambda: sync_with_sameday(config)),
            measured("sameday, nothing new", messages, lambda: sync_with_sameday(config)),
        ]
        if with_notmuch:
            runs += [
                measured("mbsync", messages, lambda: run_mbsync(home, server.port)),
                measured("notmuch new", messages, lambda: run_notmuch(home)),
            ]
    stored = agency.count_stored(config)
    if stored != messages:
        print(f"WARNING: {stored} messages are stored")
    return runs


def show(runs: list[Run]) -> None:
    """Print one line per contender, and what the issue asks for: the ratio to mbsync + notmuch."""
    print(f"{'':24}{'seconds':>9}{'CPU s':>9}{'messages/s':>12}")
    for run in runs:
        print(f"{run.name:24}{run.seconds:9.2f}{run.cpu_seconds:9.2f}{run.rate:12.0f}")
    by_name = {run.name: run for run in runs}
    ours = by_name["sameday"]
    print(f"sameday / bare fetch            {ours.seconds / by_name['bare fetch'].seconds:6.2f}")
    if "mbsync" in by_name:
        theirs = by_name["mbsync"].seconds + by_name["notmuch new"].seconds
        print(f"sameday / (mbsync + notmuch)    {ours.seconds / theirs:6.2f}   (reach 0.35)")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--skip-notmuch", action="store_true", help="leave mbsync and notmuch out")
    arguments = parser.parse_args()
    has_peers = bool(shutil.which("mbsync") and shutil.which("notmuch"))
    if not has_peers and not arguments.skip_notmuch:
        print("mbsync or notmuch is not installed (Debian: isync, notmuch); they are left out")
    with tempfile.TemporaryDirectory(prefix="sameday-bench-") as folder:
        Path(folder).chmod(0o755)
        with_notmuch = has_peers and not arguments.skip_notmuch
        show(compare(arguments.messages, Path(folder), with_notmuch=with_notmuch))


if __name__ == "__main__":
    main()
