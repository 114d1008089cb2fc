"""Turn what an expression of time names into days and times of a work calendar.

Every rule gives the *latest* day or time that the words cover (SEMANTICS.md section 5). Days are
local to the calendar's zone; a day off that was named stays as named, since a client counts on it.
"""

import calendar as month_lengths
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from models.errors import HorizonError
from models.working_time import WorkingTime

_FORTNIGHT_OFF_AHEAD: Final = 60
"""Days within which "after the holidays" must find them."""
_LONGEST_COUNT: Final = 366
_FALLBACK_CLOSING: Final = time(19, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """Numbers read from an expression; absent ones are None."""

    value: int | None = None
    """Fixed by the table, or the number in the words."""
    day: int | None = None
    month: int | None = None
    year: int | None = None


DayRule = Callable[[date, WorkingTime, Reading], "date | None"]
"""From the day of sending to the day named; None when the words name no day that can come."""


def closing(day: date, working_time: WorkingTime) -> datetime:
    """Return the end of work on a day; on a day off, the hour at which working days end."""
    if working_time.is_working_day(day):
        return working_time.closing_of(day)
    try:
        model = working_time.closing_of(working_time.last_working_day(day))
        hour = model.astimezone(working_time.zone).time()
    except HorizonError:
        hour = _FALLBACK_CLOSING
    return at_time(day, hour, working_time)


def at_time(day: date, hour: time, working_time: WorkingTime) -> datetime:
    """Return a local time of a day as aware UTC."""
    return datetime.combine(day, hour, tzinfo=working_time.zone).astimezone(UTC)


def _days(today: date, _: WorkingTime, reading: Reading) -> date:
    return today + timedelta(days=reading.value or 0)


def _weeks(today: date, working_time: WorkingTime, reading: Reading) -> date:
    return _working(today + timedelta(weeks=min(reading.value or 1, 52)), today, working_time)


def _working_days(today: date, working_time: WorkingTime, reading: Reading) -> date:
    day = today
    for _ in range(min(reading.value or 1, _LONGEST_COUNT)):
        day = working_time.next_working_day(day)
    return day


def _week_end(today: date, working_time: WorkingTime, reading: Reading) -> date:
    sunday = today + timedelta(days=6 - today.weekday(), weeks=reading.value or 0)
    last = working_time.last_working_day(sunday)
    # Written on a weekend, "this week" can only mean the one that comes.
    if last < today:
        last = working_time.last_working_day(sunday + timedelta(weeks=1))
    return last


def _next_week_day(today: date, working_time: WorkingTime, reading: Reading) -> date:
    monday = today + timedelta(days=7 - today.weekday())
    day = monday + timedelta(days=reading.value or 0)
    return day if working_time.is_working_day(day) else working_time.next_working_day(day)


def _weekday_ahead(today: date, _: WorkingTime, reading: Reading) -> date:
    wanted = reading.day if reading.day is not None else reading.value or 0
    return today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1)


def _weekday_next_week(today: date, _: WorkingTime, reading: Reading) -> date:
    return today + timedelta(days=7 - today.weekday() + (reading.day or 0))


def _weekend(today: date, _: WorkingTime, __: Reading) -> date:
    return today + timedelta(days=6 - today.weekday())


def _after_weekend(today: date, working_time: WorkingTime, _: Reading) -> date:
    return working_time.next_working_day(today + timedelta(days=6 - today.weekday()))


def _after_holidays(today: date, working_time: WorkingTime, reading: Reading) -> date:
    day = today
    for _ in range(_FORTNIGHT_OFF_AHEAD):
        if day.weekday() < 5 and not working_time.is_working_day(day):
            return working_time.next_working_day(day)
        day += timedelta(days=1)
    return _after_weekend(today, working_time, reading)


def _month_end(today: date, working_time: WorkingTime, reading: Reading) -> date:
    months = today.year * 12 + today.month - 1 + (reading.value or 0)
    last = _last_of_month(months // 12, months % 12 + 1)
    return _working(last, today, working_time)


def _named_month_end(today: date, working_time: WorkingTime, reading: Reading) -> date | None:
    if reading.month is None:
        return None
    year = today.year + (reading.month < today.month)
    return _working(_last_of_month(year, reading.month), today, working_time)


def _quarter_end(today: date, working_time: WorkingTime, _: Reading) -> date:
    month = (today.month + 2) // 3 * 3
    return _working(_last_of_month(today.year, month), today, working_time)


def _year_end(today: date, working_time: WorkingTime, _: Reading) -> date:
    return _working(date(today.year, 12, 31), today, working_time)


def _date(today: date, _: WorkingTime, reading: Reading) -> date | None:
    day, month = reading.day, reading.month
    if day is None or month is None:
        return None
    if month > 12:
        day, month = month, day
    year = reading.year
    if year is not None:
        return _real(year + 2000 if year < 100 else year, month, day)
    this_year = _real(today.year, month, day)
    # Without a year, a date half a year back is meant for the next one; a nearer one is past.
    if this_year is None or (today - this_year).days > 180:
        return _real(today.year + 1, month, day)
    return this_year


def _day_of_month(today: date, _: WorkingTime, reading: Reading) -> date | None:
    if reading.day is None:
        return None
    here = _real(today.year, today.month, reading.day)
    if here is not None and here >= today:
        return here
    months = today.year * 12 + today.month
    return _real(months // 12, months % 12 + 1, reading.day)


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _last_of_month(year: int, month: int) -> date:
    return date(year, month, month_lengths.monthrange(year, month)[1])


def _working(day: date, today: date, working_time: WorkingTime) -> date:
    """Move a day off earlier, never before the day of sending."""
    return max(working_time.last_working_day(day), today)


DAY_RULES: Final[Mapping[str, DayRule]] = {
    "days": _days,
    "weeks": _weeks,
    "working_days": _working_days,
    "week_end": _week_end,
    "next_week_day": _next_week_day,
    "weekday_ahead": _weekday_ahead,
    "weekday_next_week": _weekday_next_week,
    "weekend": _weekend,
    "after_weekend": _after_weekend,
    "after_holidays": _after_holidays,
    "month_end": _month_end,
    "named_month_end": _named_month_end,
    "quarter_end": _quarter_end,
    "year_end": _year_end,
    "date": _date,
    "day_of_month": _day_of_month,
}
