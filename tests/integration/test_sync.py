"""One pass over a mailbox accounts for all that a server holds, and changes nothing there.

Every test runs on the embedded server and on a real Dovecot: the first is honest only if both pass.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from ingest.imap_connection import ImapConnection
from ingest.imap_errors import LoginRefused
from ingest.imap_values import Secret
from ingest.stop_signal import StopSignal
from ingest.sync import MailboxSync
from models.db import schema
from models.db.freshness import mailbox_fences
from models.db.store import Store
from models.ids import Address, MessageId
from models.mailboxes import Mailbox, Tls
from tests.dovecot import PASSWORD
from tests.imap_servers import UNKNOWN_USER, AnyServer, DovecotServer
from tests.plain_reader import PlainReader
from tests.wire_log import ALLOWED_VERBS, WireLog

NOW = datetime(2026, 4, 24, 9, 0, tzinfo=UTC)


def _mail(name: str, *, days_ago: int = 0, body: str = "Hello") -> tuple[bytes, datetime]:
    content = (
        f"Message-ID: <{name}@acme.example>\r\nFrom: Client <client@acme.example>\r\n"
        f"To: u0@studio.example\r\nSubject: Question {name}\r\n"
        f"Date: Fri, 24 Apr 2026 09:00:00 +0000\r\n\r\n{body}\r\n"
    )
    return content.encode(), NOW - timedelta(days=days_ago)


def _sync(
    server: AnyServer,
    store: Store,
    *,
    port: int = 0,
    user: str = "",
    clock: Callable[[], datetime] = lambda: NOW,
    backfill_days: int = 90,
    sent: str = "",
    folders: tuple[str, ...] = (),
) -> MailboxSync:
    mailbox = replace(
        _mailbox(server, port),
        user=user or server.user,
        backfill_days=backfill_days,
        sent=sent,
        folders=folders,
    )
    return MailboxSync(
        store=store,
        mailbox=mailbox,
        reader=PlainReader(),
        connect=lambda: ImapConnection.connect(mailbox, Secret(value=PASSWORD)),
        clock=clock,
    )


def _mailbox(server: AnyServer, port: int = 0) -> Mailbox:
    return Mailbox(
        address=Address("u0@studio.example"),
        host="127.0.0.1",
        port=port or server.port,
        tls=Tls.NONE,
        user=server.user,
    )


def _run(sync: MailboxSync) -> int:
    """Run one pass on a connection of its own; return how many mails were read."""
    try:
        return sync.run_pass().read
    finally:
        sync.disconnect()


def _ids(store: Store) -> list[str]:
    with store.read() as db:
        found = db.execute(select(schema.message.c.message_id)).scalars()
        return sorted(str(message_id).partition("@")[0] for message_id in found)


def _placements(store: Store) -> Counter[tuple[int, str]]:
    table = schema.placement
    with store.read() as db:
        rows = db.execute(select(table.c.epoch, table.c.state)).all()
    return Counter((row.epoch, row.state.value) for row in rows)


def test_everything_in_inbox_and_sent_is_read_once(server: AnyServer, store: Store) -> None:
    server.append_all("INBOX", [_mail("a"), _mail("b")])
    server.append_all("Sent", [_mail("c")])
    sync = _sync(server, store)
    assert _run(sync) == 3
    assert _run(sync) == 0
    assert _ids(store) == ["a", "b", "c"]


def test_only_verbs_that_read_leave_for_the_server(server: AnyServer, store: Store) -> None:
    server.append_all("INBOX", [_mail("a")])
    with WireLog(server.port) as wire:
        sync = _sync(server, store, port=wire.port)
        sync.run_pass()
        sync.wait_for_news(0.05, StopSignal())
        sync.run_pass()
        sync.disconnect()
    assert wire.verbs <= ALLOWED_VERBS
    assert {"EXAMINE", "UID FETCH", "IDLE", "LIST", "LOGOUT"} <= wire.verbs
    fetched = [arguments for verb, arguments in wire.commands if verb == "UID FETCH"]
    assert not [f for f in fetched if "BODY[" in f or "RFC822)" in f or "RFC822.TEXT" in f]


def test_reading_leaves_every_flag_as_it_was(server: AnyServer, store: Store) -> None:
    server.append_all("INBOX", [_mail("a"), _mail("b")])
    _run(_sync(server, store))
    assert server.flags("INBOX") == [(), ()]


def test_a_mail_in_two_folders_is_one_message_with_two_copies(
    server: AnyServer, store: Store
) -> None:
    server.append_all("INBOX", [_mail("a")])
    server.append_all("Sent", [_mail("a", days_ago=1)])
    _run(_sync(server, store))
    assert _ids(store) == ["a"]
    assert _placements(store) == {(1, "stored"): 2}
    with store.read() as db:
        arrived_at = db.execute(select(schema.message.c.arrived_at)).scalar_one()
    assert arrived_at == NOW - timedelta(days=1)


def test_mail_beyond_the_backfill_is_accounted_for_and_not_fetched(
    server: AnyServer, store: Store
) -> None:
    server.append_all("INBOX", [_mail("old", days_ago=100), _mail("new")])
    _run(_sync(server, store))
    assert _ids(store) == ["new"]
    assert _placements(store) == {(1, "ignored"): 1, (1, "stored"): 1}
    _run(_sync(server, store, backfill_days=0))
    assert _ids(store) == ["new", "old"]


def test_more_mail_than_one_batch_and_one_window_is_read_to_the_end(
    server: AnyServer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.enumeration._WINDOW_UIDS", 7)
    monkeypatch.setattr("ingest.fetching._BATCH_UIDS", 5)
    server.append_all("INBOX", [_mail(f"m{index:02}") for index in range(40)])
    sync = _sync(server, store)
    assert _run(sync) == 40
    server.append_all("INBOX", [_mail(f"n{index:02}") for index in range(16)])
    assert _run(sync) == 16
    assert len(_ids(store)) == 56


def test_new_uids_for_the_same_mail_are_no_new_mail(server: AnyServer, store: Store) -> None:
    server.append_all("INBOX", [_mail("a"), _mail("b")])
    _run(_sync(server, store))
    server.renumber("INBOX", 77_777)
    _run(_sync(server, store))
    assert _ids(store) == ["a", "b"]
    assert _placements(store) == {(1, "stored"): 2, (2, "stored"): 2}


def test_an_expunged_mail_is_noted_by_the_sweep_and_stays_stored(
    server: AnyServer, store: Store
) -> None:
    uids = server.append_all("INBOX", [_mail("a"), _mail("b")])
    _run(_sync(server, store))
    server.expunge("INBOX", uids[0])
    _run(_sync(server, store, clock=lambda: NOW + timedelta(hours=7)))
    assert _placements(store) == {(1, "gone"): 1, (1, "stored"): 1}
    assert _ids(store) == ["a", "b"]


def test_a_mail_larger_than_the_first_bytes_is_read_by_its_text(
    server: AnyServer, store: Store
) -> None:
    server.append_all("INBOX", [_mail("big", body="word " * 40_000)])
    _run(_sync(server, store))
    with store.read() as db:
        complete = db.execute(select(schema.raw_mail.c.complete)).scalar_one()
        text = db.execute(select(schema.message.c.new_text)).scalar_one()
    assert not complete
    assert text.startswith("word word")


def test_the_server_lists_attachments_without_their_content(
    dovecot_server: DovecotServer,
) -> None:
    mail = EmailMessage()
    mail["Message-ID"], mail["Subject"] = "<big@x.example>", "Big"
    mail.set_content("See the file.")
    mail.add_attachment(
        b"x" * 200_000, maintype="application", subtype="pdf", filename="смета на март.pdf"
    )
    (uid,) = dovecot_server.append_all("INBOX", [(mail.as_bytes(), NOW)])
    mailbox = _mailbox(dovecot_server)
    with closing(ImapConnection.connect(mailbox, Secret(value=PASSWORD))) as connection:
        connection.examine(b"INBOX")
        (listed,) = connection.attachments([uid])[uid]
    assert (listed.name, listed.content_type) == ("смета на март.pdf", "application/pdf")
    assert listed.size_bytes is not None
    assert abs(listed.size_bytes - 200_000) < 10_000


def test_a_pass_makes_the_mailbox_fresh_as_of_its_beginning(
    server: AnyServer, store: Store
) -> None:
    sync = _sync(server, store)
    _run(sync)
    with store.read() as db:
        assert mailbox_fences(db) == {sync.mailbox_id: NOW}


def test_a_mailbox_without_its_sent_folder_is_said_so_and_never_fresh(
    server: AnyServer, store: Store
) -> None:
    sync = _sync(server, store, sent="Absent")
    report = sync.run_pass()
    sync.disconnect()
    assert "'Absent'" in report.problem
    with store.read() as db:
        assert mailbox_fences(db) == {sync.mailbox_id: None}


def test_a_further_folder_is_read_when_it_is_named(server: AnyServer, store: Store) -> None:
    server.add_folder("Проекты")
    server.append_all("Проекты", [_mail("a")])
    _run(_sync(server, store))
    assert _ids(store) == []
    _run(_sync(server, store, folders=("проекты",)))
    assert _ids(store) == ["a"]


def test_new_mail_rings(server: AnyServer, store: Store) -> None:
    sync = _sync(server, store)
    sync.run_pass()
    ring = threading.Timer(0.2, server.append_all, ("INBOX", [_mail("a")]))
    ring.start()
    began = time.monotonic()
    sync.wait_for_news(20, StopSignal())
    assert time.monotonic() - began < 10
    assert sync.run_pass().read == 1
    ring.join()
    sync.disconnect()


def test_mail_that_came_between_the_pass_and_the_wait_is_not_waited_for(
    server: AnyServer, store: Store
) -> None:
    sync = _sync(server, store)
    sync.run_pass()
    server.append_all("INBOX", [_mail("a")])
    began = time.monotonic()
    sync.wait_for_news(20, StopSignal())
    assert time.monotonic() - began < 10
    sync.disconnect()


def test_the_stop_signal_ends_the_wait(server: AnyServer, store: Store) -> None:
    sync = _sync(server, store)
    sync.run_pass()
    stop = StopSignal()
    timer = threading.Timer(0.1, stop.set)
    timer.start()
    began = time.monotonic()
    sync.wait_for_news(20, stop)
    assert time.monotonic() - began < 10
    timer.join()
    sync.disconnect()
    stop.close()


def test_a_wrong_user_is_a_refused_login(server: AnyServer, store: Store) -> None:
    with pytest.raises(LoginRefused, match="Check the user and the password"):
        _run(_sync(server, store, user=UNKNOWN_USER))


def test_a_mail_without_an_id_is_kept_by_its_content(server: AnyServer, store: Store) -> None:
    content = b"From: client@acme.example\r\nSubject: no id\r\n\r\nHello\r\n"
    server.append_all("INBOX", [(content, NOW)])
    sync = _sync(server, store)
    assert _run(sync) == 1
    assert _run(sync) == 0
    with store.read() as db:
        message_id: MessageId | None = db.execute(select(schema.message.c.message_id)).scalar_one()
    assert message_id is None
