"""Give the ingest tests one face for the real Dovecot and for the embedded server."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.dovecot import PASSWORD, Dovecot

USER = "u0"
UNKNOWN_USER = "nobody"


class AnyServer(Protocol):
    """A server with a user of this test's own, who has INBOX and Sent."""

    port: int
    user: str

    def append_all(self, folder: str, mails: Sequence[tuple[bytes, datetime]]) -> list[int]:
        """Put mails into a folder and return their UIDs."""
        ...

    def expunge(self, folder: str, uid: int) -> None:
        """Delete a mail for good."""
        ...

    def renumber(self, folder: str, uidvalidity: int) -> None:
        """Let UIDs mean something else from now on."""
        ...

    def add_folder(self, folder: str) -> None:
        """Make a folder without any attribute."""
        ...

    def flags(self, folder: str) -> list[tuple[str, ...]]:
        """Return the flags of every mail, without the one that the server sets by itself."""
        ...


class EmbeddedServer:
    """Our own server, as the demo runs it."""

    def __init__(self, store: MailStore, port: int) -> None:
        """Take a server that runs."""
        self.store = store
        self.port = port
        self.user = USER

    def append_all(self, folder: str, mails: Sequence[tuple[bytes, datetime]]) -> list[int]:
        """Put mails into a folder and return their UIDs."""
        return [self.store.append(self.user, folder, content, at) for content, at in mails]

    def expunge(self, folder: str, uid: int) -> None:
        """Delete a mail for good."""
        self.store.expunge(self.user, folder, uid)

    def renumber(self, folder: str, uidvalidity: int) -> None:
        """Let UIDs mean something else from now on."""
        self.store.set_uidvalidity(self.user, folder, uidvalidity)

    def add_folder(self, folder: str) -> None:
        """Make a folder without any attribute."""
        self.store.add_folder(self.user, folder)

    def flags(self, folder: str) -> list[tuple[str, ...]]:
        """Return the flags of every mail."""
        found = (
            self.store.mail(self.user, folder, uid) for uid in self.store.uids(self.user, folder)
        )
        return [tuple(sorted(mail.flags)) for mail in found]


class DovecotServer:
    """A real Dovecot."""

    def __init__(self, dovecot: Dovecot, user: str) -> None:
        """Take a server that runs, and one of its users."""
        self.dovecot = dovecot
        self.port = dovecot.port
        self.user = user

    def append_all(self, folder: str, mails: Sequence[tuple[bytes, datetime]]) -> list[int]:
        """Put mails into a folder and return their UIDs."""
        return self.dovecot.append_all(self.user, folder, mails)

    def expunge(self, folder: str, uid: int) -> None:
        """Delete a mail for good."""
        self.dovecot.admin("expunge", "-u", self.user, "mailbox", folder, "uid", str(uid))

    def renumber(self, folder: str, uidvalidity: int) -> None:
        """Let UIDs mean something else from now on."""
        self.dovecot.admin(
            "mailbox", "update", "--uid-validity", str(uidvalidity), "-u", self.user, folder
        )

    def add_folder(self, folder: str) -> None:
        """Make a folder without any attribute."""
        self.dovecot.admin("mailbox", "create", "-u", self.user, folder)

    def flags(self, folder: str) -> list[tuple[str, ...]]:
        """Return the flags of every mail, without the one that the server sets by itself."""
        config = str(self.dovecot.folder / "dovecot.conf")
        command = ["doveadm", "-c", config, "-f", "tab", "fetch", "-u", self.user, "flags"]
        answer = subprocess.run(
            [*command, "mailbox", folder], check=True, capture_output=True, text=True, timeout=20
        )
        lines = answer.stdout.splitlines()[1:]
        return [tuple(sorted(set(line.split()) - {"\\Recent"})) for line in lines]


@contextmanager
def embedded_server() -> Iterator[EmbeddedServer]:
    """Run our own server."""
    store = MailStore()
    store.add_user(USER, PASSWORD)
    store.add_folder(USER, "Sent", "\\Sent")
    with EmbeddedImapServer(store, port=0) as server:
        yield EmbeddedServer(store, server.port)
