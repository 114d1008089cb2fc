"""Give tests a classifier with a tiny real calendar: Mon-Fri 10:00-19:00 in Moscow."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from classify.classifier import Classifier, Machinery, load_machinery
from classify.language import detect
from classify.patterns import Coded
from models.errors import HorizonError

# The May holidays of a Russian year, as "after the holidays" must find them.
_DAYS_OFF = frozenset({date(2025, 5, 1), date(2025, 5, 2), date(2025, 5, 8), date(2025, 5, 9)})


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeHours:
    """Working hours without a table of holidays behind them."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))
    days_off: frozenset[date] = _DAYS_OFF

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.days_off

    def opening_of(self, day: date) -> datetime:
        return datetime.combine(day, time(10), tzinfo=self.zone).astimezone(UTC)

    def closing_of(self, day: date) -> datetime:
        return datetime.combine(day, time(19), tzinfo=self.zone).astimezone(UTC)

    def next_working_day(self, after: date) -> date:
        return self._walk(after, 1)

    def last_working_day(self, until: date) -> date:
        return until if self.is_working_day(until) else self._walk(until, -1)

    def _walk(self, day: date, step: int) -> date:
        for _ in range(366):
            day += timedelta(days=step)
            if self.is_working_day(day):
                return day
        raise HorizonError("no working day within a year")


@pytest.fixture(scope="session")
def office_hours() -> OfficeHours:
    return OfficeHours()


@pytest.fixture(scope="session")
def classifier(office_hours: OfficeHours) -> Classifier:
    return Classifier(office_hours)


@pytest.fixture(scope="session")
def machinery() -> Machinery:
    return load_machinery()


@pytest.fixture(scope="session")
def coded(machinery: Machinery) -> Callable[[str], tuple[Coded, ...]]:
    def read(text: str) -> tuple[Coded, ...]:
        sentences = machinery.pipeline.read(text, detect(text, machinery.raw.markers))
        return tuple(machinery.lexicon.vocabulary.code(sentence) for sentence in sentences)

    return read
