"""The invented mailbox is the same everywhere, and of the sizes and kinds that it promises."""

import statistics
from email import message_from_bytes
from itertools import islice

from bench.mailbox import letters


def test_the_same_seed_gives_the_same_letters() -> None:
    assert list(letters(40, seed=7)) == list(letters(40, seed=7))
    assert list(letters(40, seed=7)) != list(letters(40, seed=8))


def test_a_smaller_mailbox_has_as_many_letters_as_asked() -> None:
    assert [len(list(letters(count))) for count in (1, 2, 33)] == [1, 2, 33]


def test_the_usual_letter_has_about_ten_kilobytes_and_some_have_many_more() -> None:
    sizes = sorted(len(letter.content) for letter in letters(600))
    assert 6_000 < statistics.median(sizes) < 12_000
    assert 25_000 < statistics.mean(sizes) < 70_000
    assert sizes[-1] > 500_000


def test_threads_have_answers_with_quotations_from_both_sides() -> None:
    some = [
        (letter.ours, message_from_bytes(letter.content)) for letter in islice(letters(200), 200)
    ]
    answers = [(ours, mail) for ours, mail in some if mail["In-Reply-To"]]
    ids = {mail["Message-ID"] for _, mail in some}
    assert {ours for ours, _ in answers} == {True, False}
    assert all(mail["In-Reply-To"] in ids for _, mail in answers)
