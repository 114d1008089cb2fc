"""Fetch what the ledger says is pending, have it read, and store it.

While a batch is read, elsewhere if the reader has processes, the next is being fetched. Nothing
remote happens inside a transaction, and a batch is stored in one: killed at any step, the next
pass goes on from the ledger (research/imap.md section 2.3).
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog

from ingest.batch_reading import BatchReader, Reading
from ingest.imap_connection import ImapConnection
from ingest.imap_errors import BrokenReply, CommandRefused, ServerFailed
from ingest.imap_values import FetchedMail
from models.db import ledger, messages
from models.db.packing import PackedMail
from models.db.store import Store, Transaction
from models.errors import StoreError
from models.mailboxes import FolderCursor, ListedMail
from models.message import Attachment, RawMail

FIRST_BYTES = 64 * 1024
"""Enough for the text of nearly every mail; attachments are never fetched (performance.md 1)."""
_WHOLE_TEXT_BYTES = 4 * 1024 * 1024
"""Asked for when no text was found in the first bytes."""
_PAGE_UIDS = 1000
_BATCH_UIDS = 100
_BATCH_BYTES = 8 * 1024 * 1024

_CULPRIT = (BrokenReply, CommandRefused, ServerFailed)
"""What may be one mail's fault alone, so that asking for others goes on."""

_log = structlog.get_logger(__name__)


class Session(Protocol):
    """A connection that may have to be replaced."""

    def open(self, cursor: FolderCursor) -> ImapConnection:
        """Return the connection with a folder examined."""
        ...

    def disconnect(self) -> None:
        """Close it; after any error this is a must."""
        ...


@dataclass(slots=True)
class Tally:
    """How many mails a pass has dealt with so far."""

    read: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        """Return all of them."""
        return self.read + self.failed


@dataclass(frozen=True, kw_only=True, slots=True)
class _UnderWay:
    """A batch that is being read."""

    uids: tuple[int, ...]
    raws: tuple[RawMail, ...]
    readings: "Future[list[Reading]]"


