"""Turn the moments of a story into instants, and name days in words, Russian and English.

Days of a story are working days, Monday to Friday in Moscow. **Day zero** is today, or the Friday
before when today is a weekend. A moment is a day and a time of the day in Moscow:

* `"-3d 11:20"`: three working days before day zero; `"0d 11:20"`: day zero itself;
* `"sat-1 22:10"`, `"sun-2 09:00"`: the last (the last but one) Saturday or Sunday before day zero;
* `"+1d 10:30"`: one working day after the day of the mail before it in the conversation;
  `"+0d 17:05"`: later on that same day.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from sameday.demo.sample_agency import ZONE_NAME

ZONE: Final = ZoneInfo(ZONE_NAME)

Language = Literal["ru", "en"]

_MOMENT: Final = re.compile(r"(?:(?P<sign>[-+]?)(?P<days>\d+)d|(?P<end>sat|sun)-(?P<weeks>\d)) ")
_DAY_WORD: Final = re.compile(r"\{(date|weekday|on|short) ([-+]\d+)\}")

MONTHS: Final[dict[Language, tuple[str, ...]]] = {
    "ru": (
        *("января", "февраля", "марта", "апреля", "мая", "июня"),
        *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
"""In the genitive in Russian: the form in which a date stands."""

WEEKDAYS: Final[dict[Language, tuple[str, ...]]] = {
    "ru": ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}

_ON_WEEKDAY: Final[dict[Language, tuple[str, ...]]] = {
    "ru": (
        "в понедельник",
        "во вторник",
        "в среду",
        "в четверг",
        "в пятницу",
        "в субботу",
        "в воскресенье",
    ),
    "en": tuple(f"on {day}" for day in WEEKDAYS["en"]),
}


class MomentError(ValueError):
    """A moment in a story is written in none of the forms above."""


def day_zero(now: datetime) -> date:
    """Return the day that stories call `0d`.

    >>> day_zero(datetime(2026, 11, 22, 12, tzinfo=UTC))  # a Sunday
    datetime.date(2026, 11, 20)
    """
    today = now.astimezone(ZONE).date()
    return today - timedelta(days=max(0, today.weekday() - 4))


def shift_working_days(day: date, count: int) -> date:
    """Return the day that lies `count` working days after a day, before it when negative.

    >>> shift_working_days(date(2026, 11, 20), 1), shift_working_days(date(2026, 11, 23), -6)
    (datetime.date(2026, 11, 23), datetime.date(2026, 11, 13))
    >>> shift_working_days(date(2026, 11, 21), 1)  # from a Saturday
    datetime.date(2026, 11, 23)
    """
    step = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        day += step
        while day.weekday() > 4:
            day += step
    return day


def instant(moment: str, zero: date, previous: date) -> datetime:
    """Return a moment as aware UTC; `previous` is the day that `+Nd` counts from."""
    return at_time(_day_of(moment, zero, previous), moment)


def at_time(day: date, moment: str) -> datetime:
    """Return the time of the day at the end of a moment, on a day in Moscow, as aware UTC."""
    clock = time.fromisoformat(moment.rpartition(" ")[2])
    return datetime.combine(day, clock, ZONE).astimezone(UTC)


def _day_of(moment: str, zero: date, previous: date) -> date:
    """Return the day of a moment."""
    match = _MOMENT.match(moment)
    if match is None:
        message = f"{moment!r} is no moment: write e.g. '-3d 11:20', 'sat-1 22:10' or '+1d 10:30'"
        raise MomentError(message)
    if match["end"]:
        return _weekend_day(zero, 5 if match["end"] == "sat" else 6, int(match["weeks"]))
    if match["sign"] == "+":
        return shift_working_days(previous, int(match["days"]))
    return shift_working_days(zero, -int(match["days"]))


def _weekend_day(zero: date, weekday: int, weeks: int) -> date:
    """Return the `weeks`-th Saturday (5) or Sunday (6) before a working day.

    >>> _weekend_day(date(2026, 11, 23), 6, 1)
    datetime.date(2026, 11, 22)
    """
    return zero - timedelta(days=(zero.weekday() - weekday) % 7 + 7 * (weeks - 1))


def in_words(text: str, day: date, language: Language) -> str:
    """Return a text with its day words filled in, counted in working days from a day.

    >>> in_words("вернусь {on +1}, {date +1}", date(2026, 11, 20), "ru")
    'вернусь в понедельник, 23 ноября'
    >>> in_words("due {weekday +2} ({short +2})", date(2026, 12, 31), "en")
    'due Monday (04.01)'
    """
    return _DAY_WORD.sub(
        lambda match: _name(match[1], shift_working_days(day, int(match[2])), language), text
    )


def _name(form: str, day: date, language: Language) -> str:
    """Return a day in one of the forms that texts may ask for."""
    forms = {
        "date": f"{day.day} {MONTHS[language][day.month - 1]}",
        "weekday": WEEKDAYS[language][day.weekday()],
        "on": _ON_WEEKDAY[language][day.weekday()],
        "short": f"{day:%d.%m}",
    }
    return forms[form]
