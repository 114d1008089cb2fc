"""Keep messages, the threads they make, and what was fetched of them."""

import hashlib
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from models.db import schema
from models.db.merged_threads import MergedThreads
from models.db.packing import PackedMail, columns_of, pack
from models.ids import AccountId, MessageKey, ThreadId
from models.mailboxes import PlacementState
from models.message import Copy, Message, RawMail, ReadMail
from models.verdict import InboundVerdicts, OutboundVerdicts

_THREAD_NAME_LENGTH = 16
_BOUND_VALUES = 5_000
"""SQLite takes 32,766 in one statement; a mail may name 200 others."""


def save_message(
    connection: Connection, mail: ReadMail, raw: RawMail, arrived_at: datetime
) -> tuple[int, ThreadId]:
    """Store a message, or find it when another copy came first; return its row id and thread."""
    (saved,) = save_messages(connection, [pack(mail, raw, arrived_at)])
    return saved


def save_messages(
    connection: Connection, mails: Sequence[PackedMail]
) -> list[tuple[int, ThreadId]]:
    """Store messages, or find those of which another copy came first; return row ids and threads.

    The arrival becomes the earliest of all copies, but one that a server dated always beats one
    that only an imported file dates (SEMANTICS.md section 1). Their threads are marked stale, so
    that they are folded again. Many mails cost hardly more statements than one.
    """
    threads = _join_threads(connection, mails)
    known = _known_messages(connection, mails)
    fresh: dict[MessageKey, PackedMail] = {}
    for mail in mails:
        first = fresh.get(mail.key)
        if mail.key in known:
            _settle_arrival(connection, *known[mail.key], mail)
        elif first is None or mail.arrived_at < first.arrived_at:
            fresh[mail.key] = mail if first is None else replace(first, arrived_at=mail.arrived_at)
    pks = {key: pk for key, (pk, _) in known.items()} | _insert_messages(
        connection, list(fresh.values()), dict(zip((m.key for m in mails), threads, strict=True))
    )
    return [(pks[mail.key], thread) for mail, thread in zip(mails, threads, strict=True)]


def _known_messages(
    connection: Connection, mails: Sequence[PackedMail]
) -> dict[MessageKey, tuple[int, datetime]]:
    message = schema.message.c
    rows = connection.execute(
        select(message.key, message.id, message.arrived_at).where(
            message.key.in_({mail.key for mail in mails})
        )
    )
    return {row.key: (row.id, row.arrived_at) for row in rows}


def _settle_arrival(connection: Connection, pk: int, known: datetime, mail: PackedMail) -> None:
    """Note the arrival of a further copy, if it says more than the copies before."""
    known_by_server = _dated_by_server(connection, pk)
    alike = mail.server_dated is known_by_server
    if mail.arrived_at < known if alike else mail.server_dated:
        message = schema.message
        connection.execute(
            update(message).where(message.c.id == pk).values(arrived_at=mail.arrived_at)
        )


def _dated_by_server(connection: Connection, pk: int) -> bool:
    """Tell whether a message's arrival comes from a server, not from the file of an import."""
    placement = schema.placement.c
    dates = connection.execute(select(placement.internaldate).where(placement.message_id == pk))
    instants = list(dates.scalars())
    return not instants or any(instant is not None for instant in instants)


def _insert_messages(
    connection: Connection, mails: Sequence[PackedMail], threads: Mapping[MessageKey, ThreadId]
) -> dict[MessageKey, int]:
    if not mails:
        return {}
    rows = [
        {"key": m.key, "thread": threads[m.key], "arrived_at": m.arrived_at, **m.columns}
        for m in mails
    ]
    connection.execute(insert(schema.message), rows)
    pks = {key: pk for key, (pk, _) in _known_messages(connection, mails).items()}
    originals = [
        {
            "message_id": pks[mail.key],
            "content": mail.content,
            "size_bytes": mail.size_bytes,
            "complete": mail.complete,
        }
        for mail in mails
    ]
    connection.execute(insert(schema.raw_mail), originals)
    return pks


