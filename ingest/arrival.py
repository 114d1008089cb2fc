"""Decide when a mail arrived (SEMANTICS.md section 1)."""

from datetime import UTC, datetime, timedelta

from models.message import ParsedMail, RawMail

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_CLOCK_SLACK = timedelta(days=1)


def arrival_of(
    raw: RawMail, parsed: ParsedMail, now: datetime, *, delivered_at: datetime | None = None
) -> datetime:
    """Return the arrival of one copy: INTERNALDATE, else a plausible Date header, else `now`.

    An INTERNALDATE in the future is a server's wrong clock: by it the mail would never be late.

    Clients' clocks lie by years in both directions, so the Date header counts only for a mail
    without INTERNALDATE (an imported file), and only between 1990 and one day ahead of `now`.
    `delivered_at` is what a mailbox file says of the delivery. It comes after the Date header,
    since whoever exported the file may have written it, and before `now`, since an old mail
    without a date must not seem to have come today.
    """
    if raw.internaldate is not None:
        return raw.internaldate if raw.internaldate <= now + _CLOCK_SLACK else now
    instants = (instant for instant in (parsed.date, delivered_at) if instant is not None)
    plausible = (i for i in instants if _EARLIEST <= i <= now + _CLOCK_SLACK)
    return next(plausible, now)
