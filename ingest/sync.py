"""Run one pass over one mailbox: discover what the server holds, fetch, read and store it.

Discover and store are separate transactions, and nothing remote happens inside either: killed at
any step, the next pass goes on from the ledger (DESIGN.md section 4, research/imap.md section 2).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ingest.batch_reading import BatchReader, InlineReader, MailReader
from ingest.counters import Counters
from ingest.enumeration import Enumeration
from ingest.fetching import FIRST_BYTES, Fetching, Tally
from ingest.folders import choose_folders
from ingest.imap_connection import ImapConnection
from ingest.imap_errors import Cancelled, FolderUnavailable, Renumbered, TransientFailure
from ingest.imap_values import ExaminedFolder
from ingest.stop_signal import StopSignal
from models.db import epochs, ledger
from models.db.store import Store
from models.mailboxes import FolderCursor, FolderRole, Mailbox

__all__ = ["FIRST_BYTES", "MailReader", "MailboxSync", "PassReport", "Progress"]

_UNSTABLE_PAUSE = timedelta(minutes=5)
_LOOK_AT_INBOX_EVERY = timedelta(seconds=10)
_WORTH_A_POOL = 800
"""So many mails are read here in the time that worker processes need to start."""


class Progress(Protocol):
    """Is told how far a pass has come."""

    def __call__(self, mailbox: Mailbox, done: int, total: int) -> None:
        """Note that `done` of `total` messages known so far have been read."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class PassReport:
    """What one pass did."""

    read: int = 0
    failed: int = 0
    """Mails that could not be read this time; they are tried again, then quarantined."""
    problem: str = ""
    """What is wrong with the choice of folders; empty when nothing is."""


