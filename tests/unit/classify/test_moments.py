"""Prove that words of time give the latest instant they cover."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.classifier import Machinery
from classify.moments import find_moments
from models.working_time import WorkingTime

_MOSCOW = ZoneInfo("Europe/Moscow")
_WEDNESDAY = datetime(2025, 3, 12, 10, 30, tzinfo=_MOSCOW)


def _latest(
    machinery: Machinery, calendar: WorkingTime, text: str, sent_at: datetime = _WEDNESDAY
) -> str | None:
    moments = find_moments(machinery.moments, text, sent_at, calendar)
    due = max((m.due_at for m in moments), default=None)
    return due.astimezone(_MOSCOW).strftime("%d.%m %H:%M") if due else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("завтра до обеда", "13.03 13:00"),
        ("first thing tomorrow", "13.03 12:00"),
        ("до конца дня", "12.03 19:00"),
        ("к вечеру", "12.03 19:00"),
        ("by EOD Friday", "14.03 19:00"),
        ("COB tomorrow", "13.03 19:00"),
        ("by the end of today", "12.03 19:00"),
        ("сегодня", "12.03 19:00"),
        ("до пятницы", "14.03 19:00"),
        ("к концу недели", "14.03 19:00"),
        ("early next week", "18.03 19:00"),
        ("на следующей неделе", "21.03 19:00"),
        ("через пару дней", "14.03 19:00"),
        ("within 2 business days", "14.03 19:00"),
        ("в течение часа", "12.03 11:30"),
        ("within 24 hours", "13.03 10:30"),
        ("end of month", "31.03 19:00"),
        ("к 20.03", "20.03 19:00"),
        ("20 марта", "20.03 19:00"),
        ("by March 20", "20.03 19:00"),
        ("03/20", "20.03 19:00"),
        ("к 15:00", "12.03 15:00"),
        ("завтра к 15.00", "13.03 15:00"),
        ("by 3 pm", "12.03 15:00"),
        ("к трём часам", "12.03 15:00"),
        ("в четверг-пятницу", "14.03 19:00"),
        ("сегодня-завтра", "13.03 19:00"),
        ("за 2-3 дня", "17.03 19:00"),
        ("послезавтра утром", "14.03 12:00"),
        ("after the weekend", "17.03 19:00"),
    ],
)
def test_words_give_the_latest_instant_they_cover(
    machinery: Machinery, office_hours: WorkingTime, text: str, expected: str
) -> None:
    assert _latest(machinery, office_hours, text) == expected


def test_after_the_holidays_is_the_first_working_day(
    machinery: Machinery, office_hours: WorkingTime
) -> None:
    sent_at = datetime(2025, 4, 28, 12, 0, tzinfo=_MOSCOW)
    assert _latest(machinery, office_hours, "после праздников", sent_at) == "05.05 19:00"


def test_end_of_month_on_a_weekend_is_its_last_working_day(
    machinery: Machinery, office_hours: WorkingTime
) -> None:
    sent_at = datetime(2025, 8, 20, 12, 0, tzinfo=_MOSCOW)
    assert _latest(machinery, office_hours, "до конца месяца", sent_at) == "29.08 19:00"


def test_a_date_of_january_said_in_december_is_of_the_next_year(
    machinery: Machinery, office_hours: WorkingTime
) -> None:
    sent_at = datetime(2025, 12, 29, 12, 0, tzinfo=_MOSCOW)
    (moment,) = find_moments(machinery.moments, "до 12 января", sent_at, office_hours)
    assert moment.due_at == datetime(2026, 1, 12, 16, 0, tzinfo=UTC)


def test_today_said_after_closing_is_still_today(
    machinery: Machinery, office_hours: WorkingTime
) -> None:
    sent_at = datetime(2025, 3, 12, 20, 0, tzinfo=_MOSCOW)
    assert _latest(machinery, office_hours, "сегодня", sent_at) == "12.03 23:59"


@pytest.mark.parametrize(
    "text", ["We will get back to you shortly", "письмо от 12.03", "со вчера", "в разделе 5.1", ""]
)
def test_what_names_no_deadline_gives_none(
    machinery: Machinery, office_hours: WorkingTime, text: str
) -> None:
    assert _latest(machinery, office_hours, text) is None


@given(
    text=st.sampled_from(
        ["завтра", "к концу недели", "by Friday", "31.12", "EOD", "к 9:00", "через час", "29.02"]
    ),
    minutes=st.integers(min_value=0, max_value=3 * 366 * 24 * 60),
)
def test_a_moment_is_never_before_the_mail(
    machinery: Machinery, office_hours: WorkingTime, text: str, minutes: int
) -> None:
    sent_at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    moments = find_moments(machinery.moments, text, sent_at, office_hours)
    assert all(m.due_at >= sent_at for m in moments)


@given(text=st.text(max_size=200))
def test_any_text_can_be_read_for_moments(
    machinery: Machinery, office_hours: WorkingTime, text: str
) -> None:
    find_moments(machinery.moments, text, _WEDNESDAY, office_hours)
