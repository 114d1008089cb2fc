"""Hooks and scripted faults of the embedded IMAP server."""

from collections.abc import Callable

import pytest

from sameday.demo.imap_faults import (
    GREETING,
    ClientCommand,
    CutReply,
    Delay,
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
from tests.imap_wire import ANNA, MAIL, Wire


def scripted(store: MailStore, verb: str, *faults: Fault | None) -> EmbeddedImapServer:
    """Return a server that answers the first commands of this verb by these faults."""
    left = list(faults)

    def script(command: ClientCommand) -> Fault | None:
        return left.pop(0) if command.verb == verb and left else None

    return EmbeddedImapServer(store, script=script)


def test_every_verb_is_heard_with_its_user(store: MailStore) -> None:
    heard: list[tuple[str, str]] = []
    hear: Callable[[str, str], None] = lambda user, verb: heard.append((user, verb))  # noqa: E731
    with EmbeddedImapServer(store, on_command=hear) as server, Wire(server) as wire:
        wire.log_in(b"examine INBOX", b"uid  fetch 1 UID".replace(b"  ", b" "))
        wire.ask(b"Nonsense")
        wire.send(b"a IDLE\r\nDONE\r\n")
        wire.reply()
    verbs = ["EXAMINE", "UID FETCH", "NONSENSE", "IDLE"]
    assert heard == [("", "AUTHENTICATE"), *((ANNA, verb) for verb in verbs)]


def test_a_script_sees_each_command_and_the_greeting(store: MailStore) -> None:
    seen: list[ClientCommand] = []
    with (
        EmbeddedImapServer(store, script=seen.append) as server,
        Wire(server) as wire,
    ):
        wire.log_in(b"EXAMINE INBOX", b"UID FETCH 1 (UID)")
    assert (seen[0].verb, seen[0].number, seen[0].connection) == (GREETING, 0, 1)
    assert seen[-1] == ClientCommand(
        connection=1,
        number=3,
        user=ANNA,
        folder="INBOX",
        tag="a",
        verb="UID FETCH",
        arguments=b" 1 (UID)",
    )


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        (Refuse(text="[UNAVAILABLE] Later"), b"a NO [UNAVAILABLE] Later\r\n"),
        (Refuse(status="BAD", text="Command Error. 10"), b"a BAD Command Error. 10\r\n"),
        (Delay(seconds=0, then=Refuse(text="slow")), b"a NO slow\r\n"),
        (Delay(seconds=0), b"* 1 FETCH (UID 1)\r\na OK FETCH completed\r\n"),
        (RawReply(content=b"* 5 EXISTS\r\n<tag> OK so\r\n"), b"* 5 EXISTS\r\na OK so\r\n"),
        (
            RewriteReply(change=lambda reply: reply.replace(b"UID 1", b"UID 9")),
            b"* 1 FETCH (UID 9)\r\na OK FETCH completed\r\n",
        ),
        (OmitUids(uids=frozenset({1})), b"a OK FETCH completed\r\n"),
        (EmptyBodies(uids=frozenset({2})), b"* 1 FETCH (UID 1)\r\na OK FETCH completed\r\n"),
    ],
)
def test_a_fault_takes_the_place_of_the_reply_and_the_dialogue_goes_on(
    store: MailStore, fault: Fault, reply: bytes
) -> None:
    with scripted(store, "UID FETCH", fault) as server, Wire(server) as wire:
        wire.log_in(b"EXAMINE INBOX")
        wire.send(b"a UID FETCH 1 UID\r\nb UID FETCH 1 UID\r\nc LOGOUT\r\n")
        truth = b"* 1 FETCH (UID 1)\r\nb OK FETCH completed\r\n"
        assert wire.rest() == reply + truth + b"* BYE Goodbye\r\nc OK LOGOUT completed\r\n"


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        (SayBye(text="[UNAVAILABLE] Restarting"), b"* BYE [UNAVAILABLE] Restarting\r\n"),
        (HangUp(), b""),
        (CutReply(after_bytes=10), b"* 1 FETCH "),
        (CutReply(after_bytes=0), b""),
        (RawReply(content=b"* 1 FE", then_close=True), b"* 1 FE"),
        (
            RewriteReply(change=bytes.lower, then_close=True),
            b"* 1 fetch (uid 1)\r\na ok fetch completed\r\n",
        ),
    ],
)
def test_a_fault_can_end_the_connection(store: MailStore, fault: Fault, reply: bytes) -> None:
    with scripted(store, "UID FETCH", fault) as server, Wire(server) as wire:
        wire.log_in(b"EXAMINE INBOX")
        wire.send(b"a UID FETCH 1 UID\r\n")
        assert wire.rest() == reply


