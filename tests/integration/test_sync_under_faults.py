"""A server that fails in the middle loses no mail, and one bad mail stops no other.

Rows of the catalogue in research/imap.md section 3 are named where a test plays them.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from ingest.imap_connection import ImapConnection
from ingest.imap_errors import Cancelled, MailboxError, Throttled, TransientFailure
from ingest.imap_values import Secret
from ingest.sync import MailboxSync
from models.db import schema
from models.db.store import Store
from models.ids import Address
from models.mailboxes import Mailbox, Tls
from sameday.demo.imap_faults import (
    GREETING,
    ClientCommand,
    CutReply,
    EmptyBodies,
    Fault,
    HangUp,
    OmitUids,
    RawReply,
    Refuse,
    RewriteReply,
    SayBye,
    StaySilent,
)
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.plain_reader import PlainReader

NOW = datetime(2026, 4, 24, 9, 0, tzinfo=UTC)
USER, PASSWORD = "u0", "pw"

Script = Callable[[ClientCommand], Fault | None]


class Faults:
    """The server's script, which a test can change while the server runs."""

    def __init__(self) -> None:
        self.script: Script = lambda _command: None
        self.logins = 0

    def __call__(self, command: ClientCommand) -> Fault | None:
        self.logins += command.verb == "LOGIN"
        return self.script(command)

    def once(self, verb: str, fault: Fault) -> None:
        """Let the next command of a verb fail."""
        left = [fault]
        self.script = lambda command: left.pop() if left and command.verb == verb else None


@pytest.fixture
def mail() -> MailStore:
    """Return a mailbox with six mails, m1 to m6."""
    store = MailStore()
    store.add_user(USER, PASSWORD)
    store.add_folder(USER, "Sent", "\\Sent")
    for number in range(1, 7):
        _append(store, f"m{number}")
    return store


def _append(store: MailStore, name: str, text: str = "Hello") -> int:
    content = f"Message-ID: <{name}@x.example>\r\nSubject: {name}\r\n\r\n{text}\r\n".encode()
    return store.append(USER, "INBOX", content, NOW)


@pytest.fixture
def faults() -> Faults:
    """Return a script that lets everything pass until told otherwise."""
    return Faults()


@pytest.fixture
def sync(mail: MailStore, faults: Faults, store: Store) -> Iterator[MailboxSync]:
    """Yield the sync of the mailbox on a server with faults."""
    with EmbeddedImapServer(mail, script=faults) as server:
        mailbox = Mailbox(
            address=Address("u0@studio.example"),
            host="127.0.0.1",
            port=server.port,
            tls=Tls.NONE,
            user=USER,
        )
        made = MailboxSync(
            store=store,
            mailbox=mailbox,
            reader=PlainReader(),
            connect=lambda: ImapConnection.connect(mailbox, Secret(value=PASSWORD)),
            clock=lambda: NOW,
        )
        yield made
        made.disconnect()


def _stored(store: Store) -> list[str]:
    with store.read() as db:
        found = db.execute(select(schema.message.c.subject)).scalars()
        return sorted(found)


def _states(store: Store) -> Counter[str]:
    with store.read() as db:
        return Counter(
            state.value for state in db.execute(select(schema.placement.c.state)).scalars()
        )


ALL = [f"m{number}" for number in range(1, 7)]


