"""Play an IMAP server from bytes written down in a test, one play per connection."""

import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

CAPABILITIES = b"IMAP4rev1 IDLE AUTH=PLAIN"
INBOX_ONLY = b'* LIST (\\HasNoChildren) "/" INBOX\r\n* LIST (\\Sent) "/" Sent\r\n'
EMPTY_FOLDER = b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 1] ok\r\n"

_COMMAND = re.compile(rb"([A-Z]+[0-9]+) ((?:UID )?[A-Z]+) ?(.*)", re.DOTALL)


class ClientLeft(Exception):
    """The client closed the connection; the play is over."""


class Peer:
    """One connection as a play sees it."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._file = sock.makefile("rb")
        self.tag = b"*"
        self.arguments = b""

    def send(self, content: bytes) -> None:
        """Send bytes; `<tag>` stands for the tag of the last command."""
        self.socket.sendall(content.replace(b"<tag>", self.tag))

    def line(self) -> bytes:
        """Return the next line of the client without its end."""
        line = self._file.readline()
        if not line:
            raise ClientLeft
        return line.removesuffix(b"\r\n")

    def command(self) -> bytes:
        """Take the next command and return its verb."""
        match = _COMMAND.fullmatch(self.line())
        assert match is not None
        self.tag, self.arguments = match[1], match[3]
        return match[2]

    def expect(self, verb: bytes) -> None:
        """Take the next command, which must be this one."""
        got = self.command()
        assert got == verb, f"{verb!r} was to come, {got!r} came"

    def answer(self, verb: bytes, untagged: bytes = b"") -> None:
        """Take a command and answer OK after some untagged lines."""
        self.expect(verb)
        self.send(untagged + b"<tag> OK done\r\n")

    def let_in(self, capabilities: bytes = CAPABILITIES) -> None:
        """Greet, and let the client log in; it asks for CAPABILITY once more afterwards."""
        self.greet(capabilities)
        self.send(b"<tag> OK welcome\r\n")
        self.answer(b"CAPABILITY", b"* CAPABILITY " + capabilities + b"\r\n")

    def greet(self, capabilities: bytes = CAPABILITIES) -> None:
        """Greet, and tell capabilities as often as they are asked for, until LOGIN has come."""
        self.send(b"* OK ready\r\n")
        while (verb := self.command()) == b"CAPABILITY":
            self.send(b"* CAPABILITY " + capabilities + b"\r\n<tag> OK done\r\n")
        assert verb == b"LOGIN", f"{verb!r} came instead of LOGIN"

    def reset(self) -> None:
        """End with a TCP reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._file.close()
        self.socket.close()

    def stay_silent(self) -> None:
        """Wait until the client gives up."""
        while True:
            self.line()

    def close(self) -> None:
        """End in order."""
        with suppress(OSError):
            self._file.close()
            self.socket.close()


Play = Callable[[Peer], None]


class ScriptedServer:
    """Plays its plays in turn, and the last one for every further connection."""

    def __init__(self, *plays: Play, context: ssl.SSLContext | None = None) -> None:
        """Listen at once; a context makes it speak TLS from the first byte."""
        self.connections = 0
        self.failures: list[BaseException] = []
        """What went otherwise than a play expected."""
        self._plays = plays
        self._context = context
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Cut every connection, and tell what went otherwise than expected."""
        for sock in (self._listener, *self._sockets):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self._thread.join(5)
        if kind is None and self.failures:
            raise self.failures[0]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _address = self._listener.accept()
                play = self._plays[min(self.connections, len(self._plays) - 1)]
                self.connections += 1
                self._sockets.append(sock)
                threading.Thread(target=self._perform, args=(sock, play), daemon=True).start()

    def _perform(self, sock: socket.socket, play: Play) -> None:
        try:
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_side=True)
            peer = Peer(sock)
            try:
                play(peer)
            finally:
                peer.close()
        except (ClientLeft, OSError):
            pass
        except BaseException as error:  # noqa: BLE001 - told at the end, in the test's thread
            self.failures.append(error)
