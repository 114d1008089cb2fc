"""Keep refresh tokens in the store, encrypted: the one door to cryptography."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from ingest.imap_values import Secret
from models.db import oauth_tokens
from models.db.store import Store
from models.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldToken:
    """A refresh token that is in force."""

    token: Secret
    version: int


def new_key() -> bytes:
    """Return a fresh key for a vault, as text that fits on a line."""
    return Fernet.generate_key()


class TokenVault:
    """Reads and replaces the refresh token of a sign-in; each call is one short transaction."""

    def __init__(self, store: Store, keys: Sequence[bytes]) -> None:
        """Take the keys: the first encrypts, all decrypt.

        Raises ConfigurationError when one is no Fernet key, without showing it.
        """
        self._store = store
        try:
            self._cipher = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            message = (
                "the database key is not of the right form. Make one with: "
                'python -c "from cryptography.fernet import Fernet; '
                'print(Fernet.generate_key().decode())"'
            )
            raise ConfigurationError(message) from error

    def current(self, sign_in: str, first_token: Secret, now: datetime) -> HeldToken:
        """Return the token in force; the first one is stored when there is none yet."""
        with self._store.read() as db:
            stored = oauth_tokens.stored_token(db, sign_in)
        if stored is None:
            with self._store.write() as db:
                oauth_tokens.store_first(db, sign_in, self._encrypted(first_token), now)
                stored = oauth_tokens.stored_token(db, sign_in)
        assert stored is not None  # stored two lines above, in the same transaction
        return HeldToken(token=self._decrypted(stored.encrypted), version=stored.version)

    def claim(self, sign_in: str, held: HeldToken, *, now: datetime, until: datetime) -> bool:
        """Reserve the use of a token; False when another has reserved or replaced it."""
        with self._store.write() as db:
            return oauth_tokens.claim(db, sign_in, version=held.version, now=now, until=until)

    def release(self, sign_in: str, held: HeldToken) -> None:
        """Give a reserved token back as it was."""
        with self._store.write() as db:
            oauth_tokens.release(db, sign_in, version=held.version)

    def rotate(self, sign_in: str, used: HeldToken, successor: Secret, now: datetime) -> bool:
        """Replace the token that was used; False when another has replaced it already."""
        encrypted = self._encrypted(successor)
        with self._store.write() as db:
            return oauth_tokens.rotate(
                db, sign_in, used_version=used.version, encrypted=encrypted, now=now
            )

    def _encrypted(self, token: Secret) -> bytes:
        return self._cipher.encrypt(token.value.encode())

    def _decrypted(self, encrypted: bytes) -> Secret:
        try:
            return Secret(value=self._cipher.decrypt(encrypted).decode())
        except InvalidToken as error:
            message = (
                "a stored refresh token can't be decrypted with the database key. Put the key back "
                "that was in use (a key file may hold several, one a line), or sign in again and "
                "give the new refresh token."
            )
            raise ConfigurationError(message) from error
