"""Tell every waiting thread at once that it is time to stop, even one that waits on a socket."""

import os
import threading
from collections.abc import Callable


class StopSignal:
    """An event with a file descriptor that becomes readable when it is set."""

    def __init__(self) -> None:
        """Make an unset signal."""
        self._event = threading.Event()
        self._read_end, self._write_end = os.pipe()

    @property
    def is_set(self) -> bool:
        """True once it is time to stop."""
        return self._event.is_set()

    @property
    def descriptor(self) -> int:
        """File descriptor for select and poll; never read from it."""
        return self._read_end

    def set(self) -> None:
        """Wake everybody; calling it again changes nothing."""
        if not self._event.is_set():
            self._event.set()
            os.write(self._write_end, b"!")

    def wait(self, seconds: float) -> bool:
        """Sleep until the signal or the time-out; True when it is time to stop."""
        return self._event.wait(seconds)

    def close(self) -> None:
        """Give the descriptors back, after every thread has ended."""
        close: Callable[[int], None] = os.close
        close(self._read_end)
        close(self._write_end)
