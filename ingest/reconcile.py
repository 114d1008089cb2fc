"""Prove that every mail on a server is accounted for, by count, by UID, and mail by mail."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ingest.enumeration import Enumeration
from ingest.folders import choose_folders
from ingest.imap_connection import ImapConnection
from ingest.imap_errors import FolderUnavailable
from models.db import epochs, ledger
from models.db.reconciling import LedgerRow, ledger_rows
from models.db.store import Store
from models.mailboxes import FolderCursor, Mailbox, PlacementState

_WINDOW_UIDS = 10_000
_LISTINGS = 2
"""A mail that is deleted while we list makes the counts differ; not twice in a row."""


class FindingKind(StrEnum):
    """What can be wrong between a server and the ledger."""

    UNLISTED = "unlisted"
    NO_ROW = "no row"
    GONE_THERE = "gone there"
    BACK_AGAIN = "back again"
    OTHER_MAIL = "other mail"
    NO_MESSAGE = "no message"
    NO_ORIGINAL = "no original"
    QUARANTINED = "quarantined"
    NOT_OPENED = "not opened"


_SWEPT = frozenset({FindingKind.NO_ROW, FindingKind.GONE_THERE, FindingKind.BACK_AGAIN})
"""What a sweep puts right: it gives the UID a row, or takes the row for what it is."""
_HARMLESS = frozenset({FindingKind.GONE_THERE})
"""People do delete mail; what was read of it stays."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    kind: FindingKind
    uid: int | None
    """None when it concerns the folder as a whole."""
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderAccount:
    """A folder's mails on the server, each put down to what became of it."""

    folder: str
    held: int
    """How many the server says there are."""
    stored: int = 0
    pending: int = 0
    ignored: Mapping[str, int]
    """How many by reason."""
    quarantined: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def accounted(self) -> int:
        """How many of those that the server holds are known, with everything read of them."""
        return self.stored + self.pending + sum(self.ignored.values()) + self.quarantined

    @property
    def swept(self) -> bool:
        """True when something was found that a sweep has put right."""
        return any(finding.kind in _SWEPT for finding in self.findings)

    @property
    def is_sound(self) -> bool:
        """True when nothing is lost, hidden or given up."""
        return all(finding.kind in _HARMLESS for finding in self.findings)


def account_for(
    folder: str, exists: int, held: Mapping[int, int], rows: Iterable[LedgerRow]
) -> FolderAccount:
    """Compare the mails that a server holds with a folder's ledger.

    `held` has the size by UID as the server lists them now; `exists` is how many it says there are.
    """
    by_uid = {row.uid: row for row in rows}
    counts: Counter[PlacementState] = Counter()
    ignored: Counter[str] = Counter()
    findings = [] if exists <= len(held) else [_unlisted(exists, len(held))]
    for uid, size_bytes in sorted(held.items()):
        row = by_uid.get(uid)
        finding = _judge_held(uid, size_bytes, row)
        if finding is not None:
            findings.append(finding)
        if row is not None and (finding is None or finding.kind is FindingKind.QUARANTINED):
            counts[row.state] += 1
            if row.state is PlacementState.IGNORED:
                ignored[row.reason] += 1
    findings += [
        _finding(FindingKind.GONE_THERE, row.uid, "is gone on the server")
        for row in by_uid.values()
        if row.uid not in held and row.state is not PlacementState.GONE
    ]
    return FolderAccount(
        folder=folder,
        held=max(exists, len(held)),
        stored=counts[PlacementState.STORED],
        pending=counts[PlacementState.PENDING],
        ignored=dict(sorted(ignored.items())),
        quarantined=counts[PlacementState.QUARANTINED],
        findings=tuple(findings),
    )


