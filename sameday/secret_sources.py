"""Fetch a mailbox's password or token at the moment it is needed, and never keep it in settings."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ingest.imap_values import Secret
from models.errors import ConfigurationError

_COMMAND_SECONDS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretSource:
    """Where one mailbox's secret comes from; exactly one of the fields is set."""

    key: str
    """Key of the mailbox in the config, for messages, e.g. "mailboxes[0]"."""
    env: str = ""
    file: Path | None = None
    command: tuple[str, ...] = ()
    token_command: tuple[str, ...] = ()

    def read(self) -> Secret:
        """Return the secret; raise ConfigurationError that names the source and the next step."""
        if self.env:
            return Secret(value=self._from_environment())
        if self.file is not None:
            return Secret(value=self._from_file(self.file))
        if self.command:
            return Secret(value=self._from_command("password_command", self.command))
        return Secret(
            value=self._from_command("oauth.token_command", self.token_command), is_token=True
        )

    def _from_environment(self) -> str:
        value = os.environ.get(self.env, "")
        if not value:
            message = (
                f"{self.key}.password_env: the environment variable {self.env} is not set. "
                f"Set it before starting sameday, e.g. export {self.env}=..."
            )
            raise ConfigurationError(message)
        return value

    def _from_file(self, path: Path) -> str:
        try:
            first_line = path.read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            message = f"{self.key}.password_file: {path} can't be read: {reason}."
            raise ConfigurationError(message) from error
        if not first_line:
            message = f"{self.key}.password_file: the first line of {path} is empty."
            raise ConfigurationError(message)
        return first_line

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
