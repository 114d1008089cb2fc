"""Wait for new mail in IDLE without reading what rings (RFC 2177)."""

import select
import socket
import ssl
from typing import Any

from ingest.imap_errors import refusal


class Doorbell:
    """IDLE without imapclient's idle_check(), which loses lines that came with the "+".

    See research/imap.md section 2.4: eleven scripted faults, four real servers.
    """

    def __init__(self, imap: Any, sock: socket.socket, read_seconds: float) -> None:
        """Take imaplib's session, its socket, and the time-out to restore afterwards."""
        self._imap = imap
        self._sock = sock
        self._read_seconds = read_seconds
        self._rung = False

    def wait(self, seconds: float, wake: int) -> bool:
        """Start IDLE, wait, end it."""
        tag = self._imap._command("IDLE")
        self._read_until_continuation(tag)
        if not self._rung and not self._already_buffered():
            self._rung = _readable_within(self._sock, wake, seconds)
        self._imap.send(b"DONE\r\n")
        self._read_until_tagged(tag)
        for response in ("EXISTS", "RECENT", "EXPUNGE", "FETCH", "VANISHED"):
            self._imap.untagged_responses.pop(response, None)
        return self._rung

    def _read_until_continuation(self, tag: bytes) -> None:
        """Read until "+": Exchange and others put untagged lines before it."""
        while self._imap._get_response() is not None:
            # Only a look: imaplib aborts on a tagged reply whose command is not in its table.
            answer = self._imap.tagged_commands.get(tag)
            if answer:
                del self._imap.tagged_commands[tag]
                raise refusal(f"IDLE refused: {answer}", while_logging_in=False)
            self._imap._check_bye()
            self._rung = True

    def _already_buffered(self) -> bool:
        """Tell whether lines arrived in the same segment as the "+" and lie in Python's buffer."""
        self._sock.setblocking(False)
        try:
            buffered = bool(self._imap.file.peek(1))
        except (ssl.SSLWantReadError, BlockingIOError):
            buffered = False
        finally:
            self._sock.settimeout(self._read_seconds)
        self._rung = self._rung or buffered
        return buffered

    def _read_until_tagged(self, tag: bytes) -> None:
        while not self._imap.tagged_commands.get(tag):
            self._imap._get_response()
            self._imap._check_bye()
            if not self._imap.tagged_commands.get(tag):
                self._rung = True
        typ, data = self._imap.tagged_commands.pop(tag)
        if typ != "OK":
            raise refusal(f"IDLE ended: {data}", while_logging_in=False)


def _readable_within(sock: socket.socket, wake: int, seconds: float) -> bool:
    """Wait for the socket; True when it has something to read, False on time-out or wake-up."""
    poll = select.poll()
    poll.register(sock, select.POLLIN | select.POLLHUP | select.POLLERR)
    poll.register(wake, select.POLLIN)
    events = poll.poll(seconds * 1000)
    return any(fd == sock.fileno() for fd, _event in events)
