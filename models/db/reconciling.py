"""Give the ledger back for a comparison with the server, and keep what the comparison found."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from models.db import schema
from models.ids import Address
from models.mailboxes import FolderCursor, PlacementState

_ROWS_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerRow:
    """One UID as the ledger has it."""

    uid: int
    state: PlacementState
    reason: str
    size_bytes: int
    """As the server listed it; 0 when a sweep found the UID."""
    has_message: bool
    """False for a stored UID that leads to no message: then we have nothing of it."""
    has_original: bool
    """False when what was fetched is missing or can't be unpacked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reconciled:
    """What the last comparison of a mailbox with its server found."""

    made_at: datetime
    held: int
    """Mails in the folders that are read, as the server counts."""
    accounted: int
    """Those of them that are stored, pending, ignored with a reason, or quarantined."""
    quarantined: int
    findings: tuple[str, ...] = ()
    """A sentence for each of the first things found wrong."""
    problem: str = ""
    """Why no comparison could be made; empty when it was."""


def ledger_rows(connection: Connection, cursor: FolderCursor) -> Iterator[LedgerRow]:
    """Yield every UID of a folder's current epoch, some hundred originals in memory at a time."""
    placement, message, raw = schema.placement.c, schema.message.c, schema.raw_mail.c
    last = 0
    while True:
        rows = connection.execute(
            select(
                placement.uid,
                placement.state,
                placement.reason,
                placement.size_bytes,
                message.id.label("message_id"),
                raw.content,
            )
            .select_from(schema.placement)
            .outerjoin(schema.message, message.id == placement.message_id)
            .outerjoin(schema.raw_mail, raw.message_id == placement.message_id)
            .where(
                placement.folder_id == cursor.id,
                placement.epoch == cursor.epoch,
                placement.uid > last,
            )
            .order_by(placement.uid)
            .limit(_ROWS_AT_ONCE)
        ).all()
        if not rows:
            return
        for row in rows:
            yield LedgerRow(
                uid=row.uid,
                state=row.state,
                reason=row.reason,
                size_bytes=row.size_bytes,
                has_message=row.message_id is not None,
                has_original=row.content is not None and _can_be_unpacked(row.content),
            )
        last = rows[-1].uid


def _can_be_unpacked(content: bytes) -> bool:
    try:
        return bool(zlib.decompress(content))
    except zlib.error:
        return False


def save_reconciled(connection: Connection, mailbox_id: int, found: Reconciled) -> None:
    """Keep what a comparison found, in the place of the last one."""
    table = schema.reconciliation
    connection.execute(delete(table).where(table.c.mailbox_id == mailbox_id))
    connection.execute(
        insert(table).values(
            mailbox_id=mailbox_id,
            made_at=found.made_at,
            held=found.held,
            accounted=found.accounted,
            quarantined=found.quarantined,
            findings=found.findings,
            problem=found.problem,
        )
    )


def last_reconciled(connection: Connection) -> dict[Address, Reconciled]:
    """Return the last comparison of each mailbox that was ever compared."""
    table, mailbox = schema.reconciliation, schema.mailbox
    rows = connection.execute(
        select(mailbox.c.address, table).join(table, table.c.mailbox_id == mailbox.c.id)
    )
    return {
        Address(row.address): Reconciled(
            made_at=row.made_at,
            held=row.held,
            accounted=row.accounted,
            quarantined=row.quarantined,
            findings=row.findings,
            problem=row.problem,
        )
        for row in rows
    }
