"""Refused logins are counted per server, and stop all tries before the server stops us."""

from datetime import datetime, timedelta

import pytest

from ingest.imap_errors import LoginRefused, Throttled, TransientFailure
from ingest.login_budget import LoginBudget
from tests.mails import MONDAY_NOON


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = MONDAY_NOON

    def __call__(self) -> datetime:
        return self.now


def _refuse(budget: LoginBudget, host: str = "imap.example") -> None:
    with pytest.raises(LoginRefused), budget.login(host):
        raise LoginRefused("no")


def test_three_refusals_of_a_host_stop_the_fourth_try() -> None:
    budget = LoginBudget(Clock())
    for _ in range(3):
        _refuse(budget)
    with pytest.raises(Throttled, match="none is tried for 10 min"), budget.login("imap.example"):
        pytest.fail("a login was tried")


def test_another_host_has_a_budget_of_its_own() -> None:
    budget = LoginBudget(Clock())
    for _ in range(3):
        _refuse(budget)
    with budget.login("other.example"):
        pass


def test_ten_minutes_later_it_is_tried_again() -> None:
    clock = Clock()
    budget = LoginBudget(clock)
    for _ in range(3):
        _refuse(budget)
    clock.now += timedelta(minutes=10)
    _refuse(budget)


def test_logins_that_work_and_servers_that_fail_cost_nothing() -> None:
    budget = LoginBudget(Clock())
    for _ in range(10):
        with budget.login("imap.example"):
            pass
        with pytest.raises(TransientFailure), budget.login("imap.example"):
            raise TransientFailure("EOF")
    with budget.login("imap.example"):
        pass
