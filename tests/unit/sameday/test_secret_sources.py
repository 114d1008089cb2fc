"""A secret is fetched when it is needed, and its absence is explained."""

import sys
from pathlib import Path

import pytest

from models.errors import ConfigurationError
from sameday.secret_sources import SecretSource


def test_a_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELLO_PASSWORD", "пароль")
    secret = SecretSource(key="mailboxes[0]", env="HELLO_PASSWORD").read()
    assert (secret.value, secret.is_token) == ("пароль", False)


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HELLO_PASSWORD", raising=False)
    with pytest.raises(ConfigurationError, match=r"mailboxes\[0\]\.password_env: .*HELLO_PASSWORD"):
        SecretSource(key="mailboxes[0]", env="HELLO_PASSWORD").read()


def test_a_password_is_the_first_line_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b" pass word \r\nrest")
    assert SecretSource(key="m", file=path).read().value == " pass word "


@pytest.mark.parametrize("content", [b"", b"\nsecond line", b"\xff"])
def test_a_file_without_a_password_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"m\.password_file: .*secret"):
        SecretSource(key="m", file=path).read()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        SecretSource(key="m", file=tmp_path / "absent").read()


def test_a_command_prints_a_password_or_a_token() -> None:
    command = (sys.executable, "-c", "print('s3cret')")
    assert SecretSource(key="m", command=command).read().value == "s3cret"
    assert SecretSource(key="m", token_command=command).read().is_token


@pytest.mark.parametrize(
    "command",
    [("/no/such/program",), (sys.executable, "-c", "exit(3)"), (sys.executable, "-c", "")],
    ids=["absent", "fails", "silent"],
)
def test_a_command_that_gives_nothing_is_named(command: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError, match=r"m\.password_command: "):
        SecretSource(key="m", command=command).read()


def test_a_secret_does_not_show_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELLO_PASSWORD", "s3cret")
    assert "s3cret" not in repr(SecretSource(key="m", env="HELLO_PASSWORD").read())
