"""A watcher follows its mailbox, comes back after failures, and ends when told to."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from ingest.imap_connection import ImapConnection
from ingest.imap_values import Secret
from ingest.stop_signal import StopSignal
from ingest.sync import MailboxSync, PassReport
from ingest.watch import MailboxWatcher
from models.db import schema
from models.db.store import Store
from models.ids import Address
from models.mailboxes import Mailbox, Tls
from sameday.demo.imap_faults import ClientCommand, Fault, StaySilent
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.plain_reader import PlainReader

USER, PASSWORD = "u0", "pw"
PATIENCE_SECONDS = 15.0


def _mail(name: str) -> bytes:
    return f"Message-ID: <{name}@x.example>\r\nSubject: {name}\r\n\r\nHello\r\n".encode()


def _clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def mail() -> MailStore:
    """Return an empty mailbox."""
    store = MailStore()
    store.add_user(USER, PASSWORD)
    store.add_folder(USER, "Sent", "\\Sent")
    return store


def _mailbox_at(port: int) -> Mailbox:
    return Mailbox(
        address=Address("u0@studio.example"), host="127.0.0.1", port=port, tls=Tls.NONE, user=USER
    )


def _sync_at(mailbox: Mailbox, store: Store, password: str) -> MailboxSync:
    return MailboxSync(
        store=store,
        mailbox=mailbox,
        reader=PlainReader(),
        connect=lambda: ImapConnection.connect(mailbox, Secret(value=password)),
        clock=_clock,
    )


@contextmanager
def _watching(
    server: EmbeddedImapServer, store: Store, password: str = PASSWORD
) -> Iterator[list[PassReport]]:
    """Run a watcher; yield the reports of its passes so far."""
    sync = _sync_at(_mailbox_at(server.port), store, password)
    reports: list[PassReport] = []
    stop = StopSignal()
    watcher = MailboxWatcher(
        sync, after_pass=reports.append, clock=_clock, stop=stop, poll_seconds=30
    )
    watcher.start()
    try:
        yield reports
    finally:
        stop.set()
        watcher.join(5)
        assert not watcher.is_alive()
        stop.close()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _problem(store: Store) -> str:
    with store.read() as db:
        return str(db.execute(select(schema.mailbox.c.problem)).scalar_one())


def test_new_mail_is_read_within_a_moment(mail: MailStore, store: Store) -> None:
    with EmbeddedImapServer(mail) as server, _watching(server, store) as reports:
        _until(lambda: len(reports) >= 1)
        mail.append(USER, "INBOX", _mail("a"), _clock())
        _until(lambda: sum(report.read for report in reports) == 1)


def test_a_dropped_connection_is_opened_again(
    mail: MailStore, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.backoff._FIRST", timedelta(milliseconds=20))
    with EmbeddedImapServer(mail) as server, _watching(server, store) as reports:
        _until(lambda: len(reports) >= 1)
        server.drop_connections()
        mail.append(USER, "INBOX", _mail("a"), _clock())
        _until(lambda: sum(report.read for report in reports) == 1)
        _until(lambda: _problem(store) == "")


def test_a_wrong_password_is_noted_and_asked_for_once(mail: MailStore, store: Store) -> None:
    logins = []

    def count(user: str, command: str) -> None:
        logins.extend([command] if command == "LOGIN" else [])

    server = EmbeddedImapServer(mail, on_command=count)
    with server, _watching(server, store, password="wrong"):
        _until(lambda: "Check the user and the password" in _problem(store))
        time.sleep(0.3)
    assert len(logins) == 1


def test_an_error_of_our_own_is_noted_and_does_not_end_the_watch(
    mail: MailStore, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.backoff._MISCONFIGURED", timedelta(milliseconds=20))
    whole, fails = MailboxSync.run_pass, [True]

    def fail_once(sync: MailboxSync) -> PassReport:
        if fails.pop() if fails else False:
            raise ZeroDivisionError
        return whole(sync)

    monkeypatch.setattr(MailboxSync, "run_pass", fail_once)
    with EmbeddedImapServer(mail) as server, _watching(server, store) as reports:
        _until(lambda: len(reports) >= 1)
        assert _problem(store) == ""


def test_a_pass_that_would_go_on_for_long_is_cut_short_without_a_complaint(
    mail: MailStore, store: Store
) -> None:
    mail.append(USER, "INBOX", _mail("a"), _clock())
    stalled = threading.Event()

    def stall(command: ClientCommand) -> Fault | None:
        if b"BODY.PEEK[]" not in command.arguments:
            return None
        stalled.set()
        return StaySilent()

    stop = StopSignal()
    with EmbeddedImapServer(mail, script=stall) as server:
        watcher = MailboxWatcher(
            _sync_at(_mailbox_at(server.port), store, PASSWORD),
            after_pass=lambda _report: None,
            clock=_clock,
            stop=stop,
            poll_seconds=30,
        )
        watcher.start()
        assert stalled.wait(PATIENCE_SECONDS)
        stop.set()
        watcher.break_off()
        watcher.join(5)
        assert not watcher.is_alive()
    assert _problem(store) == ""
    stop.close()
