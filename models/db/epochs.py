"""Follow folders whose UIDs come to mean something else, or that can't be opened at all.

An epoch is ours: it counts how often a folder's UIDs began anew. Mail that was read before is found
again by its fingerprint, so that nothing is fetched or told twice (research/imap.md section 2.6).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from models.db import schema
from models.db.ledger import mark_stored
from models.ids import MessageId
from models.mailboxes import FolderCursor, PlacementState

_DAY = timedelta(days=1)
_PHANTOM_AFTER_FAILURES = 3
_PHANTOM_PAUSE = timedelta(hours=6)

Fingerprint = tuple[MessageId, datetime | None, int]
"""Message-ID, INTERNALDATE and RFC822.SIZE: what a server keeps when it renumbers."""


def follow_uidvalidity(
    connection: Connection, cursor: FolderCursor, uidvalidity: int, now: datetime
) -> FolderCursor:
    """Return the cursor under a folder's UIDVALIDITY, beginning a new epoch when it changed.

    In a new epoch UIDs are counted anew, since they mean something else; old placements stay for
    audit. A folder that was never enumerated just takes the value.
    """
    if cursor.uidvalidity == uidvalidity:
        return cursor
    epoch, changes = cursor.epoch, cursor.renumbered_at
    if not cursor.untouched:
        epoch += 1
        changes = (*(at for at in changes if now - at < _DAY), now)
    moved = replace(
        cursor,
        epoch=epoch,
        uidvalidity=uidvalidity,
        low=1,
        high=0,
        last_sweep_at=None,
        renumbered_at=changes,
    )
    table = schema.folder
    connection.execute(
        update(table)
        .where(table.c.id == cursor.id)
        .values(
            epoch=epoch,
            uidvalidity=uidvalidity,
            enumerated_low=moved.low,
            enumerated_high=moved.high,
            last_sweep_at=None,
            renumbered_at=changes,
        )
    )
    return moved


def find_again(
    connection: Connection, cursor: FolderCursor, message_ids: Mapping[int, MessageId]
) -> int:
    """Point pending UIDs of the current epoch to messages that earlier epochs held.

    Only a fingerprint that one message alone bears counts; the rest is fetched like new mail, and
    recognised by its content then. Returns how many were found.
    """
    known = _known_fingerprints(connection, cursor)
    table = schema.placement
    rows = connection.execute(
        select(table.c.uid, table.c.internaldate, table.c.size_bytes).where(
            table.c.folder_id == cursor.id,
            table.c.epoch == cursor.epoch,
            table.c.state == PlacementState.PENDING,
            table.c.uid.in_(list(message_ids)),
        )
    ).all()
    found = 0
    for row in rows:
        pks = known.get((message_ids[row.uid], row.internaldate, row.size_bytes), set())
        if len(pks) == 1:
            mark_stored(connection, cursor, row.uid, next(iter(pks)))
            found += 1
    return found


def _known_fingerprints(
    connection: Connection, cursor: FolderCursor
) -> dict[Fingerprint, set[int]]:
    placement, message = schema.placement.c, schema.message.c
    rows = connection.execute(
        select(message.message_id, placement.internaldate, placement.size_bytes, message.id)
        .select_from(schema.placement)
        .join(schema.message, message.id == placement.message_id)
        .where(
            placement.folder_id == cursor.id,
            placement.epoch < cursor.epoch,
            message.message_id.is_not(None),
        )
    )
    known: defaultdict[Fingerprint, set[int]] = defaultdict(set)
    for row in rows:
        fingerprint = (MessageId(row.message_id), row.internaldate, row.size_bytes)
        known[fingerprint].add(row.id)
    return known


def note_unopened(connection: Connection, cursor: FolderCursor, now: datetime) -> bool:
    """Count a failure to open a folder; True when it is now left alone for some hours.

    A phantom folder is listed and refused, and on some servers each try ends the session: the
    other folders must not suffer for it.
    """
    table = schema.folder
    failures = (
        1
        + connection.execute(
            select(table.c.examine_failures).where(table.c.id == cursor.id)
        ).scalar_one()
    )
    given_up = failures >= _PHANTOM_AFTER_FAILURES
    connection.execute(
        update(table)
        .where(table.c.id == cursor.id)
        .values(
            examine_failures=0 if given_up else failures,
            skip_until=now + _PHANTOM_PAUSE if given_up else None,
        )
    )
    return bool(given_up)


def note_opened(connection: Connection, cursor: FolderCursor) -> None:
    """Forget failures to open a folder."""
    table = schema.folder
    connection.execute(
        update(table)
        .where(table.c.id == cursor.id, table.c.examine_failures > 0)
        .values(examine_failures=0, skip_until=None)
    )
