"""The schedule knows the agency's night."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from sameday.jobs import Schedule


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Moscow", datetime(2026, 4, 21, 0, 30, tzinfo=UTC)),
        ("Asia/Vladivostok", datetime(2026, 4, 20, 17, 30, tzinfo=UTC)),
    ],
)
def test_the_nightly_job_comes_by_the_agencys_clock(zone: str, expected: datetime) -> None:
    schedule = Schedule(lambda: None, every_seconds=60)
    schedule.add_nightly(lambda: None, at=time(3, 30), zone=ZoneInfo(zone))
    job = schedule._scheduler.get_jobs()[-1]
    noon = datetime(2026, 4, 20, 12, tzinfo=UTC)
    assert job.trigger.get_next_fire_time(None, noon) == expected


def test_a_nightly_job_that_fails_does_not_end_the_schedule() -> None:
    def fail() -> None:
        raise RuntimeError

    Schedule(lambda: None, every_seconds=60)._run_job(fail)