@pytest.mark.parametrize(
    ("verb", "fault"),
    [
        (GREETING, SayBye(text="[UNAVAILABLE] Too many connections")),  # row 1
        (GREETING, HangUp()),  # row 4
        (GREETING, HangUp(reset=True)),
        (GREETING, RawReply(content=b"220 mail ESMTP\r\n", then_close=True)),  # row 3
        ("LOGIN", SayBye(text="[UNAVAILABLE] try later")),  # row 9
        ("LOGIN", HangUp()),
        ("CAPABILITY", HangUp()),
        ("LIST", SayBye(text="Server shutting down.")),
        ("EXAMINE", HangUp()),
        ("UID FETCH", HangUp()),  # row 24
        ("UID FETCH", HangUp(reset=True)),
        ("UID FETCH", CutReply(after_bytes=100)),  # row 24
        ("UID FETCH", CutReply(after_bytes=150, then="reset")),
        ("UID FETCH", RawReply(content=b"* 1 FETCH (UID 1 BODY[] {30}\r\nabc", then_close=True)),
        ("UID FETCH", RawReply(content=b"* 1 FETCH (UID\r\n<tag> OK done\r\n")),  # row 22
        ("UID FETCH", Refuse(text="[SERVERBUG] internal error")),
        ("UID FETCH", Refuse(text="Request is throttled", status="BAD")),  # row 37
    ],
)
def test_a_pass_that_fails_is_made_good_by_the_next(
    sync: MailboxSync, faults: Faults, store: Store, verb: str, fault: Fault
) -> None:
    faults.once(verb, fault)
    try:
        sync.run_pass()
    except MailboxError:
        sync.disconnect()
    faults.script = lambda _command: None
    sync.run_pass(retry_at_once=True)
    assert _stored(store) == ALL
    assert _states(store) == {"stored": 6}


@pytest.mark.parametrize("cut_at", range(0, 1200, 97))
def test_a_fetch_cut_at_any_byte_loses_and_invents_nothing(
    sync: MailboxSync, faults: Faults, store: Store, cut_at: int
) -> None:
    faults.once("UID FETCH", CutReply(after_bytes=cut_at))
    with pytest.raises(TransientFailure):
        sync.run_pass()
    sync.disconnect()
    sync.run_pass()
    assert _stored(store) == ALL


def test_too_many_connections_at_login_is_no_wrong_password(
    sync: MailboxSync, faults: Faults
) -> None:
    """Row 36."""
    faults.once("LOGIN", Refuse(text="[ALERT] Too many simultaneous connections. (Failure)"))
    with pytest.raises(Throttled):
        sync.run_pass()


