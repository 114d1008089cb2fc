"""Hand out access tokens: from memory while they live, then renewed by exactly one asker.

A refresh token may be good for one use only. So the use is reserved in the store before the
provider is asked, and the successor is stored in a transaction of its own, only in the place of the
token that was used (rows 17 and 18 of research/imap.md section 3).
"""

import hashlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from ingest.imap_errors import LoginRefused, TransientFailure
from ingest.imap_values import Secret
from ingest.oauth import Flow, HttpAnswer, TokenClient, TokenGrant, grant_of, token_request
from ingest.token_endpoint import name_of
from ingest.token_vault import HeldToken, TokenVault
from models.errors import StoreError

_MARGIN = timedelta(minutes=2)
"""A token is renewed so long before its end: a login must not race with it."""
_CLAIM = timedelta(seconds=90)
"""Longer than an answer may take; after it, whoever reserved the token is taken for dead."""
_PAUSE_SECONDS = 0.1
_TURNS = 1200
"""Two minutes of pauses: whoever reserved the token must be done or dead by then."""

_log = structlog.get_logger(__name__)


class Endpoint(Protocol):
    """What answers forms; ingest.token_endpoint.TokenEndpoint is the real one."""

    def post(self, url: str, form: dict[str, str]) -> HttpAnswer:
        """Return the answer; raises a MailboxError when there is none."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class SignIn:
    """An application, and the person for whom it acts, if any.

    Several mailboxes may be opened by one sign-in: Microsoft's shared mailboxes are.
    """

    client: TokenClient
    first_token: Secret | None
    """The refresh token that the person got by signing in; None for client credentials."""

    @property
    def name(self) -> str:
        """Tell this sign-in from others, without any secret in it; a new first token renames it."""
        first = self.first_token.value if self.first_token else ""
        parts = (self.client.token_url, self.client.client_id, first)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


_CacheKey = tuple[str, str]


class AccessTokens:
    """The access tokens of this process; may be shared by threads."""

    def __init__(
        self,
        *,
        endpoint: Endpoint,
        vault: Callable[[], TokenVault],
        clock: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the parts; `vault` is called when the first refresh token is needed."""
        self._endpoint = endpoint
        self._vault = vault
        self._clock = clock
        self._pause = pause
        self._lock = threading.Lock()
        self._renewing: defaultdict[_CacheKey, threading.Lock] = defaultdict(threading.Lock)
        self._grants: dict[_CacheKey, TokenGrant] = {}
        self._unsaved: dict[str, tuple[HeldToken, Secret]] = {}

    def token(self, sign_in: SignIn, *, refused: Secret | None = None) -> Secret:
        """Return an access token that lives, other than the one that a server has just refused.

        Raises a MailboxError when the provider gives none, ConfigurationError for a wrong database
        key, StoreError when the database can't be used.
        """
        key = (sign_in.name, sign_in.client.scope)
        with self._lock:
            renewing = self._renewing[key]
        with renewing:
            grant = self._grants.get(key)
            if grant is None or not self._is_good(grant, refused):
                grant = self._renewed(sign_in)
                self._grants[key] = grant
            return grant.access_token

    def _is_good(self, grant: TokenGrant, refused: Secret | None) -> bool:
        if refused is not None and refused.value == grant.access_token.value:
            return False
        return grant.expires_at - _MARGIN > self._clock()

    def _renewed(self, sign_in: SignIn) -> TokenGrant:
        if sign_in.client.flow is Flow.CLIENT_CREDENTIALS or sign_in.first_token is None:
            return self._ask(sign_in.client, None)
        return self._renewed_in_turn(sign_in, sign_in.first_token)

    def _renewed_in_turn(self, sign_in: SignIn, first_token: Secret) -> TokenGrant:
        """Renew while nobody else does: another process may watch mailboxes by the same sign-in."""
        vault, name = self._vault(), sign_in.name
        self._save_what_is_unsaved(vault, name)
        for _ in range(_TURNS):
            now = self._clock()
            held = vault.current(name, first_token, now)
            if not vault.claim(name, held, now=now, until=now + _CLAIM):
                self._pause(_PAUSE_SECONDS)
                continue
            try:
                grant = self._ask(sign_in.client, held.token)
            except LoginRefused:
                # Refused may mean used: by one who was so slow that his claim had ended.
                vault.release(name, held)
                if vault.current(name, first_token, now).version == held.version:
                    raise
                continue
            except BaseException:
                vault.release(name, held)
                raise
            self._keep(vault, name, held, grant)
            return grant
        message = (
            "another Sameday process has been renewing the same sign-in for two minutes. "
            "It will be tried again by itself."
        )
        raise TransientFailure(message)

    def _ask(self, client: TokenClient, refresh_token: Secret | None) -> TokenGrant:
        answer = self._endpoint.post(client.token_url, token_request(client, refresh_token))
        return grant_of(answer, endpoint=name_of(client.token_url), now=self._clock())

    # --- successors -----------------------------------------------------------------------------

    def _keep(self, vault: TokenVault, name: str, held: HeldToken, grant: TokenGrant) -> None:
        """Store the successor of a used token before anybody relies on the grant."""
        successor = grant.refresh_token
        if successor is None or successor.value == held.token.value:
            vault.release(name, held)
            return
        try:
            self._rotate(vault, name, held, successor)
        except StoreError as error:
            # The only copy is in memory now; the next renewal starts by storing it.
            self._unsaved[name] = (held, successor)
            _log.error("refresh_token_not_stored_yet", error=str(error))

    def _save_what_is_unsaved(self, vault: TokenVault, name: str) -> None:
        if name in self._unsaved:
            self._rotate(vault, name, *self._unsaved[name])
            del self._unsaved[name]

    def _rotate(self, vault: TokenVault, name: str, held: HeldToken, successor: Secret) -> None:
        if not vault.rotate(name, held, successor, self._clock()):
            _log.info("refresh_token_superseded")