@pytest.mark.parametrize(
    "fault", [HangUp(reset=True), CutReply(after_bytes=0, then="reset")], ids=["hang up", "cut"]
)
def test_a_fault_can_reset_the_connection(store: MailStore, fault: Fault) -> None:
    with scripted(store, "NOOP", fault) as server, Wire(server) as wire:
        wire.log_in().send(b"a NOOP\r\n")
        with pytest.raises(ConnectionResetError):
            wire.rest()


@pytest.mark.parametrize(
    "fault", [StaySilent(), CutReply(after_bytes=0, then="silence")], ids=["silent", "cut"]
)
def test_a_silent_server_answers_nothing_and_can_be_stopped(store: MailStore, fault: Fault) -> None:
    with scripted(store, "NOOP", fault) as server, Wire(server) as wire, Wire(server) as other:
        wire.log_in().send(b"a NOOP\r\nb NOOP\r\n")
        # An answer would have come before that of another client who asks later.
        other.log_in(b"CAPABILITY")
        wire.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            wire.socket.recv(1)
        server.stop()
        wire.socket.settimeout(10)
        assert wire.rest() == b""


def test_an_emptied_body_is_nil(store: MailStore) -> None:
    fault = EmptyBodies(uids=frozenset({1}))
    with scripted(store, "UID FETCH", fault) as server, Wire(server) as wire:
        wire.log_in(b"EXAMINE INBOX")
        lines = wire.ask(b"UID FETCH 1 (RFC822.SIZE BODY.PEEK[]<0.100>)")
    assert lines[0] == b"* 1 FETCH (UID 1 RFC822.SIZE %d BODY[]<0> NIL)" % len(MAIL)


def test_the_greeting_can_be_a_refusal(store: MailStore) -> None:
    fault = SayBye(text="[UNAVAILABLE] Too many connections")
    with scripted(store, GREETING, fault) as server:
        with Wire(server) as wire:
            assert wire.rest() == b"* BYE [UNAVAILABLE] Too many connections\r\n"
        with Wire(server) as wire:
            wire.log_in()


def test_idle_can_ring_in_the_same_segment_as_its_beginning(store: MailStore) -> None:
    fault = RawReply(content=b"+ idling\r\n* 4 EXISTS\r\n")
    with scripted(store, "IDLE", fault) as server, Wire(server) as wire:
        wire.log_in(b"EXAMINE INBOX").send(b"a IDLE\r\n")
        assert [wire.line(), wire.line()] == [b"+ idling", b"* 4 EXISTS"]
        wire.send(b"DONE\r\n")
        assert wire.line() == b"a OK IDLE completed"


def test_a_server_that_ends_idle_by_itself_waits_for_no_done(store: MailStore) -> None:
    fault = RawReply(content=b"+ idling\r\n<tag> OK that was it\r\n")
    with scripted(store, "IDLE", fault) as server, Wire(server) as wire:
        wire.log_in(b"EXAMINE INBOX").send(b"a IDLE\r\n")
        assert wire.reply() == [b"+ idling", b"a OK that was it"]
        assert wire.ask(b"NOOP")[-1].startswith(b"a OK")


def test_a_hook_that_fails_is_told_without_details(
    store: MailStore, caplog: pytest.LogCaptureFixture
) -> None:
    def hear(user: str, verb: str) -> None:
        if verb == "NOOP":
            raise ZeroDivisionError("a secret")

    with EmbeddedImapServer(store, on_command=hear) as server, Wire(server) as wire:
        wire.log_in()
        assert wire.ask(b"NOOP") == [b"a NO [SERVERBUG] Internal error"]
        assert wire.ask(b"CAPABILITY")[-1].startswith(b"a OK")
    assert "a secret" in caplog.text
