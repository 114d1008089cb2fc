"""Count working time in one zone: weekly hours, dates that differ, public holidays."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from models.errors import ConfigurationError, HorizonError
from sla.public_holidays import NO_HOLIDAYS, PublicHolidays

HORIZON_DAYS: Final = 366
"""How far a walk looks for working time before it gives up (SEMANTICS.md section 1)."""

_DAY_SECONDS: Final = 24 * 3600
_ZERO: Final = timedelta(0)
_ONE_DAY: Final = timedelta(days=1)
# Eleven years of days; beyond that the table starts anew, so that wild dates can't fill the memory.
_CACHED_DAYS: Final = 4096
_FRIDAY: Final = 4

_INTERVAL = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Interval:
    """A stretch of working time on one day, on the wall clock."""

    start: int
    """Seconds after local midnight."""
    end: int
    """Seconds after local midnight, later than `start`; 86,400 is 24:00."""


WeeklyHours = Mapping[int, tuple[Interval, ...]]
"""Hours by weekday, Monday is 0; a missing day is closed."""

Span = tuple[datetime, datetime]
"""From an instant to a later one, aware UTC; the end does not belong to it."""


class Closed(StrEnum):
    """Why no work is done on a day; the values are keys of phrases in `sla.explain`."""

    DAY_OFF = "day_off"
    """An override says so."""
    HOLIDAY = "holiday"
    WEEKEND = "weekend"
    """The weekly hours leave it out."""


def parse_interval(text: str) -> Interval:
    """Return the interval that "10:00-13:00" names; ConfigurationError when it is none.

    >>> parse_interval("14:00-24:00")
    Interval(start=50400, end=86400)
    """
    match = _INTERVAL.fullmatch(text.strip())
    if match is None:
        raise ConfigurationError(f'hours {text!r} can\'t be read: write them like "10:00-13:00"')
    start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
    start, end = start_hour * 3600 + start_minute * 60, end_hour * 3600 + end_minute * 60
    if max(start_minute, end_minute) > 59 or end > _DAY_SECONDS:
        raise ConfigurationError(
            f'hours {text!r} name a time that no day has: write them like "10:00-13:00",'
            ' at most "24:00"'
        )
    if start >= end:
        raise ConfigurationError(
            f"hours {text!r} end before they begin: write work past midnight as two intervals,"
            ' "22:00-24:00" on the one day and "00:00-02:00" on the next'
        )
    return Interval(start=start, end=end)


def parse_hours(texts: Iterable[str]) -> tuple[Interval, ...]:
    """Return the intervals of one day in order; ConfigurationError when two of them overlap."""
    intervals = sorted(parse_interval(text) for text in texts)
    for earlier, later in pairwise(intervals):
        if later.start < earlier.end:
            raise ConfigurationError(
                f"hours {_text(earlier)} and {_text(later)} overlap: write each minute once,"
                ' like "10:00-13:00", "14:00-19:00"'
            )
    return tuple(intervals)


def _text(interval: Interval) -> str:
    """Return an interval as it is written in the settings, in quotes."""
    bounds = (divmod(bound // 60, 60) for bound in (interval.start, interval.end))
    return '"' + "-".join(f"{hour:02}:{minute:02}" for hour, minute in bounds) + '"'


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkCalendar:
    """Working hours in one zone; satisfies `models.working_time.WorkingTime`."""

    zone: ZoneInfo
    weekly: WeeklyHours
    overrides: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)
    """Hours of single dates, which win over everything; an empty tuple is a day off."""
    holidays: PublicHolidays = NO_HOLIDAYS
    _spans: dict[date, tuple[Span, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    """What was computed before; a day's hours never change within one calendar."""

    def intervals_on(self, day: date) -> tuple[Span, ...]:
        """Return the working time of a day in order, without touching neighbours; may be empty."""
        known = self._spans.get(day)
        if known is None:
            if len(self._spans) >= _CACHED_DAYS:
                self._spans.clear()
            known = self._spans[day] = tuple(self._spans_on(day))
        return known

    def is_open(self, at: datetime) -> bool:
        """Tell whether work is done at an instant; the moment of closing is closed."""
        return any(start <= at < end for start, end in self.intervals_on(self.day_of(at)))

    def day_of(self, at: datetime) -> date:
        """Return the date that the wall clock of the calendar's zone shows at an instant."""
        return at.astimezone(self.zone).date()

    def day_of_deadline(self, at: datetime) -> date:
        """Return the date whose work a deadline ends: 24:00 belongs to the day that it closes."""
        return self.day_of(at - timedelta.resolution)

    def is_working_day(self, day: date) -> bool:
        """Tell whether any working time lies on a day."""
        return bool(self.intervals_on(day))

    def is_extra_working_day(self, day: date) -> bool:
        """Tell whether work is done on a day that is closed in an ordinary week."""
        return not self.weekly.get(day.weekday()) and self.is_working_day(day)

    def closed_because(self, day: date) -> Closed | None:
        """Return why a day is closed; None on a working day."""
        if self.is_working_day(day):
            return None
        if day in self.overrides:
            return Closed.DAY_OFF
        return Closed.HOLIDAY if self.holidays.is_holiday(day) else Closed.WEEKEND

    def opening_of(self, day: date) -> datetime:
        """Return when work begins on a working day, aware UTC; HorizonError on any other."""
        return self._working_spans(day)[0][0]

    def closing_of(self, day: date) -> datetime:
        """Return when work ends on a working day, aware UTC; HorizonError on any other."""
        return self._working_spans(day)[-1][1]

    def next_working_day(self, after: date) -> date:
        """Return the first working day after a day; HorizonError when none is near."""
        return self._walk(after + _ONE_DAY, _ONE_DAY)

    def last_working_day(self, until: date) -> date:
        """Return the last working day not after a day; HorizonError when none is near."""
        return self._walk(until, -_ONE_DAY)

    def business_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time between two instants, exactly; nothing when `end` is not later.

        The walk is bounded by the two instants, so it needs no horizon: an answer after two
        years of silence is measured like any other.
        """
        total = _ZERO
        if end <= start:
            return total
        day, last = self.day_of(start), self.day_of(end)
        while day <= last:
            for opens, closes in self.intervals_on(day):
                begun, ended = max(opens, start), min(closes, end)
                if ended > begun:
                    total += ended - begun
            day += _ONE_DAY
        return total

    def business_seconds_between(self, start: datetime, end: datetime) -> int:
        """Return the whole seconds of working time between two instants; 0 when none."""
        return self.business_time_between(start, end) // timedelta(seconds=1)

    def business_minutes_between(self, start: datetime, end: datetime) -> int:
        """Return the whole minutes of working time between two instants, rounded down."""
        return self.business_time_between(start, end) // timedelta(minutes=1)

    def add_business_time(self, at: datetime, duration: timedelta) -> datetime:
        """Return the instant at which `duration` of working time has passed since `at`.

        Never inside closed time; an amount that is used up exactly at closing ends there and not
        at the next opening. HorizonError when no working time is near; ValueError for a negative
        duration.
        """
        if duration < _ZERO:
            raise ValueError(f"can't add a negative working time: {duration}")
        remaining, day = duration, self.day_of(at)
        # Ends: each further day is a working one and uses some of what remains.
        while True:
            for opens, closes in self.intervals_on(day):
                begun = max(opens, at)
                if begun <= closes and remaining <= closes - begun:
                    return begun + remaining
                remaining -= max(closes - begun, _ZERO)
            day = self.next_working_day(day)

    def _walk(self, day: date, step: timedelta) -> date:
        """Return the nearest working day from a day on in one direction."""
        first = day
        for _ in range(HORIZON_DAYS):
            if self.intervals_on(day):
                return day
            day += step
        raise HorizonError(
            f"no working time within {HORIZON_DAYS} days of {first}:"
            " check [calendar.hours] and [calendar.overrides]"
        )

    def _working_spans(self, day: date) -> tuple[Span, ...]:
        """Return the intervals of a day that is expected to have some."""
        spans = self.intervals_on(day)
        if not spans:
            raise HorizonError(f"no working time on {day}: ask for a working day first")
        return spans

    def _hours_on(self, day: date) -> tuple[Interval, ...]:
        """Return the wall-clock hours of a day: overrides, then holidays, then the week."""
        if day in self.overrides:
            return self.overrides[day]
        weekly = self.weekly.get(day.weekday(), ())
        # The library asks in this order too: a moved working day beats a holiday on a weekend.
        if self.holidays.is_working_weekend_day(day):
            return weekly or self._hours_before_the_weekend()
        return () if self.holidays.is_holiday(day) else weekly

    def _hours_before_the_weekend(self) -> tuple[Interval, ...]:
        """Return the hours of Friday, or of the last weekday before it that has any."""
        hours = (self.weekly.get(weekday, ()) for weekday in range(_FRIDAY, -1, -1))
        return next((found for found in hours if found), ())

    def _spans_on(self, day: date) -> Iterator[Span]:
        """Give the working time of a day as instants, touching intervals joined."""
        begun: datetime | None = None
        ended: datetime | None = None
        for interval in sorted(self._hours_on(day)):
            opens, closes = self._instant(day, interval.start), self._instant(day, interval.end)
            if closes <= opens:
                continue  # The clock was put forward over the whole of it.
            if begun is not None and ended is not None and opens > ended:
                yield begun, ended
                begun = None
            begun = opens if begun is None else begun
            ended = closes if ended is None else max(ended, closes)
        if begun is not None and ended is not None:
            yield begun, ended

    def _instant(self, day: date, seconds: int) -> datetime:
        """Return the instant at which the wall clock shows a moment of a day, aware UTC.

        A moment that comes twice (clocks put back) is taken the first time; a moment that never
        comes (clocks put forward) is the instant of the jump.
        """
        wall = datetime.combine(day, time.min) + timedelta(seconds=seconds)
        at = wall.replace(tzinfo=self.zone).astimezone(UTC)
        if at.astimezone(self.zone).replace(tzinfo=None) == wall:
            return at
        # Read with the offset after the jump, the moment lies before it: the jump is between.
        before = wall.replace(tzinfo=self.zone, fold=1).astimezone(UTC)

        def is_past_the_jump(second: int) -> bool:
            instant = before + timedelta(seconds=second)
            return instant.astimezone(self.zone).replace(tzinfo=None) >= wall

        gap_seconds = int((at - before).total_seconds())
        jump = bisect_left(range(gap_seconds), True, key=is_past_the_jump)
        return before + timedelta(seconds=jump)
