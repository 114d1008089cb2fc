"""From the settings to a mailbox: tokens of an endpoint open a real Dovecot, and are renewed."""

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sameday.cli import main
from tests.dovecot import Dovecot, is_installed
from tests.json_web_token import SECRET, json_web_token
from tests.token_endpoint import Answer, FakeTokenEndpoint

HOUR = timedelta(hours=1)

pytestmark = [
    pytest.mark.dovecot,
    pytest.mark.skipif(not is_installed(), reason="the system package dovecot-imapd is missing"),
]


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    """Yield a Dovecot that validates tokens."""
    with (
        tempfile.TemporaryDirectory(prefix="sameday-dovecot-") as folder,
        Dovecot(
            Path(folder), mechanisms="plain xoauth2 oauthbearer", token_secret=SECRET
        ) as server,
    ):
        yield server


def _good(_number: int) -> str:
    return json_web_token("u0", datetime.now(UTC) - timedelta(seconds=5), lifetime=HOUR)


def _expired(_number: int) -> str:
    return json_web_token("u0", datetime.now(UTC) - 3 * HOUR, lifetime=HOUR)


def _expired_at_first(number: int) -> str:
    return _expired(number) if number == 1 else _good(number)


@pytest.fixture
def run(dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return what runs a command on a mailbox that signs in at an endpoint."""
    monkeypatch.setenv("FIRST_TOKEN", "first-token")

    def run(endpoint: FakeTokenEndpoint, *words: str, more: str = "") -> Result:
        config = tmp_path / "config.toml"
        config.write_text(
            f"""
[agency]
name = "Studio"
domains = ["studio.example"]
[[mailboxes]]
address = "hello@studio.example"
host = "127.0.0.1"
port = {dovecot.port}
tls = "none"
user = "u0"
[mailboxes.oauth]
provider = "custom"
token_url = "{endpoint.url}"
client_id = "app"
refresh_token_env = "FIRST_TOKEN"
{more}
"""
        )
        return CliRunner().invoke(main, [*words, "--config", str(config)])

    return run


@pytest.mark.parametrize("more", ["", 'mechanism = "oauthbearer"'])
def test_check_logs_in_by_a_token(run: Callable[..., Result], more: str) -> None:
    with FakeTokenEndpoint(token=_good) as endpoint:
        result = run(endpoint, "check", more=more)
    assert result.exit_code == 0, result.output
    assert "login         ok" in result.output


def test_the_rotated_token_is_kept_from_command_to_command(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    with FakeTokenEndpoint(token=_good) as endpoint:
        for words in (["check"], ["sync", "--once"], ["check"]):
            result = run(endpoint, *words)
            assert result.exit_code == 0, result.output
        used = [form["refresh_token"] for form in endpoint.forms]
    assert used == ["first-token", "refresh-1", "refresh-2"]
    assert (tmp_path / "sameday.db.key").stat().st_mode & 0o777 == 0o600


def test_a_token_that_the_server_refuses_is_renewed_and_tried_once_more(
    run: Callable[..., Result],
) -> None:
    with FakeTokenEndpoint(token=_expired_at_first) as endpoint:
        result = run(endpoint, "check")
        assert (result.exit_code, len(endpoint.forms)) == (0, 2), result.output


def test_a_server_that_refuses_every_token_is_asked_twice_and_explained(
    run: Callable[..., Result],
) -> None:
    """Row 16 of research/imap.md section 3."""
    with FakeTokenEndpoint(token=_expired) as endpoint:
        result = run(endpoint, "check")
        assert (result.exit_code, len(endpoint.forms)) == (1, 2)
    assert "PROBLEM       the server refused the access token for u0" in result.output
    assert '"status":"401"' in result.output


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=400, fields={"error": "invalid_grant"}), "Sign in again, consent"),
        (Answer(status=401, fields={"error": "invalid_client"}), "Check oauth.client_id"),
        (Answer(status=429, headers={"Retry-After": "9"}), "tried again by itself"),
        (Answer(status=503), "tried again by itself"),
    ],
    ids=["400", "401", "429", "503"],
)
def test_check_explains_what_the_endpoint_says(
    run: Callable[..., Result], answer: Answer, words: str
) -> None:
    """Row 17 of research/imap.md section 3."""
    with FakeTokenEndpoint(token=_good) as endpoint:
        endpoint.scripted.append(answer)
        result = run(endpoint, "check")
    assert result.exit_code == 1
    assert words in result.output


def test_no_secret_is_printed_or_logged(
    run: Callable[..., Result], capfd: pytest.CaptureFixture[str]
) -> None:
    with FakeTokenEndpoint(token=_expired) as endpoint:
        output = run(endpoint, "check").output + run(endpoint, "sync", "--once").output
    captured = capfd.readouterr()
    shown = output + captured.out + captured.err
    secrets = ["first-token", "refresh-1", "refresh-2", _expired(1).split(".")[1]]
    assert [secret for secret in secrets if secret in shown] == []
