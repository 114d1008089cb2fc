"""Open mailboxes: log in by the secret, and once more with a new token if one is refused."""

from collections.abc import Callable
from datetime import datetime

from ingest.access_tokens import AccessTokens
from ingest.imap_connection import ImapConnection
from ingest.imap_errors import LoginRefused, Misconfigured
from ingest.imap_values import Secret
from ingest.token_endpoint import TokenEndpoint
from ingest.token_vault import TokenVault
from models.db.migrating import migrate
from models.db.store import Store, open_store
from models.errors import ConfigurationError
from models.mailboxes import Mailbox
from sameday.settings import Settings, WatchedMailbox


def access_tokens(
    settings: Settings, store: Callable[[], Store], clock: Callable[[], datetime]
) -> AccessTokens:
    """Return what gives tokens; the database and its key are touched when one is needed."""
    return AccessTokens(
        endpoint=TokenEndpoint(),
        vault=lambda: TokenVault(store(), settings.database_key.read()),
        clock=clock,
    )


class TokenStore:
    """The database, opened only if a refresh token is needed: `sameday check` stores no mail."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings; nothing is opened yet."""
        self._settings = settings
        self._store: Store | None = None

    def __call__(self) -> Store:
        """Return the database, made and upgraded the first time."""
        if self._store is None:
            self._store = open_store(self._settings.database_url, self._settings.folder)
            migrate(self._store)
        return self._store

    def close(self) -> None:
        """Give the database back, if it was opened."""
        if self._store is not None:
            self._store.close()


def open_connection(
    watched: WatchedMailbox,
    tokens: AccessTokens,
    connect: Callable[[Mailbox, Secret], ImapConnection] = ImapConnection.connect,
) -> ImapConnection:
    """Return a session with a mailbox; a MailboxError says why there is none.

    A token may have been revoked before its time, so a refused one is renewed and tried once more;
    a password never is, since a server may ban us for it.
    """
    try:
        secret = watched.secret.read(tokens)
        try:
            return connect(watched.mailbox, secret)
        except LoginRefused:
            newer = watched.secret.read_again(tokens, refused=secret)
            if newer is None:
                raise
            return connect(watched.mailbox, newer)
    except ConfigurationError as error:
        # A secret that is missing at run time is one mailbox's trouble, told where people see it.
        raise Misconfigured(str(error)) from error
