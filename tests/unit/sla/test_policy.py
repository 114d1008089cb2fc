"""Prove until when a client's mail must be answered (SEMANTICS.md section 1)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from models.errors import ConfigurationError
from models.ids import AccountId, Address
from models.obligation import Reason
from models.verdict import Tag
from sla.policy import (
    Policy,
    PolicyException,
    SameDay,
    Within,
    first_due,
    parse_cutoff,
    parse_duration,
)
from sla.work_calendar import WorkCalendar, parse_hours

At = Callable[[str], datetime]
TWO_HOURS = Within(business_time=timedelta(hours=2))


def due(
    policy: Policy, calendar: WorkCalendar, arrived_at: datetime, *tags: Tag
) -> tuple[datetime, tuple[Reason, ...]]:
    return first_due(
        policy,
        calendar,
        arrived_at=arrived_at,
        tags=frozenset(tags),
        account=AccountId("acme"),
        mailbox=Address("hello@studio.example"),
    )


@pytest.mark.parametrize(
    ("arrived", "due_at"),
    [
        pytest.param("04-24 11:00", "04-24 19:00", id="in the morning"),
        pytest.param("04-24 17:59:59", "04-24 19:00", id="strictly before the cut-off"),
        pytest.param("04-24 18:00", "04-27 19:00", id="exactly at the cut-off"),
        pytest.param("04-24 18:30", "04-27 19:00", id="after the cut-off"),
        pytest.param("04-24 03:00", "04-24 19:00", id="at night before opening"),
        pytest.param("04-24 00:00", "04-24 19:00", id="at midnight"),
        pytest.param("04-23 23:59", "04-24 19:00", id="late in the evening"),
        pytest.param("04-24 13:30", "04-24 19:00", id="at lunch"),
        pytest.param("04-25 11:00", "04-27 19:00", id="on Saturday"),
        pytest.param("04-30 18:30", "05-04 19:00", id="before a holiday and a weekend"),
        pytest.param("05-01 09:00", "05-04 19:00", id="on a holiday"),
        pytest.param("11-30 18:01", "12-01 19:00", id="at the end of a month"),
        pytest.param("12-30 17:59", "12-30 19:00", id="on the last working day of the year"),
    ],
)
def test_same_day_before_the_cutoff_else_the_next_working_day(
    moscow: WorkCalendar, at: At, arrived: str, due_at: str
) -> None:
    assert due(Policy(), moscow, at(arrived))[0] == at(due_at)


@pytest.mark.parametrize(
    ("arrived", "due_at"),
    [
        pytest.param("04-30 15:59:59", "04-30 16:00", id="just before closing"),
        pytest.param("04-30 16:00", "05-04 19:00", id="exactly at closing"),
        pytest.param("04-30 17:00", "05-04 19:00", id="after closing, before the cut-off"),
    ],
)
def test_on_a_short_day_closing_takes_the_place_of_the_cutoff(
    moscow: WorkCalendar, at: At, arrived: str, due_at: str
) -> None:
    short = replace(moscow, overrides={date(2026, 4, 30): parse_hours(["10:00-16:00"])})
    assert due(Policy(), short, at(arrived))[0] == at(due_at)


def test_the_cutoff_can_be_set(moscow: WorkCalendar, at: At) -> None:
    noon = Policy(rule=SameDay(cutoff=time(12)))
    assert due(noon, moscow, at("04-24 12:30"))[0] == at("04-27 19:00")


@pytest.mark.parametrize(
    ("arrived", "due_at"),
    [
        pytest.param("04-24 11:00", "04-24 13:00", id="until lunch"),
        pytest.param("04-24 12:30", "04-24 15:30", id="over lunch"),
        pytest.param("04-24 18:00", "04-27 11:00", id="over the weekend"),
        pytest.param("04-24 23:00", "04-27 12:00", id="counted from the opening"),
        pytest.param("04-30 18:30", "05-04 11:30", id="over a holiday"),
    ],
)
def test_within_counts_working_time_from_the_arrival(
    moscow: WorkCalendar, at: At, arrived: str, due_at: str
) -> None:
    assert due(Policy(rule=TWO_HOURS), moscow, at(arrived))[0] == at(due_at)


def test_a_complaint_is_due_within_two_working_hours_and_says_so(
    moscow: WorkCalendar, at: At
) -> None:
    policy = Policy(exceptions=(PolicyException(tag=Tag.COMPLAINT, rule=TWO_HOURS),))
    due_at, why = due(policy, moscow, at("04-24 11:00"), Tag.COMPLAINT, Tag.BUG)
    assert due_at == at("04-24 13:00")
    assert Reason(code="rule_of_tag", detail="complaint") in why
    assert Reason(code="most_urgent_rule", detail="2") in why


def test_an_exception_never_makes_a_mail_less_urgent(moscow: WorkCalendar, at: At) -> None:
    policy = Policy(exceptions=(PolicyException(tag=Tag.COMPLAINT, rule=TWO_HOURS),))
    due_at, why = due(policy, moscow, at("04-24 17:50"), Tag.COMPLAINT)
    assert due_at == at("04-24 19:00")
    assert all(reason.code != "rule_of_tag" for reason in why)


@pytest.mark.parametrize(
    ("exception", "applies"),
    [
        pytest.param({"account": AccountId("acme")}, True, id="its account"),
        pytest.param({"account": AccountId("globex")}, False, id="another account"),
        pytest.param({"mailbox": Address("hello@studio.example")}, True, id="its mailbox"),
        pytest.param({"mailbox": Address("support@studio.example")}, False, id="another mailbox"),
        pytest.param({"tag": Tag.BUG}, False, id="another tag"),
        pytest.param({"account": AccountId("acme"), "tag": Tag.BUG}, False, id="only one of two"),
    ],
)
def test_policies_differ_per_account_tag_and_mailbox(
    moscow: WorkCalendar, at: At, exception: dict[str, str], applies: bool
) -> None:
    policy = Policy(exceptions=(PolicyException(rule=TWO_HOURS, **exception),))  # type: ignore[arg-type]  # the table mixes ids
    expected = "04-24 13:00" if applies else "04-24 19:00"
    assert due(policy, moscow, at("04-24 11:00"))[0] == at(expected)


def test_an_exception_for_everything_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="tag, an account"):
        PolicyException(rule=TWO_HOURS)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("4h", 240), ("90m", 90), ("1h30m", 90), (" 2 H ", 120), ("45min", 45), ("1h 15m", 75)],
)
def test_a_duration_is_read_from_text(text: str, minutes: int) -> None:
    assert parse_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "0h", "2d", "4", "h", "-1h", "1.5h"])
def test_a_duration_that_cannot_be_read_is_refused_with_the_accepted_form(text: str) -> None:
    with pytest.raises(ConfigurationError, match=f'^duration {text!r} .*"4h"'):
        parse_duration(text)


def test_a_cutoff_is_read_from_text() -> None:
    assert parse_cutoff(" 9:30 ") == time(9, 30)


@pytest.mark.parametrize("text", ["", "18", "24:00", "18:60", "6 pm"])
def test_a_cutoff_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=f'^time {text!r} .*"18:00"'):
        parse_cutoff(text)


def test_a_deadline_at_24_00_names_no_day_beyond_it(moscow: WorkCalendar, at: At) -> None:
    late = replace(moscow, weekly=dict.fromkeys(range(5), parse_hours(["10:00-24:00"])))
    due_at, why = due(Policy(), late, at("04-24 11:00"))
    assert due_at == at("04-25 00:00")
    assert [reason.code for reason in why] == ["arrived_before_cutoff", "due"]
