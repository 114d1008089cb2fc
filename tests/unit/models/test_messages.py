"""Messages are stored once, and threads depend on the set of messages alone."""

import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from models.db import messages, schema
from models.db.store import Store
from models.message import ReadMail
from tests.mails import MONDAY_NOON, raw_mail, read_mail


def _save(store: Store, *mails: ReadMail) -> None:
    with store.write() as db:
        for mail in mails:
            messages.save_message(db, mail, raw_mail(), MONDAY_NOON)


def _threads(store: Store) -> dict[str, frozenset[str]]:
    """Return thread name -> keys of its messages."""
    with store.read() as db:
        found = {
            name: frozenset(m.key for m in messages.thread_messages(db, name))
            for name in messages.all_threads(db)
        }
    return {name: keys for name, keys in found.items() if keys}


def test_two_copies_are_one_message_with_the_earliest_arrival(store: Store) -> None:
    mail = read_mail("a")
    with store.write() as db:
        first, _ = messages.save_message(db, mail, raw_mail(), MONDAY_NOON)
        earlier = MONDAY_NOON - timedelta(minutes=5)
        second, thread = messages.save_message(db, mail, raw_mail(earlier), earlier)
        later = MONDAY_NOON + timedelta(minutes=5)
        messages.save_message(db, mail, raw_mail(later), later)
        (stored,) = messages.thread_messages(db, thread)
    assert first == second
    assert stored.arrived_at == earlier


def test_what_was_fetched_can_be_read_again(store: Store) -> None:
    _save(store, read_mail("a"))
    with store.read() as db:
        ((pk, raw),) = messages.raw_mails_after(db, 0, 10)
        assert messages.raw_mails_after(db, pk, 10) == []
    assert raw == raw_mail()


def test_an_answer_joins_the_thread_of_what_it_answers(store: Store) -> None:
    _save(store, read_mail("a"), read_mail("b", references=("a",)))
    assert list(_threads(store).values()) == [{"key-a", "key-b"}]


def test_the_case_of_an_ids_domain_does_not_part_a_thread(store: Store) -> None:
    _save(store, read_mail("a@Acme.Example"), read_mail("b", references=("a@acme.example",)))
    assert len(_threads(store)) == 1


def test_two_answers_to_a_mail_that_nobody_has_meet(store: Store) -> None:
    _save(store, read_mail("b", references=("lost",)), read_mail("c", references=("lost",)))
    assert list(_threads(store).values()) == [{"key-b", "key-c"}]


def test_a_mail_that_names_two_threads_merges_them(store: Store) -> None:
    _save(store, read_mail("a"), read_mail("b"), read_mail("c", references=("a", "b")))
    assert list(_threads(store).values()) == [{"key-a", "key-b", "key-c"}]
    with store.read() as db:
        assert db.execute(select(func.count()).select_from(schema.thread)).scalar_one() == 1


def test_a_bounce_joins_the_thread_of_the_mail_that_failed(store: Store) -> None:
    _save(store, read_mail("a"), read_mail("dsn", failed="a"))
    assert list(_threads(store).values()) == [{"key-a", "key-dsn"}]


def test_mails_without_any_id_stand_alone(store: Store) -> None:
    _save(store, read_mail(None, key="one"), read_mail(None, key="two"))
    assert sorted(_threads(store).values(), key=min) == [{"one"}, {"two"}]


def test_a_loop_of_references_is_one_thread(store: Store) -> None:
    _save(store, read_mail("a", references=("b",)), read_mail("b", references=("a",)))
    assert list(_threads(store).values()) == [{"key-a", "key-b"}]


_ids = st.sampled_from("abcdefghij")


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    links=st.dictionaries(_ids, st.lists(_ids, max_size=3).map(tuple), min_size=1),
    seed=st.integers(0, 1000),
)
def test_threads_and_their_names_do_not_depend_on_the_order_of_arrival(
    store: Store, links: dict[str, tuple[str, ...]], seed: int
) -> None:
    mails = [read_mail(own, references=named) for own, named in links.items()]
    partitions = []
    for order in (mails, random.Random(seed).sample(mails, len(mails))):
        with store.write() as db:
            for table in (schema.raw_mail, schema.message, schema.identifier, schema.thread):
                db.execute(delete(table))
        _save(store, *order)
        partitions.append(_threads(store))
    assert partitions[0] == partitions[1]


def test_a_changed_thread_is_stale_until_it_is_folded(store: Store) -> None:
    _save(store, read_mail("a"))
    with store.write() as db:
        (name,) = messages.stale_threads(db, 10)
        messages.mark_folded(db, [name])
        assert messages.stale_threads(db, 10) == []
    _save(store, read_mail("b", references=("a",)))
    with store.read() as db:
        assert len(messages.stale_threads(db, 10)) == 1


def test_a_surrogate_in_a_mail_stops_that_mail_only(store: Store) -> None:
    """A lone surrogate can't be stored as UTF-8: the caller quarantines the mail."""
    with pytest.raises(Exception, match="surrogate"), store.write() as db:
        messages.save_message(db, read_mail("\ud800"), raw_mail(), MONDAY_NOON)
    assert _threads(store) == {}
