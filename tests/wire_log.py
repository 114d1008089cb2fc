"""Stand between a client and an IMAP server, and write down every command the client sends."""

import re
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

ALLOWED_VERBS = frozenset(
    {
        "CAPABILITY",
        "ID",
        "LOGIN",
        "AUTHENTICATE",
        "STARTTLS",
        "NAMESPACE",
        "LIST",
        "STATUS",
        "EXAMINE",
        "UID FETCH",
        "UID SEARCH",
        "IDLE",
        "DONE",
        "NOOP",
        "UNSELECT",
        "LOGOUT",
    }
)
"""What may leave for a monitored server (DESIGN.md section 5, invariant 1)."""

_COMMAND = re.compile(rb"^[A-Z]+[0-9]+ ((?:UID )?[A-Z]+)(.*)$")


class WireLog:
    """A proxy on loopback; `port` is where the client connects, `commands` what it said."""

    def __init__(self, server_port: int) -> None:
        """Listen at once; connections are taken inside the context."""
        self.commands: list[tuple[str, str]] = []
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        """Begin to take connections."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Cut every connection."""
        for sock in (self._listener, *self._sockets):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self._thread.join(5)

    @property
    def verbs(self) -> set[str]:
        """Return the distinct commands."""
        return {verb for verb, _arguments in self.commands}

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                self._sockets += [client, server]
                for source, target, log in ((client, server, True), (server, client, False)):
                    arguments = (source, target, log)
                    threading.Thread(target=self._pump, args=arguments, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, log: bool) -> None:
        rest = b""
        with suppress(OSError):
            while chunk := source.recv(65536):
                if log:
                    *lines, rest = (rest + chunk).split(b"\r\n")
                    self.commands += [_parsed(line) for line in lines]
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)


def _parsed(line: bytes) -> tuple[str, str]:
    """Return verb and arguments; a line that is no command, like DONE, is its own verb."""
    match = _COMMAND.match(line)
    if match is None:
        return line.decode("ascii", "replace"), ""
    return match[1].decode(), match[2].decode("ascii", "replace").strip()
