"""Answer the questions of the panel: who waits, and how fresh the data is."""

from sqlalchemy import Connection, func, select

from models.db import schema
from models.db.freshness import mailbox_fences
from models.db.obligations import obligation_of
from models.ids import Address
from models.mailboxes import MailboxHealth, PlacementState
from models.panel import WaitingRow

_SNIPPET_LENGTH = 200


def waiting(connection: Connection) -> tuple[WaitingRow, ...]:
    """Return everyone who waits, by the due in force, earliest first."""
    obligation, message = schema.obligation, schema.message
    rows = connection.execute(
        select(obligation, message.c.subject, message.c.new_text, message.c.author)
        .join(message, message.c.key == obligation.c.opened_by)
        .where(obligation.c.waits)
        .order_by(obligation.c.due_at, obligation.c.opened_at, obligation.c.opened_by)
    )
    return tuple(
        WaitingRow(
            obligation=obligation_of(row),
            subject=row.subject,
            snippet=" ".join(row.new_text.split())[:_SNIPPET_LENGTH],
            author=row.author,
        )
        for row in rows
    )


def mailbox_health(connection: Connection) -> tuple[MailboxHealth, ...]:
    """Return how complete and how fresh each mailbox is, by address."""
    mailbox = schema.mailbox
    counts = _placement_counts(connection)
    fences = mailbox_fences(connection)
    return tuple(
        MailboxHealth(
            address=Address(row.address),
            last_ok_at=fences.get(row.id),
            problem=row.problem,
            problem_since=row.problem_since,
            pending=counts.get((row.id, PlacementState.PENDING), 0),
            quarantined=counts.get((row.id, PlacementState.QUARANTINED), 0),
            stored=counts.get((row.id, PlacementState.STORED), 0),
        )
        for row in connection.execute(select(mailbox).order_by(mailbox.c.address))
    )


def _placement_counts(connection: Connection) -> dict[tuple[int, PlacementState], int]:
    placement, folder = schema.placement, schema.folder
    rows = connection.execute(
        select(folder.c.mailbox_id, placement.c.state, func.count())
        .join(folder, folder.c.id == placement.c.folder_id)
        .where(placement.c.epoch == folder.c.epoch)
        .group_by(folder.c.mailbox_id, placement.c.state)
    )
    return {(mailbox_id, state): count for mailbox_id, state, count in rows}
