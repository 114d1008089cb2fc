"""How the embedded IMAP server starts and stops."""

import threading
import time

import pytest

from models.errors import ConfigurationError
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.imap_wire import Wire


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "mail.studio.example", ""])
def test_it_listens_on_nothing_but_loopback(store: MailStore, host: str) -> None:
    with pytest.raises(ConfigurationError):
        EmbeddedImapServer(store, host=host)


def test_a_stopped_server_leaves_no_thread_and_no_connection(store: MailStore) -> None:
    threads = threading.active_count()
    server = EmbeddedImapServer(store)
    server.start()
    with Wire(server) as idling, Wire(server) as silent:
        idling.log_in(b"EXAMINE INBOX")
        idling.send(b"a IDLE\r\n")
        assert idling.line() == b"+ idling"
        silent.line()
        silent.send(b"a LOGIN {10}\r\n")
        assert silent.line().startswith(b"+")
        before = time.monotonic()
        server.stop()
        assert time.monotonic() - before < 2
        assert (idling.rest(), silent.rest()) == (b"", b"")
    assert threading.active_count() == threads
    with pytest.raises(ConnectionRefusedError):
        Wire(server)


def test_it_starts_again_on_the_same_port(store: MailStore) -> None:
    server = EmbeddedImapServer(store)
    ports = []
    for _ in range(2):
        with server, Wire(server) as wire:
            ports.append(server.port)
            wire.log_in()
    assert ports[0] == ports[1]


def test_starting_on_a_taken_port_says_so(server: EmbeddedImapServer, store: MailStore) -> None:
    second = EmbeddedImapServer(store, port=server.port)
    with pytest.raises(OSError, match="in use"):
        second.start()
    second.stop()


def test_starting_twice_is_an_error(server: EmbeddedImapServer) -> None:
    with pytest.raises(RuntimeError):
        server.start()


def test_stopping_twice_does_nothing(server: EmbeddedImapServer) -> None:
    server.stop()
    server.stop()


def test_connections_can_be_dropped_while_the_server_goes_on(server: EmbeddedImapServer) -> None:
    with Wire(server) as cut, Wire(server) as late:
        cut.log_in()
        late.log_in()
        server.drop_connections()
        assert (cut.rest(), late.rest()) == (b"", b"")
    with Wire(server) as new:
        new.log_in()