class Fetching:
    """Brings one folder's pending mail into the store."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Callable[[], datetime],
        session: Session,
        reader: BatchReader,
        tally: Tally,
        tell: Callable[[], None],
    ) -> None:
        """Take the parts; `tell` is called whenever a batch has been stored."""
        self._store = store
        self._clock = clock
        self._session = session
        self._reader = reader
        self._tally = tally
        self._tell = tell
        self._fetched_any = False

    def run(
        self,
        cursor: FolderCursor,
        *,
        retry_at_once: bool,
        between_pages: Callable[[], None] = lambda: None,
    ) -> None:
        """Fetch, newest first, until nothing is pending; raise a MailboxError when it can't.

        `between_pages` is called every thousand mails or so, when nothing is under way.
        """
        while True:
            with self._store.read() as db:
                now = None if retry_at_once else self._clock()
                page = ledger.pending(db, cursor, limit=_PAGE_UIDS, now=now)
            if not page:
                return
            self._run_page(cursor, page)
            between_pages()

    def _run_page(self, cursor: FolderCursor, page: Sequence[ListedMail]) -> None:
        under_way: deque[_UnderWay] = deque()
        for batch in _batches(page):
            for part, fetched in self._fetch(cursor, batch):
                under_way.append(self._begin_reading(cursor, part, fetched))
                while len(under_way) > self._reader.ahead:
                    self._finish_reading(cursor, under_way.popleft())
        while under_way:
            self._finish_reading(cursor, under_way.popleft())

    def _fetch(
        self, cursor: FolderCursor, batch: Sequence[ListedMail]
    ) -> Iterator[tuple[Sequence[ListedMail], dict[int, FetchedMail]]]:
        """Fetch a batch; one that can't be fetched is halved until the culprit stands alone."""
        parts = [batch]
        while parts:
            part = parts.pop()
            try:
                connection = self._session.open(cursor)
                fetched = connection.fetch([mail.uid for mail in part], FIRST_BYTES)
            except _CULPRIT as error:
                if isinstance(error, BrokenReply):
                    self._session.disconnect()
                if len(part) == 1:
                    if isinstance(error, ServerFailed) and not self._fetched_any:
                        # Nothing comes through: the server is in trouble, not this mail.
                        raise
                    self._fail(cursor, part[0].uid, str(error))
                else:
                    half = len(part) // 2
                    parts += [part[half:], part[:half]]
                continue
            self._fetched_any = True
            yield part, fetched

    def _begin_reading(
        self,
        cursor: FolderCursor,
        batch: Sequence[ListedMail],
        fetched: dict[int, FetchedMail],
    ) -> _UnderWay:
        """Hand over what came; note what did not."""
        ready: dict[int, RawMail] = {}
        for listed in batch:
            mail = fetched.get(listed.uid)
            if mail is None:
                self._miss(cursor, listed.uid)
            elif listed.size_bytes not in (0, mail.size_bytes):
                # Courier sends a made-up letter for one that was expunged meanwhile.
                sizes = f"{listed.size_bytes} bytes were listed, {mail.size_bytes} are sent"
                self._fail(cursor, listed.uid, f"the server changed the mail: {sizes}.")
            else:
                ready[listed.uid] = _raw_of(mail)
        self._list_attachments(cursor, ready)
        raws = tuple(ready.values())
        readings = self._reader.submit(raws, self._clock())
        return _UnderWay(uids=tuple(ready), raws=raws, readings=readings)

    def _list_attachments(self, cursor: FolderCursor, ready: dict[int, RawMail]) -> None:
        """Ask what is attached to mails that were fetched in part; an answer is no condition."""
        cut = [uid for uid, raw in ready.items() if not raw.complete]
        if not cut:
            return
        try:
            listed = self._session.open(cursor).attachments(cut)
        except _CULPRIT as error:
            self._go_on_after(error, "structure_not_read", cursor)
            return
        for uid in cut:
            ready[uid] = replace(ready[uid], listed=listed.get(uid, ()))

    def _finish_reading(self, cursor: FolderCursor, batch: _UnderWay) -> None:
        """Wait for the readings of a batch and store them."""
        readings = batch.readings.result()
        for number, reading in enumerate(readings):
            if reading.wants_more:
                uid, listed = batch.uids[number], batch.raws[number].listed
                readings[number] = self._read_more(cursor, uid, reading, listed)
        self._store_batch(cursor, batch.uids, readings)
        self._tell()

    def _read_more(
        self, cursor: FolderCursor, uid: int, reading: Reading, listed: tuple[Attachment, ...]
    ) -> Reading:
        """Read a mail whose text lies behind a large attachment, if the server gives it."""
        try:
            more = self._session.open(cursor).fetch([uid], _WHOLE_TEXT_BYTES).get(uid)
        except _CULPRIT as error:
            self._go_on_after(error, "text_not_fetched", cursor)
            return reading
        if more is None:
            return reading
        return self._reader.submit([replace(_raw_of(more), listed=listed)], self._clock()).result()[
            0
        ]

    def _go_on_after(self, error: Exception, what: str, cursor: FolderCursor) -> None:
        """Note a refusal that costs a detail of a mail, never the pass: it would come each time."""
        _log.warning(what, folder=cursor.id, error=type(error).__name__)
        if isinstance(error, BrokenReply):
            self._session.disconnect()

    # --- store ----------------------------------------------------------------------------------

    def _store_batch(
        self, cursor: FolderCursor, uids: Sequence[int], readings: Sequence[Reading]
    ) -> None:
        """Store a batch in one transaction; if it can't be, each mail stands or falls alone."""
        ready: list[tuple[int, PackedMail]] = []
        with self._store.write() as db:
            for uid, reading in zip(uids, readings, strict=True):
                if reading.packed is None:
                    self._not_stored(db, cursor, uid, reading.error)
                else:
                    ready.append((uid, reading.packed))
            if not ready or _stored(db, cursor, ready) is None:
                self._tally.read += len(ready)
                return
            for one in ready:
                error = _stored(db, cursor, [one])
                if error is None:
                    self._tally.read += 1
                else:
                    self._not_stored(db, cursor, one[0], f"can't be stored: {type(error).__name__}")

    def _not_stored(self, db: Transaction, cursor: FolderCursor, uid: int, why: str) -> None:
        _log.warning("mail_not_stored", folder=cursor.id, uid=uid)
        ledger.mark_failed(db, cursor, uid, why, self._clock())
        self._tally.failed += 1

    def _miss(self, cursor: FolderCursor, uid: int) -> None:
        """Tell a mail that was expunged meanwhile from one that the server keeps back."""
        if self._session.open(cursor).held_uids(uid, uid):
            self._fail(cursor, uid, "the server lists the mail and does not send it.")
            return
        with self._store.write() as db:
            ledger.mark_gone(db, cursor, uid, self._clock())

    def _fail(self, cursor: FolderCursor, uid: int, why: str) -> None:
        with self._store.write() as db:
            state = ledger.mark_failed(db, cursor, uid, why, self._clock())
        _log.warning("mail_not_fetched", folder=cursor.id, uid=uid, state=state.value)
        self._tally.failed += 1


def _stored(
    db: Transaction, cursor: FolderCursor, mails: Sequence[tuple[int, PackedMail]]
) -> Exception | None:
    """Store mails and say where they lie, all or none; return what went wrong."""
    try:
        with db.begin_nested():
            saved = messages.save_messages(db, [packed for _, packed in mails])
            places = [(uid, pk) for (uid, _), (pk, _thread) in zip(mails, saved, strict=True)]
            ledger.mark_all_stored(db, cursor, places)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - the edge of one mail: no letter stops the others
        return error
    return None


def _batches(page: Sequence[ListedMail]) -> Iterator[Sequence[ListedMail]]:
    """Cut a page so that each answer stays small; one mail always passes."""
    start = total = 0
    for index, mail in enumerate(page):
        size = min(mail.size_bytes, FIRST_BYTES)
        if index > start and (total + size > _BATCH_BYTES or index - start >= _BATCH_UIDS):
            yield page[start:index]
            start, total = index, 0
        total += size
    yield page[start:]


def _raw_of(mail: FetchedMail) -> RawMail:
    return RawMail(
        content=mail.content,
        size_bytes=mail.size_bytes,
        internaldate=mail.internaldate,
        # A server that counts sizes wrongly makes a mail look longer than it is; asking for more
        # bytes than there are is harmless, so only the length of the answer decides.
        complete=len(mail.content) < FIRST_BYTES or len(mail.content) >= mail.size_bytes,
    )
