"""Say how long to stay away from a mailbox after a failure (research/imap.md section 2.5)."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingest.imap_errors import LoginRefused, MailboxError, Misconfigured, Throttled

_FIRST = timedelta(seconds=2)
_GROWTH = 1.5
_LONGEST = timedelta(minutes=10)
_THROTTLED = timedelta(minutes=1)
_THROTTLED_LONGEST = timedelta(hours=1)
_MISCONFIGURED = timedelta(minutes=15)
_REFUSED = timedelta(hours=12)
_REFUSED_TRIES = 2
_SURVIVAL = timedelta(minutes=5)


@dataclass(slots=True)
class Backoff:
    """Counts failures in a row, and grows the pause with them.

    A success alone forgives nothing: a server that drops us right after each login would be asked
    seventeen times a second. The count starts anew after five minutes without a failure, and the
    pause itself is none of them.
    """

    failures: int = 0
    refusals: int = 0
    back_at: datetime | None = None
    """When the last pause ended; None before the first failure."""
    chance: random.Random = field(default_factory=random.Random)
    """Spreads the mailboxes of one server over time."""

    def after(self, error: Exception, now: datetime) -> timedelta:
        """Count a failure and return how long to wait before the next try."""
        if self.back_at is not None and now - self.back_at > _SURVIVAL:
            self.failures = 0
        self.failures += 1
        pause = self._pause(error)
        self.back_at = now + pause
        return pause

    def _pause(self, error: Exception) -> timedelta:
        if isinstance(error, LoginRefused):
            return self._after_refusal()
        if isinstance(error, Throttled):
            # A server may say how long (Exchange does); an hour is enough even then.
            return min(max(_THROTTLED * self.failures, error.wait), _THROTTLED_LONGEST)
        if isinstance(error, Misconfigured) or not isinstance(error, MailboxError):
            return _MISCONFIGURED
        grown = _FIRST * _GROWTH ** min(self.failures - 1, 40)
        return min(grown, _LONGEST) * self.chance.uniform(0.75, 1.25)

    def _after_refusal(self) -> timedelta:
        """Return a pause that never gets our address banned for a wrong password (fail2ban)."""
        self.refusals += 1
        return _REFUSED if self.refusals >= _REFUSED_TRIES else _MISCONFIGURED

    def logged_in(self) -> None:
        """Forget refusals: the password is right."""
        self.refusals = 0
