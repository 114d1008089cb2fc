"""Run the tick by the clock: the one door to APScheduler, in embedded mode only."""

from collections.abc import Callable

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

_log = structlog.get_logger(__name__)


class Schedule:
    """Calls the tick every few seconds in a thread of its own.

    It is only a clock: what is due stands in the tables, so a lost call delays work to the next.
    """

    def __init__(self, tick: Callable[[], None], *, every_seconds: float) -> None:
        """Take the work; it is not called before `start`."""
        self._tick = tick
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._scheduler.add_job(
            self._run, "interval", seconds=every_seconds, max_instances=1, coalesce=True
        )

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """End, after the call that is under way."""
        self._scheduler.shutdown(wait=True)

    def _run(self) -> None:
        try:
            self._tick()
        except Exception as error:  # noqa: BLE001 - the edge of one tick: the next one tries again
            _log.error("tick_failed", exc_info=error)
