"""Keep one wrong password from getting our address banned for every mailbox of a server.

fail2ban and its like count refused logins by address: five in ten minutes are enough (research/
imap.md section 3, row 11).
"""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from ingest.imap_errors import LoginRefused, Throttled

_WINDOW = timedelta(minutes=10)
_REFUSALS = 3
"""One mailbox tries a wrong password twice; a third refusal is another mailbox's."""


class LoginBudget:
    """Counts refused logins per host, for all mailboxes of the process together."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Take a clock that gives aware UTC."""
        self._clock = clock
        self._refused_at: dict[str, deque[datetime]] = defaultdict(deque)
        self._lock = threading.Lock()

    @contextmanager
    def login(self, host: str) -> Iterator[None]:
        """Run a login inside; raise Throttled instead while a host has refused too many."""
        self._check(host)
        try:
            yield
        except LoginRefused:
            with self._lock:
                self._refused_at[host].append(self._clock())
            raise

    def _check(self, host: str) -> None:
        now = self._clock()
        with self._lock:
            refused = self._refused_at[host]
            while refused and now - refused[0] >= _WINDOW:
                refused.popleft()
            if len(refused) < _REFUSALS:
                return
            minutes = -((refused[0] + _WINDOW - now) // -timedelta(minutes=1))
        message = (
            f"{host} has refused {_REFUSALS} logins lately, so none is tried for {minutes} min: "
            "more could get this machine banned. Mend the passwords that are wrong."
        )
        raise Throttled(message)
