"""Keep messages, the threads they make, and what was fetched of them."""

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from models.db import schema
from models.ids import AccountId, MessageId, MessageKey, ThreadId
from models.mailboxes import PlacementState
from models.message import Copy, Message, RawMail, ReadMail
from models.verdict import InboundVerdicts, OutboundVerdicts

_THREAD_NAME_LENGTH = 16


def save_message(
    connection: Connection, mail: ReadMail, raw: RawMail, arrived_at: datetime
) -> tuple[int, ThreadId]:
    """Store a message, or find it when another copy came first; return its row id and thread.

    The arrival becomes the earliest of all copies, but one that a server dated always beats one
    that only the file of an import dates (SEMANTICS.md section 1). The thread is marked stale, so
    that it is folded again.
    """
    thread = _join_thread(connection, mail)
    row = connection.execute(
        select(schema.message.c.id, schema.message.c.arrived_at).where(
            schema.message.c.key == mail.key
        )
    ).one_or_none()
    if row is None:
        return _insert_message(connection, mail, raw, arrived_at, thread), thread
    known_by_server = _dated_by_server(connection, row.id)
    if (raw.internaldate is not None) is known_by_server:
        moves = arrived_at < row.arrived_at
    else:
        moves = not known_by_server
    if moves:
        connection.execute(
            update(schema.message)
            .where(schema.message.c.id == row.id)
            .values(arrived_at=arrived_at)
        )
    return row.id, thread


def _dated_by_server(connection: Connection, pk: int) -> bool:
    """Tell whether any copy of a message that is known so far has an INTERNALDATE."""
    table = schema.placement
    dated = select(table.c.uid).where(table.c.message_id == pk, table.c.internaldate.is_not(None))
    return connection.execute(dated.limit(1)).first() is not None


def _insert_message(
    connection: Connection, mail: ReadMail, raw: RawMail, arrived_at: datetime, thread: ThreadId
) -> int:
    result = connection.execute(
        insert(schema.message).values(
            key=mail.key, thread=thread, arrived_at=arrived_at, **_columns_of(mail)
        )
    )
    assert result.inserted_primary_key is not None
    pk: int = result.inserted_primary_key[0]
    connection.execute(
        insert(schema.raw_mail).values(
            message_id=pk,
            content=zlib.compress(raw.content, level=1),
            size_bytes=raw.size_bytes,
            complete=raw.complete,
        )
    )
    return pk


