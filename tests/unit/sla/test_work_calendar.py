"""Prove that working time is counted to the second, whatever the day looks like."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ConfigurationError, HorizonError
from models.working_time import WorkingTime
from sla.public_holidays import PublicHolidays
from sla.work_calendar import Closed, Interval, WorkCalendar, parse_hours, parse_interval

At = Callable[[str], datetime]
BERLIN = ZoneInfo("Europe/Berlin")
SPRING = date(2026, 3, 29)  # 02:00 becomes 03:00
AUTUMN = date(2026, 10, 25)  # 03:00 becomes 02:00
HOUR = timedelta(hours=1)


def every_day(*hours: str, zone: ZoneInfo = BERLIN) -> WorkCalendar:
    return WorkCalendar(zone=zone, weekly=dict.fromkeys(range(7), parse_hours(hours)))


ODD_WEEK = WorkCalendar(
    zone=BERLIN,
    weekly={
        0: parse_hours(["10:00-13:00", "14:00-19:00"]),
        1: parse_hours(["00:00-24:00"]),
        2: parse_hours(["22:00-24:00"]),
        3: parse_hours(["00:00-02:30", "08:00-08:01"]),
        4: parse_hours(["10:00-18:00"]),
        6: parse_hours(["01:00-04:00"]),
    },
    overrides={date(2026, 5, 2): parse_hours(["10:00-12:00"]), date(2026, 5, 4): ()},
    holidays=PublicHolidays.of("DE"),
)
CALENDARS = st.sampled_from([ODD_WEEK, every_day("00:00-24:00"), every_day("09:30-17:45")])
SECONDS_OF_410_DAYS = 410 * 24 * 3600
INSTANTS = st.integers(0, SECONDS_OF_410_DAYS).map(
    lambda seconds: datetime(2025, 12, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
DURATIONS = st.integers(0, 200 * 3600).map(lambda seconds: timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        pytest.param("10:00-13:00", 36000, 46800, id="plain"),
        pytest.param(" 9:05 – 24:00 ", 32700, 86400, id="spaces, long dash, 24:00"),
        pytest.param("00:00-24:00", 0, 86400, id="round the clock"),
    ],
)
def test_an_interval_is_read_from_text(text: str, start: int, end: int) -> None:
    assert parse_interval(text) == Interval(start=start, end=end)


@pytest.mark.parametrize(
    "text", ["", "10-13", "10:00", "13:00-10:00", "10:00-10:00", "10:00-24:01", "10:60-12:00"]
)
def test_an_interval_that_cannot_be_read_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^hours {text!r} ") as refused:
        parse_interval(text)
    assert '"' in str(refused.value)


def test_overlapping_hours_of_one_day_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="overlap"):
        parse_hours(["10:00-14:00", "13:00-19:00"])


def test_hours_are_put_in_order_and_touching_ones_make_one_span() -> None:
    calendar = every_day("13:00-19:00", "10:00-13:00")
    assert len(calendar.intervals_on(date(2026, 4, 27))) == 1


def test_the_calendar_is_what_the_other_packages_ask_for(moscow: WorkCalendar) -> None:
    asked: WorkingTime = moscow
    assert asked.is_working_day(date(2026, 4, 24))


def test_lunch_is_closed_and_so_is_the_moment_of_closing(moscow: WorkCalendar, at: At) -> None:
    open_at = [moscow.is_open(at(f"04-24 {clock}")) for clock in ("10:00", "12:59:59", "14:00")]
    closed_at = [moscow.is_open(at(f"04-24 {clock}")) for clock in ("09:59:59", "13:00", "19:00")]
    assert (open_at, closed_at) == ([True] * 3, [False] * 3)


def test_business_time_leaves_out_lunch_night_and_weekend(moscow: WorkCalendar, at: At) -> None:
    assert (
        moscow.business_seconds_between(at("04-24 12:30"), at("04-27 10:00:07")) == 5.5 * 3600 + 7
    )


def test_business_minutes_are_rounded_down(moscow: WorkCalendar, at: At) -> None:
    assert moscow.business_minutes_between(at("04-24 12:00"), at("04-24 12:01:59")) == 1


def test_nothing_passes_between_an_instant_and_an_earlier_one(moscow: WorkCalendar, at: At) -> None:
    assert moscow.business_seconds_between(at("04-24 12:00"), at("04-23 12:00")) == 0


def test_an_amount_used_up_at_lunch_ends_at_lunch(moscow: WorkCalendar, at: At) -> None:
    assert moscow.add_business_time(at("04-24 10:00"), 3 * HOUR) == at("04-24 13:00")


def test_one_second_more_runs_on_after_lunch(moscow: WorkCalendar, at: At) -> None:
    later = moscow.add_business_time(at("04-24 10:00"), 3 * HOUR + timedelta(seconds=1))
    assert later == at("04-24 14:00:01")


def test_no_time_added_at_night_is_the_next_opening(moscow: WorkCalendar, at: At) -> None:
    assert moscow.add_business_time(at("04-24 23:00"), timedelta(0)) == at("04-27 10:00")


def test_a_negative_amount_is_refused(moscow: WorkCalendar, at: At) -> None:
    with pytest.raises(ValueError, match="negative"):
        moscow.add_business_time(at("04-24 10:00"), -HOUR)


def test_24_00_closes_at_the_next_midnight(at: At) -> None:
    calendar = every_day("10:00-24:00", zone=ZoneInfo("Europe/Moscow"))
    assert calendar.closing_of(date(2026, 4, 30)) == at("05-01 00:00")
    assert calendar.day_of_deadline(at("05-01 00:00")) == date(2026, 4, 30)


def test_round_the_clock_loses_no_minute_in_a_year() -> None:
    start, end = datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)
    seconds = every_day("00:00-24:00").business_seconds_between(start, end)
    assert seconds == 365 * 24 * 3600


@pytest.mark.parametrize(
    ("day", "hours", "open_hours"),
    [
        pytest.param(SPRING, "00:00-24:00", 23, id="spring, whole day"),
        pytest.param(AUTUMN, "00:00-24:00", 25, id="autumn, whole day"),
        pytest.param(SPRING, "01:00-04:00", 2, id="spring, over the gap"),
        pytest.param(AUTUMN, "01:00-04:00", 4, id="autumn, over the doubled hour"),
        pytest.param(SPRING, "02:30-04:00", 1, id="spring, begins in the gap"),
        pytest.param(SPRING, "01:00-02:30", 1, id="spring, ends in the gap"),
        pytest.param(SPRING, "10:00-18:00", 8, id="spring, after it"),
        pytest.param(AUTUMN, "10:00-18:00", 8, id="autumn, after it"),
    ],
)
def test_the_clock_change_makes_a_day_shorter_or_longer(
    day: date, hours: str, open_hours: int
) -> None:
    spans = every_day(hours).intervals_on(day)
    assert sum((end - start for start, end in spans), timedelta(0)) == open_hours * HOUR


def test_hours_that_the_clock_skips_are_no_working_time() -> None:
    assert every_day("02:15-02:45").intervals_on(SPRING) == ()


def test_neighbouring_hours_meet_in_the_doubled_hour_without_a_gap() -> None:
    spans = every_day("00:00-02:30", "02:30-24:00").intervals_on(AUTUMN)
    assert [(end - start) // HOUR for start, end in spans] == [25]


def test_a_day_that_a_zone_skipped_has_no_working_time() -> None:
    apia = every_day("00:00-24:00", zone=ZoneInfo("Pacific/Apia"))
    assert not apia.is_working_day(date(2011, 12, 30))


def test_opening_and_closing_follow_the_wall_clock_over_the_clock_change() -> None:
    calendar = every_day("10:00-18:00")
    assert calendar.opening_of(date(2026, 3, 28)) == datetime(2026, 3, 28, 9, tzinfo=UTC)
    assert calendar.opening_of(SPRING) == datetime(2026, 3, 29, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "next_day"),
    [
        pytest.param(date(2026, 4, 30), date(2026, 5, 4), id="May holiday and month end"),
        pytest.param(date(2025, 12, 30), date(2026, 1, 12), id="new year, moved days off"),
        pytest.param(date(2025, 10, 31), date(2025, 11, 1), id="working Saturday"),
        pytest.param(date(2025, 11, 1), date(2025, 11, 5), id="the Monday it was moved from"),
        pytest.param(date(2026, 2, 20), date(2026, 2, 24), id="23 February"),
    ],
)
def test_the_russian_year_is_known(moscow: WorkCalendar, day: date, next_day: date) -> None:
    assert moscow.next_working_day(day) == next_day


def test_a_moved_working_saturday_has_the_hours_of_friday() -> None:
    calendar = WorkCalendar(
        zone=ZoneInfo("Europe/Moscow"),
        weekly={0: parse_hours(["10:00-19:00"]), 4: parse_hours(["10:00-17:00"])},
        holidays=PublicHolidays.of("RU"),
    )
    assert calendar.closing_of(date(2025, 11, 1)) == datetime(2025, 11, 1, 14, tzinfo=UTC)
    assert calendar.is_extra_working_day(date(2025, 11, 1))


def test_a_moved_working_saturday_keeps_saturday_hours_where_there_are_some() -> None:
    calendar = WorkCalendar(
        zone=ZoneInfo("Europe/Moscow"),
        weekly={4: parse_hours(["10:00-19:00"]), 5: parse_hours(["10:00-14:00"])},
        holidays=PublicHolidays.of("RU"),
    )
    assert calendar.closing_of(date(2025, 11, 1)) == datetime(2025, 11, 1, 11, tzinfo=UTC)


def test_without_a_friday_it_has_the_hours_of_the_last_weekday_that_works() -> None:
    calendar = WorkCalendar(
        zone=ZoneInfo("Europe/Moscow"),
        weekly={0: parse_hours(["10:00-19:00"]), 2: parse_hours(["10:00-16:00"])},
        holidays=PublicHolidays.of("RU"),
    )
    assert calendar.closing_of(date(2025, 11, 1)) == datetime(2025, 11, 1, 13, tzinfo=UTC)


def test_a_date_override_wins_over_everything() -> None:
    short, holiday, moved = date(2026, 4, 30), date(2026, 5, 1), date(2025, 11, 1)
    calendar = WorkCalendar(
        zone=ZoneInfo("Europe/Moscow"),
        weekly=dict.fromkeys(range(5), parse_hours(["10:00-19:00"])),
        overrides={
            short: parse_hours(["10:00-16:00"]),
            holiday: parse_hours(["12:00-15:00"]),
            moved: (),
        },
        holidays=PublicHolidays.of("RU"),
    )
    assert calendar.closing_of(short) == datetime(2026, 4, 30, 13, tzinfo=UTC)
    assert calendar.closing_of(holiday) == datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert calendar.closed_because(moved) is Closed.DAY_OFF


def test_a_closed_day_says_why(moscow: WorkCalendar) -> None:
    days = [date(2026, 5, 1), date(2026, 5, 2), date(2026, 4, 30)]
    assert [moscow.closed_because(day) for day in days] == [Closed.HOLIDAY, Closed.WEEKEND, None]


def test_the_last_working_day_of_a_month_is_found_backwards(moscow: WorkCalendar) -> None:
    assert moscow.last_working_day(date(2026, 5, 31)) == date(2026, 5, 29)
    assert moscow.last_working_day(date(2026, 5, 29)) == date(2026, 5, 29)


def test_a_calendar_that_never_opens_ends_in_a_named_error() -> None:
    never = every_day()
    with pytest.raises(HorizonError, match="366"):
        never.next_working_day(date(2026, 4, 24))
    with pytest.raises(HorizonError, match=r"calendar\.hours"):
        never.add_business_time(datetime(2026, 4, 24, tzinfo=UTC), HOUR)
    with pytest.raises(HorizonError, match="2026-04-24"):
        never.closing_of(date(2026, 4, 24))


def test_time_is_counted_over_years_of_silence_too() -> None:
    start, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
    assert every_day("10:00-11:00").business_minutes_between(start, end) == 1461 * 60


def test_what_was_computed_before_changes_no_answer_and_no_equality() -> None:
    fresh, used = every_day("10:00-18:00"), every_day("10:00-18:00")
    used.is_working_day(date(2026, 4, 24))
    assert fresh == used


@given(calendar=CALENDARS, at=INSTANTS, duration=DURATIONS)
def test_adding_then_counting_round_trips(
    calendar: WorkCalendar, at: datetime, duration: timedelta
) -> None:
    later = calendar.add_business_time(at, duration)
    assert calendar.business_time_between(at, later) == duration


@given(calendar=CALENDARS, at=INSTANTS, duration=DURATIONS)
def test_adding_never_ends_inside_closed_time(
    calendar: WorkCalendar, at: datetime, duration: timedelta
) -> None:
    later = calendar.add_business_time(at, duration)
    assert calendar.is_open(later) or calendar.is_open(later - timedelta.resolution)


@given(calendar=CALENDARS, at=INSTANTS, first=DURATIONS, second=DURATIONS)
def test_adding_more_never_ends_earlier(
    calendar: WorkCalendar, at: datetime, first: timedelta, second: timedelta
) -> None:
    less, more = sorted((first, second))
    assert calendar.add_business_time(at, less) <= calendar.add_business_time(at, more)


@given(calendar=CALENDARS, instants=st.lists(INSTANTS, min_size=3, max_size=3))
def test_counted_time_adds_up(calendar: WorkCalendar, instants: list[datetime]) -> None:
    first, second, third = sorted(instants)
    parts = calendar.business_time_between(first, second) + calendar.business_time_between(
        second, third
    )
    assert parts == calendar.business_time_between(first, third)


@given(calendar=CALENDARS, day=st.dates(date(2025, 12, 1), date(2027, 1, 15)))
def test_a_days_spans_are_ordered_apart_and_on_that_day(calendar: WorkCalendar, day: date) -> None:
    bounds = [bound for span in calendar.intervals_on(day) for bound in span]
    assert bounds == sorted(set(bounds))
    assert all(calendar.day_of(bound) == day for bound in bounds[::2])
    assert all(calendar.day_of_deadline(bound) == day for bound in bounds[1::2])
