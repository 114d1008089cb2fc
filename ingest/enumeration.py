"""Give every UID that a folder holds a row in the ledger, window by window.

A window's rows and the cursor that says "enumerated up to here" are one transaction, so that
nothing is ever behind the cursor without a row (research/imap.md section 2.3).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from ingest.imap_connection import ImapConnection
from models.db import epochs, ledger
from models.db.store import Store
from models.mailboxes import FolderCursor

_WINDOW_UIDS = 2000
_WIDEST_WINDOW_UIDS = 5_000_000
_SWEEP_EVERY = timedelta(hours=6)
_HEADERS_AT_ONCE = 500


class Enumeration:
    """Lists the folder that a connection has examined."""

    def __init__(
        self,
        *,
        store: Store,
        connection: ImapConnection,
        clock: Callable[[], datetime],
        horizon: datetime | None,
    ) -> None:
        """Take the parts; mail that arrived before `horizon` is ignored, None means none is."""
        self._store = store
        self._connection = connection
        self._clock = clock
        self._horizon = horizon

    def run(self, cursor: FolderCursor, newest: int) -> FolderCursor:
        """List what is new, and what is left of history; return the cursor as it is then.

        `newest` is the highest UID that the server may have given.
        """
        if cursor.untouched:
            cursor = self._down(cursor, newest)
            self._find_again(cursor)
            return cursor
        if newest < cursor.high or self._sweep_is_due(cursor):
            # GMX lets UIDNEXT fall; other servers leave UIDs out of a listing.
            self.sweep(cursor)
        return self.list_new(cursor, newest)

    def list_new(self, cursor: FolderCursor, newest: int) -> FolderCursor:
        """List what was never listed, without looking again at what was."""
        cursor = self._up(cursor, newest)
        return self._down(cursor, cursor.low - 1)

    def _find_again(self, cursor: FolderCursor) -> None:
        """After a renumbering, recognise mail that was read before by what the server keeps."""
        if cursor.epoch == 1:
            return
        with self._store.read() as db:
            uids = ledger.pending_uids(db, cursor)
        for start in range(0, len(uids), _HEADERS_AT_ONCE):
            message_ids = self._connection.message_ids(uids[start : start + _HEADERS_AT_ONCE])
            with self._store.write() as db:
                epochs.find_again(db, cursor, message_ids)

    def _up(self, cursor: FolderCursor, newest: int) -> FolderCursor:
        """List what came since the last pass, oldest window first, so that no gap can remain."""
        width = _WINDOW_UIDS
        while cursor.high < newest:
            low, high = cursor.high + 1, min(cursor.high + width, newest)
            cursor, width = self._list_window(cursor, low, high)
        return cursor

    def _down(self, cursor: FolderCursor, newest: int) -> FolderCursor:
        """List history, newest window first, down to the first UID."""
        width, high = _WINDOW_UIDS, newest
        while high >= 1:
            low = max(1, high - width + 1)
            cursor, width = self._list_window(cursor, low, high)
            high = low - 1
        return cursor

    def _list_window(self, cursor: FolderCursor, low: int, high: int) -> tuple[FolderCursor, int]:
        """Discover one window; return the moved cursor and how wide the next should be.

        An empty window makes the next twice as wide: Yahoo leaves gaps of hundreds of thousands.
        """
        listed = self._connection.list_window(low, high)
        with self._store.write() as db:
            moved = ledger.discover(
                db,
                cursor,
                listed,
                window=(low, high),
                horizon=self._horizon,
                now=self._clock(),
            )
        width = _WINDOW_UIDS if listed else min(2 * (high - low + 1), _WIDEST_WINDOW_UIDS)
        return moved, width

    def _sweep_is_due(self, cursor: FolderCursor) -> bool:
        swept = cursor.last_sweep_at
        return swept is None or self._clock() - swept >= _SWEEP_EVERY

    def sweep(self, cursor: FolderCursor) -> None:
        """Compare the ledger with what the server holds, UID by UID."""
        held: set[int] = set()
        for low in range(cursor.low, cursor.high + 1, _WIDEST_WINDOW_UIDS):
            high = min(low + _WIDEST_WINDOW_UIDS - 1, cursor.high)
            held |= self._connection.held_uids(low, high)
        with self._store.write() as db:
            ledger.sweep(db, cursor, frozenset(held), self._clock())
