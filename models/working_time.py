"""Say what the pure layers may ask a work calendar, so that neither needs to import the other."""

from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo


class WorkingTime(Protocol):
    """Working hours in one zone; `sla.work_calendar.WorkCalendar` is the real one."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days begin and end."""
        ...

    def is_working_day(self, day: date) -> bool:
        """Tell whether any working time lies on a day."""
        ...

    def opening_of(self, day: date) -> datetime:
        """Return when work begins on a working day, aware UTC."""
        ...

    def closing_of(self, day: date) -> datetime:
        """Return when work ends on a working day, aware UTC."""
        ...

    def next_working_day(self, after: date) -> date:
        """Return the first working day after a day; HorizonError when none is near."""
        ...

    def last_working_day(self, until: date) -> date:
        """Return the last working day not after a day; HorizonError when none is near."""
        ...
