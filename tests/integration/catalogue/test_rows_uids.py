"""Whatever a server does to its UIDs and UIDVALIDITY, mail is read once and none is skipped.

Rows of the catalogue in research/imap.md section 3.
"""

import re
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from ingest.imap_values import ExaminedFolder
from ingest.sync import MailboxSync
from models.db.store import Store
from sameday.demo.imap_faults import ClientCommand, Fault, RewriteReply
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.imap_servers import AnyServer, DovecotServer
from tests.scripted_server import Peer, ScriptedServer
from tests.watched_mailbox import (
    ALL,
    NOW,
    USER,
    Faults,
    append,
    connect,
    letter,
    states,
    stored,
    sync_at,
)


def _on_examine(pattern: bytes, said: bytes) -> RewriteReply:
    return RewriteReply(change=lambda reply: re.sub(pattern, said, reply))


def _bodies_asked_for(faults: Faults) -> int:
    return sum(b"BODY.PEEK[]<" in command.arguments for command in faults.commands)


def test_a_changed_uidvalidity_brings_no_mail_a_second_time(
    server: AnyServer, store: Store
) -> None:
    """Row 39."""
    server.append_all("INBOX", [(letter(name), NOW) for name in ALL])
    sync = sync_at(server.port, store, user=server.user)
    sync.run_pass()
    server.renumber("INBOX", 12_345)
    sync.disconnect()
    report = sync.run_pass()
    sync.disconnect()
    assert report.read == 0
    assert stored(store) == ALL


def test_a_folder_deleted_and_made_anew_is_another_folder(
    embedded: EmbeddedImapServer, sync: MailboxSync, store: Store, mail: MailStore
) -> None:
    """Row 39: the same UIDs mean other mails."""
    append(mail, "old", folder="Sent")
    sync.run_pass()
    mail.delete_folder(USER, "Sent")
    mail.add_folder(USER, "Sent", "\\Sent")
    append(mail, "new", folder="Sent")
    sync.disconnect()
    sync.run_pass()
    assert stored(store) == [*ALL, "new", "old"]


@pytest.mark.parametrize(
    "after",
    [
        b"UIDVALIDITY 5",
        b"UIDVALIDITY 0",
        b"X-NONE 1",
        b"UIDVALIDITY abc",
        b"UIDVALIDITY 99999999999999999999",
        b"UIDVALIDITY 4294967295",
    ],
    ids=["lower", "zero", "missing", "junk", "beyond-32-bits", "highest"],
)
def test_a_uidvalidity_that_makes_no_sense_costs_and_doubles_no_mail(
    sync: MailboxSync, faults: Faults, store: Store, mail: MailStore, after: bytes
) -> None:
    """Row 41."""
    faults.each("EXAMINE", _on_examine(rb"UIDVALIDITY \d+", b"UIDVALIDITY 7"))
    sync.run_pass()
    append(mail, "m7")
    sync.disconnect()
    faults.each("EXAMINE", _on_examine(rb"UIDVALIDITY \d+", after))
    sync.run_pass()
    sync.run_pass()
    assert stored(store) == [*ALL, "m7"]
    assert states(store)["pending"] == 0


def test_a_server_that_never_gives_a_uidvalidity_is_read(
    sync: MailboxSync, faults: Faults, store: Store, mail: MailStore
) -> None:
    """Row 41: xwtec.cn."""
    faults.each("EXAMINE", _on_examine(rb"UIDVALIDITY \d+", b"X-NONE 1"))
    sync.run_pass()
    append(mail, "m7")
    sync.run_pass()
    assert stored(store) == [*ALL, "m7"]
    assert states(store) == {"stored": 7}


def test_a_server_without_uidnext_shows_new_mail_by_its_last_uid(
    sync: MailboxSync, faults: Faults, store: Store, mail: MailStore
) -> None:
    """Row 42: Courier, 163.com."""
    faults.each("EXAMINE", _on_examine(rb"UIDNEXT \d+", b"X-NONE 1"))
    sync.run_pass()
    append(mail, "m7")
    sync.run_pass()
    assert stored(store) == [*ALL, "m7"]


