"""Decide when a mail arrived (SEMANTICS.md section 1)."""

from datetime import UTC, datetime, timedelta

from models.message import ParsedMail, RawMail

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_CLOCK_SLACK = timedelta(days=1)


def arrival_of(raw: RawMail, parsed: ParsedMail, now: datetime) -> datetime:
    """Return the arrival of one copy: INTERNALDATE, else a plausible Date header, else `now`.

    Clients' clocks lie by years in both directions, so the Date header counts only for a mail
    without INTERNALDATE (an imported file), and only between 1990 and one day ahead of `now`.
    """
    if raw.internaldate is not None:
        return raw.internaldate
    if parsed.date is not None and _EARLIEST <= parsed.date <= now + _CLOCK_SLACK:
        return parsed.date
    return now
