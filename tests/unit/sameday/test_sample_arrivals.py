"""Show that mail keeps arriving in the demo, named anew and fitting what is there already."""

from collections import Counter
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import pytest

from sameday.demo.arrivals import arrival, events
from sameday.demo.compose import PlacedMail, placed_mails, written_until
from sameday.demo.stories import Says, conversations

MOSCOW: Final = ZoneInfo("Europe/Moscow")

STARTS: Final = {
    "Monday 00:10": datetime(2026, 11, 23, 0, 10, tzinfo=MOSCOW),
    "Tuesday 18:01": datetime(2026, 11, 24, 18, 1, tzinfo=MOSCOW),
    "Wednesday 12:00": datetime(2026, 11, 25, 12, 0, tzinfo=MOSCOW),
    "Friday 00:10": datetime(2026, 11, 27, 0, 10, tzinfo=MOSCOW),
    "Friday 23:50": datetime(2026, 11, 27, 23, 50, tzinfo=MOSCOW),
    "Saturday 09:00": datetime(2026, 11, 28, 9, 0, tzinfo=MOSCOW),
    "Sunday 15:00": datetime(2026, 11, 22, 15, 0, tzinfo=MOSCOW),
    "1 January": datetime(2027, 1, 1, 0, 5, tzinfo=MOSCOW),
    "29 February": datetime(2028, 2, 29, 11, 30, tzinfo=MOSCOW),
}

at_every_start = pytest.mark.parametrize("now", STARTS.values(), ids=STARTS.keys())

WEDNESDAY: Final = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def test_each_arrival_is_dated_now_and_named_anew() -> None:
    laps = 3 * len(events())
    arrivals = [arrival(index, WEDNESDAY) for index in range(laps)]
    assert all(0 <= (copies[0].internaldate - WEDNESDAY).seconds < 5 for copies in arrivals)
    names = {_message_id(copies[0]) for copies in arrivals}
    assert len(names) == laps
    assert names.isdisjoint(_message_id(mail) for mail in placed_mails(WEDNESDAY))


def test_an_arrival_replies_to_mail_that_is_there() -> None:
    for now in STARTS.values():
        there = {_message_id(mail) for mail in placed_mails(now.astimezone(UTC))}
        for index in range(2 * len(events())):
            copy = arrival(index, now.astimezone(UTC))[0]
            parent = _parsed(copy)["In-Reply-To"]
            assert parent is None or parent in there
            there.add(_message_id(copy))


def test_a_lap_of_arrivals_holds_questions_answers_a_promise_a_chaser_and_thanks() -> None:
    says = Counter(event.mail.says for event in events() if not event.once)
    assert len(events()) >= 20
    assert set(says) >= {Says.ASKS, Says.ANSWERS, Says.HOLDS, Says.CHASES, Says.THANKS}


def test_a_lap_of_arrivals_answers_about_as_much_as_it_asks() -> None:
    again = [event for event in events() if not event.once]
    asked = {event.mail.id for event in again if event.mail.says is Says.ASKS}
    answers = [event for event in again if event.mail.says is Says.ANSWERS]
    assert len(asked) - 2 <= len(answers) <= len(asked)


@pytest.mark.parametrize("event", [e for e in events() if e.once], ids=lambda e: e.mail.id)
def test_what_the_live_part_continues_is_there_at_every_start(event: Any) -> None:
    continued = [talk for talk in conversations() if talk.id == event.continues]
    for now in STARTS.values():
        for talk in continued:
            assert len(written_until(talk, now.astimezone(UTC))) == len(talk.mails)


def _parsed(mail: PlacedMail) -> "Message[str, str]":
    return message_from_bytes(mail.content)


def _message_id(mail: PlacedMail) -> str:
    return cast("str", _parsed(mail)["Message-ID"])
