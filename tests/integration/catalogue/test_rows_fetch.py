"""Whatever happens to the bytes of a FETCH, each mail comes in whole, or is asked for again.

Rows of the catalogue in research/imap.md section 3.
"""

import re
import time
from collections.abc import Callable
from contextlib import closing

import pytest
from sqlalchemy import select

from ingest.imap_connection import ImapConnection
from ingest.imap_errors import BrokenReply, MailboxError, TransientFailure
from ingest.sync import MailboxSync
from models.db import schema
from models.db.store import Store
from sameday.demo.imap_faults import ClientCommand, Fault, OmitUids, RawReply, Refuse, RewriteReply
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.fault_proxy import FaultProxy, Harm, Spoiling
from tests.imap_servers import AnyServer, DovecotServer
from tests.scripted_server import Peer, Play, ScriptedServer
from tests.watched_mailbox import (
    ALL,
    NOW,
    Faults,
    append,
    connect,
    letter,
    states,
    stored,
    sync_at,
)
from tests.wire_log import WireLog

# Long enough that losses stay inside one mail, and each line tells whose it is.
_LINES = {name: "\n".join(f"{name} line {n}" for n in range(60)) for name in ALL}


def _texts(store: Store) -> dict[str, str]:
    table = schema.message.c
    with store.read() as db:
        rows = db.execute(select(table.subject, table.new_text)).all()
    return {row.subject: row.new_text.replace("\r\n", "\n").strip() for row in rows}


@pytest.fixture
def long_mail(mail: MailStore) -> None:
    """Replace the six mails by six long ones."""
    for uid in mail.uids("u0", "INBOX"):
        mail.expunge("u0", "INBOX", uid)
    for name, text in _LINES.items():
        append(mail, name, text.replace("\n", "\r\n"))


def _until_whole(sync: MailboxSync) -> None:
    """Run passes as the watcher does: each failure costs the connection."""
    for _ in range(4):
        try:
            sync.run_pass(retry_at_once=True)
        except MailboxError:
            sync.disconnect()


# --- bytes lost, put in, held back --------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "reply",
    [
        b"* 1 FETCH (UID 1 RFC822.SIZE 30 BODY[]<0> {30}\r\nabc",
        b"* 1 FETCH (UID 1 RFC822.SIZE 30 BODY[]<0> {30}\r\nabc)\r\n<tag> OK done\r\n",
    ],
    ids=["silence", "tag-swallowed"],
)
def test_a_literal_that_is_shorter_than_announced_is_a_time_out(
    sync: MailboxSync, faults: Faults, store: Store, reply: bytes
) -> None:
    """Row 21."""
    faults.once("UID FETCH", RawReply(content=reply))
    with pytest.raises(TransientFailure):
        sync.run_pass()
    sync.disconnect()
    sync.run_pass()
    assert stored(store) == ALL


def test_a_literal_that_is_longer_than_announced_is_an_error_and_no_mail(
    sync: MailboxSync, faults: Faults, store: Store, mail: MailStore
) -> None:
    """Row 22: the rest of the mail looks like replies of the server."""
    append(mail, "m7", "text\r\n* 2 EXISTS\r\n* 9 FETCH (UID 9 FLAGS ())\r\n")

    def shorten(reply: bytes) -> bytes:
        return re.sub(rb"\{\d+\}", b"{2}", reply)

    faults.script = lambda command: (
        RewriteReply(change=shorten) if b"BODY.PEEK[]<" in command.arguments else None
    )
    for _ in range(2):
        try:
            sync.run_pass()
        except MailboxError:
            sync.disconnect()
    assert stored(store) == []
    faults.heal()
    sync.run_pass(retry_at_once=True)
    assert stored(store) == [*ALL, "m7"]


@pytest.mark.usefixtures("impatient", "long_mail")
@pytest.mark.parametrize("lost", [1, 2, 3, 7, 20, 60, 100, 700, 1000])
def test_bytes_lost_in_the_middle_of_a_mail_spoil_none(
    proxied: MailboxSync, proxy: FaultProxy, store: Store, lost: int
) -> None:
    """Row 23: imapclient returned one mail less and one corrupted, without an error."""
    proxy.arm(Spoiling(harm=Harm.REPLACE, after=b"m4 line 3", lost=lost))
    _until_whole(proxied)
    assert proxy.struck.is_set()
    assert _texts(store) == _LINES
    assert states(store) == {"stored": 6}


