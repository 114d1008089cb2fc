"""Set up a mailbox on a server that can be told to fail, and look at what came into the store."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import select

from ingest.imap_connection import ImapConnection
from ingest.imap_values import Secret
from ingest.sync import MailboxSync
from models.db import schema
from models.db.store import Store
from models.ids import Address
from models.mailboxes import Mailbox, Tls
from sameday.demo.imap_faults import ClientCommand, Fault
from sameday.demo.mail_store import MailStore
from tests.plain_reader import PlainReader

NOW = datetime(2026, 4, 24, 9, 0, tzinfo=UTC)
USER, PASSWORD = "u0", "pw"
ALL = [f"m{number}" for number in range(1, 7)]

Script = Callable[[ClientCommand], Fault | None]


class Faults:
    """A script for the embedded server that a test can change while the server runs."""

    def __init__(self) -> None:
        self.commands: list[ClientCommand] = []
        self.script: Script = lambda _command: None

    def __call__(self, command: ClientCommand) -> Fault | None:
        self.commands.append(command)
        return self.script(command)

    def once(self, verb: str, fault: Fault) -> None:
        """Let the next command of a verb fail."""
        left = [fault]
        self.script = lambda command: left.pop() if left and command.verb == verb else None

    def each(self, verb: str, fault: Fault) -> None:
        """Let every command of a verb fail."""
        self.script = lambda command: fault if command.verb == verb else None

    def heal(self) -> None:
        """Let everything pass from now on."""
        self.script = lambda _command: None

    def count(self, verb: str) -> int:
        """Return how many commands of a verb came."""
        return sum(command.verb == verb for command in self.commands)


def letter(name: str, text: str = "Hello") -> bytes:
    """Return a mail whose subject is its name."""
    return f"Message-ID: <{name}@x.example>\r\nSubject: {name}\r\n\r\n{text}\r\n".encode()


def append(mail: MailStore, name: str, text: str = "Hello", folder: str = "INBOX") -> int:
    """Put a mail into a folder and return its UID."""
    return mail.append(USER, folder, letter(name, text), NOW)


def mailbox_at(port: int, *, tls: Tls = Tls.NONE, user: str = USER, host: str = "") -> Mailbox:
    """Return the settings of a mailbox on loopback."""
    return Mailbox(
        address=Address("u0@studio.example"),
        host=host or "127.0.0.1",
        port=port,
        tls=tls,
        user=user,
    )


def connect(port: int) -> ImapConnection:
    """Open a session as the service does."""
    return ImapConnection.connect(mailbox_at(port), Secret(value=PASSWORD))


def sync_at(
    port: int,
    store: Store,
    *,
    user: str = USER,
    clock: Callable[[], datetime] = lambda: NOW,
) -> MailboxSync:
    """Return the sync of the mailbox on a server that listens on loopback."""
    mailbox = mailbox_at(port, user=user)
    return MailboxSync(
        store=store,
        mailbox=mailbox,
        reader=PlainReader(),
        connect=lambda: ImapConnection.connect(mailbox, Secret(value=PASSWORD)),
        clock=clock,
    )


def stored(store: Store) -> list[str]:
    """Return the subjects of all messages."""
    with store.read() as db:
        return sorted(db.execute(select(schema.message.c.subject)).scalars())


def states(store: Store) -> Counter[str]:
    """Count the placements by state."""
    with store.read() as db:
        found = db.execute(select(schema.placement.c.state)).scalars()
        return Counter(state.value for state in found)


def arrivals(store: Store) -> dict[str, datetime]:
    """Return when each message arrived, by subject."""
    table = schema.message.c
    with store.read() as db:
        rows = db.execute(select(table.subject, table.arrived_at)).all()
    return {row.subject: row.arrived_at for row in rows}
