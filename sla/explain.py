"""Say the ledger of a deadline as one short line in English or Russian."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from models.obligation import Reason
from sla.public_holidays import PublicHolidays
from sla.work_calendar import HORIZON_DAYS

# Each phrase may use {at} and {until} (weekday, date, time), {days} (a date or a range of dates)
# and {detail}. English first, Russian second; the reader's catalogue can't hold these, because
# `sla` renders `why` for digests and JSON, too.
_PHRASES: Final[Mapping[str, tuple[str, str]]] = {
    # How the moment of arrival stands to the rule.
    "arrived": ("arrived {at}", "пришло {at}"),
    "arrived_before_cutoff": (
        "arrived {at} before the cut-off {detail}",
        "пришло {at}, до {detail}",
    ),
    "arrived_at_cutoff": (
        "arrived {at} exactly at the cut-off",
        "пришло {at}, ровно в крайнее время",
    ),
    "arrived_after_cutoff": (
        "arrived {at} after the cut-off {detail}",
        "пришло {at}, после {detail}",
    ),
    "arrived_after_closing": ("arrived {at} after closing", "пришло {at}, после закрытия"),
    "arrived_on_day_off": ("arrived {at} on a day off", "пришло {at}, в нерабочий день"),
    "arrived_outside_hours": (
        "arrived {at} outside working hours",
        "пришло {at}, в нерабочее время",
    ),
    # Which rule was taken; only said when it is not the only one or not the usual one.
    "rule_within": ("{duration} of working time", "{duration} рабочего времени"),
    "rule_of_tag": ("rule for {detail}", "правило для {detail}"),
    "rule_of_account": ("rule for the account {detail}", "правило для клиента {detail}"),
    "rule_of_mailbox": ("rule for the mailbox {detail}", "правило для ящика {detail}"),
    "most_urgent_rule": ("the most urgent of {detail} rules", "самое срочное из правил ({detail})"),
    # Days that do not count.
    "holiday": ("{days} holiday ({holidays})", "{days} праздник ({holidays})"),
    "weekend": ("{days} weekend", "{days} выходной"),
    "day_off": ("{days} day off", "{days} нерабочий день"),
    # A day that does, though it is closed in an ordinary week.
    "extra_working_day": ("{days} is a working day", "{days} рабочий день"),
    "due": ("due {at}", "срок {at}"),
    # What happened later.
    "chased": ("client reminded {at}", "клиент напомнил {at}"),
    "promised": ("promised {at} for {until}: “{detail}”", "обещано {at} на {until}: «{detail}»"),
    "promised_again": (
        "promised again {at} for {until}: “{detail}”",
        "обещано снова {at} на {until}: «{detail}»",
    ),
    "delivered": ("delivered {at} what was due {until}", "сделано {at} обещанное на {until}"),
    "bounced": ("our mail of {at} came back", "наше письмо от {at} не доставлено"),
    "breached": ("deadline {at} missed", "срок {at} пропущен"),
    "answered": ("answered {at} by {detail}", "ответ {at}, {detail}"),
    "answered_late": ("answered late {at} by {detail}", "ответ с опозданием {at}, {detail}"),
    "asker_left_out": (
        "{detail}, who asked, was left out",
        "{detail}, кто спросил, не в адресатах",
    ),
    "withdrawn": ("client took it back {at}", "клиент снял вопрос {at}"),
    "no_answer_needed": ("no answer needed, {at} {detail}", "ответ не нужен, {at} {detail}"),
    "answered_elsewhere": (
        "answered elsewhere, {at} {detail}",
        "ответили иначе, {at} {detail}",
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wording:
    """How one language writes the parts of a phrase."""

    locale: str
    index: int
    """Place of the language in a row of phrases."""
    hours: str
    minutes: str


_WORDINGS: Final[Mapping[str, _Wording]] = {
    "en": _Wording(locale="en", index=0, hours="h", minutes="min"),
    "ru": _Wording(locale="ru", index=1, hours="ч", minutes="мин"),
}


def explain(reasons: Iterable[Reason], *, zone: ZoneInfo, language: str) -> str:
    """Return the ledger as one line, steps parted by "; ", times in a zone.

    Any language but "ru" is written in English; a code without a phrase stands as it is.
    """
    wording = _WORDINGS.get(language, _WORDINGS["en"])
    return "; ".join(_step(reason, zone, wording) for reason in reasons)


def _step(reason: Reason, zone: ZoneInfo, wording: _Wording) -> str:
    """Return one step of the ledger in words."""
    row = _PHRASES.get(reason.code)
    if row is None:
        return f"{reason.code} {reason.detail}".strip()
    phrase = row[wording.index]
    parts: Mapping[str, Callable[[], str]] = {
        "at": lambda: _moment(reason.at, zone, wording),
        "until": lambda: _moment(reason.until, zone, wording),
        "days": lambda: _days(reason, zone, wording),
        "holidays": lambda: _holiday_names(reason, zone, wording),
        "duration": lambda: _duration(reason.detail, wording),
        "detail": lambda: reason.detail,
    }
    needed = {name: part() for name, part in parts.items() if f"{{{name}}}" in phrase}
    # `format` reads the phrase only: braces in a client's or our own words stay as they are.
    return phrase.format(**needed).strip()


def _moment(at: datetime | None, zone: ZoneInfo, wording: _Wording) -> str:
    """Return weekday, date and time, e.g. "Fri 24 Apr 18:30"."""
    if at is None:
        return ""
    return format_datetime(at, "EEE d MMM HH:mm", tzinfo=zone, locale=wording.locale)


def _days(reason: Reason, zone: ZoneInfo, wording: _Wording) -> str:
    """Return a date or a range of dates, e.g. "1 May", "2-3 May", "30 Apr - 2 May"."""
    first, last = _dates(reason, zone)
    end = format_date(last, "d MMM", locale=wording.locale)
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}-{end}"
    return f"{format_date(first, 'd MMM', locale=wording.locale)} - {end}"


def _holiday_names(reason: Reason, zone: ZoneInfo, wording: _Wording) -> str:
    """Return the names of the holidays of a range, each once; the ledger holds the country."""
    holidays = PublicHolidays(country=reason.detail)
    first, last = _dates(reason, zone)
    length = min((last - first).days + 1, HORIZON_DAYS)
    days = (first + timedelta(days=offset) for offset in range(length))
    names = (holidays.name_on(day, language=wording.locale) for day in days)
    return ", ".join(dict.fromkeys(name for name in names if name))


def _dates(reason: Reason, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first and the last date of a step that speaks of days."""
    at = reason.at or reason.until
    if at is None:
        return date.min, date.min
    return at.astimezone(zone).date(), (reason.until or at).astimezone(zone).date()


def _duration(minutes_text: str, wording: _Wording) -> str:
    """Return a number of minutes as hours and minutes, e.g. "1 h 30 min"."""
    hours, minutes = divmod(int(minutes_text), 60)
    parts = [f"{hours} {wording.hours}"] if hours else []
    if minutes:
        parts.append(f"{minutes} {wording.minutes}")
    return " ".join(parts)
