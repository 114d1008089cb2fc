"""Start an embedded IMAP server with one mail, and connect to it."""

from collections.abc import Iterator

import pytest
from imapclient import IMAPClient

from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.imap_wire import ANNA, MAIL, MAY, SECRET, SENT, Wire


@pytest.fixture
def store() -> MailStore:
    store = MailStore(first_uidvalidity=1000)
    store.add_user(ANNA, SECRET)
    store.add_folder(ANNA, SENT, "\\Sent")
    store.append(ANNA, "INBOX", MAIL, MAY)
    return store


@pytest.fixture
def server(store: MailStore) -> Iterator[EmbeddedImapServer]:
    with EmbeddedImapServer(store) as server:
        yield server


@pytest.fixture
def wire(server: EmbeddedImapServer) -> Iterator[Wire]:
    """Yield somebody who has just connected."""
    with Wire(server) as wire:
        yield wire


@pytest.fixture
def reader(server: EmbeddedImapServer) -> Iterator[Wire]:
    """Yield somebody who has INBOX open for reading."""
    with Wire(server) as wire:
        yield wire.log_in(b"EXAMINE INBOX")


@pytest.fixture
def writer(server: EmbeddedImapServer) -> Iterator[Wire]:
    """Yield somebody who has INBOX open for writing."""
    with Wire(server) as wire:
        yield wire.log_in(b"SELECT INBOX")


@pytest.fixture
def client(server: EmbeddedImapServer) -> Iterator[IMAPClient]:
    """Return the client that our reading side builds on, logged in."""
    client = IMAPClient(server.host, server.port, ssl=False, timeout=10)
    client.plain_login(ANNA, SECRET)
    yield client
    client.logout()
