"""The health of the data, for people and for monitoring; and what every answer carries."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from models.agency import Role
from models.db import ledger, schema
from models.db.imports import ensure_import_folder
from models.db.reconciling import Reconciled, save_reconciled
from models.mailboxes import FolderRole, ListedMail
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


def test_each_folder_says_its_role_why_and_how_far_it_was_read(studio: Studio) -> None:
    inbox, sent = studio.reads(at=studio.now)
    listed = [
        ListedMail(uid=uid, size_bytes=10, internaldate=moscow(day, 12))
        for uid, day in ((1, 1), (2, 2), (3, 20), (4, 21))
    ]
    with studio.store.write() as connection:
        ledger.discover(
            connection, inbox, listed, window=(1, 4), horizon=moscow(10, 0), now=studio.now
        )
        reason = "marked \\Sent by the server"
        connection.execute(
            update(schema.folder).where(schema.folder.c.id == sent.id).values(role_reason=reason)
        )
    page = " ".join(studio.client(Role.ADMIN).get("/mailboxes").text.split())
    assert "incoming" in page
    assert 'our replies <small class="soft">marked by the server</small>' in page
    assert '2 <small class="soft">back to 1 Apr</small>' in page
    assert '2 <small class="soft">older than backfill_days</small>' in page


def test_a_folder_from_files_is_told_from_the_servers(studio: Studio) -> None:
    studio.reads(at=studio.now)
    with studio.store.write() as connection:
        row = ledger.ensure_mailbox(connection, HELLO)
        ensure_import_folder(connection, row, "INBOX", FolderRole.INBOX)
    page = studio.client(Role.ADMIN).get("/mailboxes").text
    assert "imported from files" in page
    assert "does not change" in page
    assert "1 of 1 fresh" in page


def test_a_problem_says_since_when(studio: Studio) -> None:
    studio.now = moscow(21, 9)
    studio.reads(at=None, problem="The server refused the login.")
    studio.now = moscow(21, 15)
    page = " ".join(studio.client(Role.ADMIN).get("/mailboxes").text.split())
    assert '<b>The server refused the login.</b> <span class="soft">since 09:00</span>' in page


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Reconciled 03:30: 1,203 of 1,204 accounted for"),
        ("ru", "Сверено с сервером (03:30): учтено 1\xa0203 из 1\xa0204"),
    ],
)
def test_last_nights_comparison_is_shown_with_what_it_found(
    studio: Studio, language: str, expected: str
) -> None:
    studio.reads(at=studio.now)
    found = Reconciled(
        made_at=moscow(21, 3, 30),
        held=1204,
        accounted=1203,
        quarantined=0,
        findings=("INBOX: UID 7 is on the server and has no row in the ledger.",),
    )
    with studio.store.write() as connection:
        save_reconciled(connection, ledger.ensure_mailbox(connection, HELLO), found)
    page = studio.client(Role.ADMIN).get(f"/mailboxes?lang={language}").text
    assert expected in page
    assert "INBOX: UID 7 is on the server" in page


def test_a_mailbox_without_its_sent_folder_is_an_alarm_on_the_first_page(studio: Studio) -> None:
    studio.reads(at=studio.now, problem="no Sent folder was found, so replies would be invisible.")
    page = studio.client(Role.CURATOR).get("/").text
    assert "is dark since" in page
    assert "no Sent folder was found, so replies would be invisible." in page


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
