"""Answer further questions of the panel: which mails could not be read, how many people wait."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from models.db import schema
from models.ids import Address
from models.mailboxes import PlacementState


@dataclass(frozen=True, kw_only=True, slots=True)
class QuarantinedMail:
    """A mail that we gave up reading: where it lies, and why."""

    mailbox: Address
    folder: str
    uid: int
    attempts: int
    reason: str


def quarantined(connection: Connection, limit: int) -> tuple[QuarantinedMail, ...]:
    """Return quarantined mails by mailbox, folder and UID, at most `limit`."""
    placement, folder, mailbox = schema.placement, schema.folder, schema.mailbox
    rows = connection.execute(
        select(
            mailbox.c.address,
            folder.c.name,
            placement.c.uid,
            placement.c.attempts,
            placement.c.reason,
        )
        .select_from(placement)
        .join(folder, folder.c.id == placement.c.folder_id)
        .join(mailbox, mailbox.c.id == folder.c.mailbox_id)
        .where(placement.c.state == PlacementState.QUARANTINED, placement.c.epoch == folder.c.epoch)
        .order_by(mailbox.c.address, folder.c.name, placement.c.uid)
        .limit(limit)
    )
    return tuple(
        QuarantinedMail(
            mailbox=Address(row.address),
            folder=row.name,
            uid=row.uid,
            attempts=row.attempts,
            reason=row.reason,
        )
        for row in rows
    )


def count_waiting(connection: Connection, now: datetime) -> tuple[int, int]:
    """Return how many obligations wait, and how many of those are past the due in force."""
    table = schema.obligation
    row = connection.execute(
        select(func.count(), func.count().filter(table.c.due_at < now)).where(table.c.waits)
    ).one()
    return row[0], row[1]
