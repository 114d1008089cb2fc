"""Answer how complete each folder is: what is read, what is still to read, and what is not."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, func, select

from models.db import schema
from models.ids import Address
from models.mailboxes import FolderHealth, FolderRole, PlacementState

_ROLES = (FolderRole.INBOX, FolderRole.SENT, FolderRole.EXTRA)


def folder_health(connection: Connection) -> tuple[FolderHealth, ...]:
    """Return every folder by mailbox: INBOX, Sent, then the others; imported ones come last."""
    folder, mailbox = schema.folder, schema.mailbox
    counts = _counts(connection)
    ignored = _ignored(connection)
    oldest = _oldest(connection)
    rows = connection.execute(
        select(folder, mailbox.c.address).join(mailbox, mailbox.c.id == folder.c.mailbox_id)
    )
    healths = (
        FolderHealth(
            mailbox=Address(row.address),
            name=row.name,
            role=row.role,
            role_reason=row.role_reason,
            imported=row.imported,
            last_ok_at=row.last_ok_at,
            missing_since=row.missing_since,
            oldest_at=oldest.get(row.id),
            unlisted_below=max(row.enumerated_low, 1),
            pending=counts.get((row.id, PlacementState.PENDING), 0),
            stored=counts.get((row.id, PlacementState.STORED), 0),
            quarantined=counts.get((row.id, PlacementState.QUARANTINED), 0),
            ignored=tuple(ignored.get(row.id, ())),
        )
        for row in rows
    )
    return tuple(
        sorted(healths, key=lambda h: (h.mailbox, h.imported, _ROLES.index(h.role), h.name))
    )


def _oldest(connection: Connection) -> dict[int, datetime]:
    placement, folder = schema.placement, schema.folder
    rows = connection.execute(
        select(placement.c.folder_id, func.min(placement.c.internaldate))
        .join(folder, folder.c.id == placement.c.folder_id)
        .where(
            placement.c.epoch == folder.c.epoch,
            placement.c.state != PlacementState.GONE,
            placement.c.internaldate.is_not(None),
        )
        .group_by(placement.c.folder_id)
    )
    return {row[0]: row[1] for row in rows}


def _counts(connection: Connection) -> dict[tuple[int, PlacementState], int]:
    placement, folder = schema.placement, schema.folder
    rows = connection.execute(
        select(placement.c.folder_id, placement.c.state, func.count())
        .join(folder, folder.c.id == placement.c.folder_id)
        .where(placement.c.epoch == folder.c.epoch)
        .group_by(placement.c.folder_id, placement.c.state)
    )
    return {(folder_id, state): count for folder_id, state, count in rows}


def _ignored(connection: Connection) -> dict[int, list[tuple[str, int]]]:
    placement, folder = schema.placement, schema.folder
    rows = connection.execute(
        select(placement.c.folder_id, placement.c.reason, func.count())
        .join(folder, folder.c.id == placement.c.folder_id)
        .where(placement.c.epoch == folder.c.epoch, placement.c.state == PlacementState.IGNORED)
        .group_by(placement.c.folder_id, placement.c.reason)
        .order_by(placement.c.reason)
    )
    found: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    for folder_id, reason, count in rows:
        found[folder_id].append((reason, count))
    return found
