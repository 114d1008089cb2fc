"""Words for time in both languages."""

from datetime import datetime, timedelta

import pytest

from tests.panel_studio import NOW, ZONE, moscow
from web.catalogue import translations
from web.moments import Moments


def said(language: str, now: datetime = NOW) -> Moments:
    return Moments(now=now, zone=ZONE, language=language, texts=translations(language))


@pytest.mark.parametrize(
    ("at", "english", "russian"),
    [
        (moscow(21, 19), "19:00", "19:00"),
        (moscow(21, 0), "00:00", "00:00"),
        (moscow(20, 23, 59), "yesterday 23:59", "вчера 23:59"),
        (moscow(22, 0), "tomorrow 00:00", "завтра 00:00"),
        (moscow(24, 19), "Fri 19:00", "пт 19:00"),
        (moscow(15, 19), "Wed 19:00", "ср 19:00"),
        (moscow(14, 19), "14 Apr 19:00", "14 апр. 19:00"),
        (datetime(2025, 12, 31, 19, tzinfo=ZONE), "31 Dec 2025 19:00", "31 дек. 2025 19:00"),
    ],
    ids=["today", "midnight", "yesterday", "tomorrow", "in 3 days", "6 ago", "7 ago", "last year"],
)
def test_a_day_is_named_as_people_name_it(at: datetime, english: str, russian: str) -> None:
    assert said("en").moment(at) == english
    assert said("ru").moment(at) == russian


@pytest.mark.parametrize(
    ("minutes", "english", "russian"),
    [
        (0, "0 min", "0 мин"),
        (56, "56 min", "56 мин"),
        (60, "1 h", "1 ч"),
        (80, "1 h 20", "1 ч 20"),
        (124, "2 h 04", "2 ч 04"),
        (10 * 60 + 5, "10 h", "10 ч"),
    ],
)
def test_a_span_is_short(minutes: int, english: str, russian: str) -> None:
    assert said("en").span(timedelta(minutes=minutes)) == english
    assert said("ru").span(timedelta(minutes=minutes)) == russian


@pytest.mark.parametrize(
    ("days", "english", "russian"),
    [
        (1, "in 1 day", "через 1 день"),
        (2, "in 2 days", "через 2 дня"),
        (5, "in 5 days", "через 5 дней"),
        (21, "in 21 days", "через 21 день"),
    ],
)
def test_further_deadlines_are_counted_in_days(days: int, english: str, russian: str) -> None:
    at = NOW + timedelta(days=days)
    assert said("en").until(at) == english
    assert said("ru").until(at) == russian


def test_lateness_without_working_time_says_so() -> None:
    assert said("en").late(timedelta(0)) == "since closing time"
    assert said("en").late(timedelta(hours=2, minutes=4)) == "late by 2 h 04 of work"


def test_words_for_machines_are_in_utc() -> None:
    assert said("ru").iso(moscow(21, 19)) == "2026-04-21T16:00Z"
