"""Keep imported mail in folders of its own, so that it never meets the UIDs of a watched folder."""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from models.db import schema
from models.mailboxes import FolderRole, PlacementState

_MARK = b"\0import/"
"""Begins the raw name of such a folder. NUL can't be sent over IMAP (RFC 9051 section 9), so no
server can list a folder of that name, not even one that people call the same."""
_REASON = "imported from files"


def ensure_import_folder(
    connection: Connection, mailbox_id: int, name: str, role: FolderRole
) -> int:
    """Return the row id of a mailbox's folder for imported mail, making it at its first mention."""
    table = schema.folder
    raw_name = _MARK + name.encode()
    known = connection.execute(
        select(table.c.id).where(table.c.mailbox_id == mailbox_id, table.c.raw_name == raw_name)
    ).scalar_one_or_none()
    if known is not None:
        return int(known)
    result = connection.execute(
        insert(table).values(
            mailbox_id=mailbox_id,
            raw_name=raw_name,
            name=name,
            role=role,
            role_reason=_REASON,
            imported=True,
        )
    )
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def place_imported(
    connection: Connection, folder_id: int, message_pk: int, size_bytes: int, now: datetime
) -> bool:
    """Give a message a copy in an import folder; False when it has one there already.

    Files bear no UIDs: the copies are counted in the order in which they were first imported. The
    same message twice in the files is one copy, so importing again changes nothing.
    """
    table = schema.placement
    there = select(table.c.uid).where(
        table.c.folder_id == folder_id, table.c.message_id == message_pk
    )
    if connection.execute(there.limit(1)).scalar_one_or_none() is not None:
        return False
    last = select(func.max(table.c.uid)).where(table.c.folder_id == folder_id)
    connection.execute(
        insert(table).values(
            folder_id=folder_id,
            epoch=1,
            uid=1 + (connection.execute(last).scalar_one() or 0),
            state=PlacementState.STORED,
            size_bytes=size_bytes,
            message_id=message_pk,
            first_seen_at=now,
        )
    )
    return True
