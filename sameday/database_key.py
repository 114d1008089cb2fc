"""Find the key that encrypts secrets in the database, and make one the first time."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from ingest.token_vault import new_key
from models.db.store import sqlite_file
from models.errors import ConfigurationError
from sameday.config_file import DatabaseTable


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseKeySource:
    """Where the key comes from: a variable, a file, or a file of our own beside the database."""

    env: str = ""
    file: Path | None = None
    own_file: Path | None = None
    """Made when it is absent; None for a database that is no file."""

    def read(self) -> tuple[bytes, ...]:
        """Return the keys, the one in use first; ConfigurationError says what to do without any.

        Several stand on lines of their own, or between spaces: all decrypt, so that a key can be
        replaced.
        """
        if self.env:
            return self._keys(os.environ.get(self.env, ""), f"database.key_env: {self.env}")
        if self.file is not None:
            return self._keys(_content(self.file), f"database.key_file: {self.file}")
        if self.own_file is None:
            message = (
                "database.key_env or database.key_file must be given, since the database is no "
                "file: refresh tokens are kept in it, encrypted."
            )
            raise ConfigurationError(message)
        if not self.own_file.exists():
            _make_key_file(self.own_file)
        return self._keys(_content(self.own_file), str(self.own_file))

    def _keys(self, text: str, where: str) -> tuple[bytes, ...]:
        keys = tuple(line.encode() for line in text.split())
        if not keys:
            message = f"{where} holds no key. Set it, or remove the setting to have a key made."
            raise ConfigurationError(message)
        return keys


def database_key_source(table: DatabaseTable, path: Path) -> DatabaseKeySource:
    """Return where the key comes from by the settings in `path`; nothing is read yet."""
    if table.key_env is not None and table.key_file is not None:
        message = f"{path}: database.key_env: stands beside key_file. Keep one"
        raise ConfigurationError(message)
    database = sqlite_file(table.url, path.parent)
    return DatabaseKeySource(
        env=table.key_env or "",
        file=path.parent / table.key_file if table.key_file else None,
        own_file=database.with_name(f"{database.name}.key") if database else None,
    )


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        message = f"The database key {path} can't be read: {reason}."
        raise ConfigurationError(message) from error


def _make_key_file(path: Path) -> None:
    """Make a key that nobody else may read; a key that another process makes first is kept.

    The file appears with its content, never empty: it is linked to its name when it is complete.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(new_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        _link(draft, path)
    except OSError as error:
        message = (
            f"The database key {path} can't be written: {error.strerror}. "
            "Make the folder writable, or set database.key_env or database.key_file."
        )
        raise ConfigurationError(message) from error
    finally:
        draft.unlink(missing_ok=True)


def _link(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
