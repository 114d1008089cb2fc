"""Word instants, stretches of time and counts for a reader, in his language and our zone."""

import gettext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

_ONE_DAY: Final = timedelta(days=1)
_LOCALES: Final = {"en": "en_GB", "ru": "ru"}
_SPOKEN_OF_AS_WEEKDAY: Final = 6
"""Days around today that a weekday names without doubt."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moments:
    """Words for time as seen at one instant by one reader."""

    now: datetime
    zone: ZoneInfo
    language: str
    texts: gettext.NullTranslations

    def clock(self, at: datetime) -> str:
        """Return the time of day, e.g. "19:00"."""
        return at.astimezone(self.zone).strftime("%H:%M")

    def iso(self, at: datetime) -> str:
        """Return the instant for machines, e.g. "2026-11-24T16:00Z"."""
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")

    def moment(self, at: datetime) -> str:
        """Return day and time as one says them: "19:00" today, "yesterday 19:00", "Thu 19:00"."""
        day = self.day(at)
        return f"{day} {self.clock(at)}" if day else self.clock(at)

    def day(self, at: datetime) -> str:
        """Return the day as one says it; empty for today."""
        local = at.astimezone(self.zone).date()
        today = self.now.astimezone(self.zone).date()
        distance = (local - today).days
        if distance == 0:
            return ""
        if abs(distance) == 1:
            _ = self.texts.gettext
            return _("tomorrow") if distance == 1 else _("yesterday")
        if abs(distance) <= _SPOKEN_OF_AS_WEEKDAY:
            pattern = "EEE"
        else:
            pattern = "d MMM" if local.year == today.year else "d MMM y"
        return format_date(local, pattern, locale=_LOCALES.get(self.language, "en_GB"))

    def full(self, at: datetime) -> str:
        """Return an instant without doubt, e.g. "Tue, 24 Nov 2026, 11:20"."""
        local = at.astimezone(self.zone).date()
        locale = _LOCALES.get(self.language, "en_GB")
        return f"{format_date(local, 'EEE, d MMM y', locale=locale)}, {self.clock(at)}"

    def date(self, at: datetime) -> str:
        """Return the day of an instant without its time, e.g. "20 Apr" or "20 Apr 2024"."""
        local = at.astimezone(self.zone).date()
        this_year = local.year == self.now.astimezone(self.zone).year
        locale = _LOCALES.get(self.language, "en_GB")
        return format_date(local, "d MMM" if this_year else "d MMM y", locale=locale)

    def number(self, count: int) -> str:
        """Return a count with its thousands apart, e.g. "1,204"."""
        return format_decimal(count, locale=_LOCALES.get(self.language, "en_GB"))

    def until(self, at: datetime) -> str:
        """Return how far ahead an instant lies: "in 56 min", "in 1 h 20", "in 3 days"."""
        distance = at - self.now
        _ = self.texts.gettext
        if distance < _ONE_DAY:
            return _("in %(span)s") % {"span": self.span(distance)}
        days = (at.astimezone(self.zone).date() - self.now.astimezone(self.zone).date()).days
        return self.texts.ngettext("in %(num)s day", "in %(num)s days", days) % {"num": days}

    def late(self, working: timedelta) -> str:
        """Return by how much working time something is late."""
        _ = self.texts.gettext
        if working < timedelta(minutes=1):
            return _("since closing time")
        return _("late by %(span)s of work") % {"span": self.span(working)}

    def span(self, length: timedelta) -> str:
        """Return a length as hours and minutes; minutes are left out beyond ten hours."""
        minutes = max(length // timedelta(minutes=1), 0)
        hours, rest = divmod(minutes, 60)
        _ = self.texts.gettext
        if hours == 0:
            return _("%(minutes)s min") % {"minutes": rest}
        if rest == 0 or hours >= 10:
            return _("%(hours)s h") % {"hours": hours}
        return _("%(hours)s h %(minutes)s") % {"hours": hours, "minutes": f"{rest:02}"}
