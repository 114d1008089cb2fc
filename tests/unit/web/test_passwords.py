"""Passwords: what is accepted, what matches."""

import pytest

from web.passwords import MAXIMUM_LENGTH, PasswordError, hash_password, password_matches


def test_a_password_matches_its_own_hash_only() -> None:
    stored = hash_password("correct horse")
    assert password_matches(stored, "correct horse")
    assert not password_matches(stored, "correct house")


def test_a_russian_letter_matches_in_both_of_its_spellings() -> None:
    assert password_matches(hash_password("зелёный и\u0306од"), "зелёный йод")


def test_a_hash_holds_neither_the_password_nor_the_same_salt_twice() -> None:
    first, second = hash_password("correct horse"), hash_password("correct horse")
    assert first.startswith("$argon2id$")
    assert first != second


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "has 5 characters and needs at least 10"),
        ("x" * 30, "one character repeated"),
        ("ab" * MAXIMUM_LENGTH, "longer than 1024"),
    ],
    ids=["short", "repeated", "long"],
)
def test_a_bad_choice_is_refused_with_what_to_do(password: str, words: str) -> None:
    with pytest.raises(PasswordError, match=words):
        hash_password(password)


@pytest.mark.parametrize("stored", [None, "", "not a hash"])
def test_nothing_matches_without_a_real_hash(stored: str | None) -> None:
    assert not password_matches(stored, "correct horse")
