"""Run the tick by the clock: the one door to APScheduler, in embedded mode only."""

from collections.abc import Callable
from datetime import time
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

_LATEST_SECONDS = 6 * 3600
"""How late a nightly job may begin, after the machine was asleep."""

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

    def add_nightly(self, job: Callable[[], None], *, at: time, zone: ZoneInfo) -> None:
        """Call a job once a night by the zone's clock; one that was slept through comes late."""
        self._scheduler.add_job(
            partial(self._run_job, job),
            "cron",
            hour=at.hour,
            minute=at.minute,
            timezone=zone,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=_LATEST_SECONDS,
        )

    def _run_job(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:  # noqa: BLE001 - the edge of one job: the next night tries again
            _log.error("nightly_job_failed", exc_info=error)

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
