"""Speak IMAP by hand: a client for tests that sends bytes as told and reads lines."""

import base64
import socket
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import Self

from sameday.demo.imap_server import EmbeddedImapServer

ANNA, SECRET = "anna@studio.example", 'p "quoted" \\ secret'
SENT = "Отправленные"
MOSCOW = timezone(timedelta(hours=3))
MAY = datetime(2024, 5, 6, 9, 30, tzinfo=MOSCOW)
FROM = b"From: Ivan <ivan@acme.example>\r\n"
SUBJECT = b"Subject: Site\r\n is down\r\n"
MESSAGE_ID = b"Message-ID: <one@acme.example>\r\n"
HEADER = FROM + SUBJECT + MESSAGE_ID + b"\r\n"
MAIL = HEADER + b"It does not open.\r\n"


class Wire:
    """One connection to an embedded server."""

    def __init__(self, server: EmbeddedImapServer) -> None:
        self.socket = socket.create_connection((server.host, server.port), timeout=10)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self.socket.close()

    def send(self, text: bytes) -> None:
        self.socket.sendall(text)

    def line(self) -> bytes:
        """Return a line without its end; empty when the server is gone."""
        return self._file.readline().removesuffix(b"\r\n")

    def reply(self, tag: bytes = b"a") -> list[bytes]:
        """Return the lines up to the tagged one."""
        lines = [self.line()]
        while not lines[-1].startswith(tag + b" "):
            assert lines[-1] or self._file.peek(1), f"the server left after {lines}"
            lines.append(self.line())
        return lines

    def ask(self, command: bytes) -> list[bytes]:
        self.send(b"a " + command + b"\r\n")
        return self.reply()

    def log_in(self, *then: bytes) -> Self:
        self.line()
        response = base64.b64encode(f"\0{ANNA}\0{SECRET}".encode())
        for command in (b"AUTHENTICATE PLAIN " + response, *then):
            assert self.ask(command)[-1].startswith(b"a OK"), command
        return self

    def rest(self) -> bytes:
        """Return everything until the server closes."""
        return self._file.read()