def _columns_of(mail: ReadMail) -> dict[str, object]:
    """Return what reading found, as columns; the same for the first reading and for a later one."""
    parsed = mail.parsed
    return {
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


def rewrite_message(connection: Connection, pk: int, mail: ReadMail) -> None:
    """Replace what reading found of a message, after the settings or the rules changed."""
    connection.execute(
        update(schema.message).where(schema.message.c.id == pk).values(**_columns_of(mail))
    )


def raw_mails_after(connection: Connection, pk: int, limit: int) -> Sequence[tuple[int, RawMail]]:
    """Return the next stored originals in order of row id, for reading them again."""
    raw, message = schema.raw_mail.c, schema.message.c
    rows = connection.execute(
        select(raw.message_id, raw.content, raw.size_bytes, raw.complete, message.arrived_at)
        .join(schema.message, message.id == raw.message_id)
        .where(raw.message_id > pk)
        .order_by(raw.message_id)
        .limit(limit)
    )
    return [
        (
            row.message_id,
            RawMail(
                content=zlib.decompress(row.content),
                size_bytes=row.size_bytes,
                internaldate=row.arrived_at,
                complete=row.complete,
            ),
        )
        for row in rows
    ]


# --- threads ------------------------------------------------------------------------------------


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


def _join_thread(connection: Connection, mail: ReadMail) -> ThreadId:
    """Put a mail's identifiers into one thread, merging the threads it connects.

    A thread is a connected component of identifiers, and its name the least of their hashes: both
    depend on the set of messages only, never on the order of arrival. Missing parents are
    identifiers like any other, so two answers to a mail that nobody has meet all the same.
    """
    identifiers = identifiers_of(mail)
    table = schema.identifier
    rows = connection.execute(
        select(table.c.identifier, table.c.thread).where(table.c.identifier.in_(identifiers))
    )
    known = {row.identifier: row.thread for row in rows}
    joined = set(known.values())
    name = min({*joined, *(_name_of(i) for i in identifiers)})
    for other in joined - {name}:
        _rename_thread(connection, other, name)
    fresh = identifiers - known.keys()
    if fresh:
        connection.execute(
            insert(table), [{"identifier": i, "thread": name} for i in sorted(fresh)]
        )
    mark_stale(connection, name)
    return ThreadId(name)


def _name_of(identifier: str) -> str:
    return hashlib.sha256(identifier.encode()).hexdigest()[:_THREAD_NAME_LENGTH]


def _rename_thread(connection: Connection, old: str, new: str) -> None:
    for table in (schema.identifier, schema.message, schema.obligation):
        connection.execute(update(table).where(table.c.thread == old).values(thread=new))
    connection.execute(delete(schema.thread).where(schema.thread.c.name == old))


def mark_stale(connection: Connection, name: str) -> None:
    """Ask for a thread to be folded again."""
    table = schema.thread
    changed = connection.execute(update(table).where(table.c.name == name).values(stale=True))
    if changed.rowcount == 0:
        connection.execute(insert(table).values(name=name, stale=True))


def mark_all_stale(connection: Connection) -> None:
    """Ask for all history to be folded again, after a calendar, policy or account changed."""
    connection.execute(update(schema.thread).values(stale=True))


def stale_threads(connection: Connection, limit: int) -> list[ThreadId]:
    """Return threads that wait to be folded."""
    table = schema.thread
    rows = connection.execute(select(table.c.name).where(table.c.stale).limit(limit))
    return [ThreadId(name) for name in rows.scalars()]


def mark_folded(connection: Connection, name: ThreadId) -> None:
    """Note that a thread's obligations say what its messages say."""
    table = schema.thread
    connection.execute(update(table).where(table.c.name == name).values(stale=False))


def all_threads(connection: Connection) -> list[ThreadId]:
    """Return every thread's name, in a stable order."""
    rows = connection.execute(select(schema.thread.c.name).order_by(schema.thread.c.name))
    return [ThreadId(name) for name in rows.scalars()]


# --- reading back -------------------------------------------------------------------------------


def thread_messages(connection: Connection, name: ThreadId) -> tuple[Message, ...]:
    """Return a thread's messages in order of arrival, with the places where each lies."""
    message = schema.message
    rows = connection.execute(
        select(message)
        .where(message.c.thread == name)
        .order_by(message.c.arrived_at, message.c.key)
    ).all()
    copies = _copies_of(connection, [row.id for row in rows])
    return tuple(_message_of(row, copies.get(row.id, ())) for row in rows)


def set_account(connection: Connection, key: MessageKey, account: AccountId | None) -> None:
    """Note whose mail a message is."""
    message = schema.message
    connection.execute(update(message).where(message.c.key == key).values(account=account))


def set_verdicts(
    connection: Connection, key: MessageKey, verdicts: InboundVerdicts | OutboundVerdicts | None
) -> None:
    """Note what a message says, judged in the light of its thread."""
    message = schema.message
    connection.execute(update(message).where(message.c.key == key).values(verdicts=verdicts))


def count_messages(connection: Connection) -> int:
    """Return how many messages are stored, each counted once whatever its copies."""
    return connection.execute(select(func.count()).select_from(schema.message)).scalar_one()


def _copies_of(connection: Connection, pks: Iterable[int]) -> dict[int, tuple[Copy, ...]]:
    placement, folder, mailbox = schema.placement.c, schema.folder.c, schema.mailbox.c
    rows = connection.execute(
        select(
            placement.message_id,
            mailbox.address,
            folder.name,
            folder.uidvalidity,
            placement.uid,
            placement.internaldate,
        )
        .select_from(schema.placement)
        .join(schema.folder, folder.id == placement.folder_id)
        .join(schema.mailbox, mailbox.id == folder.mailbox_id)
        .where(
            placement.message_id.in_(list(pks)),
            placement.epoch == folder.epoch,
            placement.state == PlacementState.STORED,
        )
        .order_by(mailbox.address, folder.name, placement.uid)
    )
    copies: dict[int, tuple[Copy, ...]] = {}
    for pk, address, name, uidvalidity, uid, internaldate in rows:
        copy = Copy(
            mailbox=address,
            folder=name,
            uidvalidity=uidvalidity,
            uid=uid,
            internaldate=internaldate,
        )
        copies[pk] = (*copies.get(pk, ()), copy)
    return copies


def _message_of(row: Row[tuple[object, ...]], copies: tuple[Copy, ...]) -> Message:
    return Message(
        key=MessageKey(row.key),
        message_id=row.message_id,
        digest=row.digest,
        thread=ThreadId(row.thread),
        account=row.account,
        direction=row.direction,
        origin=row.origin,
        origin_reason=row.origin_reason,
        author=row.author,
        recipients=row.recipients,
        arrived_at=row.arrived_at,
        dated_at=row.dated_at,
        subject=row.subject,
        new_text=row.new_text,
        verdicts=row.verdicts,
        ignored_reason=row.ignored_reason,
        report=row.report,
        attachments=row.attachments,
        defects=row.defects,
        copies=copies,
    )
