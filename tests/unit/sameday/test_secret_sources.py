"""A secret is fetched when it is needed, and its absence is explained."""

import sys
from pathlib import Path

import pytest

from ingest.access_tokens import AccessTokens
from ingest.imap_values import Secret, TokenMechanism
from models.errors import ConfigurationError
from sameday.secret_sources import SecretSource


class NoTokens(AccessTokens):
    """Tokens for sources that need none."""

    def __init__(self) -> None:
        """Take nothing: to be asked would be an error."""


TOKENS = NoTokens()


def test_a_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELLO_PASSWORD", "пароль")
    secret = SecretSource(key="mailboxes[0]", env="HELLO_PASSWORD").read(TOKENS)
    assert (secret.value, secret.is_token) == ("пароль", False)


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HELLO_PASSWORD", raising=False)
    with pytest.raises(ConfigurationError, match=r"mailboxes\[0\]\.password_env: .*HELLO_PASSWORD"):
        SecretSource(key="mailboxes[0]", env="HELLO_PASSWORD").read(TOKENS)


def test_a_password_is_the_first_line_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b" pass word \r\nrest")
    assert SecretSource(key="m", file=path).read(TOKENS).value == " pass word "


@pytest.mark.parametrize("content", [b"", b"\nsecond line", b"\xff"])
def test_a_file_without_a_password_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"m\.password_file: .*secret"):
        SecretSource(key="m", file=path).read(TOKENS)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        SecretSource(key="m", file=tmp_path / "absent").read(TOKENS)


def test_a_command_prints_a_password_or_a_token() -> None:
    command = (sys.executable, "-c", "print('s3cret')")
    assert SecretSource(key="m", command=command).read(TOKENS).value == "s3cret"
    assert SecretSource(key="m", token_command=command).read(TOKENS).is_token


@pytest.mark.parametrize(
    "command",
    [("/no/such/program",), (sys.executable, "-c", "exit(3)"), (sys.executable, "-c", "")],
    ids=["absent", "fails", "silent"],
)
def test_a_command_that_gives_nothing_is_named(command: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError, match=r"m\.password_command: "):
        SecretSource(key="m", command=command).read(TOKENS)


def test_a_secret_does_not_show_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELLO_PASSWORD", "s3cret")
    assert "s3cret" not in repr(SecretSource(key="m", env="HELLO_PASSWORD").read(TOKENS))


def test_a_token_is_presented_as_the_settings_say() -> None:
    command = (sys.executable, "-c", "print('t0ken')")
    source = SecretSource(key="m", token_command=command, mechanism=TokenMechanism.OAUTHBEARER)
    expected = Secret(value="t0ken", is_token=True, mechanism=TokenMechanism.OAUTHBEARER)
    assert source.read(TOKENS) == expected


def test_a_refused_password_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELLO_PASSWORD", "new")
    source = SecretSource(key="m", env="HELLO_PASSWORD")
    assert source.read_again(TOKENS, refused=Secret(value="old")) is None


@pytest.mark.parametrize(("refused", "again"), [("t0ken", None), ("older", "t0ken")])
def test_a_command_is_asked_again_for_another_token(refused: str, again: str | None) -> None:
    source = SecretSource(key="m", token_command=(sys.executable, "-c", "print('t0ken')"))
    secret = source.read_again(TOKENS, refused=Secret(value=refused, is_token=True))
    assert (secret.value if secret else None) == again