def _judge_held(uid: int, size_bytes: int, row: LedgerRow | None) -> Finding | None:
    """Return what is wrong with a mail that the server holds; None when nothing is."""
    if row is None:
        return _finding(FindingKind.NO_ROW, uid, "is on the server and has no row in the ledger")
    if row.state is PlacementState.GONE:
        words = "is on the server, and the ledger says that it is gone"
        return _finding(FindingKind.BACK_AGAIN, uid, words)
    if row.state is PlacementState.QUARANTINED:
        return _finding(FindingKind.QUARANTINED, uid, f"could not be read: {row.reason}")
    # A sweep learns no size, and servers may leave it out of an answer.
    if row.size_bytes and size_bytes and row.size_bytes != size_bytes:
        sizes = f"it had {row.size_bytes} bytes and has {size_bytes} now"
        return _finding(FindingKind.OTHER_MAIL, uid, f"is not the mail that was listed: {sizes}")
    return _judge_stored(row) if row.state is PlacementState.STORED else None


def _judge_stored(row: LedgerRow) -> Finding | None:
    if not row.has_message:
        return _finding(FindingKind.NO_MESSAGE, row.uid, "is stored without a message")
    if not row.has_original:
        words = "is stored, and its original is missing or broken"
        return _finding(FindingKind.NO_ORIGINAL, row.uid, words)
    return None


def _finding(kind: FindingKind, uid: int, words: str) -> Finding:
    return Finding(kind=kind, uid=uid, sentence=f"UID {uid} {words.rstrip('.')}.")


def _unlisted(exists: int, listed: int) -> Finding:
    sentence = f"The server says that there are {exists} mails and lists {listed} of them."
    return Finding(kind=FindingKind.UNLISTED, uid=None, sentence=sentence)


class MailboxReconciler:
    """Compares one mailbox with its server over an open connection, folder by folder."""

    def __init__(
        self,
        *,
        store: Store,
        mailbox: Mailbox,
        connection: ImapConnection,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the parts."""
        self._store = store
        self._mailbox = mailbox
        self._connection = connection
        self._clock = clock
        with store.write() as db:
            self.mailbox_id = ledger.ensure_mailbox(db, mailbox.address)

    def run(self) -> tuple[tuple[FolderAccount, ...], str]:
        """Account for every folder that is read; the sentence is what is wrong with the choice.

        It is empty when nothing is. Mail that came since the last pass is discovered first, as in
        every pass. What a sweep can put right is swept afterwards: the next pass reads it.
        """
        chosen, problem = choose_folders(self._connection.list_folders(), self._mailbox)
        with self._store.write() as db:
            cursors = ledger.save_folders(db, self.mailbox_id, chosen, self._clock())
        return tuple(self._reconcile(cursor) for cursor in cursors), problem

    def _reconcile(self, cursor: FolderCursor) -> FolderAccount:
        try:
            account = self._compare(cursor)
        except FolderUnavailable as error:
            finding = Finding(kind=FindingKind.NOT_OPENED, uid=None, sentence=str(error))
            return FolderAccount(folder=cursor.name, held=0, ignored={}, findings=(finding,))
        return account

    def _compare(self, cursor: FolderCursor) -> FolderAccount:
        for _ in range(_LISTINGS):
            examined = self._connection.examine(cursor.raw_name)
            with self._store.write() as db:
                cursor = epochs.follow_uidvalidity(db, cursor, examined.uidvalidity, self._clock())
            newest = examined.uidnext - 1
            listing = self._listing()
            first_look = cursor.untouched
            cursor = (listing.run if first_look else listing.list_new)(cursor, newest)
            held = self._held(max(newest, cursor.high))
            if len(held) >= examined.exists:
                break
        with self._store.read() as db:
            account = account_for(cursor.name, examined.exists, held, ledger_rows(db, cursor))
        if account.swept:
            listing.sweep(cursor)
        return account

    def _listing(self) -> Enumeration:
        days = self._mailbox.backfill_days
        return Enumeration(
            store=self._store,
            connection=self._connection,
            clock=self._clock,
            horizon=self._clock() - timedelta(days=days) if days else None,
        )

    def _held(self, newest: int) -> dict[int, int]:
        """Return the size of every mail that the server holds by UID; 0 when it does not say.

        It is asked twice, in different words: some leave out a mail when they can't tell its size.
        """
        held: dict[int, int] = {}
        for low in range(1, newest + 1, _WINDOW_UIDS):
            high = min(low + _WINDOW_UIDS - 1, newest)
            held |= dict.fromkeys(self._connection.held_uids(low, high), 0)
            held |= {m.uid: m.size_bytes for m in self._connection.list_window(low, high)}
        return held