@pytest.mark.usefixtures("impatient", "long_mail")
@pytest.mark.parametrize("put", [b"x", b"* 2 EXISTS\r\n", b")\r\n* 7 FETCH (UID 7 FLAGS ())\r\n"])
def test_bytes_put_into_a_mail_spoil_none(
    proxied: MailboxSync, proxy: FaultProxy, store: Store, put: bytes
) -> None:
    """Row 20."""
    proxy.arm(Spoiling(harm=Harm.REPLACE, after=b"m4 line 3", put=put))
    _until_whole(proxied)
    assert proxy.struck.is_set()
    assert _texts(store) == _LINES


@pytest.mark.usefixtures("long_mail")
@pytest.mark.parametrize("harm", [Harm.RST, Harm.FIN])
@pytest.mark.parametrize("skip", [0, 1024, 2048, 3072])
def test_a_connection_that_breaks_inside_a_fetch_costs_no_mail(
    proxied: MailboxSync, proxy: FaultProxy, store: Store, harm: Harm, skip: int
) -> None:
    """Row 24."""
    proxy.arm(Spoiling(harm=harm, after=b"BODY[]", skip=skip))
    with pytest.raises(TransientFailure):
        proxied.run_pass()
    assert proxy.struck.is_set()
    proxied.disconnect()
    proxied.run_pass()
    assert _texts(store) == _LINES
    assert states(store) == {"stored": 6}


@pytest.mark.usefixtures("impatient", "long_mail")
@pytest.mark.parametrize("harm", [Harm.STALL, Harm.BLACKHOLE])
def test_a_connection_that_goes_dead_inside_a_fetch_is_given_up(
    proxied: MailboxSync, proxy: FaultProxy, store: Store, harm: Harm
) -> None:
    """Row 25: half-open connections, forgotten by a NAT."""
    proxy.arm(Spoiling(harm=harm, after=b"BODY[]", skip=500))
    began = time.monotonic()
    with pytest.raises(TransientFailure, match="does not answer"):
        proxied.run_pass()
    proxied.disconnect()
    assert time.monotonic() - began < 5
    proxied.run_pass()
    assert _texts(store) == _LINES


