"""The embedded IMAP server and clients that make no sense."""

import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.imap_wire import ANNA, Wire


@pytest.mark.parametrize(
    "line",
    [b"", b"\r", b"a", b"a ", b"a UID", b"a UID NOOP", b"a XYZZY", b"a FETCH", b"\xff\0 \xfe"],
)
def test_what_makes_no_sense_is_bad_and_the_dialogue_goes_on(reader: Wire, line: bytes) -> None:
    reader.send(line + b"\r\n")
    assert b" BAD " in reader.line()
    assert reader.ask(b"NOOP")[-1].startswith(b"a OK")


def test_several_commands_in_one_segment_are_answered_in_turn(reader: Wire) -> None:
    reader.send(b"x NOOP\r\ny UID FETCH 1 UID\r\nz APPEND INBOX {2+}\r\nhi\r\na NOOP\r\n")
    lines = reader.reply()
    tags = [line[:4] for line in lines if not line.startswith(b"*")]
    assert tags == [b"x OK", b"y OK", b"z OK", b"a OK"]


def test_a_command_may_arrive_byte_by_byte(reader: Wire) -> None:
    for byte in b"a UID FETCH 1 UID\r\n":
        reader.send(bytes([byte]))
    assert reader.reply()[0] == b"* 1 FETCH (UID 1)"


def test_a_line_too_long_is_bad_and_is_read_over(store: MailStore) -> None:
    with EmbeddedImapServer(store, line_limit_bytes=1000) as server, Wire(server) as wire:
        wire.log_in(b"EXAMINE INBOX")
        for length in (1001, 1999, 2001, 50_000):
            uids = b"UID FETCH ".ljust(length, b"1")
            assert wire.ask(uids) == [b"a BAD The command is too long"]
        assert wire.ask(b"NOOP")[-1].startswith(b"a OK")


def test_a_command_too_long_with_literals_between_is_bad(store: MailStore) -> None:
    with EmbeddedImapServer(store, line_limit_bytes=1000) as server, Wire(server) as wire:
        wire.log_in()
        pieces = b"{1+}\r\nx ".ljust(300)
        assert wire.ask(b"LIST " + pieces * 5)[-1] == b"a BAD The command is too long"


def test_a_literal_too_large_is_refused_before_it_comes(store: MailStore) -> None:
    with EmbeddedImapServer(store, literal_limit_bytes=10) as server, Wire(server) as wire:
        wire.log_in()
        assert wire.ask(b"APPEND INBOX {11}")[-1].startswith(b"a NO [TOOBIG]")
        assert wire.ask(b"NOOP")[-1].startswith(b"a OK")
        wire.send(b"a APPEND INBOX {11+}\r\n")
        assert wire.rest().startswith(b"* BYE [TOOBIG]")


def test_a_large_literal_comes_through_whole(reader: Wire, store: MailStore) -> None:
    content = bytes(range(256)) * 4096 * 8
    reader.send(b"a APPEND INBOX {%d+}\r\n%b\r\n" % (len(content), content))
    assert reader.reply()[-1].startswith(b"a OK")
    assert store.mail(ANNA, "INBOX", 2).content == content


def test_a_client_lost_in_the_middle_of_a_literal_stores_nothing(
    server: EmbeddedImapServer, store: MailStore
) -> None:
    with Wire(server) as wire:
        wire.log_in().send(b"a APPEND INBOX {100+}\r\nFrom: half a mail")
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.rest() == b""
    assert store.uids(ANNA, "INBOX") == (1,)
    with Wire(server) as wire:
        wire.log_in()


NONSENSE = (
    b'a |UID |FETCH |SEARCH |LIST |STORE |LOGIN |ID |1:* |(|)|"|{3+}\r\n|BODY[|]|<0.'
    b"|\\|\xff|\0|*|%| |\r\n"
).split(b"|")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(NONSENSE), max_size=12))
def test_no_nonsense_breaks_the_server(server: EmbeddedImapServer, pieces: list[bytes]) -> None:
    with Wire(server) as wire:
        wire.log_in(b"EXAMINE INBOX")
        wire.send(b"".join(pieces) + b"xxx\r\n\r\nend NOOP\r\n")
        lines = wire.reply(b"end")
    assert b"end OK Completed" in lines
    assert not any(b"SERVERBUG" in line for line in lines)
