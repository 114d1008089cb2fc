"""Make a mail as read ready for its rows: pure work, so that another process can do it."""

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.db import schema
from models.db.column_types import AsJson, JsonText
from models.ids import MessageId, MessageKey
from models.message import RawMail, ReadMail


@dataclass(frozen=True, kw_only=True, slots=True)
class PackedMail:
    """What the store keeps of one mail; the rest can be read again from `content`."""

    key: MessageKey
    identifiers: frozenset[str]
    arrived_at: datetime
    server_dated: bool
    """False when no INTERNALDATE said when it arrived, as of an imported file."""
    columns: dict[str, Any]
    """Values of the message table, its JSON written already."""
    content: bytes
    """What was fetched, compressed."""
    size_bytes: int
    complete: bool


def pack(mail: ReadMail, raw: RawMail, arrived_at: datetime) -> PackedMail:
    """Return the mail ready for storing; raises for text that no database takes."""
    return PackedMail(
        key=mail.key,
        identifiers=identifiers_of(mail),
        arrived_at=arrived_at,
        server_dated=raw.internaldate is not None,
        columns=columns_of(mail),
        content=zlib.compress(raw.content, level=1),
        size_bytes=raw.size_bytes,
        complete=raw.complete,
    )


def columns_of(mail: ReadMail) -> dict[str, Any]:
    """Return what reading found, as columns; the same for the first reading and for a later one."""
    parsed = mail.parsed
    values = {
        "message_id": parsed.message_id,
        "digest": mail.digest,
        "direction": mail.direction,
        "origin": mail.origin.origin,
        "origin_reason": mail.origin.reason,
        "author": mail.author,
        "recipients": (*parsed.to, *parsed.cc, *parsed.bcc),
        "dated_at": parsed.date,
        "subject": parsed.subject,
        "new_text": mail.new_text,
        "verdicts": mail.verdicts,
        "ignored_reason": mail.ignored_reason,
        "report": mail.origin.report,
        "attachments": parsed.attachments,
        "defects": parsed.defects,
    }
    return {name: _written(name, value) for name, value in values.items()}


def _written(column: str, value: Any) -> Any:
    """Return a value of a JSON column as text, any other as it is."""
    column_type = schema.message.c[column].type
    if value is None or not isinstance(column_type, AsJson):
        return value
    return JsonText(column_type.write(value))


def identifiers_of(mail: ReadMail) -> frozenset[str]:
    """Return every id that ties a mail to others; a mail that bears and names none stands alone."""
    parsed = mail.parsed
    named = {*parsed.references, *parsed.in_reply_to}
    if parsed.message_id is not None:
        named.add(parsed.message_id)
    if mail.origin.report is not None and mail.origin.report.failed_message_id is not None:
        # A bounce belongs to the conversation of the mail that failed, and seldom says so in its
        # own References.
        named.add(mail.origin.report.failed_message_id)
    return frozenset(map(_folded, named)) or frozenset({f"key:{mail.key}"})


def _folded(message_id: MessageId) -> str:
    """Return an id made comparable: gateways change the case of its domain, never of the rest."""
    local, at, domain = message_id.rpartition("@")
    return local + at + domain.lower()
