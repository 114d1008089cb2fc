"""Wire the parts together: the same objects for one sync, for the service, and for the demo."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import structlog

from classify.classifier import Classifier
from ingest.counters import Counters
from ingest.imap_connection import ImapConnection
from ingest.imap_errors import Cancelled, MailboxError, Renumbered
from ingest.imap_values import Secret
from ingest.login_budget import LoginBudget
from ingest.reading import Reader
from ingest.reading_pool import ReadingPool
from ingest.sync import MailboxSync, Progress
from models.agency import Agency
from models.db import ledger
from models.db.installation import read_value, write_value
from models.db.messages import mark_all_stale, raw_mails_after, rewrite_message
from models.db.migrating import migrate
from models.db.store import Store, open_store
from models.errors import ConfigurationError
from models.ids import Address
from models.mailboxes import FolderCursor, Mailbox
from sameday.judging import Judge
from sameday.opening import access_tokens, open_connection
from sameday.settings import Settings, WatchedMailbox
from sla.work_calendar import WorkCalendar

Clock = Callable[[], datetime]

_SYNCING_AT_ONCE = 4
_PASSES = ledger.QUARANTINE_AFTER_ATTEMPTS + 1
_MAILS_PER_REREADING = 200
_JUDGED_BY = "judged_by"

_log = structlog.get_logger(__name__)


def system_clock() -> datetime:
    """Return the time; everything below the composition root is handed it."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncOutcome:
    """How reading one mailbox to the end went."""

    address: Address
    read: int = 0
    quarantined: int = 0
    problem: str = ""
    """One sentence; empty when all is well."""


def build_reader(agency: Agency, calendar: WorkCalendar) -> Reader:
    """Return a reader as `Parts` has one; worker processes call it at their start."""
    return Reader(agency, Classifier(calendar))


class Parts:
    """Everything that works on one database by one set of settings."""

    def __init__(self, settings: Settings, clock: Clock = system_clock) -> None:
        """Open and upgrade the database; StoreError when that can't be done."""
        self.settings = settings
        self.clock = clock
        self.store: Store = open_store(settings.database_url, settings.folder)
        migrate(self.store)
        self.tokens = access_tokens(settings, lambda: self.store, clock)
        self.classifier = Classifier(settings.calendar)
        self.counters = Counters()
        self.login_budget = LoginBudget(clock)
        self.reader = Reader(settings.agency, self.classifier)
        build = partial(build_reader, settings.agency, settings.calendar)
        self.pool = ReadingPool(build, workers=os.cpu_count() or 1)
        self.judge = Judge(
            store=self.store,
            agency=settings.agency,
            policy=settings.policy,
            calendar=settings.calendar,
            classifier=self.classifier,
            clock=clock,
            pool=self.pool,
        )

    def close(self) -> None:
        """End the reading processes, give the database back."""
        self.pool.close()
        self.store.close()

    # --- mailboxes ------------------------------------------------------------------------------

    def mailbox_sync(
        self, watched: WatchedMailbox, progress: Progress | None = None
    ) -> MailboxSync:
        """Return what brings one mailbox into the store; nothing is connected yet."""
        return MailboxSync(
            store=self.store,
            mailbox=watched.mailbox,
            reader=self.reader,
            connect=partial(self.open_mailbox, watched),
            clock=self.clock,
            progress=progress,
            pool=self.pool,
            counters=self.counters,
        )

    def open_mailbox(self, watched: WatchedMailbox) -> ImapConnection:
        """Return a session with a mailbox, unless its server has refused too many logins lately."""
        return open_connection(watched, self.tokens, self._connect)

    def _connect(self, mailbox: Mailbox, secret: Secret) -> ImapConnection:
        with self.login_budget.login(mailbox.host):
            return ImapConnection.connect(mailbox, secret)

    def sync_all(self, progress: Progress | None = None) -> tuple[SyncOutcome, ...]:
        """Read every mailbox to the end, judge what came, and return how each went.

        Ctrl-C breaks off every mailbox at once; what was stored by then stays, and is judged later.
        """
        syncs = [self.mailbox_sync(watched, progress) for watched in self.settings.mailboxes]
        with ThreadPoolExecutor(_SYNCING_AT_ONCE, thread_name_prefix="sync") as threads:
            running = [threads.submit(self._sync_to_the_end, sync) for sync in syncs]
            try:
                outcomes = tuple(future.result() for future in running)
            except KeyboardInterrupt:
                threads.shutdown(wait=False, cancel_futures=True)
                for sync in syncs:
                    sync.cancel()
                raise
        self.judge.judge_stale()
        self.judge.tick()
        return outcomes

    def _sync_to_the_end(self, sync: MailboxSync) -> SyncOutcome:
        """Repeat passes until nothing is pending: what fails five times is quarantined."""
        read, problem = 0, ""
        try:
            for _ in range(_PASSES):
                try:
                    report = sync.run_pass(retry_at_once=True)
                except Renumbered as error:
                    problem = str(error)
                    sync.disconnect()
                    continue
                read += report.read
                problem = report.problem
                if not report.failed:
                    break
        except (MailboxError, ConfigurationError) as error:
            problem = str(error)
            if not isinstance(error, Cancelled):
                sync.note_problem(problem)
        finally:
            sync.disconnect()
        return SyncOutcome(
            address=sync.mailbox.address,
            read=read,
            quarantined=self._count_quarantined(sync),
            problem=problem,
        )

    def _count_quarantined(self, sync: MailboxSync) -> int:
        with self.store.read() as db:
            cursors: Sequence[FolderCursor] = ledger.folder_cursors(db, sync.mailbox_id)
            return sum(ledger.count_quarantined(db, cursor) for cursor in cursors)

    # --- history --------------------------------------------------------------------------------

    def follow_settings(self) -> int:
        """Judge all history again if the settings or the rules changed since; return how many.

        Nothing computed is frozen (SEMANTICS.md section 1): a new domain, alias or holiday counts
        for yesterday's mail too.
        """
        judged_by = f"{self.settings.fingerprint}/{self.classifier.version}"
        with self.store.read() as db:
            before = read_value(db, _JUDGED_BY)
        return 0 if before == judged_by else self.judge_all_again()

    def judge_all_again(self) -> int:
        """Read every stored mail again and fold every thread again; return how many were read."""
        judged_by = f"{self.settings.fingerprint}/{self.classifier.version}"
        count = self._read_again()
        with self.store.write() as db:
            mark_all_stale(db)
            write_value(db, _JUDGED_BY, judged_by)
        self.judge.judge_stale()
        return count

    def _read_again(self) -> int:
        """Read every stored original again, without asking any server."""
        last, count = 0, 0
        while True:
            with self.store.read() as db:
                originals = raw_mails_after(db, last, _MAILS_PER_REREADING)
            if not originals:
                return count
            readings = [(pk, self.reader.read(raw)) for pk, raw in originals]
            with self.store.write() as db:
                for pk, mail in readings:
                    rewrite_message(db, pk, mail)
            last = originals[-1][0]
            count += len(originals)
