"""Say up to which instant the store knows what the mailboxes hold.

Folders filled by `sameday import` take no part in a mailbox's freshness: files never grow, so they
make no mailbox fresh, and nobody reads them again, so they make none dark.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, select

from models.db import schema
from models.ids import ThreadId
from models.mailboxes import FolderRole

NOTHING_CAN_COME: Final = datetime.max.replace(tzinfo=UTC)
"""The fence of what was only ever imported: the files hold all that there will be."""


def mailbox_fences(connection: Connection) -> dict[int, datetime | None]:
    """Return per mailbox row the instant up to which INBOX, Sent and the others are all known.

    None before the first complete pass, and for a mailbox without INBOX or without Sent: replies
    would be invisible there.
    """
    folder = schema.folder
    rows = connection.execute(
        select(folder.c.mailbox_id, folder.c.role, folder.c.last_ok_at).where(
            folder.c.missing_since.is_(None), folder.c.imported.is_(False)
        )
    ).all()
    instants: dict[int, list[datetime | None]] = {}
    roles: dict[int, set[FolderRole]] = {}
    for row in rows:
        instants.setdefault(row.mailbox_id, []).append(row.last_ok_at)
        roles.setdefault(row.mailbox_id, set()).add(row.role)
    return {
        mailbox_id: _oldest(passes)
        if {FolderRole.INBOX, FolderRole.SENT} <= roles[mailbox_id]
        else None
        for mailbox_id, passes in instants.items()
    }


def _oldest(passes: list[datetime | None]) -> datetime | None:
    known = [instant for instant in passes if instant is not None]
    return min(known) if len(known) == len(passes) else None


def thread_fence(connection: Connection, name: ThreadId) -> datetime | None:
    """Return the instant up to which all mailboxes that hold mail of a thread are known."""
    return thread_fences(connection, [name])[name]


def thread_fences(
    connection: Connection, names: Sequence[ThreadId]
) -> dict[ThreadId, datetime | None]:
    """Return per thread the instant up to which all mailboxes that hold mail of it are known.

    None when one of them is not, and for a thread that lies nowhere. A mailbox of which no folder
    was ever watched holds imported files only: silence there is final (NOTHING_CAN_COME). Imported
    mail of a watched mailbox waits for that mailbox's fence, since the reply may be on the server.
    """
    placement, folder, message = schema.placement, schema.folder, schema.message
    rows = connection.execute(
        select(message.c.thread, folder.c.mailbox_id)
        .select_from(message)
        .join(placement, message.c.id == placement.c.message_id)
        .join(folder, placement.c.folder_id == folder.c.id)
        .where(message.c.thread.in_(names))
        .distinct()
    )
    holders: dict[ThreadId, set[int]] = {name: set() for name in names}
    for row in rows:
        holders[ThreadId(row.thread)].add(row.mailbox_id)
    fences, watched = mailbox_fences(connection), _ever_watched(connection)
    return {name: _fence_of(holding, fences, watched) for name, holding in holders.items()}


def _fence_of(
    holders: set[int], fences: dict[int, datetime | None], watched: set[int]
) -> datetime | None:
    instants = [fences.get(holder) for holder in holders & watched]
    if holders and not instants:
        return NOTHING_CAN_COME
    return _oldest(instants or [None])


def _ever_watched(connection: Connection) -> set[int]:
    folder = schema.folder
    rows = connection.execute(
        select(folder.c.mailbox_id).where(folder.c.imported.is_(False)).distinct()
    )
    return set(rows.scalars())


def threads_past_due(connection: Connection, now: datetime) -> list[ThreadId]:
    """Return threads where somebody waits past a deadline that is not marked as missed yet."""
    table = schema.obligation
    rows = connection.execute(
        select(table.c.thread)
        .where(table.c.waits, table.c.due_at < now, table.c.breached.is_(False))
        .distinct()
    )
    return [ThreadId(name) for name in rows.scalars()]
