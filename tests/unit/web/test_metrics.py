"""What Prometheus is told, and who may ask."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from models.agency import Role
from models.db import ledger
from models.db.reconciling import Reconciled, save_reconciled
from models.mailboxes import ListedMail, MailboxCounts
from tests.panel_studio import HELLO, Studio, moscow


def scraped(studio: Studio) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and the values of its labels."""
    answer = studio.app().test_client().get("/metrics", base_url="http://127.0.0.1:8025")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_the_store_s_numbers_are_told(studio: Studio) -> None:
    inbox, _sent = studio.reads(at=studio.now - timedelta(seconds=90))
    studio.waits()
    studio.waits(due_at=moscow(20, 19))
    listed = [ListedMail(uid=uid, size_bytes=10, internaldate=studio.now) for uid in (1, 2, 3)]
    with studio.store.write() as connection:
        ledger.discover(connection, inbox, listed, window=(1, 3), horizon=None, now=studio.now)
        for _ in range(ledger.QUARANTINE_AFTER_ATTEMPTS):
            ledger.mark_failed(connection, inbox, 3, "bad", studio.now)
        found = Reconciled(made_at=moscow(21, 12), held=9, accounted=7, quarantined=1)
        save_reconciled(connection, ledger.ensure_mailbox(connection, HELLO), found)
    assert scraped(studio) == {
        ("sameday_messages_stored",): 2,
        ("sameday_obligations_waiting",): 2,
        ("sameday_obligations_overdue",): 1,
        ("sameday_mailbox_fresh", HELLO): 1,
        ("sameday_mailbox_last_complete_pass_age_seconds", HELLO): 90,
        ("sameday_backfill_pending_mails", HELLO): 2,
        ("sameday_quarantined_mails", HELLO): 1,
        ("sameday_reconciled_age_seconds", HELLO): 240,
        ("sameday_unaccounted_mails", HELLO): 2,
    }


def test_what_the_watchers_did_is_told(studio: Studio) -> None:
    studio.counts = (
        MailboxCounts(
            address=HELLO,
            mails_read=12,
            logins=3,
            open_connections=1,
            failures={"LoginRefused": 2, "TransientFailure": 1},
        ),
    )
    samples = scraped(studio)
    assert samples["sameday_mails_read_total", HELLO] == 12
    assert samples["sameday_logins_total", HELLO] == 3
    assert samples["sameday_open_connections", HELLO] == 1
    assert samples["sameday_failures_total", "LoginRefused", HELLO] == 2
    assert samples["sameday_failures_total", "TransientFailure", HELLO] == 1


def test_a_mailbox_that_was_never_read_has_no_age(studio: Studio) -> None:
    studio.reads(at=None, problem="The server refused the login.")
    samples = scraped(studio)
    assert samples["sameday_mailbox_fresh", HELLO] == 0
    assert ("sameday_mailbox_last_complete_pass_age_seconds", HELLO) not in samples


def test_no_client_is_named(studio: Studio) -> None:
    studio.reads(at=studio.now)
    studio.waits(subject="Secret plan")
    page = studio.app().test_client().get("/metrics", base_url="http://localhost").text
    for secret in ("Secret", "acme", "Acme", "gleb", "Gleb"):
        assert secret not in page


@pytest.mark.parametrize(
    ("remote", "base_url", "headers", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:8025", {}, 200),
        ("127.0.0.1", "http://localhost:8025", {}, 200),
        ("::1", "http://[::1]:8025", {}, 200),
        ("192.0.2.7", "http://127.0.0.1:8025", {}, 303),
        ("192.0.2.7", "http://panel.studio.example", {}, 303),
        ("127.0.0.1", "http://panel.studio.example", {}, 303),
        ("127.0.0.1", "http://127.0.0.1:8025", {"X-Forwarded-For": "192.0.2.7"}, 303),
        ("127.0.0.1", "http://127.0.0.1:8025", {"Forwarded": "for=192.0.2.7"}, 303),
        ("127.0.0.1", "http://127.0.0.1:8025", {"X-Real-IP": "192.0.2.7"}, 303),
    ],
    ids=[
        "this machine",
        "by name",
        "over IPv6",
        "elsewhere",
        "elsewhere by name",
        "through a proxy that keeps the name",
        "through a proxy",
        "through a modern proxy",
        "through another proxy",
    ],
)
def test_without_a_login_only_this_machine_may_ask(
    studio: Studio, remote: str, base_url: str, headers: dict[str, str], expected: int
) -> None:
    environment: dict[str, Any] = {"REMOTE_ADDR": remote}
    answer = (
        studio.app()
        .test_client()
        .get("/metrics", base_url=base_url, headers=headers, environ_base=environment)
    )
    assert answer.status_code == expected


@pytest.mark.parametrize(
    ("role", "expected"), [(Role.ADMIN, 200), (Role.CURATOR, 403), (Role.SPECIALIST, 403)]
)
def test_from_elsewhere_an_administrator_may_ask(studio: Studio, role: Role, expected: int) -> None:
    client = studio.client(role)
    answer = client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == expected
