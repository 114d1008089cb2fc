"""Count what the watchers do, for monitoring; the numbers start anew with the service."""

import threading
from collections import Counter
from dataclasses import dataclass, field

from models.ids import Address
from models.mailboxes import MailboxCounts


@dataclass(slots=True)
class _Mailbox:
    mails_read: int = 0
    logins: int = 0
    open_connections: int = 0
    failures: Counter[str] = field(default_factory=Counter)


class Counters:
    """Counts per mailbox, from any thread."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._lock = threading.Lock()
        self._mailboxes: dict[Address, _Mailbox] = {}

    def read(self, mailbox: Address, mails: int) -> None:
        """Count mails that a pass read and stored."""
        with self._lock:
            self._of(mailbox).mails_read += mails

    def failed(self, mailbox: Address, kind: str, times: int = 1) -> None:
        """Count failures of a class, e.g. "LoginRefused"."""
        if times:
            with self._lock:
                self._of(mailbox).failures[kind] += times

    def logged_in(self, mailbox: Address) -> None:
        """Count a login, and a connection that is open from now on."""
        with self._lock:
            counts = self._of(mailbox)
            counts.logins += 1
            counts.open_connections += 1

    def hung_up(self, mailbox: Address) -> None:
        """Count a connection that is open no longer."""
        with self._lock:
            self._of(mailbox).open_connections -= 1

    def snapshot(self) -> tuple[MailboxCounts, ...]:
        """Return the counts of every mailbox as they are now, by address."""
        with self._lock:
            return tuple(
                MailboxCounts(
                    address=address,
                    mails_read=counts.mails_read,
                    logins=counts.logins,
                    open_connections=counts.open_connections,
                    failures=dict(sorted(counts.failures.items())),
                )
                for address, counts in sorted(self._mailboxes.items())
            )

    def _of(self, mailbox: Address) -> _Mailbox:
        return self._mailboxes.setdefault(mailbox, _Mailbox())