class MailboxSync:
    """Brings one mailbox's mail into the store, over a connection that may have to be replaced."""

    def __init__(
        self,
        *,
        store: Store,
        mailbox: Mailbox,
        reader: MailReader,
        connect: Callable[[], ImapConnection],
        clock: Callable[[], datetime],
        progress: Progress | None = None,
        pool: BatchReader | None = None,
        counters: Counters | None = None,
    ) -> None:
        """Take the parts; `connect` opens a session and raises a MailboxError when it can't.

        `pool` reads like `reader`, and many mails faster; it may be shared by many mailboxes.
        """
        self._store = store
        self.mailbox = mailbox
        self._reader = reader
        self._connect = connect
        self._clock = clock
        self._progress = progress
        self._pool = pool
        self._counters = counters or Counters()
        self._connection: ImapConnection | None = None
        self._examined: bytes | None = None
        self._inbox: bytes | None = None
        self._inbox_high = 0
        self._cancelled = False
        self._tally = Tally()
        self._total = 0
        self._looked_at = clock()
        with store.write() as db:
            self.mailbox_id = ledger.ensure_mailbox(db, mailbox.address)

    # --- the connection -------------------------------------------------------------------------

    @property
    def connection(self) -> ImapConnection:
        """Return the session, opening one when there is none."""
        if self._cancelled:
            raise Cancelled(f"reading {self.mailbox.address} was broken off.")
        if self._connection is None:
            self._connection = self._connect()
            self._counters.logged_in(self.mailbox.address)
        return self._connection

    def disconnect(self) -> None:
        """Close the session; the next use opens another. After any error this is a must."""
        self._examined = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._counters.hung_up(self.mailbox.address)

    def cancel(self) -> None:
        """Break a pass off, from another thread; what was stored by then stays."""
        self._cancelled = True
        connection = self._connection
        if connection is not None:
            connection.abort()

    def open(self, cursor: FolderCursor) -> ImapConnection:
        """Return the session with a folder examined, under the UIDVALIDITY we know."""
        if self._examined != cursor.raw_name:
            folder = self._examine(cursor.raw_name)
            if folder.uidvalidity != cursor.uidvalidity:
                message = f"the folder {cursor.name!r} was renumbered while it was being read."
                raise Renumbered(message)
        return self.connection

    def _examine(self, raw_name: bytes) -> ExaminedFolder:
        """Open a folder read-only; after a refusal none is open (RFC 3501 6.3.2)."""
        self._examined = None
        folder = self.connection.examine(raw_name)
        self._examined = raw_name
        return folder

    def wait_for_news(self, seconds: float, stop: StopSignal) -> None:
        """Wait until INBOX rings, the time is over, or the signal comes."""
        if not self.connection.can_idle or self._inbox is None:
            stop.wait(seconds)
            return
        folder = self._examine(self._inbox)
        # What came after the pass looked at INBOX and before IDLE listens would never ring.
        if folder.uidnext - 1 <= self._inbox_high:
            self.connection.wait(seconds, stop.descriptor)

    def count_failure(self, error: Exception) -> None:
        """Count a failure of the mailbox by its class, for monitoring."""
        self._counters.failed(self.mailbox.address, type(error).__name__)

    def note_problem(self, problem: str) -> None:
        """Put what is wrong with the mailbox where people see it."""
        with self._store.write() as db:
            ledger.set_problem(db, self.mailbox_id, problem, self._clock())

    # --- one pass -------------------------------------------------------------------------------

    def run_pass(self, *, retry_at_once: bool = False) -> PassReport:
        """Account for all that the server holds now; raise a MailboxError when it can't.

        Live mail comes first: every folder is enumerated before the first is fetched, and each is
        fetched newest first. `retry_at_once` also asks again for what failed a moment ago.
        """
        self._tally = Tally()
        cursors, problem = self._choose()
        examined: list[tuple[FolderCursor, datetime]] = []
        for cursor in cursors:
            examined_at = self._clock()
            left_alone = self._left_alone(cursor, examined_at)
            problem = problem or left_alone
            if not left_alone:
                found, refused = self._try_to_discover(cursor, others_open=bool(examined))
                problem = problem or refused
                if found is not None:
                    examined.append((found, examined_at))
                    if found.renumbered_at:
                        # The next EXAMINE may renumber it again (Courier): fetch while it is open.
                        self._fetch_pending(found, retry_at_once=retry_at_once)
        self._count_total(cursor for cursor, _ in examined)
        for cursor, examined_at in examined:
            self._fetch_pending(cursor, retry_at_once=retry_at_once)
            self._finish(cursor, examined_at)
        self.note_problem(problem)
        self._counters.read(self.mailbox.address, self._tally.read)
        self._counters.failed(self.mailbox.address, "MailNotRead", self._tally.failed)
        return PassReport(read=self._tally.read, failed=self._tally.failed, problem=problem)

    def _fetch_pending(self, cursor: FolderCursor, *, retry_at_once: bool) -> None:
        """Bring in what is pending, letting mail that comes meanwhile go before history."""
        self._looked_at = self._clock()
        self._fetching().run(
            cursor,
            retry_at_once=retry_at_once,
            between_pages=lambda: self._let_live_mail_pass(cursor),
        )

    def _fetching(self) -> Fetching:
        """Return what fetches; worker processes only for so much as makes up their start."""
        pool = self._pool if self._total >= _WORTH_A_POOL else None
        return Fetching(
            store=self._store,
            clock=self._clock,
            session=self,
            reader=pool or InlineReader(self._reader),
            tally=self._tally,
            tell=self._tell,
        )

    def _let_live_mail_pass(self, history: FolderCursor) -> None:
        """Look at INBOX again during a long backfill, and bring in what is new there.

        A renumbered folder is left open: the next EXAMINE might renumber it again.
        """
        if history.renumbered_at or self._clock() - self._looked_at < _LOOK_AT_INBOX_EVERY:
            return
        self._looked_at = self._clock()
        with self._store.read() as db:
            cursors = ledger.folder_cursors(db, self.mailbox_id)
        inbox = next((c for c in cursors if c.role is FolderRole.INBOX), None)
        if inbox is None:
            return
        inbox = self._discover(inbox)
        if inbox.id != history.id:
            self._fetching().run(inbox, retry_at_once=False)

    def _choose(self) -> tuple[tuple[FolderCursor, ...], str]:
        """Look which folders to read; return them, and what is wrong with the choice or ""."""
        chosen, problem = choose_folders(self.connection.list_folders(), self.mailbox)
        inboxes = (f.raw_name for f in chosen if f.role is FolderRole.INBOX)
        self._inbox = next(inboxes, None)
        with self._store.write() as db:
            return ledger.save_folders(db, self.mailbox_id, chosen, self._clock()), problem

    def _finish(self, cursor: FolderCursor, examined_at: datetime) -> None:
        """Say that the folder is fresh if nothing of it is left to read.

        The cursor is asked for again: a look at INBOX meanwhile may have begun another epoch.
        """
        with self._store.write() as db:
            for current in ledger.folder_cursors(db, self.mailbox_id):
                if current.id == cursor.id and ledger.count_pending(db, current) == 0:
                    ledger.mark_pass_ok(db, cursor.id, examined_at)

    def _count_total(self, cursors: Iterable[FolderCursor]) -> None:
        with self._store.read() as db:
            self._total = sum(ledger.count_pending(db, cursor) for cursor in cursors)
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self.mailbox, self._tally.done, self._total)

    # --- discover -------------------------------------------------------------------------------

    def _left_alone(self, cursor: FolderCursor, now: datetime) -> str:
        """Say why a folder is not looked at in this pass, or ""."""
        if cursor.skip_until is not None and now < cursor.skip_until:
            return (
                f"the folder {cursor.name!r} can't be opened though the server lists it; it is "
                "tried again every six hours. Ask the provider, or name other folders."
            )
        looked_lately = cursor.last_ok_at is not None and now - cursor.last_ok_at < _UNSTABLE_PAUSE
        if cursor.is_unstable and looked_lately:
            return (
                f"the server renumbers {cursor.name!r} again and again, so it is read every five "
                "minutes only. Ask the provider for stable UIDs (UIDVALIDITY)."
            )
        return ""

    def _try_to_discover(
        self, cursor: FolderCursor, *, others_open: bool
    ) -> tuple[FolderCursor | None, str]:
        """Discover a folder; one that is refused is counted, and said, and stops no other.

        One that ends the session is counted, too, before the failure goes on: else a phantom folder
        would keep the whole mailbox dark. It is no phantom unless another folder opened in the same
        session, and INBOX never is: a line that breaks says nothing against a folder.
        """
        try:
            found = self._discover(cursor)
        except FolderUnavailable as error:
            self._count_unopened(cursor)
            return None, str(error)
        except TransientFailure:
            if self._examined is None and others_open and cursor.role is not FolderRole.INBOX:
                self._count_unopened(cursor)
            raise
        return found, ""

    def _count_unopened(self, cursor: FolderCursor) -> None:
        with self._store.write() as db:
            epochs.note_unopened(db, cursor, self._clock())

    def _discover(self, cursor: FolderCursor) -> FolderCursor:
        """Give every UID that the folder holds a row; return the cursor as it is then."""
        folder = self._examine(cursor.raw_name)
        with self._store.write() as db:
            epochs.note_opened(db, cursor)
            cursor = epochs.follow_uidvalidity(db, cursor, folder.uidvalidity, self._clock())
            ledger.widen_backfill(db, cursor, self._horizon())
        if cursor.role is FolderRole.INBOX:
            self._inbox_high = folder.uidnext - 1
        listing = Enumeration(
            store=self._store,
            connection=self.connection,
            clock=self._clock,
            horizon=self._horizon(),
        )
        return listing.run(cursor, folder.uidnext - 1)

    def _horizon(self) -> datetime | None:
        days = self.mailbox.backfill_days
        return self._clock() - timedelta(days=days) if days else None