def test_a_mail_that_the_server_can_not_send_stops_no_other_and_is_quarantined(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    """Row 54: the batch is halved until the culprit stands alone."""
    faults.script = lambda command: (
        Refuse(text="[EXPUNGEISSUED] no such message")
        if command.verb == "UID FETCH"
        and b"BODY.PEEK" in command.arguments
        and _names_uid(command, 3)
        else None
    )
    sync.run_pass()
    assert _stored(store) == [name for name in ALL if name != "m3"]
    for _ in range(4):
        sync.run_pass(retry_at_once=True)
    assert _states(store) == {"stored": 5, "quarantined": 1}
    assert faults.logins == 1


def _names_uid(command: ClientCommand, uid: int) -> bool:
    return str(uid).encode() in command.arguments.split()[0].split(b",")


def test_a_reply_that_makes_no_sense_for_one_mail_costs_that_mail_only(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    faults.script = lambda command: (
        RewriteReply(change=lambda reply: reply.replace(b"(UID", b"((UID", 1))
        if b"BODY.PEEK" in command.arguments and _names_uid(command, 3)
        else None
    )
    sync.run_pass()
    assert _stored(store) == [name for name in ALL if name != "m3"]


def test_a_mail_left_out_of_an_answer_stays_pending_until_it_comes(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    """Row 47."""
    faults.script = lambda command: (
        OmitUids(uids=frozenset({2})) if b"BODY.PEEK" in command.arguments else None
    )
    sync.run_pass()
    assert _states(store) == {"stored": 5, "pending": 1}
    faults.script = lambda _command: None
    sync.run_pass(retry_at_once=True)
    assert _stored(store) == ALL


def test_a_uid_left_out_of_the_listing_is_found_by_the_sweep(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    """Rows 47 and 48."""
    faults.script = lambda command: (
        OmitUids(uids=frozenset({2, 5})) if b"RFC822.SIZE" in command.arguments else None
    )
    sync.run_pass()
    assert len(_stored(store)) == 4
    faults.script = lambda _command: None
    sync.run_pass()
    assert _stored(store) == ALL


def test_an_empty_body_is_asked_for_again(sync: MailboxSync, faults: Faults, store: Store) -> None:
    """Row 50."""
    faults.script = lambda command: (
        EmptyBodies(uids=frozenset({2})) if b"BODY.PEEK" in command.arguments else None
    )
    sync.run_pass()
    assert _states(store) == {"stored": 5, "pending": 1}


def test_a_mail_expunged_between_listing_and_fetching_is_gone(
    sync: MailboxSync, faults: Faults, store: Store, mail: MailStore
) -> None:
    def expunge_first(command: ClientCommand) -> Fault | None:
        if b"BODY.PEEK" in command.arguments and 4 in mail.uids(USER, "INBOX"):
            mail.expunge(USER, "INBOX", 4)
        return None

    faults.script = expunge_first
    sync.run_pass()
    assert _states(store) == {"stored": 5, "gone": 1}


def test_a_letter_that_the_server_makes_up_is_not_taken_for_the_clients(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    """Row 51: Courier sends another mail, with another size, for one that was expunged."""

    def make_up(reply: bytes) -> bytes:
        return reply.replace(b"RFC822.SIZE ", b"RFC822.SIZE 9", 1)

    faults.script = lambda command: (
        RewriteReply(change=make_up) if b"BODY.PEEK" in command.arguments else None
    )
    sync.run_pass()
    assert _states(store) == {"stored": 5, "pending": 1}


def test_a_mail_that_can_not_be_stored_is_quarantined_in_the_end(
    sync: MailboxSync, store: Store, mail: MailStore
) -> None:
    _append(mail, "poison", "POISON")
    for _ in range(5):
        sync.run_pass(retry_at_once=True)
    assert _states(store) == {"stored": 6, "quarantined": 1}


def test_an_internaldate_that_no_calendar_knows_hides_no_mail(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    """Row 61."""
    faults.script = lambda command: (
        RewriteReply(change=lambda reply: reply.replace(b"-Apr-2026", b"-Foo-2026"))
        if command.verb == "UID FETCH"
        else None
    )
    sync.run_pass()
    assert _stored(store) == ALL


def test_folders_that_can_not_be_opened_are_said_and_the_others_are_read(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    faults.script = lambda command: (
        Refuse(text="Mailbox is broken")
        if command.verb == "EXAMINE" and b"Sent" in command.arguments
        else None
    )
    report = sync.run_pass()
    assert "Mailbox is broken" in report.problem
    assert _stored(store) == ALL


def test_a_server_that_drips_is_cut_by_the_watchdog(
    sync: MailboxSync, faults: Faults, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 26: each read is in time, the whole answer is not."""
    monkeypatch.setattr("ingest.imap_connection._COMMAND_SECONDS", 0.3)
    faults.once("UID FETCH", StaySilent())
    began = time.monotonic()
    with pytest.raises(TransientFailure):
        sync.run_pass()
    assert time.monotonic() - began < 10
    sync.disconnect()
    monkeypatch.undo()
    sync.run_pass()
    assert _stored(store) == ALL


def test_a_phantom_folder_that_ends_the_session_is_left_alone_after_three_tries(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    """Row 67."""
    faults.script = lambda command: (
        HangUp() if command.verb == "EXAMINE" and b"Sent" in command.arguments else None
    )
    for _ in range(3):
        with pytest.raises(TransientFailure):
            sync.run_pass()
        sync.disconnect()
    report = sync.run_pass()
    assert "'Sent' can't be opened though the server lists it" in report.problem
    assert _stored(store) == ALL


def test_after_a_renumbering_nothing_that_was_read_is_fetched_again(
    sync: MailboxSync, faults: Faults, store: Store, mail: MailStore
) -> None:
    """Row 39."""
    sync.run_pass()
    mail.set_uidvalidity(USER, "INBOX", 4_000_000_000, first_uid=501)
    _append(mail, "m7")
    sync.disconnect()
    fetched: list[bytes] = []

    def watch(command: ClientCommand) -> Fault | None:
        if b"BODY.PEEK[]" in command.arguments:
            fetched.append(command.arguments.split()[0])
        return None

    faults.script = watch
    sync.run_pass()
    assert fetched == [b"507"]
    assert _stored(store) == [*ALL, "m7"]
    assert _states(store) == {"stored": 13}


def test_a_server_that_renumbers_at_every_look_is_read_rarely_and_said_so(
    sync: MailboxSync, faults: Faults, store: Store, mail: MailStore
) -> None:
    """Row 40: Courier, when nobody ever SELECTed the folder."""
    looks = iter(range(4_000_000_000, 4_000_001_000))

    def renumber(command: ClientCommand) -> Fault | None:
        if command.verb != "EXAMINE" or b"INBOX" not in command.arguments:
            return None
        shown = b"UIDVALIDITY %d" % next(looks)
        return RewriteReply(change=lambda reply: re.sub(rb"UIDVALIDITY \d+", shown, reply))

    faults.script = renumber
    with pytest.raises(TransientFailure, match="renumbered while it was being read"):
        sync.run_pass()
    for _ in range(3):
        sync.disconnect()
        report = sync.run_pass()
    assert _stored(store) == ALL
    assert report.problem == ""
    report = sync.run_pass()
    assert "renumbers 'INBOX' again and again" in report.problem


def test_mail_that_comes_during_a_long_backfill_goes_before_history(
    sync: MailboxSync,
    faults: Faults,
    store: Store,
    mail: MailStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingest.fetching._PAGE_UIDS", 2)
    monkeypatch.setattr("ingest.sync._LOOK_AT_INBOX_EVERY", timedelta())
    for number in range(6):
        letter = f"Message-ID: <s{number}@x.example>\r\nSubject: s{number}\r\n\r\nHello\r\n"
        mail.append(USER, "Sent", letter.encode(), NOW)
    fetched: list[tuple[str, bytes]] = []

    def watch(command: ClientCommand) -> Fault | None:
        if b"BODY.PEEK[]" in command.arguments:
            if command.folder == "Sent" and ("Sent", b"6,5") not in fetched:
                _append(mail, "live")
            fetched.append((command.folder, command.arguments.split()[0]))
        return None

    faults.script = watch
    sync.run_pass()
    assert fetched.index(("INBOX", b"7")) < fetched.index(("Sent", b"2,1"))
    assert len(_stored(store)) == 13


def test_a_pass_that_is_broken_off_keeps_what_it_has_and_begins_no_other(
    sync: MailboxSync, faults: Faults, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.fetching._BATCH_UIDS", 2)
    fetches: list[ClientCommand] = []

    def cancel_at_the_second(command: ClientCommand) -> Fault | None:
        if b"BODY.PEEK[]" in command.arguments:
            fetches.append(command)
            if len(fetches) == 2:
                sync.cancel()
        return None

    faults.script = cancel_at_the_second
    with pytest.raises(TransientFailure):
        sync.run_pass()
    sync.disconnect()
    assert _stored(store) in (["m5", "m6"], ["m3", "m4", "m5", "m6"])
    with pytest.raises(Cancelled):
        sync.run_pass()


def test_a_line_of_the_folder_list_that_can_not_be_read_hides_no_other(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    faults.once(
        "LIST",
        RewriteReply(change=lambda reply: b'* LIST (\\Noselect "/" 50%off ((\r\n' + reply),
    )
    assert sync.run_pass().problem == ""
    assert _stored(store) == ALL


def test_a_uidnext_that_falls_back_is_answered_by_a_sweep(
    sync: MailboxSync, faults: Faults, store: Store, mail: MailStore
) -> None:
    """Row 44: GMX."""
    sync.run_pass()
    faults.script = lambda command: (
        RewriteReply(change=lambda reply: reply.replace(b"UIDNEXT 7", b"UIDNEXT 3"))
        if command.verb == "EXAMINE"
        else None
    )
    sync.run_pass()
    faults.script = lambda _command: None
    _append(mail, "m7")
    sync.run_pass()
    assert _stored(store) == [*ALL, "m7"]


def test_a_server_that_gives_no_uidnext_is_asked_for_the_last_uid(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    """Row 42: Courier."""
    faults.script = lambda command: (
        RewriteReply(change=lambda reply: reply.replace(b"UIDNEXT", b"X-NEXT"))
        if command.verb == "EXAMINE"
        else None
    )
    sync.run_pass()
    assert _stored(store) == ALL
