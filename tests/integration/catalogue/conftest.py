"""Give the catalogue's tests a mailbox with six mails on a server that fails as told."""

from collections.abc import Iterator

import pytest

from ingest.sync import MailboxSync
from models.db.store import Store
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.fault_proxy import FaultProxy
from tests.watched_mailbox import ALL, PASSWORD, USER, Faults, append, sync_at


@pytest.fixture
def mail() -> MailStore:
    """Return a mailbox with six mails, m1 to m6, and an empty Sent."""
    store = MailStore()
    store.add_user(USER, PASSWORD)
    store.add_folder(USER, "Sent", "\\Sent")
    for name in ALL:
        append(store, name)
    return store


@pytest.fixture
def faults() -> Faults:
    """Return a script that lets everything pass until told otherwise."""
    return Faults()


@pytest.fixture
def embedded(mail: MailStore, faults: Faults) -> Iterator[EmbeddedImapServer]:
    """Yield the server of the mailbox."""
    with EmbeddedImapServer(mail, script=faults) as running:
        yield running


@pytest.fixture
def sync(embedded: EmbeddedImapServer, store: Store) -> Iterator[MailboxSync]:
    """Yield the sync of the mailbox."""
    made = sync_at(embedded.port, store)
    yield made
    made.disconnect()


@pytest.fixture
def proxy(embedded: EmbeddedImapServer) -> Iterator[FaultProxy]:
    """Yield a proxy in front of the server."""
    with FaultProxy(embedded.port) as running:
        yield running


@pytest.fixture
def proxied(proxy: FaultProxy, store: Store) -> Iterator[MailboxSync]:
    """Yield the sync of the mailbox through the proxy."""
    made = sync_at(proxy.port, store)
    yield made
    made.disconnect()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let silence last a moment instead of a minute."""
    monkeypatch.setattr("ingest.imap_connection._READ_SECONDS", 0.4)
    monkeypatch.setattr("ingest.imap_connection._CONNECT_SECONDS", 0.4)
