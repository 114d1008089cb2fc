"""Keep one mailbox up to date: pass, wait for the doorbell, pass again, for ever."""

import threading
from collections.abc import Callable
from datetime import datetime

import structlog

from ingest.backoff import Backoff
from ingest.imap_errors import MailboxError
from ingest.stop_signal import StopSignal
from ingest.sync import MailboxSync, PassReport

_log = structlog.get_logger(__name__)


class MailboxWatcher(threading.Thread):
    """One thread and one connection for one mailbox."""

    def __init__(
        self,
        sync: MailboxSync,
        *,
        after_pass: Callable[[PassReport], None],
        clock: Callable[[], datetime],
        stop: StopSignal,
        poll_seconds: float,
    ) -> None:
        """Take the mailbox's sync; `after_pass` is called in this thread after each pass.

        `poll_seconds` bounds how long a reply in Sent stays unseen: only INBOX rings.
        """
        super().__init__(name=f"watch-{sync.mailbox.address}", daemon=True)
        self._sync = sync
        self._after_pass = after_pass
        self._clock = clock
        self._stop_signal = stop
        self._poll_seconds = poll_seconds
        self._backoff = Backoff()

    def run(self) -> None:
        """Watch until told to stop; a failure is noted where people see it, and waited out."""
        while not self._stop_signal.is_set:
            try:
                self._after_pass(self._sync.run_pass())
                self._backoff.logged_in()
                self._sync.wait_for_news(self._poll_seconds, self._stop_signal)
            except MailboxError as error:
                self._stay_away(error)
            except Exception as error:  # noqa: BLE001 - the edge of one pass: the others go on
                _log.error("pass_failed", mailbox_id=self._sync.mailbox_id, exc_info=error)
                self._stay_away(error)
        self._sync.disconnect()

    def break_off(self) -> None:
        """Cut a pass short, from another thread, after the stop signal was given."""
        self._sync.cancel()

    def _stay_away(self, error: Exception) -> None:
        self._sync.disconnect()
        if self._stop_signal.is_set:
            # What breaks while we stop was broken by us.
            return
        self._sync.count_failure(error)
        pause = self._backoff.after(error, self._clock())
        problem = str(error) if isinstance(error, MailboxError) else "an error inside Sameday."
        try:
            self._sync.note_problem(problem)
        except Exception as second:  # noqa: BLE001 - the store may be what failed
            _log.error("problem_not_noted", exc_info=second)
        _log.warning(
            "mailbox_paused",
            mailbox_id=self._sync.mailbox_id,
            kind=type(error).__name__,
            seconds=round(pause.total_seconds()),
        )
        self._stop_signal.wait(pause.total_seconds())
