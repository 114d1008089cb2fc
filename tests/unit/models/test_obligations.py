"""Obligations are stored by difference; each change is journalled by when it took effect."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from models.db import schema
from models.db.obligations import obligations_of, store_difference
from models.db.store import Store
from models.ids import Address, MessageKey, ThreadId
from models.obligation import Obligation, ObligationState, Promise, PromiseOutcome, Reason
from models.verdict import Tag
from tests.mails import MONDAY_NOON, obligation

THREAD = ThreadId("thread")
NOW = MONDAY_NOON + timedelta(days=1)
TOMORROW = MONDAY_NOON + timedelta(days=1, hours=4)


def _store(store: Store, *folded: Obligation) -> list[str]:
    """Store a fold and return what the journal says of it."""
    with store.write() as db:
        changes = store_difference(db, THREAD, folded, NOW)
    return [change.what for change in changes]


def test_an_obligation_comes_back_as_it_was_folded(store: Store) -> None:
    promise = Promise(
        message=MessageKey("key-b"),
        made_at=MONDAY_NOON,
        text="завтра",
        due_at=TOMORROW,
        outcome=PromiseOutcome.IN_FORCE,
    )
    whole = obligation(
        state=ObligationState.PROMISED,
        due_at=TOMORROW,
        tags=frozenset({Tag.BUG, Tag.COMPLAINT}),
        joined=(MessageKey("key-c"),),
        promises=(promise,),
        owner=Address("anna@studio.example"),
        why=(Reason(code="due", at=TOMORROW),),
        first_reply=MessageKey("key-b"),
        first_reply_at=MONDAY_NOON,
        first_reply_business_minutes=0,
    )
    _store(store, whole)
    with store.read() as db:
        assert obligations_of(db, THREAD) == (whole,)


def test_storing_the_same_fold_again_writes_nothing(store: Store) -> None:
    assert _store(store, obligation()) == ["opened"]
    assert _store(store, obligation()) == []


def test_an_answer_is_one_transition(store: Store) -> None:
    _store(store, obligation())
    answered = obligation(state=ObligationState.ANSWERED, answered_at=MONDAY_NOON)
    assert _store(store, answered) == ["answered"]


def test_a_breach_is_dated_by_its_deadline(store: Store) -> None:
    due_at = MONDAY_NOON.replace(hour=16)
    _store(store, obligation())
    assert _store(store, obligation(breached=True, breached_at=due_at)) == ["breached"]
    with store.read() as db:
        row = db.execute(
            select(schema.transition).where(schema.transition.c.what == "breached")
        ).one()
    assert (row.effective_at, row.recorded_at) == (due_at, NOW)


def test_a_promise_moves_the_deadline_and_says_so(store: Store) -> None:
    _store(store, obligation())
    promised = obligation(state=ObligationState.PROMISED, due_at=TOMORROW)
    assert _store(store, promised) == ["due_moved", "promised"]


def test_an_answer_that_came_back_reopens(store: Store) -> None:
    _store(store, obligation(state=ObligationState.ANSWERED, answered_at=MONDAY_NOON))
    assert _store(store, obligation(bounced=True)) == ["reopened"]


def test_an_obligation_that_no_longer_follows_is_removed_with_a_trace(store: Store) -> None:
    _store(store, obligation())
    assert _store(store) == ["removed"]
    with store.read() as db:
        assert obligations_of(db, THREAD) == ()


def test_only_what_waits_is_marked_as_waiting(store: Store) -> None:
    done = replace(obligation(), opened_by=MessageKey("b"), state=ObligationState.DISMISSED)
    _store(store, obligation(), done)
    with store.read() as db:
        rows = db.execute(select(schema.obligation.c.opened_by, schema.obligation.c.waits)).all()
    assert {row.opened_by: row.waits for row in rows} == {"key-a": True, "b": False}
