"""Read mail in worker processes: every core is used, and a mail that kills or stalls one is found.

A worker lives at the other end of a pipe. When the main process ends, however it ends, the pipe
closes, and the worker ends by itself.
"""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any, Protocol

import structlog

from classify.mail import OutboundMail
from ingest.arrival import arrival_of
from ingest.batch_reading import MailReader, Reading, read_batch
from ingest.reading import unreadable
from models.db.packing import pack
from models.message import RawMail
from models.verdict import OutboundVerdicts

_BATCH_SECONDS = 60.0
"""How long a batch may take; usually it is 0.2 s."""
_START_SECONDS = 60.0
_IDLE_SECONDS = 30.0
_READY, _READ, _JUDGE = "ready", "read", "judge"
_PORTIONS = 4
_END_SECONDS = 2.0
# A fork of a process with threads may inherit a lock that nobody will ever open.
_PROCESSES = multiprocessing.get_context("spawn")

_log = structlog.get_logger(__name__)


class MailWorker(MailReader, Protocol):
    """What each process has: it reads mail, and judges ours again beside what it answers."""

    def outbound(self, mail: OutboundMail) -> OutboundVerdicts:
        """Return what a mail of ours says to the client's mail before it."""
        ...


class ReadingPool:
    """Some processes that read mail; none runs before the first batch is submitted."""

    def __init__(
        self,
        build: Callable[[], MailWorker],
        workers: int,
        *,
        batch_seconds: float = _BATCH_SECONDS,
    ) -> None:
        """Take what makes the reader in each process; it must be picklable."""
        self._build = build
        self._seconds = batch_seconds
        self._local = threading.local()
        self._inline: MailWorker | None = None
        self._workers: list[_Worker] = []
        # One thread waits for one process.
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="reading")
        self.ahead = 2 * workers

    def submit(self, raws: Sequence[RawMail], now: datetime) -> "Future[list[Reading]]":
        """Have a batch read by the next free process."""
        return self._threads.submit(self._read, tuple(raws), now)

    def outbound(self, mails: Sequence[OutboundMail]) -> dict[OutboundMail, OutboundVerdicts]:
        """Judge mails of ours; those that could not be judged are missing."""
        portions = [mails[start::_PORTIONS] for start in range(_PORTIONS)]
        jobs = [self._threads.submit(self._judge, tuple(p)) for p in portions if p]
        return {mail: found for job in jobs for mail, found in job.result()}

    @property
    def is_running(self) -> bool:
        """True when a process is there, so that even little work is worth handing over."""
        return any(worker.is_running for worker in self._workers)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Return the processes that live now."""
        return tuple(pid for worker in self._workers if (pid := worker.process_id) is not None)

    def close(self) -> None:
        """End the processes, after what they are reading now."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._workers:
            worker.end()

    def _read(self, raws: tuple[RawMail, ...], now: datetime) -> list[Reading]:
        """Read a batch; one that kills its process is halved until the culprit stands alone."""
        parts = [raws]
        readings: list[Reading] = []
        suspects: set[RawMail] = set()
        while parts:
            part = parts.pop()
            try:
                found = self._worker().read(part, now, self._seconds)
            except WorkerNotStarted:
                found = self._read_inline(part, now)
            if found is not None:
                readings += found
            elif len(part) == 1 and part[0] not in suspects:
                # Once more: the process may have ended for another reason just then.
                suspects.add(part[0])
                parts.append(part)
            elif len(part) == 1:
                _log.error("mail_not_read", size_bytes=part[0].size_bytes)
                readings.append(_given_up(part[0], now))
            else:
                half = len(part) // 2
                parts += [part[half:], part[:half]]
        return readings

    def _judge(
        self, mails: tuple[OutboundMail, ...]
    ) -> list[tuple[OutboundMail, OutboundVerdicts]]:
        try:
            found = self._worker().judge(mails, self._seconds)
        except WorkerNotStarted:
            found = None
        return list(zip(mails, found or (), strict=found is not None))

    def _read_inline(self, raws: tuple[RawMail, ...], now: datetime) -> list[Reading]:
        """Read in this process, slowly, where no other can be started."""
        if self._inline is None:
            _log.warning("reading_process_not_started")
            self._inline = self._build()
        return read_batch(self._inline, raws, now)

    def _worker(self) -> "_Worker":
        """Return the process of this thread."""
        worker: _Worker | None = getattr(self._local, "worker", None)
        if worker is None:
            worker = self._local.worker = _Worker(self._build)
            self._workers.append(worker)
        return worker


