"""Fetch a mailbox's password or token at the moment it is needed, and never keep it in settings."""

import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.access_tokens import AccessTokens, SignIn
from ingest.imap_values import Secret, TokenMechanism
from ingest.oauth import Flow, TokenClient
from models.errors import ConfigurationError

_COMMAND_SECONDS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedSecret:
    """A secret that an environment variable or a file holds; exactly one of them is set."""

    key: str
    """Key in the config without its ending, for messages, e.g. "mailboxes[0].password"."""
    env: str = ""
    file: Path | None = None

    def read(self) -> str:
        """Return the secret; raise ConfigurationError that names the source and the next step."""
        return self._from_environment() if self.file is None else self._from_file(self.file)

    def _from_environment(self) -> str:
        value = os.environ.get(self.env, "")
        if not value:
            message = (
                f"{self.key}_env: the environment variable {self.env} is not set. "
                f"Set it before starting sameday, e.g. export {self.env}=..."
            )
            raise ConfigurationError(message)
        return value

    def _from_file(self, path: Path) -> str:
        try:
            first_line = path.read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            message = f"{self.key}_file: {path} can't be read: {reason}."
            raise ConfigurationError(message) from error
        if not first_line:
            message = f"{self.key}_file: the first line of {path} is empty."
            raise ConfigurationError(message)
        return first_line


@dataclass(frozen=True, kw_only=True, slots=True)
class SignInSource:
    """Where the parts of an OAuth sign-in come from."""

    flow: Flow
    token_url: str
    client_id: str
    scope: str
    client_secret: NamedSecret | None
    """None for a public client."""
    refresh_token: NamedSecret | None
    """None for client credentials."""

    def read(self) -> SignIn:
        """Return the sign-in; raise ConfigurationError that names a missing part."""
        secret, first = self.client_secret, self.refresh_token
        return SignIn(
            client=TokenClient(
                flow=self.flow,
                token_url=self.token_url,
                client_id=self.client_id,
                client_secret=Secret(value=secret.read()) if secret else None,
                scope=self.scope,
            ),
            first_token=Secret(value=first.read()) if first else None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretSource:
    """Where one mailbox's secret comes from; exactly one of the sources is set."""

    key: str
    """Key of the mailbox in the config, for messages, e.g. "mailboxes[0]"."""
    env: str = ""
    file: Path | None = None
    command: tuple[str, ...] = ()
    token_command: tuple[str, ...] = ()
    sign_in: SignInSource | None = None
    mechanism: TokenMechanism | None = None
    """How a token is presented; None: as the server announces."""

    def read(self, tokens: AccessTokens) -> Secret:
        """Return the secret; raise ConfigurationError that names the source and the next step.

        A token may have to be asked for first: then a MailboxError says why there is none.
        """
        if self.sign_in is not None:
            return self._token(tokens.token(self.sign_in.read()))
        if self.token_command:
            return self._token(
                Secret(value=self._from_command("oauth.token_command", self.token_command))
            )
        if self.command:
            return Secret(value=self._from_command("password_command", self.command))
        named = NamedSecret(key=f"{self.key}.password", env=self.env, file=self.file)
        return Secret(value=named.read())

    def read_again(self, tokens: AccessTokens, refused: Secret) -> Secret | None:
        """Return a token other than the refused one; None when there is none to be had.

        A password never changes by asking again, and a second try with it may get us banned.
        """
        if self.sign_in is not None:
            return self._token(tokens.token(self.sign_in.read(), refused=refused))
        if self.token_command:
            secret = self.read(tokens)
            return secret if secret.value != refused.value else None
        return None

    def _token(self, token: Secret) -> Secret:
        return replace(token, is_token=True, mechanism=self.mechanism)

    def _from_command(self, key: str, command: tuple[str, ...]) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the administrator's own command, without a shell
                command, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            message = f"{self.key}.{key}: {command[0]!r} can't be run: {error}."
            raise ConfigurationError(message) from error
        secret = done.stdout.split("\n", 1)[0].rstrip("\r")
        if done.returncode != 0 or not secret:
            message = (
                f"{self.key}.{key}: {command[0]!r} printed no secret and ended with "
                f"{done.returncode}. Run it by hand to see why."
            )
            raise ConfigurationError(message)
        return secret
