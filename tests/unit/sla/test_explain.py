"""Prove that a deadline is explained in the reader's language."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from models.ids import AccountId
from models.obligation import Obligation, Reason
from models.verdict import Tag
from sla.explain import explain
from sla.policy import Policy, first_due
from sla.work_calendar import WorkCalendar

At = Callable[[str], datetime]
Owed = Callable[..., tuple[Obligation, ...]]
MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        pytest.param(
            "en",
            "arrived Thu 30 Apr 18:30 after the cut-off 18:00;"
            " 1 May holiday (Holiday of Spring and Labor); 2-3 May weekend; due Mon 4 May 19:00",
            id="English",
        ),
        pytest.param(
            "ru",
            "пришло чт 30 апр. 18:30, после 18:00; 1 мая праздник (Праздник Весны и Труда);"
            " 2-3 мая выходной; срок пн 4 мая 19:00",
            id="Russian",
        ),
    ],
)
def test_a_deadline_is_a_short_ledger(
    moscow: WorkCalendar, at: At, language: str, expected: str
) -> None:
    _, why = first_due(
        Policy(),
        moscow,
        arrived_at=at("04-30 18:30"),
        tags=frozenset(),
        account=AccountId("acme"),
        mailbox=None,
    )
    assert explain(why, zone=MOSCOW, language=language) == expected


def test_the_most_urgent_rule_says_so(moscow: WorkCalendar, policy: Policy, at: At) -> None:
    _, why = first_due(
        policy,
        moscow,
        arrived_at=at("04-24 11:30"),
        tags=frozenset({Tag.COMPLAINT}),
        account=AccountId("acme"),
        mailbox=None,
    )
    assert explain(why, zone=MOSCOW, language="en") == (
        "arrived Fri 24 Apr 11:30; 2 h of working time; rule for complaint;"
        " the most urgent of 2 rules; due Fri 24 Apr 14:30"
    )


def test_holidays_of_a_range_are_named_once_each(moscow: WorkCalendar, at: At) -> None:
    reason = Reason(code="holiday", at=at("01-01 12:00"), until=at("01-08 12:00"), detail="RU")
    assert explain([reason], zone=MOSCOW, language="ru") == (
        "1-8 янв. праздник (Новогодние каникулы, Рождество Христово)"
    )


def test_a_whole_story_is_told_in_order(owed: Owed) -> None:
    (obligation,) = owed(
        """04-24 11:00 client m1
        04-24 12:00 ours r1 holding promise=04-27,13:00
        04-27 15:00 client m2 chaser
        04-27 16:30 ours r2 full to=olga@acme.example""",
        as_of="04-28 12:00",
    )
    assert explain(obligation.why, zone=MOSCOW, language="en").split("; ") == [
        "arrived Fri 24 Apr 11:00 before the cut-off 18:00",
        "due Fri 24 Apr 19:00",
        "promised Fri 24 Apr 12:00 for Mon 27 Apr 13:00: “by 04-27,13:00”",
        "deadline Mon 27 Apr 13:00 missed",
        "client reminded Mon 27 Apr 15:00",
        "answered late Mon 27 Apr 16:30 by anna@studio.example",
        "ivan@acme.example, who asked, was left out",
    ]


def test_braces_in_what_we_wrote_stay_as_they_are(at: At) -> None:
    reason = Reason(
        code="promised", at=at("04-24 12:00"), until=at("04-27 13:00"), detail="{at} {0} {x!r}"
    )
    assert explain([reason], zone=MOSCOW, language="en").endswith("“{at} {0} {x!r}”")


def test_a_code_without_a_phrase_stands_as_it_is() -> None:
    reason = Reason(code="from_a_newer_version", detail="x")
    assert explain([reason], zone=MOSCOW, language="ru") == "from_a_newer_version x"


def test_an_unknown_language_is_written_in_english(at: At) -> None:
    reason = Reason(code="due", at=at("04-24 19:00"))
    assert explain([reason], zone=MOSCOW, language="xx") == "due Fri 24 Apr 19:00"


def test_times_are_told_in_the_readers_zone(at: At) -> None:
    reason = Reason(code="due", at=at("04-24 19:00"))
    berlin = ZoneInfo("Europe/Berlin")
    assert explain([reason], zone=berlin, language="en") == "due Fri 24 Apr 18:00"