def rewrite_message(connection: Connection, pk: int, mail: ReadMail) -> None:
    """Replace what reading found of a message, after the settings or the rules changed."""
    connection.execute(
        update(schema.message).where(schema.message.c.id == pk).values(**columns_of(mail))
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


def _join_threads(connection: Connection, mails: Sequence[PackedMail]) -> list[ThreadId]:
    """Put the identifiers of mails into threads, merging those that a mail connects.

    A thread is a connected component of identifiers, and its name the least of their hashes: both
    depend on the set of messages only, never on the order of arrival. Missing parents are
    identifiers like any other, so two answers to a mail that nobody has meet all the same.
    """
    table = schema.identifier
    identifiers = sorted(frozenset().union(*(mail.identifiers for mail in mails)))
    known: dict[str, str] = {}
    for some in _in_portions(identifiers):
        rows = connection.execute(
            select(table.c.identifier, table.c.thread).where(table.c.identifier.in_(some))
        )
        known.update((row.identifier, row.thread) for row in rows)
    merged = MergedThreads()
    for mail in mails:
        merged.join(known.get(i) or _name_of(i) for i in mail.identifiers)
    for old in sorted(set(known.values())):
        if merged.name_of(old) != old:
            _rename_thread(connection, old, merged.name_of(old))
    fresh = [i for i in identifiers if i not in known]
    if fresh:
        rows_to_add = [{"identifier": i, "thread": merged.name_of(_name_of(i))} for i in fresh]
        connection.execute(insert(table), rows_to_add)
    names = [
        ThreadId(merged.name_of(known.get(i) or _name_of(i)))
        for i in (next(iter(mail.identifiers)) for mail in mails)
    ]
    _mark_some_stale(connection, set(names))
    return names


def _in_portions(values: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(values)
    while portion := list(islice(rest, _BOUND_VALUES)):
        yield portion


def _name_of(identifier: str) -> str:
    return hashlib.sha256(identifier.encode()).hexdigest()[:_THREAD_NAME_LENGTH]


def _rename_thread(connection: Connection, old: str, new: str) -> None:
    for table in (schema.identifier, schema.message, schema.obligation):
        connection.execute(update(table).where(table.c.thread == old).values(thread=new))
    connection.execute(delete(schema.thread).where(schema.thread.c.name == old))


def mark_stale(connection: Connection, name: str) -> None:
    """Ask for a thread to be folded again."""
    _mark_some_stale(connection, {name})


def _mark_some_stale(connection: Connection, names: Collection[str]) -> None:
    table = schema.thread
    ordered = sorted(names)
    known = set(connection.execute(select(table.c.name).where(table.c.name.in_(ordered))).scalars())
    if known:
        connection.execute(
            update(table).where(table.c.name.in_(ordered)).values(revision=table.c.revision + 1)
        )
    fresh = [
        {"name": name, "revision": 1, "folded_revision": 0} for name in ordered if name not in known
    ]
    if fresh:
        connection.execute(insert(table), fresh)


def mark_all_stale(connection: Connection) -> None:
    """Ask for all history to be folded again, after a calendar, policy or account changed."""
    table = schema.thread
    connection.execute(update(table).values(revision=table.c.revision + 1))


def stale_threads(connection: Connection, limit: int) -> list[ThreadId]:
    """Return threads that wait to be folded."""
    table = schema.thread
    rows = connection.execute(
        select(table.c.name).where(table.c.revision != table.c.folded_revision).limit(limit)
    )
    return [ThreadId(name) for name in rows.scalars()]


def revisions(connection: Connection, names: Sequence[ThreadId]) -> dict[ThreadId, int]:
    """Return how often each thread has changed; one that was merged away is missing."""
    table = schema.thread
    rows = connection.execute(select(table.c.name, table.c.revision).where(table.c.name.in_(names)))
    return {ThreadId(row.name): row.revision for row in rows}


def mark_folded(connection: Connection, names: Collection[ThreadId]) -> None:
    """Note that the obligations of threads say what their messages say, as of this transaction."""
    table = schema.thread
    connection.execute(
        update(table).where(table.c.name.in_(names)).values(folded_revision=table.c.revision)
    )


def all_threads(connection: Connection) -> list[ThreadId]:
    """Return every thread's name, in a stable order."""
    rows = connection.execute(select(schema.thread.c.name).order_by(schema.thread.c.name))
    return [ThreadId(name) for name in rows.scalars()]


# --- reading back -------------------------------------------------------------------------------


def thread_messages(connection: Connection, name: ThreadId) -> tuple[Message, ...]:
    """Return a thread's messages in order of arrival, with the places where each lies."""
    return messages_by_thread(connection, [name])[name]


def messages_by_thread(
    connection: Connection, names: Sequence[ThreadId]
) -> dict[ThreadId, tuple[Message, ...]]:
    """Return the messages of each thread as `thread_messages` does; empty for an unknown thread."""
    message = schema.message
    rows = connection.execute(
        select(message)
        .where(message.c.thread.in_(names))
        .order_by(message.c.arrived_at, message.c.key)
    ).all()
    copies = _copies_of(connection, [row.id for row in rows])
    found: dict[ThreadId, list[Message]] = {name: [] for name in names}
    for row in rows:
        found[ThreadId(row.thread)].append(_message_of(row, copies.get(row.id, ())))
    return {name: tuple(some) for name, some in found.items()}


def set_account(connection: Connection, key: MessageKey, account: AccountId | None) -> None:
    """Note whose mail a message is."""
    set_accounts(connection, {key: account})


def set_accounts(connection: Connection, accounts: Mapping[MessageKey, AccountId | None]) -> None:
    """Note whose mail each of some messages is."""
    message = schema.message
    if accounts:
        connection.execute(
            update(message)
            .where(message.c.key == bindparam("of_key"))
            .values(account=bindparam("found")),
            [{"of_key": key, "found": account} for key, account in accounts.items()],
        )


def set_verdicts(
    connection: Connection,
    verdicts: Mapping[MessageKey, InboundVerdicts | OutboundVerdicts | None],
) -> None:
    """Note what each of some messages says, judged in the light of its thread."""
    message = schema.message
    if verdicts:
        connection.execute(
            update(message)
            .where(message.c.key == bindparam("of_key"))
            .values(verdicts=bindparam("found")),
            [{"of_key": key, "found": value} for key, value in verdicts.items()],
        )


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
