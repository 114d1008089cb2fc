"""Who gets into the embedded IMAP server, and how."""

import base64

import pytest

from sameday.demo.imap_server import CAPABILITIES, EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.imap_wire import ANNA, SECRET, Wire


def test_it_greets_with_its_capabilities(wire: Wire) -> None:
    assert wire.line() == b"* OK [CAPABILITY %b] Ready" % " ".join(CAPABILITIES).encode()


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(
            b'LOGIN anna@studio.example "p \\"quoted\\" \\\\ secret"', id="LOGIN with quoted string"
        ),
        pytest.param(
            b'LOGIN {19+}\r\nanna@studio.example {19+}\r\np "quoted" \\ secret',
            id="LOGIN with literals",
        ),
        pytest.param(
            b"authenticate plain " + base64.b64encode(f"\0{ANNA}\0{SECRET}".encode()),
            id="AUTHENTICATE with initial response",
        ),
        pytest.param(
            b"AUTHENTICATE PLAIN " + base64.b64encode(f"{ANNA}\0{ANNA}\0{SECRET}".encode()),
            id="AUTHENTICATE acting for oneself",
        ),
        pytest.param(
            b"AUTHENTICATE PLAIN\r\n" + base64.b64encode(f"\0{ANNA}\0{SECRET}".encode()),
            id="AUTHENTICATE with the response on its own line",
        ),
    ],
)
def test_the_right_password_lets_in(wire: Wire, command: bytes) -> None:
    assert wire.ask(command)[-1].startswith(b"a OK")
    assert wire.ask(b"EXAMINE INBOX")[-1].startswith(b"a OK")


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"LOGIN anna@studio.example wrong", b"a NO [AUTHENTICATIONFAILED] "),
        (b'LOGIN nobody ""', b"a NO [AUTHENTICATIONFAILED] "),
        (b"LOGIN anna@studio.example", b"a BAD "),
        (b"AUTHENTICATE PLAIN " + base64.b64encode(b"\0x\0y"), b"a NO [AUTHENTICATIONFAILED] "),
        (b"AUTHENTICATE PLAIN " + base64.b64encode(b"a\0b\0c"), b"a NO [AUTHORIZATIONFAILED] "),
        (b"AUTHENTICATE PLAIN =", b"a BAD "),
        (b"AUTHENTICATE PLAIN ???", b"a BAD "),
        (b"AUTHENTICATE PLAIN\r\n*", b"a BAD "),
        (b"AUTHENTICATE XOAUTH2 abc", b"a NO [CANNOT] "),
        (b"EXAMINE INBOX", b"a BAD "),
        (b"UID FETCH 1 UID", b"a BAD "),
        (b"IDLE", b"a BAD "),
    ],
)
def test_nobody_gets_in_otherwise(wire: Wire, command: bytes, answer: bytes) -> None:
    assert wire.ask(command)[-1].startswith(answer)
    assert wire.ask(b'LIST "" *')[-1].startswith(b"a BAD")


def test_a_second_login_is_bad(reader: Wire) -> None:
    assert reader.ask(b"LOGIN a b")[-1].startswith(b"a BAD")


def test_login_can_be_disabled(store: MailStore) -> None:
    with (
        EmbeddedImapServer(store, capabilities=("IMAP4rev1", "LOGINDISABLED")) as server,
        Wire(server) as wire,
    ):
        wire.line()
        assert wire.ask(b"LOGIN a b")[-1].startswith(b"a NO [PRIVACYREQUIRED]")


def test_the_client_says_who_it_is_and_learns_who_we_are(wire: Wire) -> None:
    wire.line()
    lines = wire.ask(b'ID ("name" "Sameday" "version" NIL)')
    assert lines == [b'* ID ("name" "Sameday embedded server")', b"a OK ID completed"]


def test_logout_says_goodbye_and_closes(wire: Wire) -> None:
    wire.line()
    wire.send(b"a LOGOUT\r\n")
    assert wire.rest() == b"* BYE Goodbye\r\na OK LOGOUT completed\r\n"


@pytest.mark.parametrize("command", ["IDLE", "NAMESPACE", "UNSELECT", "ID NIL", "UID MOVE 1 INBOX"])
def test_a_command_of_a_capability_not_announced_is_unknown(store: MailStore, command: str) -> None:
    capabilities = ("IMAP4rev1", "AUTH=PLAIN")
    with EmbeddedImapServer(store, capabilities=capabilities) as server, Wire(server) as wire:
        wire.log_in(b"SELECT INBOX")
        assert wire.ask(command.encode()) == [b"a BAD Unknown command"]
