"""Cut connections whose command takes too long, from a thread of its own.

A read time-out bounds the silence between two bytes, not the whole answer: a server that drips a
byte every ten seconds would hold a mailbox for hours (research/imap.md section 2.5).
"""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(order=True, slots=True)
class _Limit:
    """One command that must end by an instant of the monotonic clock."""

    ends_at: float
    number: int
    abort: Callable[[], None] = field(compare=False)
    over: bool = field(default=False, compare=False)
    """The command has ended; nothing is to be cut any more."""


class Watchdog:
    """Calls `abort` for each guarded block that is still running when its time is up.

    Its thread starts with the first guard and lives as long as the process.
    """

    def __init__(self) -> None:
        """Make a watchdog that guards nothing yet."""
        self._changed = threading.Condition()
        self._limits: list[_Limit] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    @contextmanager
    def guard(self, seconds: float, abort: Callable[[], None]) -> Iterator[None]:
        """Call `abort` from the watchdog's thread unless the block ends within some seconds.

        `abort` must make the block fail soon, and must not raise.
        """
        limit = _Limit(time.monotonic() + seconds, next(self._numbers), abort)
        with self._changed:
            self._start()
            heapq.heappush(self._limits, limit)
            if self._limits[0] is limit:
                self._changed.notify()
        try:
            yield
        finally:
            # The heap forgets it when its time comes, or when it rises to the top.
            with self._changed:
                limit.over = True
                self._forget_ended()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
            self._thread.start()

    def _forget_ended(self) -> None:
        while self._limits and self._limits[0].over:
            heapq.heappop(self._limits)

    def _watch(self) -> None:
        while True:
            with self._changed:
                self._forget_ended()
                if not self._limits:
                    self._changed.wait()
                    continue
                left = self._limits[0].ends_at - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                limit = heapq.heappop(self._limits)
            if not limit.over:
                limit.abort()


WATCHDOG = Watchdog()
"""One for the process: it owns one thread, and guards any number of connections."""
