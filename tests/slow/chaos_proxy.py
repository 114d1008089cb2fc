"""Stand between a client and a server and let happen whatever TCP allows, at random."""

import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_CHUNK_BYTES = 16 * 1024
_TICK_SECONDS = 0.02
_GOODBYE = b"* BYE Server shutting down.\r\n"
_ABORT = struct.pack("ii", 1, 0)
"""SO_LINGER that makes a close a reset."""


@dataclass(eq=False)
class _Connection:
    """The two ends of one connection."""

    client: socket.socket
    server: socket.socket
    gone: threading.Event = field(default_factory=threading.Event)

    def end(self, *, reset: bool = False, words: bytes = b"") -> None:
        """Leave the client, with a reset or some words, and the server in order."""
        if self.gone.is_set():
            return
        self.gone.set()
        with suppress(OSError):
            if words:
                self.client.sendall(words)
            if reset:
                self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            else:
                self.client.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        # A reset is sent by the close, and only while no other thread waits in recv.
        self.client.close()


class ChaosProxy:
    """A proxy on loopback; `port` is where the client connects; it is calm until told to rage."""

    def __init__(
        self, server_port: int, chance: random.Random, *, every_seconds: float, stall_seconds: float
    ) -> None:
        """Listen at once; a stall should be longer than the client's patience."""
        self.happened: Counter[str] = Counter()
        self._server_port = server_port
        self._chance = chance
        self._every_seconds = every_seconds
        self._stall_seconds = stall_seconds
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._connections: set[_Connection] = set()
        self._until: dict[str, float] = {}
        self._cuts = False
        self._raging = threading.Event()
        self._over = threading.Event()
        self._kinds: tuple[tuple[str, Callable[[], None]], ...] = (
            ("reset", lambda: self._end_all(reset=True)),
            ("close", self._end_all),
            ("bye", lambda: self._end_all(words=_GOODBYE)),
            ("cut", self._cut_next),
            ("refuse", lambda: self._last("refuse", 1.0)),
            ("stall", lambda: self._last("stall", self._stall_seconds)),
            ("drip", lambda: self._last("drip", 1.0)),
        )
        self._threads = [
            threading.Thread(target=target, daemon=True) for target in (self._accept, self._rage)
        ]

    def __enter__(self) -> Self:
        """Begin to take connections."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Cut every connection."""
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._end_all()
        for thread in self._threads:
            thread.join(5)

    def rage(self) -> None:
        """Begin to disturb."""
        self._raging.set()

    def calm_down(self) -> None:
        """Disturb no more, whatever was begun."""
        self._raging.clear()
        self._until.clear()
        self._cuts = False

    # --- disturbing -----------------------------------------------------------------------------

    def _rage(self) -> None:
        while not self._over.wait(self._chance.expovariate(1 / self._every_seconds)):
            if self._raging.is_set():
                name, disturb = self._chance.choice(self._kinds)
                disturb()
                self.happened[name] += 1

    def _end_all(self, *, reset: bool = False, words: bytes = b"") -> None:
        for connection in tuple(self._connections):
            connection.end(reset=reset, words=words)

    def _cut_next(self) -> None:
        self._cuts = True

    def _last(self, kind: str, seconds: float) -> None:
        self._until[kind] = time.monotonic() + seconds

    def _lasts(self, kind: str) -> bool:
        return time.monotonic() < self._until.get(kind, 0.0)

    # --- passing on -----------------------------------------------------------------------------

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                if self._lasts("refuse"):
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._server_port))
                connection = _Connection(client, server)
                self._connections.add(connection)
                for pump in (self._ask, self._answer):
                    threading.Thread(target=pump, args=(connection,), daemon=True).start()

    def _ask(self, connection: _Connection) -> None:
        """Pass on what the client says."""
        with suppress(OSError):
            while chunk := connection.client.recv(_CHUNK_BYTES):
                connection.server.sendall(chunk)
        connection.end()

    def _answer(self, connection: _Connection) -> None:
        """Pass on what the server says, as far as it gets."""
        with suppress(OSError):
            while chunk := connection.server.recv(_CHUNK_BYTES):
                self._pass_on(connection, chunk)
        connection.end()
        connection.server.close()
        self._connections.discard(connection)

    def _pass_on(self, connection: _Connection, chunk: bytes) -> None:
        while self._lasts("stall") and not connection.gone.is_set():
            time.sleep(_TICK_SECONDS)
        if self._cuts:
            self._cuts = False
            connection.end(reset=True, words=chunk[: self._chance.randrange(len(chunk))])
            return
        while self._lasts("drip") and chunk and not connection.gone.is_set():
            connection.client.sendall(chunk[:1])
            chunk = chunk[1:]
            time.sleep(_TICK_SECONDS)
        connection.client.sendall(chunk)
