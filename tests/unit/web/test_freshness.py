"""Whether the data can be trusted."""

from datetime import datetime, timedelta

import pytest

from models.ids import Address
from models.mailboxes import MailboxHealth
from tests.panel_studio import NOW
from web.freshness import Freshness, MailboxState, judge_freshness

HELLO = Address("hello@studio.example")
ANNA = Address("anna@studio.example")


def judged(*healths: MailboxHealth, watched: frozenset[Address] = frozenset({HELLO})) -> Freshness:
    return judge_freshness(healths, watched, NOW)


def health(
    address: Address = HELLO, *, at: datetime | None = NOW, problem: str = ""
) -> MailboxHealth:
    return MailboxHealth(address=address, last_ok_at=at, problem=problem)


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (health(at=NOW - timedelta(minutes=15)), MailboxState.FRESH),
        (health(at=NOW - timedelta(minutes=15, seconds=1)), MailboxState.DARK),
        (health(problem="The server refused the login."), MailboxState.DARK),
        (health(at=None), MailboxState.UNREAD),
        (health(ANNA), MailboxState.UNWATCHED),
    ],
    ids=["a quarter of an hour", "a second more", "with a problem", "never", "from an import"],
)
def test_a_mailbox_is_trusted_only_when_it_was_read_lately_and_well(
    given: MailboxHealth, state: MailboxState
) -> None:
    report = next(r for r in judged(given).reports if r.health == given)
    assert report.state is state


def test_a_mailbox_that_the_store_never_heard_of_is_unread_not_absent() -> None:
    freshness = judged(health(), watched=frozenset({HELLO, ANNA}))
    assert [r.health.address for r in freshness.blind_spots] == [ANNA]
    assert not freshness.complete
    assert (freshness.fresh_count, len(freshness.watched)) == (1, 2)


def test_nothing_watched_is_not_complete() -> None:
    assert not judged(watched=frozenset()).complete


def test_an_imported_mailbox_makes_nothing_incomplete() -> None:
    assert judged(health(), health(ANNA, at=None)).complete


def test_the_data_is_as_old_as_the_oldest_fresh_mailbox() -> None:
    older = NOW - timedelta(minutes=9)
    lost = NOW - timedelta(days=2)
    third = Address("support@studio.example")
    freshness = judged(
        health(),
        health(ANNA, at=older),
        health(third, at=lost),
        watched=frozenset({HELLO, ANNA, third}),
    )
    assert freshness.data_as_of == older


def test_a_missed_deadline_is_sure_only_when_every_mailbox_was_read_after_it() -> None:
    older = NOW - timedelta(minutes=9)
    freshness = judged(health(), health(ANNA, at=older), watched=frozenset({HELLO, ANNA}))
    assert freshness.confirms(older)
    assert not freshness.confirms(older + timedelta(seconds=1))