class WorkerNotStarted(Exception):
    """The machine gives us no further process; the mail is not to blame."""


class _Worker:
    """One process, begun anew whenever it had to be ended."""

    def __init__(self, build: Callable[[], MailWorker]) -> None:
        self._build = build
        self._pipe: Connection | None = None
        self._process: multiprocessing.process.BaseProcess | None = None

    def read(
        self, raws: tuple[RawMail, ...], now: datetime, seconds: float
    ) -> list[Reading] | None:
        """Return the readings; None when the process died of the batch or took too long."""
        readings: list[Reading] | None = self._ask((_READ, raws, now), seconds)
        return readings

    def judge(
        self, mails: tuple[OutboundMail, ...], seconds: float
    ) -> list[OutboundVerdicts] | None:
        """Return what mails of ours say; None when the process died of it or took too long."""
        found: list[OutboundVerdicts] | None = self._ask((_JUDGE, mails, None), seconds)
        return found

    def _ask(self, request: tuple[str, Any, datetime | None], seconds: float) -> Any:
        if not self.is_running:
            self.end()
        pipe = self._pipe or self._begin()
        try:
            pipe.send(request)
            if pipe.poll(seconds):
                return pipe.recv()
        except (EOFError, OSError):
            pass
        self.end()
        return None

    @property
    def is_running(self) -> bool:
        """True while the process waits for work or does some; it ends by itself when idle."""
        return self._process is not None and self._process.is_alive()

    @property
    def process_id(self) -> int | None:
        """Return the process; None while there is none."""
        return self._process.pid if self._process is not None else None

    def end(self) -> None:
        """End the process: a closed pipe is enough for one that waits, one that hangs is killed."""
        if self._pipe is None or self._process is None:
            return
        self._pipe.close()
        if self._process.pid is not None:
            self._process.join(_END_SECONDS)
            self._process.kill()
            self._process.join()
        self._pipe = self._process = None

    def _begin(self) -> Connection:
        ours, theirs = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(
            target=_serve, args=(theirs, self._build), name="sameday-reading", daemon=True
        )
        self._pipe = ours
        try:
            self._process.start()
            theirs.close()
            if ours.poll(_START_SECONDS) and ours.recv() == _READY:
                return ours
        except (EOFError, OSError):
            pass
        self.end()
        raise WorkerNotStarted


def _serve(pipe: Connection, build: Callable[[], MailWorker]) -> None:
    """Read batches until the other end is gone; the life of a worker process."""
    # Ctrl-C reaches every process of a terminal; the main one decides what is still read.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        worker = build()
        pipe.send(_READY)
        while True:
            if not pipe.poll(_IDLE_SECONDS):
                return  # gives its memory back; another is started when there is work
            what, mails, now = pipe.recv()
            if what == _READ:
                pipe.send(read_batch(worker, mails, now))
            else:
                pipe.send([worker.outbound(mail) for mail in mails])


def _given_up(raw: RawMail, now: datetime) -> Reading:
    """Return a mail that nobody survived reading: shown with its defect, waiting for a person."""
    mail = unreadable(raw, None, TimeoutError("reading it was stopped"))
    return Reading(packed=pack(mail, raw, arrival_of(raw, mail.parsed, now)))
