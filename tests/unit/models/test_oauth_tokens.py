"""The refresh token in force is replaced only by whoever has used exactly that one."""

from datetime import timedelta

from models.db import oauth_tokens
from models.db.store import Store
from models.oauth_token import StoredToken
from tests.mails import MONDAY_NOON

SIGN_IN = "sign-in"
LATER = MONDAY_NOON + timedelta(seconds=90)


def _first(store: Store) -> None:
    with store.write() as db:
        oauth_tokens.store_first(db, SIGN_IN, b"first", MONDAY_NOON)


def _in_force(store: Store) -> StoredToken | None:
    with store.read() as db:
        return oauth_tokens.stored_token(db, SIGN_IN)


def _claim(store: Store, version: int, seconds: int = 0) -> bool:
    now = MONDAY_NOON + timedelta(seconds=seconds)
    with store.write() as db:
        return oauth_tokens.claim(db, SIGN_IN, version=version, now=now, until=LATER)


def _rotate(store: Store, used_version: int, encrypted: bytes) -> bool:
    with store.write() as db:
        return oauth_tokens.rotate(
            db, SIGN_IN, used_version=used_version, encrypted=encrypted, now=MONDAY_NOON
        )


def test_nothing_is_in_force_before_the_first_token(store: Store) -> None:
    assert _in_force(store) is None


def test_a_first_token_never_replaces_its_own_successor(store: Store) -> None:
    _first(store)
    assert _rotate(store, 1, b"second")
    _first(store)
    assert _in_force(store) == StoredToken(encrypted=b"second", version=2)


def test_a_successor_of_an_older_token_does_not_win(store: Store) -> None:
    """Row 18 of research/imap.md section 3."""
    _first(store)
    assert _rotate(store, 1, b"second")
    assert not _rotate(store, 1, b"late")
    assert _in_force(store) == StoredToken(encrypted=b"second", version=2)


def test_a_use_is_reserved_by_one_until_it_ends(store: Store) -> None:
    _first(store)
    assert _claim(store, 1)
    assert not _claim(store, 1, seconds=89)
    assert _claim(store, 1, seconds=90)


def test_a_use_that_was_given_back_is_free(store: Store) -> None:
    _first(store)
    assert _claim(store, 1)
    with store.write() as db:
        oauth_tokens.release(db, SIGN_IN, version=1)
    assert _claim(store, 1)


def test_a_rotation_frees_the_successor(store: Store) -> None:
    _first(store)
    assert _claim(store, 1)
    assert _rotate(store, 1, b"second")
    assert not _claim(store, 1)
    assert _claim(store, 2)
