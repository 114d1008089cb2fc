"""Tell public holidays and transferred working days of a country: the only door to `holidays`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

import holidays

from models.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True, slots=True)
class _Year:
    """What one year of a country looks like in one language; never changes once read."""

    names: Mapping[date, str]
    working_weekend_days: frozenset[date]


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicHolidays:
    """The public holidays of one country, or of none."""

    country: str
    """ISO 3166 code, with a subdivision when one was given ("DE-BY"); "" means no holidays."""

    @classmethod
    def of(cls, country: str) -> "PublicHolidays":
        """Return the holidays of a country code; ConfigurationError when it is unknown.

        Case does not matter; "DE-BY" adds the holidays of a subdivision.
        """
        return cls(country=_known_code(country) if country.strip() else "")

    def is_holiday(self, day: date) -> bool:
        """Tell whether a day is a public holiday, a day off moved from elsewhere included."""
        return bool(self.country) and day in _year(self.country, day.year, "en").names

    def is_working_weekend_day(self, day: date) -> bool:
        """Tell whether a government has moved a working day onto this day of the weekend."""
        if not self.country:
            return False
        return day in _year(self.country, day.year, "en").working_weekend_days

    def name_on(self, day: date, *, language: str) -> str:
        """Return the name of a holiday in a language, as near as the library can; "" on others."""
        if not self.country:
            return ""
        return _year(self.country, day.year, language).names.get(day, "")


NO_HOLIDAYS: Final = PublicHolidays(country="")


def _known_code(given: str) -> str:
    """Return a country, or a part of one, as the library spells it; else ConfigurationError."""
    supported = holidays.list_supported_countries(include_aliases=True)
    country, _, part = given.strip().upper().partition("-")
    if country not in supported:
        raise ConfigurationError(
            f"country {given!r} is not known: use a two-letter code of ISO 3166, for example"
            ' "RU", "KZ", "BY", "DE", or "" for no public holidays'
        )
    if not part:
        return country
    codes = {name.upper(): f"{country}-{name}" for name in supported[country]}
    if part not in codes:
        accepted = ", ".join((country, *codes.values()))
        raise ConfigurationError(f"country {given!r} has no such part: use one of {accepted}")
    return codes[part]


# The library fills its tables while it is being asked, which two threads must not do at once;
# a year is therefore read once, as a whole, into a table that nobody changes.
@cache
def _year(code: str, year: int, language: str) -> _Year:
    """Return one year of a country, holidays that a neighbouring year moved into it included."""
    country, _, subdivision = code.partition("-")
    found = holidays.country_holidays(
        country,
        subdiv=subdivision or None,
        years=(year - 1, year, year + 1),
        expand=False,
        language=_library_language(country, language),
    )
    return _Year(
        names={day: name for day, name in found.items() if day.year == year},
        working_weekend_days=frozenset(d for d in found.weekend_workdays if d.year == year),
    )


@cache
def _library_language(country: str, language: str) -> str | None:
    """Return the library's code for "en" or "ru"; English when a country lacks the other."""
    known = holidays.country_holidays(country).supported_languages
    for wanted in (language, "en"):
        match = next((code for code in known if code.partition("_")[0] == wanted), None)
        if match is not None:
            return match
    return None
