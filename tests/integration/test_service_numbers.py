"""The running service tells monitoring what its watchers do, and only those who may know."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from sameday.running import Service
from sameday.service import Parts
from sameday.settings import settings_of

USER, PASSWORD = "hello@studio.example", "pw"
MAIL = (
    b"Message-ID: <a@acme.example>\r\nFrom: client@acme.example\r\nTo: hello@studio.example\r\n"
    b"Subject: Question\r\n\r\nWhen?\r\n"
)
PATIENCE_SECONDS = 20.0


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    """Yield the parts of a service for one mailbox with one mail; its server runs."""
    monkeypatch.setenv("HELLO_PASSWORD", PASSWORD)
    mail = MailStore()
    mail.add_user(USER, PASSWORD)
    mail.add_folder(USER, "Sent", "\\Sent")
    mail.append(USER, "INBOX", MAIL, datetime.now(UTC))
    with EmbeddedImapServer(mail) as server:
        values = {
            "agency": {"name": "Studio", "domains": ["studio.example"]},
            "panel": {"bind": "127.0.0.1:0"},
            "mailboxes": [
                {
                    "address": USER,
                    "host": "127.0.0.1",
                    "port": server.port,
                    "tls": "none",
                    "password_env": "HELLO_PASSWORD",
                }
            ],
        }
        parts = Parts(settings_of(values, tmp_path / "config.toml"))
        yield parts
        parts.close()


def metrics(service: Service, **headers: str) -> str:
    request = urllib.request.Request(service.panel_url + "metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        text: str = answer.read().decode()
        return "the login page" if "/login" in answer.url else text


def patiently(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_the_watchers_work_shows_in_the_numbers(parts: Parts) -> None:
    with Service(parts) as service:
        expected = f'sameday_mails_read_total{{mailbox="{USER}"}} 1.0'
        assert patiently(lambda: expected in metrics(service))
        numbers = metrics(service)
    assert f'sameday_logins_total{{mailbox="{USER}"}} 1.0' in numbers
    assert f'sameday_open_connections{{mailbox="{USER}"}} 1.0' in numbers
    assert f'sameday_mailbox_fresh{{mailbox="{USER}"}} 1.0' in numbers
    (counts,) = parts.counters.snapshot()
    assert counts.open_connections == 0


def test_what_came_through_a_proxy_must_sign_in(parts: Parts) -> None:
    forwarded = {"X-Forwarded-For": "192.0.2.7"}
    with Service(parts) as service:
        assert metrics(service, **forwarded) == "the login page"
        assert metrics(service, Host="panel.studio.example") == "the login page"
        assert "sameday_messages_stored" in metrics(service)


def test_a_refused_login_is_counted_by_its_class(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELLO_PASSWORD", "wrong")
    with Service(parts) as service:
        expected = f'sameday_failures_total{{kind="LoginRefused",mailbox="{USER}"}} 1.0'
        assert patiently(lambda: expected in metrics(service))
