"""Prove that the most urgent obligation stands first."""

from collections.abc import Callable
from datetime import datetime

import pytest

from models.obligation import Obligation
from sla.urgency import Band, band, urgency_key
from sla.work_calendar import WorkCalendar

At = Callable[[str], datetime]
Owed = Callable[..., tuple[Obligation, ...]]

QUESTION = "04-24 11:00 client m1\n"
PROMISED = QUESTION + "04-24 12:00 ours r1 holding promise=04-27,19:00\n"


@pytest.mark.parametrize(
    ("story", "as_of", "expected"),
    [
        pytest.param(QUESTION, "04-24 12:00", Band.DUE_TODAY, id="due today"),
        pytest.param(QUESTION, "04-24 19:00", Band.DUE_TODAY, id="exactly at the due"),
        pytest.param(QUESTION, "04-24 19:00:01", Band.OVERDUE, id="overdue"),
        pytest.param(PROMISED, "04-24 15:00", Band.LATER, id="promised for later"),
        pytest.param(PROMISED, "04-27 09:00", Band.PROMISED_TODAY, id="promised for today"),
        pytest.param(PROMISED, "04-28 09:00", Band.OVERDUE, id="promise broken"),
        pytest.param(
            QUESTION + "04-24 12:00 ours r1 full", "04-28 09:00", Band.DONE, id="answered"
        ),
        pytest.param(
            QUESTION + "04-24 12:00 ours r1 holding promise=04-25,00:00",
            "04-24 15:00",
            Band.PROMISED_TODAY,
            id="promised for 24:00",
        ),
    ],
)
def test_an_obligation_stands_in_the_band_of_its_deadline(
    owed: Owed, moscow: WorkCalendar, at: At, story: str, as_of: str, expected: Band
) -> None:
    (obligation,) = owed(story, as_of=as_of)
    assert band(obligation, as_of=at(as_of), calendar=moscow) is expected


def test_overdue_comes_first_then_today_and_chasers_raise_priority(
    owed: Owed, moscow: WorkCalendar, at: At
) -> None:
    as_of = "04-24 12:30"
    stories = [
        "04-24 11:00 client later\n04-24 12:00 ours r1 holding promise=04-27,19:00",
        "04-24 11:00 client today",
        "04-24 11:30 client chased\n04-24 12:00 client m2 chaser",
        "04-24 11:00 client done\n04-24 12:00 ours r1 full",
        "04-23 11:00 client overdue",
        "04-24 11:00 client promised\n04-24 12:00 ours r1 holding promise=04-24,18:00",
    ]
    obligations = [one for story in stories for one in owed(story, as_of=as_of)]
    ordered = sorted(
        obligations, key=lambda one: urgency_key(one, as_of=at(as_of), calendar=moscow)
    )
    assert [one.opened_by for one in ordered] == [
        "overdue",
        "chased",
        "promised",
        "today",
        "later",
        "done",
    ]
