"""Turn a [mailboxes.oauth] table into the source of a token, or say what is missing in it."""

from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from ingest.oauth import Flow
from models.errors import ConfigurationError
from sameday.config_file import OAuthTable
from sameday.hosts import is_loopback
from sameday.secret_sources import NamedSecret, SecretSource, SignInSource

_GOOGLE_URL = "https://oauth2.googleapis.com/token"
_MICROSOFT_URL = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
_ANY_TENANT = "organizations"
_SCOPES = {
    # The one scope that opens IMAP at Google; it stands in the consent, so it need not be asked
    # for again with each token.
    ("google", Flow.REFRESH_TOKEN): "",
    # offline_access is what makes Microsoft give a successor of the refresh token.
    ("microsoft", Flow.REFRESH_TOKEN): (
        "https://outlook.office.com/IMAP.AccessAsUser.All offline_access"
    ),
    # Everything that the administrator granted to the application (IMAP.AccessAsApp).
    ("microsoft", Flow.CLIENT_CREDENTIALS): "https://outlook.office365.com/.default",
}
_OWN_KEYS = ("token_command", "mechanism")


def token_source(table: OAuthTable, mailbox_key: str, path: Path) -> SecretSource:
    """Return where a mailbox's access tokens come from; ConfigurationError names what is wrong."""
    if (table.provider is None) == (table.token_command is None):
        _refuse(path, f"{mailbox_key}.oauth", "write either token_command or provider")
    if table.token_command is None:
        source = _SignInTable(table, f"{mailbox_key}.oauth", path).source()
    else:
        source = None
        beside = sorted(table.model_fields_set - set(_OWN_KEYS))
        if beside:
            reason = f"{beside[0]} has no meaning beside token_command"
            _refuse(path, f"{mailbox_key}.oauth", reason)
    return SecretSource(
        key=f"{path}: {mailbox_key}",
        token_command=tuple(table.token_command or ()),
        sign_in=source,
        mechanism=table.mechanism,
    )


class _SignInTable:
    """The table of one mailbox, with its name for messages."""

    def __init__(self, table: OAuthTable, key: str, path: Path) -> None:
        self._table = table
        self._key = key
        self._path = path

    def source(self) -> SignInSource:
        """Return the sign-in that the table describes."""
        table = self._table
        if not table.client_id:
            self._refuse("client_id", "is missing: the id of the application at the provider")
        secret = self._secret("client_secret", table.client_secret_env, table.client_secret_file)
        token = self._secret("refresh_token", table.refresh_token_env, table.refresh_token_file)
        if table.flow is Flow.CLIENT_CREDENTIALS:
            self._check_client_credentials(secret, token)
        elif token is None:
            self._refuse(
                "refresh_token_env",
                "is missing (or refresh_token_file): sign in once, see docs/oauth.md",
            )
        return SignInSource(
            flow=table.flow,
            token_url=self._token_url(),
            client_id=table.client_id,
            scope=self._scope(),
            client_secret=secret,
            refresh_token=token,
        )

    def _check_client_credentials(
        self, secret: NamedSecret | None, token: NamedSecret | None
    ) -> None:
        table = self._table
        if table.provider == "google":
            self._refuse("flow", '"client_credentials" does not exist at Google')
        if secret is None:
            self._refuse("client_secret_env", "is missing: the application proves itself by it")
        if token is not None:
            self._refuse("refresh_token_env", "has no meaning with client_credentials")
        if table.provider == "microsoft" and table.tenant is None:
            self._refuse("tenant", "is missing: the application acts within one tenant")

    def _token_url(self) -> str:
        table = self._table
        if table.tenant is not None and table.provider != "microsoft":
            self._refuse("tenant", 'has a meaning with provider = "microsoft" only')
        if table.provider != "custom":
            if table.token_url is not None:
                self._refuse("token_url", 'is accepted with provider = "custom" only')
            tenant = table.tenant or _ANY_TENANT
            return (
                _GOOGLE_URL if table.provider == "google" else _MICROSOFT_URL.format(tenant=tenant)
            )
        if table.token_url is None:
            self._refuse("token_url", 'is missing: provider = "custom" has none of its own')
        try:
            url = urlsplit(table.token_url)
            is_safe = url.scheme == "https" or (
                url.scheme == "http" and is_loopback(url.hostname or "")
            )
        except ValueError:
            is_safe = False
        if not is_safe or not url.hostname or url.username or url.password:
            self._refuse("token_url", "is not of the form https://host/path")
        return table.token_url

    def _scope(self) -> str:
        table = self._table
        if table.scope is not None:
            return table.scope
        return _SCOPES.get((table.provider or "", table.flow), "")

    def _secret(self, name: str, env: str | None, file: str | None) -> NamedSecret | None:
        if env is not None and file is not None:
            self._refuse(f"{name}_env", f"stands beside {name}_file. Keep one")
        if env is None and file is None:
            return None
        return NamedSecret(
            key=f"{self._path}: {self._key}.{name}",
            env=env or "",
            file=self._path.parent / file if file else None,
        )

    def _refuse(self, key: str, reason: str) -> NoReturn:
        _refuse(self._path, f"{self._key}.{key}", reason)


def _refuse(path: Path, key: str, reason: str) -> NoReturn:
    message = f"{path}: {key}: {reason}"
    raise ConfigurationError(message)
