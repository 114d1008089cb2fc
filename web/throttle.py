"""Slow down whoever guesses passwords: token buckets in memory, per address and per remote host."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

_ZERO: Final = timedelta(0)
_REMEMBERED_KEYS: Final = 10_000
"""A flood of invented addresses may not fill the memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """How many failures come free, and how soon each one is forgotten."""

    burst: int
    forgotten_after: timedelta


PER_ADDRESS: Final = Allowance(burst=5, forgotten_after=timedelta(minutes=1))
# An office shares one address towards the panel: it may mistype more often than a person.
PER_REMOTE: Final = Allowance(burst=30, forgotten_after=timedelta(seconds=10))


@dataclass(kw_only=True, slots=True)
class LoginThrottle:
    """Counts failed logins; the state is lost with the process, which costs a guesser nothing new.

    A key is exhausted at an instant when its failures, each forgotten in turn, exceed the burst.
    What is kept per key is the instant at which the last failure will have been forgotten.
    """

    _clear_at: dict[str, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def attempt(self, address: str, remote: str, now: datetime) -> timedelta:
        """Return how long to wait before the next try; zero when it may be made at once.

        A try that may be made counts as a failure until `succeeded` takes that back, so that many
        tries at the same moment can't slip through together.
        """
        with self._lock:
            keys = _keys(address, remote)
            wait = max(self._wait(key, allowance, now) for key, allowance in keys)
            if not wait:
                for key, allowance in keys:
                    start = max(self._clear_at.get(key, now), now)
                    self._clear_at[key] = start + allowance.forgotten_after
            if len(self._clear_at) > _REMEMBERED_KEYS:
                self._forget(now)
            return wait

    def succeeded(self, address: str, remote: str) -> None:
        """Forget the failures of an address; the remote host gets back the one try."""
        (address_key, _), (remote_key, allowance) = _keys(address, remote)
        with self._lock:
            self._clear_at.pop(address_key, None)
            if remote_key in self._clear_at:
                self._clear_at[remote_key] -= allowance.forgotten_after

    def _wait(self, key: str, allowance: Allowance, now: datetime) -> timedelta:
        clear_at = self._clear_at.get(key, now)
        free_at = clear_at - allowance.forgotten_after * (allowance.burst - 1)
        return max(free_at - now, _ZERO)

    def _forget(self, now: datetime) -> None:
        """Drop what has passed; if that is not enough, drop what passes soonest."""
        left = sorted(
            ((at, key) for key, at in self._clear_at.items() if at > now),
            reverse=True,
        )
        self._clear_at = {key: at for at, key in left[: _REMEMBERED_KEYS // 2]}


def _keys(address: str, remote: str) -> tuple[tuple[str, Allowance], ...]:
    return (f"address:{address}", PER_ADDRESS), (f"remote:{remote}", PER_REMOTE)
