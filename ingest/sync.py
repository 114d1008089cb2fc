"""Run one pass over one mailbox: discover what the server holds, fetch, read and store it.

Discover and store are separate transactions, and nothing remote happens inside either: killed at
any step, the next pass goes on from the ledger (DESIGN.md section 4, research/imap.md section 2).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from ingest.arrival import arrival_of
from ingest.enumeration import Enumeration
from ingest.folders import choose_folders
from ingest.imap_connection import ImapConnection
from ingest.imap_errors import (
    BrokenReply,
    CommandRefused,
    FolderUnavailable,
    TransientFailure,
)
from ingest.imap_values import ExaminedFolder, FetchedMail
from ingest.stop_signal import StopSignal
from models.db import epochs, ledger, messages
from models.db.store import Store, Transaction
from models.errors import StoreError
from models.mailboxes import FolderCursor, FolderRole, ListedMail, Mailbox
from models.message import RawMail, ReadMail

FIRST_BYTES = 64 * 1024
"""Enough for the text of nearly every mail; attachments are never fetched (performance.md 1)."""
_WHOLE_TEXT_BYTES = 4 * 1024 * 1024
"""Asked for when no text was found in the first bytes."""
_UNSTABLE_PAUSE = timedelta(minutes=5)
_BATCH_UIDS = 50
_BATCH_BYTES = 8 * 1024 * 1024

_log = structlog.get_logger(__name__)


class MailReader(Protocol):
    """Turns bytes into what they say; total: it never raises on what a stranger sent."""

    def read(self, raw: RawMail) -> ReadMail:
        """Read one mail."""
        ...


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
    ) -> None:
        """Take the parts; `connect` opens a session and raises a MailboxError when it can't."""
        self._store = store
        self.mailbox = mailbox
        self._reader = reader
        self._connect = connect
        self._clock = clock
        self._progress = progress
        self._connection: ImapConnection | None = None
        self._examined: bytes | None = None
        self._inbox: bytes | None = None
        self._inbox_high = 0
        self._read = self._failed = self._total = 0
        with store.write() as db:
            self.mailbox_id = ledger.ensure_mailbox(db, mailbox.address)

    # --- the connection -------------------------------------------------------------------------

    @property
    def connection(self) -> ImapConnection:
        """Return the session, opening one when there is none."""
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def disconnect(self) -> None:
        """Close the session; the next use opens another. After any error this is a must."""
        self._examined = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self, cursor: FolderCursor) -> ImapConnection:
        """Return the session with a folder examined, under the UIDVALIDITY we know."""
        if self._examined != cursor.raw_name:
            folder = self._examine(cursor.raw_name)
            if folder.uidvalidity != cursor.uidvalidity:
                message = f"the folder {cursor.name!r} was renumbered while it was being read."
                raise TransientFailure(message)
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
        self._read = self._failed = 0
        cursors, problem = self._choose()
        examined: list[tuple[FolderCursor, datetime]] = []
        for cursor in cursors:
            examined_at = self._clock()
            left_alone = self._left_alone(cursor, examined_at)
            problem = problem or left_alone
            if not left_alone:
                found, refused = self._try_to_discover(cursor)
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
        return PassReport(read=self._read, failed=self._failed, problem=problem)

    def _choose(self) -> tuple[tuple[FolderCursor, ...], str]:
        """Look which folders to read; return them, and what is wrong with the choice or ""."""
        chosen, problem = choose_folders(self.connection.list_folders(), self.mailbox)
        inboxes = (f.raw_name for f in chosen if f.role is FolderRole.INBOX)
        self._inbox = next(inboxes, None)
        with self._store.write() as db:
            return ledger.save_folders(db, self.mailbox_id, chosen, self._clock()), problem

    def _finish(self, cursor: FolderCursor, examined_at: datetime) -> None:
        """Say that the folder is fresh if nothing of it is left to read."""
        with self._store.write() as db:
            if ledger.count_pending(db, cursor) == 0:
                ledger.mark_pass_ok(db, cursor.id, examined_at)

    def _count_total(self, cursors: Iterable[FolderCursor]) -> None:
        with self._store.read() as db:
            self._total = sum(ledger.count_pending(db, cursor) for cursor in cursors)
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self.mailbox, self._read + self._failed, self._total)

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

    def _try_to_discover(self, cursor: FolderCursor) -> tuple[FolderCursor | None, str]:
        """Discover a folder; one that is refused is counted, and said, and stops no other.

        One that ends the session is counted, too, before the failure goes on: else a phantom folder
        would keep the whole mailbox dark.
        """
        try:
            found = self._discover(cursor)
        except (FolderUnavailable, TransientFailure) as error:
            if self._examined is None:
                with self._store.write() as db:
                    epochs.note_unopened(db, cursor, self._clock())
            if isinstance(error, TransientFailure):
                raise
            return None, str(error)
        return found, ""

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

    # --- fetch, read, store ---------------------------------------------------------------------

    def _fetch_pending(self, cursor: FolderCursor, *, retry_at_once: bool) -> None:
        while True:
            with self._store.read() as db:
                now = None if retry_at_once else self._clock()
                batch = ledger.pending(db, cursor, limit=_BATCH_UIDS, now=now)
            if not batch:
                return
            self._fetch_batch(cursor, _bounded(batch))

    def _fetch_batch(self, cursor: FolderCursor, batch: Sequence[ListedMail]) -> None:
        """Fetch a batch; one that can't be fetched is halved until the culprit stands alone."""
        parts = [batch]
        while parts:
            part = parts.pop()
            try:
                fetched = self._open(cursor).fetch([mail.uid for mail in part], FIRST_BYTES)
            except (BrokenReply, CommandRefused) as error:
                if isinstance(error, BrokenReply):
                    self.disconnect()
                if len(part) == 1:
                    self._fail(cursor, part[0].uid, str(error))
                else:
                    half = len(part) // 2
                    parts += [part[half:], part[:half]]
                continue
            self._store_batch(cursor, part, fetched)

    def _store_batch(
        self, cursor: FolderCursor, batch: Sequence[ListedMail], fetched: dict[int, FetchedMail]
    ) -> None:
        """Read a batch, then store it in one transaction; each mail stands or falls alone."""
        ready: list[tuple[int, RawMail, ReadMail]] = []
        for listed in batch:
            mail = fetched.get(listed.uid)
            if mail is None:
                self._miss(cursor, listed.uid)
            elif listed.size_bytes not in (0, mail.size_bytes):
                # Courier sends a made-up letter for one that was expunged meanwhile.
                sizes = f"{listed.size_bytes} bytes were listed, {mail.size_bytes} are sent"
                self._fail(cursor, listed.uid, f"the server changed the mail: {sizes}.")
            else:
                ready.append((listed.uid, *self._read_mail(cursor, mail)))
        with self._store.write() as db:
            for uid, raw, read in ready:
                self._store_one(db, cursor, uid, raw, read)
        self._tell()

    def _read_mail(self, cursor: FolderCursor, mail: FetchedMail) -> tuple[RawMail, ReadMail]:
        raw = _raw_of(mail)
        read = self._reader.read(raw)
        if raw.complete or read.parsed.text:
            return raw, read
        # The text lies behind a large attachment.
        more = self._open(cursor).fetch([mail.uid], _WHOLE_TEXT_BYTES).get(mail.uid)
        if more is None:
            return raw, read
        raw = _raw_of(more)
        return raw, self._reader.read(raw)

    def _store_one(
        self, db: Transaction, cursor: FolderCursor, uid: int, raw: RawMail, read: ReadMail
    ) -> None:
        arrived_at = arrival_of(raw, read.parsed, self._clock())
        try:
            with db.begin_nested():
                pk, _thread = messages.save_message(db, read, raw, arrived_at)
                ledger.mark_stored(db, cursor, uid, pk)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of one mail: no letter stops the others
            _log.warning("mail_not_stored", folder=cursor.id, uid=uid, error=type(error).__name__)
            ledger.mark_failed(db, cursor, uid, f"can't be stored: {error}", self._clock())
            self._failed += 1
            return
        self._read += 1

    def _miss(self, cursor: FolderCursor, uid: int) -> None:
        """Tell a mail that was expunged meanwhile from one that the server keeps back."""
        if self._open(cursor).held_uids(uid, uid):
            self._fail(cursor, uid, "the server lists the mail and does not send it.")
            return
        with self._store.write() as db:
            ledger.mark_gone(db, cursor, uid, self._clock())

    def _fail(self, cursor: FolderCursor, uid: int, why: str) -> None:
        with self._store.write() as db:
            state = ledger.mark_failed(db, cursor, uid, why, self._clock())
        _log.warning("mail_not_fetched", folder=cursor.id, uid=uid, state=state.value)
        self._failed += 1


def _bounded(batch: Sequence[ListedMail]) -> Sequence[ListedMail]:
    """Cut a batch so that its answer stays small; one mail always passes."""
    total = 0
    for index, mail in enumerate(batch):
        total += min(mail.size_bytes, FIRST_BYTES)
        if index and total > _BATCH_BYTES:
            return batch[:index]
    return batch


def _raw_of(mail: FetchedMail) -> RawMail:
    return RawMail(
        content=mail.content,
        size_bytes=mail.size_bytes,
        internaldate=mail.internaldate,
        # A server that counts sizes wrongly makes a mail look longer than it is; asking for more
        # bytes than there are is harmless, so only the length of the answer decides.
        complete=len(mail.content) < FIRST_BYTES or len(mail.content) >= mail.size_bytes,
    )
