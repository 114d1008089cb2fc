"""Dates, charsets, ids and folders of any kind lead to one message each, and to no lost one.

Rows of the catalogue in research/imap.md section 3.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from ingest.folders import choose_folders
from ingest.imap_connection import ImapConnection
from ingest.imap_errors import MailboxError, TransientFailure
from ingest.imap_values import Secret
from ingest.sync import MailboxSync
from models.db.freshness import mailbox_fences
from models.db.store import Store
from models.ids import Address
from models.mailboxes import Mailbox, Tls
from sameday.demo.imap_faults import HangUp, Refuse, RewriteReply
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.imap_servers import AnyServer, DovecotServer
from tests.plain_reader import PlainReader
from tests.scripted_server import Peer, ScriptedServer
from tests.watched_mailbox import (
    ALL,
    NOW,
    PASSWORD,
    USER,
    Faults,
    append,
    arrivals,
    connect,
    letter,
    mailbox_at,
    states,
    stored,
    sync_at,
)

# --- dates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "date",
    [b"NIL", b'"garbage"', b'"31-Dec-9999 23:59:59 -1200"', b'""', b'"99-Foo-2026 00:00:00 +0000"'],
)
def test_an_internaldate_that_is_none_hides_no_mail_and_the_date_header_counts(
    sync: MailboxSync, faults: Faults, store: Store, mail: MailStore, date: bytes
) -> None:
    """Row 61."""
    dated = letter("m7").replace(b"\r\n\r\n", b"\r\nDate: Thu, 23 Apr 2026 08:00:00 +0000\r\n\r\n")
    mail.append(USER, "INBOX", dated, NOW)

    def spoil(reply: bytes) -> bytes:
        return re.sub(rb'INTERNALDATE "[^"]*"', b"INTERNALDATE " + date, reply)

    faults.each("UID FETCH", RewriteReply(change=spoil))
    for _ in range(3):
        try:
            sync.run_pass(retry_at_once=True)
        except MailboxError:
            sync.disconnect()
    assert stored(store) == [*ALL, "m7"]
    assert arrivals(store)["m7"] == datetime(2026, 4, 23, 8, tzinfo=UTC)
    assert arrivals(store)["m1"] == NOW


def test_a_day_of_one_digit_is_read(sync: MailboxSync, faults: Faults, store: Store) -> None:
    """Row 61."""
    faults.each(
        "UID FETCH", RewriteReply(change=lambda reply: reply.replace(b'"24-Apr', b'"4-Apr'))
    )
    sync.run_pass()
    assert stored(store) == ALL


@pytest.mark.parametrize("days", [-4000, -3, 3, 4000])
def test_a_date_header_that_lies_moves_no_arrival(
    server: AnyServer, store: Store, days: int
) -> None:
    """Row 62: SEMANTICS.md dates a mail by INTERNALDATE alone."""
    header = (NOW + timedelta(days=days)).strftime("Date: %a, %d %b %Y %H:%M:%S +0000")
    content = letter("a").replace(b"\r\n\r\n", b"\r\n" + header.encode() + b"\r\n\r\n")
    server.append_all("INBOX", [(content, NOW)])
    sync = sync_at(server.port, store, user=server.user)
    sync.run_pass()
    sync.disconnect()
    assert arrivals(store) == {"a": NOW}


def test_an_internaldate_years_ahead_is_not_believed(
    sync: MailboxSync, store: Store, mail: MailStore
) -> None:
    """Row 62: a server with a wrong clock; what was seen today has come today."""
    mail.append(USER, "INBOX", letter("a"), NOW + timedelta(days=4000))
    sync.run_pass()
    assert arrivals(store)["a"] <= NOW + timedelta(days=1)


def test_the_earliest_copy_dates_a_mail_that_a_migration_stamped_anew(
    sync: MailboxSync, store: Store, mail: MailStore
) -> None:
    """Row 62: Exchange gives the day of the transfer."""
    mail.append(USER, "INBOX", letter("a"), NOW - timedelta(days=9))
    mail.append(USER, "Sent", letter("a"), NOW)
    sync.run_pass()
    assert arrivals(store)["a"] == NOW - timedelta(days=9)


# --- content ------------------------------------------------------------------------------------


def test_a_nul_in_a_mail_does_not_keep_it_out(
    sync: MailboxSync, store: Store, mail: MailStore
) -> None:
    """Row 63: Courier hands it on as it is."""
    append(mail, "m7", "before\0after")
    sync.run_pass()
    assert stored(store) == [*ALL, "m7"]


def test_a_nul_that_a_real_server_replaces_does_not_keep_a_mail_out(
    server: AnyServer, store: Store
) -> None:
    """Row 63: Dovecot turns it into 0x80."""
    server.append_all("INBOX", [(letter("a", "before\x80after").replace(b"\xc2", b""), NOW)])
    sync = sync_at(server.port, store, user=server.user)
    sync.run_pass()
    sync.disconnect()
    assert stored(store) == ["a"]


@pytest.mark.parametrize("charset", ["koi8-r", "cp1251", "utf-8"])
def test_a_header_in_bare_8_bit_is_read(server: AnyServer, store: Store, charset: str) -> None:
    """Row 64: old mail programs of Russia; the content type tells the charset."""
    subject = "Не открывается сайт, посмотрите"
    content = (
        f"Message-ID: <a@x.example>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"Добрый день! {subject}.\r\n"
    ).encode(charset)
    server.append_all("INBOX", [(content, NOW)])
    sync = sync_at(server.port, store, user=server.user)
    sync.run_pass()
    sync.disconnect()
    assert stored(store) == [subject]


def test_mails_without_an_id_are_told_apart_by_their_content(
    server: AnyServer, store: Store
) -> None:
    """Row 65."""
    contents = [letter(name, f"text of {name}").replace(b"Message-ID", b"X-Was-Id") for name in ALL]
    server.append_all("INBOX", [(content, NOW) for content in contents])
    sync = sync_at(server.port, store, user=server.user)
    sync.run_pass()
    sync.disconnect()
    assert stored(store) == ALL


def test_different_mails_with_one_id_are_all_kept(server: AnyServer, store: Store) -> None:
    """Row 65: a scanner or a form gives every mail the same one."""
    contents = [
        letter(name, f"text of {name}").replace(name.encode() + b"@", b"same@") for name in ALL
    ]
    server.append_all("INBOX", [(content, NOW) for content in contents])
    sync = sync_at(server.port, store, user=server.user)
    sync.run_pass()
    sync.disconnect()
    assert stored(store) == ALL


def test_one_mail_in_three_folders_is_one_message(server: AnyServer, store: Store) -> None:
    """Row 65."""
    server.add_folder("Projects")
    for folder in ("INBOX", "Sent", "Projects"):
        server.append_all(folder, [(letter("a"), NOW)])
    sync = _sync_with_projects(server.port, server.user, store)
    sync.run_pass()
    sync.disconnect()
    assert stored(store) == ["a"]
    assert states(store) == {"stored": 3}


def _sync_with_projects(
    port: int, user: str, store: Store, at: datetime = NOW, folders: tuple[str, ...] = ("Projects",)
) -> MailboxSync:
    mailbox = Mailbox(
        address=Address("u0@studio.example"),
        host="127.0.0.1",
        port=port,
        tls=Tls.NONE,
        user=user,
        folders=folders,
    )
    return MailboxSync(
        store=store,
        mailbox=mailbox,
        reader=PlainReader(),
        connect=lambda: ImapConnection.connect(mailbox, Secret(value=PASSWORD)),
        clock=lambda: at,
    )


# --- folders ------------------------------------------------------------------------------------


def test_a_mail_that_is_moved_is_gone_there_and_the_same_message_here(
    embedded: EmbeddedImapServer, store: Store, mail: MailStore
) -> None:
    """Row 66: somebody tidies the inbox up."""
    mail.add_folder(USER, "Projects")
    first = _sync_with_projects(embedded.port, USER, store)
    first.run_pass()
    first.disconnect()
    mail.move(USER, "INBOX", 3, "Projects")
    later = _sync_with_projects(embedded.port, USER, store, NOW + timedelta(hours=7))
    later.run_pass()
    later.disconnect()
    assert stored(store) == ALL
    assert states(store) == {"stored": 6, "gone": 1}
    assert arrivals(store)["m3"] == NOW


@pytest.fixture
def real(dovecot_server: DovecotServer, store: Store) -> Iterator[MailboxSync]:
    """Yield the sync of INBOX, Sent and Projects on a real Dovecot, after its first pass."""
    dovecot_server.add_folder("Projects")
    dovecot_server.append_all("INBOX", [(letter("a"), NOW)])
    dovecot_server.append_all("Projects", [(letter("b"), NOW)])
    made = _sync_with_projects(dovecot_server.port, dovecot_server.user, store)
    made.run_pass()
    yield made
    made.disconnect()


@pytest.mark.dovecot
@pytest.mark.parametrize("lever", ["delete", "rename"])
def test_a_folder_deleted_or_renamed_under_us_is_said_and_the_others_are_read(
    real: MailboxSync, dovecot_server: DovecotServer, store: Store, lever: str
) -> None:
    """Row 67: Dovecot may end the session for it."""
    arguments = {"delete": ("delete",), "rename": ("rename",)}[lever]
    names = {"delete": ["Projects"], "rename": ["Projects", "Renamed"]}[lever]
    dovecot_server.dovecot.admin("mailbox", *arguments, "-u", dovecot_server.user, *names)
    dovecot_server.append_all("INBOX", [(letter("c"), NOW)])
    try:
        report = real.run_pass()
    except TransientFailure:
        real.disconnect()
        report = real.run_pass()
    assert "'Projects'" in report.problem
    assert stored(store) == ["a", "b", "c"]


def test_a_renamed_folder_that_is_configured_anew_doubles_no_mail(
    embedded: EmbeddedImapServer, store: Store, mail: MailStore
) -> None:
    """Row 67."""
    mail.add_folder(USER, "Projects")
    append(mail, "m7", folder="Projects")
    first = _sync_with_projects(embedded.port, USER, store)
    first.run_pass()
    first.disconnect()
    mail.rename_folder(USER, "Projects", "Renamed")
    second = _sync_with_projects(embedded.port, USER, store, folders=("Renamed",))
    assert second.run_pass().problem == ""
    second.disconnect()
    assert stored(store) == [*ALL, "m7"]


def test_a_phantom_folder_darkens_no_other(sync: MailboxSync, faults: Faults, store: Store) -> None:
    """Row 67: it is listed, and each try to open it ends the session."""
    faults.script = lambda command: (
        HangUp() if command.verb == "EXAMINE" and b"Sent" in command.arguments else None
    )
    for _ in range(4):
        try:
            sync.run_pass()
        except TransientFailure:
            sync.disconnect()
    assert stored(store) == ALL
    with store.read() as db:
        assert mailbox_fences(db) == {sync.mailbox_id: None}


def test_a_phantom_folder_that_is_only_refused_is_said(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    """Row 67: replies are invisible without Sent, so silence proves nothing."""
    faults.script = lambda command: (
        Refuse(text="[NONEXISTENT] Unknown Mailbox")
        if command.verb == "EXAMINE" and b"Sent" in command.arguments
        else None
    )
    assert "Unknown Mailbox" in sync.run_pass().problem
    assert stored(store) == ALL
    with store.read() as db:
        assert mailbox_fences(db) == {sync.mailbox_id: None}


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        (b'* LIST (\\sent) "/" Gesendet-2\r\n', "Gesendet-2"),
        (b'* LIST () "/" "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"\r\n', "Отправленные"),
        (b"* LIST () NIL Sent\r\n", "Sent"),
        (b'* LIST () "." {10}\r\nINBOX.Sent\r\n', "INBOX.Sent"),
        (b'* LIST (\\Noselect) "/" a b c\r\n* LIST () "/" Sent\r\n', "Sent"),
        (b'* LIST () "/" "&2D0-"\r\n* LIST () "/" 50%off ((\r\n* LIST () "/" Sent\r\n', "Sent"),
    ],
    ids=["case", "localised", "flat", "literal", "unquoted-blank", "bad-utf7"],
)
def test_the_sent_folder_is_found_in_any_dialect(line: bytes, sent: str) -> None:
    """Row 67: one line of the list that can't be read hides no other."""

    def play(peer: Peer) -> None:
        peer.let_in()
        peer.answer(b"LIST", b'* LIST () "/" INBOX\r\n' + line)

    with ScriptedServer(play) as server, closing(connect(server.port)) as connection:
        chosen, problem = choose_folders(connection.list_folders(), mailbox_at(server.port))
    assert problem == ""
    assert [folder.name for folder in chosen] == ["INBOX", sent]
