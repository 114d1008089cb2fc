"""Wire the parts together: the same objects for one sync, for the service, and for the demo."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import structlog

from classify.classifier import Classifier
from ingest.imap_connection import ImapConnection
from ingest.imap_errors import MailboxError
from ingest.reading import Reader
from ingest.sync import MailboxSync, Progress
from models.db import ledger
from models.db.installation import read_value, write_value
from models.db.messages import mark_all_stale, raw_mails_after, rewrite_message
from models.db.migrating import migrate
from models.db.store import Store, open_store
from models.errors import ConfigurationError
from models.mailboxes import FolderCursor
from sameday.judging import Judge
from sameday.settings import Settings, WatchedMailbox

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

    watched: WatchedMailbox
    read: int = 0
    quarantined: int = 0
    problem: str = ""
    """One sentence; empty when all is well."""


class Parts:
    """Everything that works on one database by one set of settings."""

    def __init__(self, settings: Settings, clock: Clock = system_clock) -> None:
        """Open and upgrade the database; StoreError when that can't be done."""
        self.settings = settings
        self.clock = clock
        self.store: Store = open_store(settings.database_url, settings.folder)
        migrate(self.store)
        self.classifier = Classifier(settings.calendar)
        self.reader = Reader(settings.agency, self.classifier)
        self.judge = Judge(
            store=self.store,
            agency=settings.agency,
            policy=settings.policy,
            calendar=settings.calendar,
            classifier=self.classifier,
            clock=clock,
        )

    def close(self) -> None:
        """Give the database back."""
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
            connect=partial(open_connection, watched),
            clock=self.clock,
            progress=progress,
        )

    def sync_all(self, progress: Progress | None = None) -> tuple[SyncOutcome, ...]:
        """Read every mailbox to the end, judge what came, and return how each went."""
        sync = partial(self._sync_to_the_end, progress=progress)
        with ThreadPoolExecutor(_SYNCING_AT_ONCE, thread_name_prefix="sync") as pool:
            outcomes = tuple(pool.map(sync, self.settings.mailboxes))
        self.judge.judge_stale()
        self.judge.tick()
        return outcomes

    def _sync_to_the_end(
        self, watched: WatchedMailbox, *, progress: Progress | None
    ) -> SyncOutcome:
        """Repeat passes until nothing is pending: what fails five times is quarantined."""
        sync = self.mailbox_sync(watched, progress)
        read, problem = 0, ""
        try:
            for _ in range(_PASSES):
                report = sync.run_pass(retry_at_once=True)
                read += report.read
                problem = report.problem
                if not report.failed:
                    break
        except (MailboxError, ConfigurationError) as error:
            problem = str(error)
            sync.note_problem(problem)
        finally:
            sync.disconnect()
        quarantined = self._count_quarantined(sync)
        return SyncOutcome(watched=watched, read=read, quarantined=quarantined, problem=problem)

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


def open_connection(watched: WatchedMailbox) -> ImapConnection:
    """Return a session with a mailbox; the secret is fetched now and kept nowhere."""
    return ImapConnection.connect(watched.mailbox, watched.secret.read())