def test_a_gap_of_half_a_million_uids_is_crossed_in_few_commands(
    sync: MailboxSync, faults: Faults, store: Store, mail: MailStore
) -> None:
    """Row 43: Yahoo."""
    sync.run_pass()
    mail.skip_uids(USER, "INBOX", 500_000)
    append(mail, "m7")
    before = faults.count("UID FETCH")
    sync.run_pass()
    assert stored(store) == [*ALL, "m7"]
    assert faults.count("UID FETCH") - before <= 25


@pytest.mark.dovecot
def test_a_uidnext_that_was_raised_hides_no_mail(
    dovecot_server: DovecotServer, store: Store
) -> None:
    """Row 43: doveadm mailbox update --min-next-uid."""
    dovecot_server.append_all("INBOX", [(letter("a"), NOW)])
    sync = sync_at(dovecot_server.port, store, user=dovecot_server.user)
    sync.run_pass()
    dovecot_server.dovecot.admin(
        "mailbox", "update", "--min-next-uid", "5000", "-u", dovecot_server.user, "INBOX"
    )
    assert dovecot_server.append_all("INBOX", [(letter("b"), NOW)])[0] >= 5000
    sync.disconnect()
    sync.run_pass()
    sync.disconnect()
    assert stored(store) == ["a", "b"]


def test_a_uidnext_that_falls_back_skips_no_mail(
    sync: MailboxSync, faults: Faults, store: Store, mail: MailStore
) -> None:
    """Row 44: GMX."""
    sync.run_pass()
    faults.each("EXAMINE", _on_examine(rb"UIDNEXT \d+", b"UIDNEXT 2"))
    append(mail, "m7")
    sync.run_pass()
    assert _bodies_asked_for(faults) == 1
    faults.heal()
    sync.run_pass()
    assert stored(store) == [*ALL, "m7"]


def test_nothing_new_asks_for_no_body(sync: MailboxSync, faults: Faults) -> None:
    """Row 45: `n:*` would give the last mail again and again."""
    sync.run_pass()
    asked = _bodies_asked_for(faults)
    for _ in range(3):
        sync.run_pass()
    assert _bodies_asked_for(faults) == asked
    assert not [c for c in faults.commands if re.match(rb"\d+:\*", c.arguments)]


def _examined(untagged: bytes) -> ExaminedFolder:
    def play(peer: Peer) -> None:
        peer.let_in()
        peer.answer(b"EXAMINE", untagged)
        while peer.command() == b"UID FETCH":
            peer.send(b"* 9 FETCH (UID 41)\r\n<tag> OK done\r\n")

    with ScriptedServer(play) as server, closing(connect(server.port)) as connection:
        return connection.examine(b"INBOX")


def test_of_several_exists_the_highest_counts() -> None:
    """Row 53: Zimbra says 500, 1000, 1500, 1623 while it opens a folder."""
    said = b"* 0 EXISTS\r\n* 500 EXISTS\r\n* 1623 EXISTS\r\n* 1500 EXISTS\r\n"
    folder = _examined(said + b"* OK [UIDVALIDITY 7] ok\r\n")
    assert folder == ExaminedFolder(uidvalidity=7, uidnext=42, exists=1623)


def test_numbers_that_are_junk_are_as_good_as_missing() -> None:
    """Rows 41 and 42."""
    folder = _examined(b"* OK [UIDVALIDITY x] ok\r\n* OK [UIDNEXT 99999999999999999999] ok\r\n")
    assert folder == ExaminedFolder(uidvalidity=0, uidnext=1, exists=0)


def test_a_uid_left_out_of_one_sweep_is_not_forgotten(
    embedded: EmbeddedImapServer, sync: MailboxSync, faults: Faults, store: Store
) -> None:
    """Row 47: a mail that is missing once is still stored, and its place comes back."""
    sync.run_pass()

    def omit(command: ClientCommand) -> Fault | None:
        if command.verb != "UID FETCH":
            return None
        return RewriteReply(change=lambda reply: re.sub(rb"\* 3 FETCH[^\n]*\n", b"", reply))

    faults.script = omit
    _pass_at(NOW + timedelta(hours=7), embedded, store)
    assert states(store) == {"stored": 5, "gone": 1}
    faults.heal()
    _pass_at(NOW + timedelta(hours=14), embedded, store)
    assert stored(store) == ALL
    assert states(store) == {"stored": 6}


def _pass_at(moment: datetime, server: EmbeddedImapServer, store: Store) -> None:
    sync = sync_at(server.port, store, clock=lambda: moment)
    sync.run_pass()
    sync.disconnect()
