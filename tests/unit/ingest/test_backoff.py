"""A pause grows with failures, and a wrong password never gets our address banned."""

import random
from datetime import timedelta

import pytest

from ingest.backoff import Backoff
from ingest.imap_errors import LoginRefused, Misconfigured, Throttled, TransientFailure
from tests.mails import MONDAY_NOON

SECOND = timedelta(seconds=1)


def _backoff() -> Backoff:
    return Backoff(chance=random.Random(1))


def test_transient_failures_are_waited_out_longer_each_time_up_to_a_bound() -> None:
    backoff = _backoff()
    pauses = [backoff.after(TransientFailure("x"), MONDAY_NOON + SECOND * i) for i in range(60)]
    assert pauses[0] <= 3 * SECOND
    assert timedelta(minutes=7) < pauses[-1] <= timedelta(minutes=12.5)


def test_five_quiet_minutes_start_the_count_anew() -> None:
    backoff = _backoff()
    now = MONDAY_NOON
    for _ in range(10):
        now += backoff.after(TransientFailure("x"), now)
    now += timedelta(minutes=6)
    assert backoff.after(TransientFailure("x"), now) <= 3 * SECOND


def test_a_long_pause_is_no_quiet_time() -> None:
    backoff, now, pause = _backoff(), MONDAY_NOON, timedelta()
    for _ in range(60):
        pause = backoff.after(TransientFailure("x"), now)
        now += pause + SECOND
    assert pause > timedelta(minutes=7)


def test_a_pause_that_the_server_asks_for_is_kept_up_to_an_hour() -> None:
    asked = Throttled("x", timedelta(minutes=5))
    assert _backoff().after(asked, MONDAY_NOON) == timedelta(minutes=5)
    assert _backoff().after(Throttled("x", timedelta(days=2)), MONDAY_NOON) == timedelta(hours=1)


def test_a_wrong_password_is_tried_twice_then_twice_a_day() -> None:
    backoff = _backoff()
    assert backoff.after(LoginRefused("x"), MONDAY_NOON) == timedelta(minutes=15)
    assert backoff.after(LoginRefused("x"), MONDAY_NOON) == timedelta(hours=12)
    assert backoff.after(LoginRefused("x"), MONDAY_NOON) == timedelta(hours=12)


def test_a_login_that_works_forgets_the_refusals() -> None:
    backoff = _backoff()
    backoff.after(LoginRefused("x"), MONDAY_NOON)
    backoff.logged_in()
    assert backoff.after(LoginRefused("x"), MONDAY_NOON) == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (Throttled("x"), timedelta(minutes=1)),
        (Misconfigured("x"), timedelta(minutes=15)),
        (ZeroDivisionError(), timedelta(minutes=15)),
    ],
    ids=["throttled", "misconfigured", "our-own-error"],
)
def test_other_failures_have_their_own_pause(error: Exception, pause: timedelta) -> None:
    assert _backoff().after(error, MONDAY_NOON) == pause
