"""Hash passwords for the panel, and check them in a time that tells nothing."""

import secrets
import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models.errors import SamedayError

MINIMUM_LENGTH: Final = 10
MAXIMUM_LENGTH: Final = 1024
"""Enough for any passphrase; longer input only costs the server time."""


class PasswordError(SamedayError):
    """A password can't be used as given; the message says what to choose instead."""


def hash_password(password: str) -> str:
    """Return the argon2id hash to store for a password.

    Raises PasswordError for one that is shorter than MINIMUM_LENGTH, longer than MAXIMUM_LENGTH,
    or made of one repeated character.
    """
    plain = _normalised(password)
    if len(plain) < MINIMUM_LENGTH:
        message = (
            f"The password has {len(plain)} characters and needs at least {MINIMUM_LENGTH}: "
            "three or four unrelated words are easy to remember."
        )
        raise PasswordError(message)
    if len(plain) > MAXIMUM_LENGTH:
        message = f"The password is longer than {MAXIMUM_LENGTH} characters: choose a shorter one."
        raise PasswordError(message)
    if len(set(plain)) == 1:
        raise PasswordError("The password is one character repeated: choose another one.")
    return _hasher().hash(plain)


def password_matches(password_hash: str | None, password: str) -> bool:
    """Tell whether a password belongs to a hash.

    None stands for an address that nobody signs in with: it costs as much as a wrong password, so
    that the time of the answer does not tell which addresses exist.
    """
    plain = _normalised(password)
    if len(plain) > MAXIMUM_LENGTH:
        return False
    try:
        _hasher().verify(password_hash or decoy_hash(), plain)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def decoy_hash() -> str:
    """Return a hash that no password matches, made once."""
    return _hasher().hash(secrets.token_urlsafe())


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


def _normalised(password: str) -> str:
    """Return the password as one spelling: keyboards send "й" as one character or as two."""
    return unicodedata.normalize("NFKC", password)
