"""What takes too long is cut once, and what ends in time is left alone."""

import threading
import time

from ingest.watchdog import Watchdog


def test_a_block_that_takes_too_long_is_aborted() -> None:
    aborted = threading.Event()
    with Watchdog().guard(0.02, aborted.set):
        assert aborted.wait(5)


def test_a_block_that_ends_in_time_is_not_aborted() -> None:
    dog, aborted = Watchdog(), threading.Event()
    with dog.guard(0.05, aborted.set):
        pass
    assert not aborted.wait(0.15)


def test_a_shorter_limit_is_noticed_while_a_longer_one_is_watched() -> None:
    dog, late, early = Watchdog(), threading.Event(), threading.Event()
    with dog.guard(60, late.set), dog.guard(0.02, early.set):
        assert early.wait(5)
    assert not late.is_set()


def test_many_guards_are_forgotten_when_they_end() -> None:
    dog = Watchdog()
    began = time.monotonic()
    for _ in range(2000):
        with dog.guard(60, lambda: None):
            pass
    assert dog._limits == []
    assert time.monotonic() - began < 5
