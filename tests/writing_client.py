"""Be another mail program of the same user: one that writes, as ours never does."""

import imaplib
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

from imapclient.imap_utf7 import encode as encode_utf7

from tests.dovecot import PASSWORD

_TIMEOUT_SECONDS = 20


class WritingClient:
    """Commands of a person at his mail program, each over a connection of its own."""

    def __init__(self, port: int, user: str) -> None:
        """Take the server on loopback and one of its users."""
        self.port = port
        self.user = user

    @contextmanager
    def session(self) -> Iterator[imaplib.IMAP4]:
        """Yield a connection that is logged in."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=_TIMEOUT_SECONDS)
        try:
            # imaplib writes a command in two pieces; without this each costs 40 ms (Nagle).
            client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.login(self.user, PASSWORD)
            yield client
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()

    @contextmanager
    def folder(self, name: str) -> Iterator[imaplib.IMAP4]:
        """Yield a connection with a folder opened for writing."""
        with self.session() as client:
            done(client.select(quoted(name)))
            yield client

    def append_all(self, folder: str, mails: Sequence[tuple[bytes, datetime]]) -> list[int]:
        """Put mails into a folder and return their UIDs."""
        with self.session() as client:
            for content, at in mails:
                date = imaplib.Time2Internaldate(at)
                done(client.append(quoted(folder), "", date, content))
        return self.uids(folder)[-len(mails) :] if mails else []

    def uids(self, folder: str) -> list[int]:
        """Return what a folder holds, without opening it for writing."""
        with self.session() as client:
            done(client.select(quoted(folder), readonly=True))
            return uids_of(client)

    def expunge(self, folder: str, uid: int) -> None:
        """Delete a mail for good."""
        with self.folder(folder) as client:
            done(client.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)"))
            done(client.expunge())

    def flags(self, folder: str) -> list[tuple[str, ...]]:
        """Return the flags of every mail, without the one that the server sets by itself."""
        with self.session() as client:
            done(client.select(quoted(folder), readonly=True))
            lines = client.fetch("1:*", "(FLAGS)")[1]
            found = (imaplib.ParseFlags(line) for line in lines if isinstance(line, bytes))
            return [tuple(sorted({f.decode() for f in flags} - {"\\Recent"})) for flags in found]

    def copy_of(self, folder: str) -> list[tuple[bytes, datetime]]:
        """Return every mail of a folder with its date, ready to be appended again."""
        with self.session() as client:
            done(client.select(quoted(folder), readonly=True))
            mails = []
            for uid in uids_of(client):
                answer = client.uid("FETCH", str(uid), "(INTERNALDATE BODY.PEEK[])")[1][0]
                date = imaplib.Internaldate2tuple(answer[0])
                assert date is not None
                at = datetime.fromtimestamp(time.mktime(date)).astimezone()
                mails.append((answer[1], at))
        return mails


def quoted(folder: str) -> str:
    """Return a folder's name as it goes on the wire."""
    return f'"{encode_utf7(folder).decode()}"'


def uids_of(client: imaplib.IMAP4) -> list[int]:
    """Return the UIDs of the folder that is open."""
    answer = client.uid("SEARCH", "ALL")[1][0]
    return [int(uid) for uid in (answer or b"").split()]


def done(answer: tuple[str, Sequence[object]]) -> None:
    """Raise imaplib's error when a server refused."""
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(answer)
