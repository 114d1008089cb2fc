"""Threads that mails connect become one, under the least of their names."""

from hypothesis import given
from hypothesis import strategies as st

from models.db.merged_threads import MergedThreads

_NAMES = st.sampled_from("abcdefgh")
_MAILS = st.lists(st.frozensets(_NAMES, min_size=1, max_size=3), max_size=12)


def test_a_name_that_was_never_joined_stays_itself() -> None:
    assert MergedThreads().name_of("x") == "x"


def test_joined_names_lead_to_the_least_of_them() -> None:
    threads = MergedThreads()
    threads.join(["c", "d"])
    threads.join(["b", "d"])
    threads.join(["a", "x"])
    assert [threads.name_of(n) for n in "abcdx"] == ["a", "b", "b", "b", "a"]


@given(_MAILS)
def test_the_order_of_joining_does_not_matter(mails: list[frozenset[str]]) -> None:
    forwards, backwards = MergedThreads(), MergedThreads()
    for mail in mails:
        forwards.join(mail)
    for mail in reversed(mails):
        backwards.join(mail)
    assert [forwards.name_of(n) for n in "abcdefgh"] == [backwards.name_of(n) for n in "abcdefgh"]
