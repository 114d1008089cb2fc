"""Time the push: many mailboxes idle in one process, mail arrives, until its row is stored.

Run it as `python -m bench.idle --mailboxes 200`. The server and whoever sends are processes of
their own; the memory is that of the process that watches, above what it had before it connected.
"""

import argparse
import os
import random
import statistics
import tempfile
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import event, select

from bench import agency
from bench.memory_use import resident_megabytes
from ingest.stop_signal import StopSignal
from ingest.sync import PassReport
from ingest.watch import MailboxWatcher
from models.db import schema
from models.db.store import Store
from sameday.service import Parts
from sameday.settings import load_settings
from tests.dovecot import PASSWORD, Dovecot

_POLL_SECONDS = 600.0
"""Far beyond the run: only the bell wakes a watcher."""
_PATIENCE_SECONDS = 120.0


class Arrivals:
    """Notes when each mail was sent, and when the row of its message was committed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.sent: dict[str, float] = {}
        self.stored: dict[str, float] = {}
        event.listen(store.engine, "commit", lambda _connection: self._committed.set())
        self._committed = threading.Event()
        self._last_pk = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        """Look for new rows after every commit; the look itself costs well under a millisecond."""
        message = schema.message.c
        while True:
            self._committed.wait()
            self._committed.clear()
            time.sleep(0.002)  # the event comes just before the driver's COMMIT
            now = time.monotonic()
            with self._store.read() as db:
                rows = db.execute(
                    select(message.id, message.message_id).where(message.id > self._last_pk)
                ).all()
            for row in rows:
                self._last_pk = max(self._last_pk, row.id)
                self.stored.setdefault(row.message_id, now)

    @property
    def latencies(self) -> list[float]:
        """Return seconds from push to stored row, in order of size."""
        return sorted(at - self.sent[mail] for mail, at in self.stored.items() if mail in self.sent)


def run(mailboxes: int, mails: int, folder: Path) -> None:
    """Watch, let mail arrive, and print what it cost."""
    with Dovecot(folder, users=mailboxes) as server:
        config = agency.write_config(folder, server.port, server.users)
        with closing(Parts(load_settings(config))) as parts:
            _measure(parts, server, mails)


def _measure(parts: Parts, server: Dovecot, mails: int) -> None:
    base = resident_megabytes()
    ready = threading.Semaphore(0)
    stop = StopSignal()
    watchers = [
        MailboxWatcher(
            parts.mailbox_sync(watched),
            after_pass=lambda _report: _release(ready, _report),
            clock=parts.clock,
            stop=stop,
            poll_seconds=_POLL_SECONDS,
        )
        for watched in parts.settings.mailboxes
    ]
    started = time.monotonic()
    for watcher in watchers:
        watcher.start()
    for _ in watchers:
        if not ready.acquire(timeout=_PATIENCE_SECONDS):
            raise TimeoutError("not every mailbox was read; see the log")
    time.sleep(2)  # until the last has begun to idle
    print(f"{len(watchers)} mailboxes idle after {time.monotonic() - started:.1f} s")
    print(f"memory above the base: {resident_megabytes() - base:.0f} MB (base {base:.0f} MB)")
    arrivals = Arrivals(parts.store)
    _send(server, arrivals, mails)
    _show(arrivals, mails)
    print(f"memory above the base: {resident_megabytes() - base:.0f} MB at the end")
    stop.set()
    for watcher in watchers:
        watcher.join(10)


def _release(ready: threading.Semaphore, _report: PassReport) -> None:
    ready.release()


def _send(server: Dovecot, arrivals: Arrivals, mails: int) -> None:
    """Let mail arrive in mailboxes drawn at random, about five a second."""
    source = random.Random(5)
    for number in range(mails):
        mail = f"push{number}@client.example"
        content = (
            f"From: a@client1.example\r\nMessage-ID: <{mail}>\r\nSubject: New\r\n\r\nWhen?\r\n"
        )
        user = source.choice(server.users)
        arrivals.sent[mail] = time.monotonic()
        server.append(user, "INBOX", content.encode(), datetime.now(UTC))
        time.sleep(source.uniform(0.1, 0.3))


def _show(arrivals: Arrivals, mails: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while len(arrivals.latencies) < mails and time.monotonic() < deadline:
        time.sleep(0.1)
    found = arrivals.latencies
    print(f"{len(found)} of {mails} mails stored")
    p95 = statistics.quantiles(found, n=20)[-1]
    print(f"push to stored row: p50 {statistics.median(found):.2f} s, p95 {p95:.2f} s")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mailboxes", type=int, default=200)
    parser.add_argument("--mails", type=int, default=100)
    arguments = parser.parse_args()
    os.environ[agency.PASSWORD_ENV] = PASSWORD
    with tempfile.TemporaryDirectory(prefix="sameday-bench-") as folder:
        Path(folder).chmod(0o755)
        run(arguments.mailboxes, arguments.mails, Path(folder))


if __name__ == "__main__":
    main()
