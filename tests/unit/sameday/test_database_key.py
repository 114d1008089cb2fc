"""The key that encrypts refresh tokens is found, or made once for its owner only."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from models.errors import ConfigurationError
from sameday.config_file import DatabaseTable
from sameday.database_key import DatabaseKeySource, database_key_source


def test_a_key_of_our_own_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "sameday.db.key"
    source = DatabaseKeySource(own_file=path)
    first = source.read()
    assert source.read() == first
    assert path.stat().st_mode & 0o777 == 0o600
    Fernet(first[0])
    assert list(tmp_path.iterdir()) == [path]


def test_many_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    source = DatabaseKeySource(own_file=tmp_path / "sameday.db.key")
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _number: source.read(), range(16)))
    assert len(keys) == 1


def test_several_keys_stand_in_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMEDAY_KEY", "new old")
    assert DatabaseKeySource(env="SAMEDAY_KEY").read() == (b"new", b"old")


def test_several_keys_stand_on_lines_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("new\nold\n")
    assert DatabaseKeySource(file=path).read() == (b"new", b"old")


def test_a_named_file_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        DatabaseKeySource(file=tmp_path / "absent").read()
    assert not (tmp_path / "absent").exists()


def test_an_empty_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMEDAY_KEY", raising=False)
    with pytest.raises(ConfigurationError, match=r"database\.key_env: SAMEDAY_KEY holds no key"):
        DatabaseKeySource(env="SAMEDAY_KEY").read()


def test_a_folder_that_can_not_be_written_to_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be written: No such file"):
        DatabaseKeySource(own_file=tmp_path / "absent" / "sameday.db.key").read()


def _source(**keys: str) -> DatabaseKeySource:
    return database_key_source(DatabaseTable(**keys), Path("/etc/sameday/config.toml"))


def test_without_settings_the_key_lies_beside_the_database() -> None:
    assert _source() == DatabaseKeySource(own_file=Path("/etc/sameday/sameday.db.key"))


def test_a_key_file_is_found_from_the_config() -> None:
    assert _source(key_file="key").file == Path("/etc/sameday/key")


@pytest.mark.parametrize("url", ["postgresql://db.example/sameday", "sqlite://", "nonsense"])
def test_a_database_that_is_no_file_needs_a_named_key(url: str) -> None:
    with pytest.raises(ConfigurationError, match="must be given"):
        _source(url=url).read()


def test_two_sources_of_a_key_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="Keep one"):
        _source(key_env="X", key_file="key")