@pytest.mark.usefixtures("long_mail")
def test_a_server_that_drips_a_mail_is_cut_after_the_time_of_the_command(
    proxied: MailboxSync, proxy: FaultProxy, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 26: every byte comes in time, and the answer would take a minute and a half."""
    monkeypatch.setattr("ingest.imap_connection._COMMAND_SECONDS", 0.4)
    monkeypatch.setattr("ingest.imap_connection._SLOWEST_BYTES_PER_SECOND", 1e9)
    proxy.arm(Spoiling(harm=Harm.DRIP, after=b"BODY[]", skip=100))
    began = time.monotonic()
    with pytest.raises(TransientFailure):
        proxied.run_pass()
    proxied.disconnect()
    assert time.monotonic() - began < 5
    monkeypatch.undo()
    proxied.run_pass()
    assert _texts(store) == _LINES


# --- what stands between and beside the replies -------------------------------------------------


def _fetching(reply: bytes) -> Play:
    """Return a play that opens INBOX and answers every UID FETCH alike."""

    def play(peer: Peer) -> None:
        peer.let_in()
        peer.answer(b"EXAMINE", b"* 3 EXISTS\r\n")
        while peer.command() == b"UID FETCH":
            peer.send(reply + b"<tag> OK done\r\n")

    return play


def _over(reply: bytes, ask: Callable[[ImapConnection], object]) -> object:
    with (
        ScriptedServer(_fetching(reply)) as server,
        closing(connect(server.port)) as connection,
    ):
        connection.examine(b"INBOX")
        return ask(connection)


def _contents(reply: bytes) -> dict[int, bytes]:
    found = _over(reply, lambda c: {u: m.content for u, m in c.fetch([1, 2, 3], 1000).items()})
    assert isinstance(found, dict)
    return found


def test_a_reply_without_a_uid_belongs_to_nobody() -> None:
    """Row 49: neither to the mail with that sequence number, nor to the one with that UID."""
    reply = (
        b"* 3 FETCH (UID 1 BODY[]<0> {3}\r\none)\r\n"
        b"* 1 FETCH (BODY[]<0> {4}\r\nfake)\r\n"
        b"* 3 FETCH (FLAGS (\\Seen))\r\n"
        b"* 2 FETCH (FLAGS (\\Seen) UID 2 BODY[]<0> {3}\r\ntwo)\r\n"
    )
    assert _contents(reply) == {1: b"one", 2: b"two"}


def test_an_expunge_between_two_replies_mixes_no_mails() -> None:
    """Row 52: two mails have the same sequence number, which UID FETCH allows."""
    reply = (
        b"* 1 FETCH (UID 1 BODY[]<0> {3}\r\none)\r\n"
        b"* 1 EXPUNGE\r\n* 5 EXISTS\r\n* OK still here\r\n"
        b"* 1 FETCH (UID 2 FLAGS ())\r\n"
        b"* 2 FETCH (UID 3 BODY[]<0> {5}\r\nthree)\r\n* 0 RECENT\r\n"
    )
    assert _contents(reply) == {1: b"one", 3: b"three"}


def test_a_mail_that_is_not_asked_for_is_not_taken() -> None:
    """Row 45: a server answers with its last mail when nothing lies in a window."""
    reply = b"* 3 FETCH (UID 6 RFC822.SIZE 30)\r\n"
    assert _over(reply, lambda c: c.list_window(7, 9)) == ()
    assert _over(reply, lambda c: c.held_uids(7, 9)) == frozenset()
    assert _over(reply.replace(b")", b" BODY[]<0> {2}\r\nhi)"), lambda c: c.fetch([7], 9)) == {}


@pytest.mark.parametrize(
    "reply",
    [
        b"* 1 FETCH (UID 1 BODY[]<0> {9999999999999}\r\nabc)\r\n",
        b"* 1 FETCH (UID 1 BODY[]<0> " + b"(" * 3000 + b")" * 3000 + b")\r\n",
        b"* 1 FETCH (UID 1 " + b"x" * 1_100_000 + b")\r\n",
        b"* 1 FETCH (UID 1 BODY[]<0>)\r\n",
        b"* 1 FETCH (UID abc BODY[]<0> NIL)\r\n",
        b"* 1 FETCH UID 1\r\n",
    ],
    ids=["literal", "nesting", "line", "uneven", "uid", "no-parentheses"],
)
def test_a_reply_beyond_all_bounds_is_a_broken_reply(reply: bytes) -> None:
    """Rows 22 and 56: imaplib ends a line at a million bytes, and reads any literal to memory."""
    with pytest.raises(BrokenReply):
        _contents(reply)


def test_a_uid_beyond_32_bits_belongs_to_nobody() -> None:
    """Row 49."""
    reply = b"* 1 FETCH (UID 99999999999999999999 BODY[]<0> {3}\r\nabc)\r\n"
    assert _contents(reply) == {}


def test_replies_in_any_order_are_all_taken(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    """Row 46."""

    def reverse(reply: bytes) -> bytes:
        *untagged, tagged = re.split(rb"(?<=\r\n)(?=\* \d+ FETCH|[A-Z]+\d+ OK)", reply)
        return b"".join(untagged[::-1]) + tagged

    faults.each("UID FETCH", RewriteReply(change=reverse))
    sync.run_pass()
    assert stored(store) == ALL


def test_every_seventh_mail_left_out_once_is_found_in_the_end(
    sync: MailboxSync, faults: Faults, store: Store, mail: MailStore
) -> None:
    """Row 47: Gmail."""
    names = [*ALL, *(f"n{number:02}" for number in range(15))]
    for name in names[6:]:
        append(mail, name)
    faults.each("UID FETCH", OmitUids(uids=frozenset({7, 14, 21})))
    sync.run_pass()
    assert len(stored(store)) == 18
    faults.heal()
    sync.run_pass()
    sync.run_pass(retry_at_once=True)
    assert stored(store) == names


@pytest.mark.dovecot
def test_a_mail_expunged_while_it_is_fetched_is_gone_and_stops_no_other(
    dovecot_server: DovecotServer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 50: Dovecot answers with NIL."""
    uids = dovecot_server.append_all("INBOX", [(letter(name), NOW) for name in ALL])
    whole, left = ImapConnection.fetch, [uids[3]]

    def expunge_first(self: ImapConnection, wanted: list[int], first: int) -> dict[int, object]:
        if left:
            dovecot_server.expunge("INBOX", left.pop())
        return dict(whole(self, wanted, first))

    monkeypatch.setattr(ImapConnection, "fetch", expunge_first)
    sync = sync_at(dovecot_server.port, store, user=dovecot_server.user)
    sync.run_pass()
    sync.disconnect()
    sync.run_pass(retry_at_once=True)
    sync.disconnect()
    assert stored(store) == ["m1", "m2", "m3", "m5", "m6"]
    assert states(store) == {"stored": 5, "gone": 1}


@pytest.mark.parametrize("code", ["SERVERBUG", "UNAVAILABLE"])
def test_a_poison_mail_that_the_server_fails_at_costs_that_mail_only(
    sync: MailboxSync, faults: Faults, store: Store, code: str
) -> None:
    """Row 54: Yahoo answers with a code that elsewhere means "later"."""

    def poison(command: ClientCommand) -> Fault | None:
        uids = command.arguments.split()[0].split(b",") if command.arguments.split() else []
        asked = b"BODY.PEEK[]<" in command.arguments and b"3" in uids
        return Refuse(text=f"[{code}] UID FETCH Server error") if asked else None

    faults.script = poison
    _until_whole(sync)
    assert stored(store) == [name for name in ALL if name != "m3"]


# --- the length of commands, and SEARCH ---------------------------------------------------------


def test_no_command_is_longer_than_a_server_takes(
    server: AnyServer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 55: RFC 2683 asks for 8,000 bytes at most; real servers end sessions at 35,000."""
    names = [f"m{number:03}" for number in range(260)]
    server.append_all("INBOX", [(letter(name), NOW) for name in names])
    with WireLog(server.port) as wire:
        sync = sync_at(wire.port, store, user=server.user)
        sync.run_pass()
        server.renumber("INBOX", 77_777)
        sync.disconnect()
        sync.run_pass()
        sync.disconnect()
    assert stored(store) == names
    uid_sets = [arguments.split()[0] for verb, arguments in wire.commands if verb == "UID FETCH"]
    # A UID may have ten digits, and a comma.
    assert max(uid_set.count(",") + 1 for uid_set in uid_sets) * 11 < 8_000


@pytest.mark.parametrize(
    "fault",
    [
        RawReply(content=b"* SEARCH" + b" 1234567" * 150_000 + b"\r\n<tag> OK done\r\n"),
        RawReply(content=b"* SEARCH 1 2\r\n* SEARCH 3 4\r\n<tag> OK done\r\n"),
        Refuse(text="unknown criteria"),
        RawReply(content=b"<tag> OK done\r\n"),
    ],
    ids=["row-56-endless-line", "row-57-several-lines", "row-58-refused", "row-58-nothing"],
)
def test_a_server_whose_search_is_broken_loses_no_mail_since_we_never_search(
    sync: MailboxSync, faults: Faults, store: Store, fault: Fault
) -> None:
    """Rows 56, 57, 58."""
    faults.each("UID SEARCH", fault)
    sync.run_pass()
    assert stored(store) == ALL
    assert faults.count("UID SEARCH") == faults.count("SEARCH") == 0


def test_neither_structure_nor_envelope_decides_what_a_small_mail_says(
    sync: MailboxSync, faults: Faults, store: Store
) -> None:
    """Rows 59 and 60: both are wrong on real servers, so only the bytes of a mail are read."""
    sync.run_pass()
    asked = [command.arguments for command in faults.commands if command.verb == "UID FETCH"]
    assert not [items for items in asked if b"ENVELOPE" in items or b"BODYSTRUCTURE" in items]
    assert stored(store) == ALL


@pytest.mark.parametrize(
    "structure",
    [
        b'("text" "plain" ("name" "a"b".pdf") NIL NIL "7bit" 5 1)',
        b"NIL",
        b'("text" "plain" NIL NIL NIL "7bit" 9.3736e+06 1)',
        b'"calendar"',
        b'(("text" "plain" NIL NIL NIL "7bit" 5 1) "mixed"',
        b"(((((((((((((((((((((",
    ],
    ids=["quotes", "nil", "float", "string", "unclosed", "nested"],
)
def test_a_broken_structure_of_a_large_mail_hides_nothing(
    sync: MailboxSync, faults: Faults, store: Store, mail: MailStore, structure: bytes
) -> None:
    """Row 59: Exchange, Mail.ru, 163; the structure is asked for only to list attachments."""
    append(mail, "m7", "long line\r\n" * 10_000)

    def break_it(reply: bytes) -> bytes:
        return re.sub(rb"BODYSTRUCTURE .*\)\r\n", b"BODYSTRUCTURE " + structure + b")\r\n", reply)

    faults.script = lambda command: (
        RewriteReply(change=break_it) if b"BODYSTRUCTURE" in command.arguments else None
    )
    _until_whole(sync)
    assert stored(store) == [*ALL, "m7"]


def test_a_mail_left_out_of_the_listing_is_not_lost_behind_the_cursor(
    embedded: EmbeddedImapServer, sync: MailboxSync, faults: Faults, store: Store, mail: MailStore
) -> None:
    """Row 48: a lower UID appears after a higher one was stored."""
    append(mail, "m7")
    append(mail, "m8")
    faults.each("UID FETCH", OmitUids(uids=frozenset({7})))
    sync.run_pass()
    assert stored(store) == [*ALL, "m8"]
    faults.heal()
    later = sync_at(embedded.port, store, clock=lambda: NOW.replace(hour=16))
    later.run_pass()
    later.disconnect()
    assert stored(store) == [*ALL, "m7", "m8"]
