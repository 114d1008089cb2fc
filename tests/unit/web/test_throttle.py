"""Slowing down whoever guesses."""

from datetime import UTC, datetime, timedelta

from web.throttle import PER_ADDRESS, PER_REMOTE, LoginThrottle

NOW = datetime(2026, 4, 21, 9, 0, tzinfo=UTC)
ZERO = timedelta(0)


def exhausted() -> LoginThrottle:
    """Return a throttle on which somebody has used up his failures."""
    throttle = LoginThrottle()
    for _ in range(PER_ADDRESS.burst):
        assert throttle.attempt("olga", "1.2.3.4", NOW) == ZERO
    return throttle


def test_after_the_burst_one_waits_until_one_failure_is_forgotten() -> None:
    throttle = exhausted()
    assert throttle.attempt("olga", "5.6.7.8", NOW) == PER_ADDRESS.forgotten_after
    later = NOW + PER_ADDRESS.forgotten_after
    assert throttle.attempt("olga", "5.6.7.8", later) == ZERO
    assert throttle.attempt("olga", "5.6.7.8", later) == PER_ADDRESS.forgotten_after


def test_waiting_longer_gives_no_more_than_the_burst_back() -> None:
    throttle = exhausted()
    much_later = NOW + timedelta(days=1)
    for _ in range(PER_ADDRESS.burst):
        assert throttle.attempt("olga", "1.2.3.4", much_later) == ZERO
    assert throttle.attempt("olga", "1.2.3.4", much_later) == PER_ADDRESS.forgotten_after


def test_a_try_that_was_refused_makes_the_wait_no_longer() -> None:
    throttle = exhausted()
    for _ in range(3):
        assert throttle.attempt("olga", "1.2.3.4", NOW) == PER_ADDRESS.forgotten_after


def test_a_remote_that_tries_many_addresses_is_slowed_down_too() -> None:
    throttle = LoginThrottle()
    for number in range(PER_REMOTE.burst):
        throttle.attempt(f"person{number}", "1.2.3.4", NOW)
    assert throttle.attempt("somebody else", "1.2.3.4", NOW) == PER_REMOTE.forgotten_after
    assert throttle.attempt("somebody else", "5.6.7.8", NOW) == ZERO


def test_signing_in_forgets_the_failures_of_the_address() -> None:
    throttle = exhausted()
    throttle.succeeded("olga", "1.2.3.4")
    assert throttle.attempt("olga", "5.6.7.8", NOW) == ZERO


def test_an_office_that_signs_in_all_day_is_never_slowed_down() -> None:
    throttle = LoginThrottle()
    for number in range(PER_REMOTE.burst * 3):
        assert throttle.attempt(f"person{number}", "1.2.3.4", NOW) == ZERO
        throttle.succeeded(f"person{number}", "1.2.3.4")


def test_a_flood_of_invented_addresses_does_not_fill_the_memory() -> None:
    throttle = LoginThrottle()
    for number in range(25_000):
        throttle.attempt(f"person{number}", f"host{number}", NOW)
    assert len(throttle._clear_at) <= 10_002
