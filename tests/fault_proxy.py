"""Stand between a client and an IMAP server, and spoil what the server sends, once."""

import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self


class Harm(StrEnum):
    """What happens to the server's bytes."""

    RST = "rst"
    FIN = "fin"
    STALL = "stall"
    """Nothing of the server passes any more; the client's bytes do."""
    BLACKHOLE = "blackhole"
    """Nothing passes any more in either direction, as when a cable is cut."""
    DRIP = "drip"
    """The rest comes byte by byte."""
    REPLACE = "replace"
    """Some bytes are lost, and others come in their place."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoiling:
    """A harm and where it strikes: once, after a pattern and some more bytes."""

    harm: Harm
    after: bytes
    skip: int = 0
    lost: int = 0
    """So many bytes are dropped by REPLACE."""
    put: bytes = b""
    """Comes in their place."""


class FaultProxy:
    """A proxy on loopback; harmless until armed."""

    def __init__(self, server_port: int, *, drip_seconds: float = 0.02) -> None:
        """Listen at once; connections are taken inside the context."""
        self.connections = 0
        self.struck = threading.Event()
        self.client_bytes = bytearray()
        self._server_port = server_port
        self._drip_seconds = drip_seconds
        self._spoiling: Spoiling | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def arm(self, spoiling: Spoiling) -> None:
        """Let the next match be struck; what came before does not count."""
        self.struck.clear()
        self._spoiling = spoiling

    def __enter__(self) -> Self:
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

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                self.connections += 1
                server = socket.create_connection(("127.0.0.1", self._server_port))
                for sock in (client, server):
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sockets += [client, server]
                line = _Line(self, client, server)
                for pump in (line.upwards, line.downwards):
                    threading.Thread(target=pump, daemon=True).start()

    def take(self, seen: bytes) -> tuple[Spoiling, int] | None:
        """Return the harm and its place in what a connection has seen, and disarm."""
        spoiling = self._spoiling
        found = seen.find(spoiling.after) if spoiling else -1
        if spoiling is None or found < 0:
            return None
        place = found + len(spoiling.after) + spoiling.skip
        if place > len(seen):
            return None
        self._spoiling = None
        self.struck.set()
        return spoiling, place

    @property
    def drip_seconds(self) -> float:
        """Return the pause between two bytes that drip."""
        return self._drip_seconds


class _Line:
    """One client's connection through the proxy."""

    def __init__(self, proxy: FaultProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._swallows_up = False
        self._swallows_down = False
        self._drips = False
        self._to_lose = 0

    def upwards(self) -> None:
        """Pass on what the client says."""
        with suppress(OSError):
            while chunk := self._client.recv(65536):
                self._proxy.client_bytes += chunk
                if not self._swallows_up:
                    self._server.sendall(chunk)
            self._server.shutdown(socket.SHUT_WR)

    def downwards(self) -> None:
        """Pass on what the server says, until the harm strikes; it strikes what was not passed."""
        seen = b""
        with suppress(OSError):
            while chunk := self._server.recv(65536):
                passed, seen = len(seen), seen + chunk
                struck = self._proxy.take(seen)
                if struck is None:
                    self._pass(chunk)
                    continue
                spoiling, place = struck
                place = max(place, passed)
                self._pass(seen[passed:place])
                self._strike(spoiling)
                self._pass(seen[place:])
            self._client.shutdown(socket.SHUT_WR)

    def _strike(self, spoiling: Spoiling) -> None:
        match spoiling.harm:
            case Harm.RST:
                linger = struct.pack("ii", 1, 0)
                self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                # Else the other thread's recv() keeps it open.
                self._client.shutdown(socket.SHUT_RD)
                self._client.close()
            case Harm.FIN:
                self._client.shutdown(socket.SHUT_RDWR)
            case Harm.STALL | Harm.BLACKHOLE:
                self._swallows_down = True
                self._swallows_up = spoiling.harm is Harm.BLACKHOLE
            case Harm.DRIP:
                self._drips = True
            case Harm.REPLACE:
                self._pass(spoiling.put)
                self._to_lose = spoiling.lost

    def _pass(self, chunk: bytes) -> None:
        lost, self._to_lose = min(self._to_lose, len(chunk)), max(0, self._to_lose - len(chunk))
        chunk = chunk[lost:]
        if self._swallows_down or not chunk:
            return
        if not self._drips:
            self._client.sendall(chunk)
            return
        for position in range(len(chunk)):
            self._client.sendall(chunk[position : position + 1])
            time.sleep(self._proxy.drip_seconds)
