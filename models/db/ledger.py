"""Keep the per-UID ledger: nothing a server ever listed is without a row (research/imap.md 2.2).

Each function is one of the transactions Discover, Store, Fail, Sweep, Epoch, Health, or a part of
one; the caller opens the transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, insert, or_, select, true, update

from models.db import schema
from models.ids import Address
from models.mailboxes import FolderCursor, FolderRole, ListedMail, MonitoredFolder, PlacementState

QUARANTINE_AFTER_ATTEMPTS = 5
_RETRY_AFTER = timedelta(minutes=1)
_BEYOND_BACKFILL = "older than backfill_days"
_ROLE_ORDER = {FolderRole.INBOX: 0, FolderRole.SENT: 1, FolderRole.EXTRA: 2}


def ensure_mailbox(connection: Connection, address: Address) -> int:
    """Return the row id of a mailbox, making the row at its first mention."""
    table = schema.mailbox
    pk = connection.execute(
        select(table.c.id).where(table.c.address == address)
    ).scalar_one_or_none()
    if pk is not None:
        return int(pk)
    result = connection.execute(insert(table).values(address=address, problem=""))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def set_problem(connection: Connection, mailbox_id: int, problem: str, now: datetime) -> None:
    """Note what is wrong with a mailbox in one sentence; an empty one says that all is well.

    The moment is that of the first report: the same problem again leaves it as it was.
    """
    table = schema.mailbox
    connection.execute(
        update(table)
        .where(table.c.id == mailbox_id, table.c.problem != problem)
        .values(problem=problem, problem_since=now if problem else None)
    )


# --- folders ------------------------------------------------------------------------------------


def save_folders(
    connection: Connection, mailbox_id: int, found: Sequence[MonitoredFolder], now: datetime
) -> tuple[FolderCursor, ...]:
    """Make the mailbox's monitored folders those that were found; return their cursors.

    A folder that is no longer there keeps its rows and is marked as missing.
    """
    table = schema.folder
    for folder in found:
        values = {"name": folder.name, "role": folder.role, "role_reason": folder.reason}
        changed = connection.execute(
            update(table)
            .where(table.c.mailbox_id == mailbox_id, table.c.raw_name == folder.raw_name)
            .values(missing_since=None, **values)
        )
        if changed.rowcount == 0:
            connection.execute(
                insert(table).values(
                    mailbox_id=mailbox_id,
                    raw_name=folder.raw_name,
                    enumerated_low=1,
                    enumerated_high=0,
                    **values,
                )
            )
    connection.execute(
        update(table)
        .where(
            table.c.mailbox_id == mailbox_id,
            table.c.raw_name.not_in([folder.raw_name for folder in found]),
            table.c.missing_since.is_(None),
            table.c.imported.is_(False),
        )
        .values(missing_since=now)
    )
    return folder_cursors(connection, mailbox_id)


def folder_cursors(connection: Connection, mailbox_id: int) -> tuple[FolderCursor, ...]:
    """Return where we stand in each monitored folder: INBOX first, then Sent, then the others."""
    table = schema.folder
    rows = connection.execute(
        select(table).where(
            table.c.mailbox_id == mailbox_id,
            table.c.missing_since.is_(None),
            table.c.imported.is_(False),
        )
    )
    cursors = [
        FolderCursor(
            id=row.id,
            name=row.name,
            raw_name=row.raw_name,
            role=row.role,
            epoch=row.epoch,
            uidvalidity=row.uidvalidity,
            low=row.enumerated_low,
            high=row.enumerated_high,
            last_sweep_at=row.last_sweep_at,
            last_ok_at=row.last_ok_at,
            renumbered_at=row.renumbered_at,
            skip_until=row.skip_until,
        )
        for row in rows
    ]
    return tuple(sorted(cursors, key=lambda c: (_ROLE_ORDER[c.role], c.name)))


def mark_pass_ok(connection: Connection, folder_id: int, examined_at: datetime) -> None:
    """Note that everything the server held at an instant is accounted for."""
    table = schema.folder
    connection.execute(update(table).where(table.c.id == folder_id).values(last_ok_at=examined_at))


# --- placements ---------------------------------------------------------------------------------


def discover(
    connection: Connection,
    cursor: FolderCursor,
    listed: Iterable[ListedMail],
    *,
    window: tuple[int, int],
    horizon: datetime | None,
    now: datetime,
) -> FolderCursor:
    """Give every UID listed in a window a row and move the cursor over it, both or neither.

    The window must touch what was enumerated before, so that no gap remains. Mail that arrived
    before the horizon is ignored with a reason; None means no horizon. Returns the moved cursor.
    """
    low, high = window
    if not cursor.untouched:
        assert low <= cursor.high + 1
        assert high >= cursor.low - 1
        low, high = min(low, cursor.low), max(high, cursor.high)
    known = _known_uids(connection, cursor, *window)
    rows = [_new_placement(cursor, mail, horizon, now) for mail in listed if mail.uid not in known]
    if rows:
        connection.execute(insert(schema.placement), rows)
    table = schema.folder
    connection.execute(
        update(table)
        .where(table.c.id == cursor.id, table.c.epoch == cursor.epoch)
        .values(enumerated_low=low, enumerated_high=high)
    )
    return replace(cursor, low=low, high=high)


def _known_uids(connection: Connection, cursor: FolderCursor, low: int, high: int) -> set[int]:
    table = schema.placement
    rows = connection.execute(
        select(table.c.uid).where(
            table.c.folder_id == cursor.id,
            table.c.epoch == cursor.epoch,
            table.c.uid.between(low, high),
        )
    )
    return set(rows.scalars())


def _new_placement(
    cursor: FolderCursor, mail: ListedMail, horizon: datetime | None, now: datetime
) -> dict[str, object]:
    too_old = _is_beyond(mail.internaldate, horizon)
    return {
        "folder_id": cursor.id,
        "epoch": cursor.epoch,
        "uid": mail.uid,
        "state": PlacementState.IGNORED if too_old else PlacementState.PENDING,
        "reason": _BEYOND_BACKFILL if too_old else "",
        "size_bytes": mail.size_bytes,
        "internaldate": mail.internaldate,
        "attempts": 0,
        "first_seen_at": now,
    }


def _is_beyond(internaldate: datetime | None, horizon: datetime | None) -> bool:
    return horizon is not None and internaldate is not None and internaldate < horizon


def widen_backfill(connection: Connection, cursor: FolderCursor, horizon: datetime | None) -> None:
    """Ask for mail that was beyond the horizon and no longer is, after the setting changed."""
    table = schema.placement
    condition = [
        table.c.folder_id == cursor.id,
        table.c.epoch == cursor.epoch,
        table.c.state == PlacementState.IGNORED,
        table.c.reason == _BEYOND_BACKFILL,
    ]
    if horizon is not None:
        condition.append(table.c.internaldate >= horizon)
    connection.execute(
        update(table).where(*condition).values(state=PlacementState.PENDING, reason="")
    )


def pending(
    connection: Connection, cursor: FolderCursor, *, limit: int, now: datetime | None
) -> tuple[ListedMail, ...]:
    """Return what is to be fetched next, newest first.

    What failed a moment ago waits its turn, unless `now` is None: then it is tried at once.
    """
    table = schema.placement
    its_turn = (
        true() if now is None else or_(table.c.next_try_at.is_(None), table.c.next_try_at <= now)
    )
    rows = connection.execute(
        select(table.c.uid, table.c.size_bytes, table.c.internaldate)
        .where(
            table.c.folder_id == cursor.id,
            table.c.epoch == cursor.epoch,
            table.c.state == PlacementState.PENDING,
            its_turn,
        )
        .order_by(table.c.uid.desc())
        .limit(limit)
    )
    return tuple(
        ListedMail(uid=row.uid, size_bytes=row.size_bytes, internaldate=row.internaldate)
        for row in rows
    )


def pending_uids(connection: Connection, cursor: FolderCursor) -> list[int]:
    """Return every UID that is still to be read, newest first."""
    table = schema.placement
    rows = connection.execute(
        select(table.c.uid)
        .where(
            table.c.folder_id == cursor.id,
            table.c.epoch == cursor.epoch,
            table.c.state == PlacementState.PENDING,
        )
        .order_by(table.c.uid.desc())
    )
    return list(rows.scalars())


def count_pending(connection: Connection, cursor: FolderCursor) -> int:
    """Return how many UIDs of a folder are known and not yet read."""
    return _count(connection, cursor, PlacementState.PENDING)


def count_quarantined(connection: Connection, cursor: FolderCursor) -> int:
    """Return how many UIDs of a folder could not be read and were given up with a reason."""
    return _count(connection, cursor, PlacementState.QUARANTINED)


def _count(connection: Connection, cursor: FolderCursor, state: PlacementState) -> int:
    table = schema.placement
    return connection.execute(
        select(func.count()).where(
            table.c.folder_id == cursor.id,
            table.c.epoch == cursor.epoch,
            table.c.state == state,
        )
    ).scalar_one()


def mark_stored(connection: Connection, cursor: FolderCursor, uid: int, message_pk: int) -> None:
    """Note which message a UID holds."""
    mark_all_stored(connection, cursor, [(uid, message_pk)])


def mark_all_stored(
    connection: Connection, cursor: FolderCursor, places: Sequence[tuple[int, int]]
) -> None:
    """Note for some UIDs which message each holds."""
    table = schema.placement
    connection.execute(
        update(table)
        .where(
            table.c.folder_id == cursor.id,
            table.c.epoch == cursor.epoch,
            table.c.uid == bindparam("at_uid"),
        )
        .values(
            state=PlacementState.STORED,
            message_id=bindparam("held"),
            reason="",
            next_try_at=None,
        ),
        [{"at_uid": uid, "held": message_pk} for uid, message_pk in places],
    )


def mark_failed(
    connection: Connection, cursor: FolderCursor, uid: int, error: str, now: datetime
) -> PlacementState:
    """Count a failed attempt; after the fifth the UID is quarantined, shown, and blocks nobody."""
    table = schema.placement
    attempts = (
        1
        + connection.execute(
            select(table.c.attempts).where(
                table.c.folder_id == cursor.id, table.c.epoch == cursor.epoch, table.c.uid == uid
            )
        ).scalar_one()
    )
    given_up = attempts >= QUARANTINE_AFTER_ATTEMPTS
    state = PlacementState.QUARANTINED if given_up else PlacementState.PENDING
    _set_state(
        connection,
        cursor,
        uid,
        state=state,
        attempts=attempts,
        reason=error,
        next_try_at=None if given_up else now + _RETRY_AFTER * attempts,
    )
    return state


def mark_gone(connection: Connection, cursor: FolderCursor, uid: int, now: datetime) -> None:
    """Note that the server no longer holds a UID."""
    _set_state(connection, cursor, uid, state=PlacementState.GONE, gone_at=now)


def _set_state(connection: Connection, cursor: FolderCursor, uid: int, **values: object) -> None:
    table = schema.placement
    connection.execute(
        update(table)
        .where(table.c.folder_id == cursor.id, table.c.epoch == cursor.epoch, table.c.uid == uid)
        .values(**values)
    )


def sweep(
    connection: Connection, cursor: FolderCursor, held: frozenset[int], now: datetime
) -> None:
    """Compare what the server holds with the ledger, both ways.

    A UID that is held and has no row becomes pending (servers do leave some out of a listing); one
    that vanished becomes gone; one that was gone and is held again is what it was.
    """
    table = schema.placement
    rows = connection.execute(
        select(table.c.uid, table.c.state, table.c.message_id).where(
            table.c.folder_id == cursor.id, table.c.epoch == cursor.epoch
        )
    ).all()
    known = {row.uid for row in rows}
    for uid in sorted(held - known):
        mail = ListedMail(uid=uid, size_bytes=0, internaldate=None)
        connection.execute(insert(table).values(**_new_placement(cursor, mail, None, now)))
    for row in rows:
        if row.uid not in held and row.state is not PlacementState.GONE:
            mark_gone(connection, cursor, row.uid, now)
        elif row.uid in held and row.state is PlacementState.GONE:
            back = PlacementState.PENDING if row.message_id is None else PlacementState.STORED
            _set_state(connection, cursor, row.uid, state=back, gone_at=None)
    connection.execute(
        update(schema.folder).where(schema.folder.c.id == cursor.id).values(last_sweep_at=now)
    )
