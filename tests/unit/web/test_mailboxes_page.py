"""The health of the data, for people and for monitoring; and what every answer carries."""

from datetime import timedelta

import pytest

from models.agency import Role
from models.db import ledger
from models.mailboxes import ListedMail
from tests.panel_studio import HELLO, SAME_ORIGIN, Studio, moscow


def quarantine_one(studio: Studio) -> None:
    """Give up reading a mail of the INBOX."""
    inbox = studio.reads(at=studio.now)[0]
    listed = [ListedMail(uid=7, size_bytes=10, internaldate=studio.now)]
    with studio.store.write() as connection:
        ledger.discover(connection, inbox, listed, window=(1, 7), horizon=None, now=studio.now)
        for _ in range(ledger.QUARANTINE_AFTER_ATTEMPTS):
            ledger.mark_failed(connection, inbox, 7, "bad <charset>", studio.now)


def test_each_mailbox_is_listed_with_its_state(studio: Studio) -> None:
    studio.reads(at=moscow(20, 21, 14), problem="The server refused the login.")
    studio.reads("old@studio.example", at=None)
    page = studio.client(Role.ADMIN).get("/mailboxes").text
    assert HELLO in page
    assert "The server refused the login." in page
    assert ">dark<" in page
    assert "yesterday 21:14" in page
    assert ">not watched<" in page
    assert "0 of 1 fresh" in page


def test_a_mail_that_could_not_be_read_is_shown_not_hidden(studio: Studio) -> None:
    quarantine_one(studio)
    page = studio.client(Role.ADMIN).get("/mailboxes").text
    assert "1 mail could not be read" in page
    assert f"{HELLO} · INBOX</bdi> · UID 7" in page
    assert "bad &lt;charset&gt;" in page


def test_without_mailboxes_the_page_says_what_to_do(studio: Studio) -> None:
    studio.agency = type(studio.agency)(name="New", domains=frozenset(), zone="Europe/Moscow")
    client = studio.client(Role.ADMIN)
    for address in ("/mailboxes", "/"):
        assert "Name one in config.toml" in client.get(address).text


def test_monitoring_hears_that_all_is_well(studio: Studio) -> None:
    studio.reads(at=studio.now)
    answer = studio.app().test_client().get("/healthz")
    assert answer.status_code == 200
    assert answer.json == {
        "status": "ok",
        "database": True,
        "mailboxes": {"fresh": 1, "watched": 1},
        "data_as_of": studio.now.isoformat(),
    }


def test_monitoring_hears_of_a_dark_mailbox_without_its_name(studio: Studio) -> None:
    studio.reads(at=studio.now - timedelta(hours=1), problem="login of hello refused")
    answer = studio.app().test_client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["status"] == "degraded"
    assert "hello" not in answer.text


def test_monitoring_hears_of_a_lost_database(studio: Studio) -> None:
    app = studio.app()
    with studio.store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE mailbox RENAME TO gone")
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json == {"status": "degraded", "database": False}


def test_a_reader_learns_of_a_lost_database_without_its_place(studio: Studio) -> None:
    client = studio.client(Role.CURATOR)
    with studio.store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE mailbox RENAME TO gone")
    answer = client.get("/")
    assert answer.status_code == 503
    assert "The data can’t be read right now" in answer.text
    assert "sqlite" not in answer.text


@pytest.mark.parametrize("address", ["/", "/login", "/mailboxes", "/healthz", "/nosuch"])
def test_every_answer_forbids_what_is_not_the_panels_own(studio: Studio, address: str) -> None:
    headers = studio.client(Role.CURATOR).get(address).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["/", "/login", "/mailboxes", "/nosuch"])
def test_no_page_needs_what_the_policy_forbids(studio: Studio, address: str) -> None:
    studio.waits()
    page = studio.client(Role.CURATOR).get(address).text
    assert "style=" not in page
    assert "<style" not in page
    assert " on" + "click" not in page
    assert "<script>" not in page


def test_a_static_file_is_kept_for_ever_under_the_hash_of_its_content(studio: Studio) -> None:
    client = studio.app().test_client()
    page = client.get("/login").text
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    with client.get(address) as answer:
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_wrong_method_and_a_huge_form_get_a_page_of_ours(studio: Studio) -> None:
    client = studio.client(Role.CURATOR)
    assert "can’t be done here" in client.post("/mailboxes", headers=SAME_ORIGIN).text
    answer = client.post("/login", data={"email": "x" * 100_000}, headers=SAME_ORIGIN)
    assert answer.status_code == 413
