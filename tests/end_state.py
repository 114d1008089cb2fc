"""Say all that a database holds, without row numbers: what two runs must agree on.

A row number tells in which order rows were written, and no promise of ours depends on that.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from models.db import messages, schema
from models.db.store import Store

EndState = dict[str, list[str]]
"""Per kind of row, each row as one line; sorted, and what is there twice stands there twice."""


def end_state(store: Store) -> EndState:
    """Return everything that was stored, judged, and written down about the way there."""
    with store.read() as db:
        return {
            "messages": _messages(db),
            "threads": _rows(
                db,
                schema.thread.c.name,
                schema.thread.c.revision == schema.thread.c.folded_revision,
            ),
            "folders": _folders(db),
            "placements": _placements(db),
            "obligations": _whole_table(db, "obligation"),
            "journal": _journal(db),
            "problems": _rows(db, schema.mailbox.c.address, schema.mailbox.c.problem),
        }


def differences(expected: EndState, found: EndState) -> list[str]:
    """Return what is missing and what is too much, a line each."""
    return [
        f"{kind}: {sign} {row}"
        for kind in expected
        for sign, rows in (
            ("missing", _without(expected[kind], found[kind])),
            ("too much", _without(found[kind], expected[kind])),
        )
        for row in rows
    ]


def _without(rows: Iterable[str], others: Iterable[str]) -> list[str]:
    """Return rows less the others, each other row taking away one."""
    left = list(rows)
    for other in others:
        if other in left:
            left.remove(other)
    return left


def _messages(db: Connection) -> list[str]:
    """Return every message as it is read back: thread, account, verdicts, arrival, copies."""
    return sorted(
        repr(message)
        for thread in messages.all_threads(db)
        for message in messages.thread_messages(db, thread)
    )


def _folders(db: Connection) -> list[str]:
    """Return how far each folder is known.

    Not when it was last swept: a life that goes on where another broke off looks once more.
    """
    folder = schema.folder.c
    return _rows(
        db,
        folder.name,
        folder.role,
        folder.epoch,
        folder.uidvalidity,
        folder.enumerated_low,
        folder.enumerated_high,
        folder.last_ok_at,
        folder.missing_since,
    )


def _placements(db: Connection) -> list[str]:
    folder, placement, message = schema.folder, schema.placement, schema.message
    rows = db.execute(
        select(
            folder.c.name,
            placement.c.epoch,
            placement.c.uid,
            placement.c.state,
            placement.c.reason,
            placement.c.attempts,
            placement.c.first_seen_at,
            placement.c.gone_at,
            message.c.key,
        )
        .select_from(placement)
        .join(folder, folder.c.id == placement.c.folder_id)
        .outerjoin(message, message.c.id == placement.c.message_id)
    )
    return sorted(repr(tuple(row)) for row in rows)


def _journal(db: Connection) -> list[str]:
    transition = schema.transition.c
    return _rows(
        db, transition.kind, transition.opened_by, transition.what, transition.effective_at
    )


def _whole_table(db: Connection, name: str) -> list[str]:
    columns = [column for column in schema.metadata.tables[name].c if column.name != "id"]
    return sorted(repr(tuple(row)) for row in db.execute(select(*columns)))


def _rows(db: Connection, *columns: object) -> list[str]:
    return sorted(repr(tuple(row)) for row in db.execute(select(*columns)))  # type: ignore[call-overload]  # columns of any type
