"""Keep obligations by difference, and write a Transition for every change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from models.db import schema
from models.ids import MessageKey, ThreadId
from models.obligation import Obligation, ObligationKind, ObligationState, Transition

Identity = tuple[ObligationKind, MessageKey]

_FIELDS = tuple(field.name for field in fields(Obligation))


def obligations_of(connection: Connection, thread: ThreadId) -> tuple[Obligation, ...]:
    """Return a thread's stored obligations in order of opening."""
    return obligations_by_thread(connection, [thread])[thread]


def obligations_by_thread(
    connection: Connection, threads: Sequence[ThreadId]
) -> dict[ThreadId, tuple[Obligation, ...]]:
    """Return the stored obligations of each thread in order of opening."""
    table = schema.obligation
    rows = connection.execute(
        select(table)
        .where(table.c.thread.in_(threads))
        .order_by(table.c.opened_at, table.c.kind, table.c.opened_by)
    )
    found: dict[ThreadId, list[Obligation]] = {thread: [] for thread in threads}
    for row in rows:
        found[ThreadId(row.thread)].append(obligation_of(row))
    return {thread: tuple(some) for thread, some in found.items()}


def store_difference(
    connection: Connection, thread: ThreadId, folded: Iterable[Obligation], now: datetime
) -> tuple[Transition, ...]:
    """Make the stored obligations of a thread equal to the folded ones; return what changed."""
    return store_differences(connection, {thread: tuple(folded)}, now)


def store_differences(
    connection: Connection,
    folded: Mapping[ThreadId, Sequence[Obligation]],
    now: datetime,
) -> tuple[Transition, ...]:
    """Make the stored obligations of threads equal to the folded ones; return what changed.

    A fold that says what is stored already writes nothing.
    """
    stored = obligations_by_thread(connection, list(folded))
    fresh: list[Obligation] = []
    transitions: list[Transition] = []
    for thread, after_fold in folded.items():
        before = {(o.kind, o.opened_by): o for o in stored[thread]}
        after = {(o.kind, o.opened_by): o for o in after_fold}
        for identity, obligation in after.items():
            old = before.get(identity)
            if obligation == old:
                continue
            if old is None:
                fresh.append(obligation)
            else:
                _rewrite(connection, identity, obligation)
            transitions += transitions_between(old, obligation)
        for identity in before.keys() - after.keys():
            _delete(connection, [identity])
            transitions.append(_removed(before[identity], now))
    _add(connection, fresh)
    _record(connection, transitions, now)
    return tuple(transitions)


def transitions_between(old: Obligation | None, new: Obligation) -> list[Transition]:
    """Name what a fold changed, each dated by the moment it took effect."""

    def transition(what: str, at: datetime, why: str = "") -> Transition:
        return Transition(
            kind=new.kind, opened_by=new.opened_by, what=what, effective_at=at, why=why
        )

    changes: list[Transition] = []
    if old is None:
        changes.append(transition("opened", new.opened_at))
    if new.breached and not (old and old.breached) and new.breached_at is not None:
        changes.append(transition("breached", new.breached_at))
    if new.due_at != (old.due_at if old else new.first_due_at):
        moved_at = new.promises[-1].made_at if new.promises else new.opened_at
        changes.append(transition("due_moved", moved_at, f"due {new.due_at.isoformat()}"))
    if old is None or old.state is not new.state:
        changes += [transition(*change) for change in _state_changes(old, new)]
    return changes


def _state_changes(old: Obligation | None, new: Obligation) -> list[tuple[str, datetime, str]]:
    match new.state:
        case ObligationState.ANSWERED | ObligationState.ANSWERED_LATE:
            at = new.answered_at or new.opened_at
            return [(new.state.value, at, f"by {new.answerer or 'us'}")]
        case ObligationState.DISMISSED:
            at = new.answered_at or new.opened_at
            return [("dismissed", at, f"by {new.dismissed_by}")]
        case ObligationState.PROMISED:
            at = new.promises[-1].made_at if new.promises else new.opened_at
            return [("promised", at, "")]
        case ObligationState.OPEN:
            return [] if old is None else [("reopened", new.opened_at, "")]


def _removed(old: Obligation, now: datetime) -> Transition:
    return Transition(
        kind=old.kind,
        opened_by=old.opened_by,
        what="removed",
        effective_at=now,
        why="its mail no longer opens an obligation",
    )


def _rewrite(connection: Connection, identity: Identity, obligation: Obligation) -> None:
    table = schema.obligation
    connection.execute(update(table).where(_is(identity)).values(**_columns_of(obligation)))


def _add(connection: Connection, obligations: Sequence[Obligation]) -> None:
    if not obligations:
        return
    # A merge of threads may have left the same obligation under another thread's name.
    _delete(connection, [(o.kind, o.opened_by) for o in obligations])
    connection.execute(insert(schema.obligation), [_columns_of(o) for o in obligations])


def _columns_of(obligation: Obligation) -> dict[str, object]:
    values = {name: getattr(obligation, name) for name in _FIELDS}
    return {**values, "waits": obligation.state.waits}


def _delete(connection: Connection, identities: Sequence[Identity]) -> None:
    table = schema.obligation
    connection.execute(
        delete(table).where(
            table.c.kind == bindparam("of_kind"), table.c.opened_by == bindparam("by_key")
        ),
        [{"of_kind": kind, "by_key": opened_by} for kind, opened_by in identities],
    )


def _is(identity: Identity) -> ColumnElement[bool]:
    table = schema.obligation
    return and_(table.c.kind == identity[0], table.c.opened_by == identity[1])


def _record(connection: Connection, transitions: list[Transition], now: datetime) -> None:
    if not transitions:
        return
    connection.execute(
        insert(schema.transition),
        [
            {
                "kind": t.kind,
                "opened_by": t.opened_by,
                "what": t.what,
                "effective_at": t.effective_at,
                "recorded_at": now,
                "why": t.why,
            }
            for t in transitions
        ],
    )


def obligation_of(row: Row[tuple[object, ...]]) -> Obligation:
    """Build the value from a row that holds all columns of the table."""
    return Obligation(**{name: getattr(row, name) for name in _FIELDS})
