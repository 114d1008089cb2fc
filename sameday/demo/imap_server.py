"""Serve the mail of a MailStore by IMAP on loopback, from one thread of its own.

A small IMAP4rev1 server for the demo and, with fault scripts, for the tests of the reading side.
"""

import asyncio
import ipaddress
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Final, Self

from models.errors import ConfigurationError
from sameday.demo.imap_dialogue import CommandListener, Dialogue
from sameday.demo.imap_faults import FaultScript
from sameday.demo.imap_session import Session
from sameday.demo.imap_wire import Wire
from sameday.demo.mail_store import MailStore

CAPABILITIES: Final = (
    "IMAP4rev1",
    "IDLE",
    "UIDPLUS",
    "NAMESPACE",
    "SPECIAL-USE",
    "UNSELECT",
    "MOVE",
    "LITERAL+",
    "ID",
    "SASL-IR",
    "AUTH=PLAIN",
)
"""What is offered unless said otherwise. Commands of a capability left out are unknown."""
_LINE_LIMIT_BYTES: Final = 64 * 1024
_LITERAL_LIMIT_BYTES: Final = 64 * 1024 * 1024
_START_SECONDS: Final = 10
_STOP_SECONDS: Final = 2


class EmbeddedImapServer:
    """The server; `with` starts and stops it. It can be started again, on the same port.

    Plain TCP without TLS, so it binds to nothing but loopback.
    """

    def __init__(
        self,
        store: MailStore,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        capabilities: Sequence[str] = CAPABILITIES,
        on_command: CommandListener | None = None,
        script: FaultScript | None = None,
        line_limit_bytes: int = _LINE_LIMIT_BYTES,
        literal_limit_bytes: int = _LITERAL_LIMIT_BYTES,
    ) -> None:
        """Prepare; port 0 takes a free one. Both hooks run in the server's thread, never block."""
        self.host = _loopback(host)
        self._port = port
        self._store = store
        self._capabilities = tuple(capabilities)
        self._on_command = on_command
        self._script = script
        self._line_limit_bytes = line_limit_bytes
        self._literal_limit_bytes = literal_limit_bytes
        self._connections = 0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._clients: dict[asyncio.Task[None], Wire] = {}

    # --- from other threads ---------------------------------------------------------------------

    @property
    def port(self) -> int:
        """The port that clients connect to; the one asked for until the server has started."""
        return self._port

    def start(self) -> None:
        """Listen; OSError when the port is taken."""
        if self._thread is not None:
            raise RuntimeError("the embedded IMAP server runs already")
        listening: Future[int] = Future()
        thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listening)), name="embedded-imap", daemon=True
        )
        thread.start()
        try:
            self._port = listening.result(_START_SECONDS)
        except BaseException:
            thread.join(_STOP_SECONDS)
            raise
        self._thread = thread

    def stop(self) -> None:
        """Close every connection and end the thread; nothing happens when it does not run."""
        thread, loop = self._thread, self._loop
        if thread is None or loop is None:
            return
        loop.call_soon_threadsafe(self._stopping.set)
        thread.join(_STOP_SECONDS)
        if thread.is_alive():
            raise RuntimeError("a hook of the embedded IMAP server blocks, so it can't be stopped")
        self._thread = None

    def drop_connections(self) -> None:
        """Cut every connection without a word; the server goes on."""
        if self._thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._cut)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # --- in the server's thread -----------------------------------------------------------------

    async def _serve(self, listening: "Future[int]") -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        try:
            server = await asyncio.start_server(
                self._accept, self.host, self._port, limit=self._line_limit_bytes
            )
        except (OSError, OverflowError) as error:
            listening.set_exception(error)
            return
        listening.set_result(server.sockets[0].getsockname()[1])
        await self._stopping.wait()
        server.close()
        self._cut()
        await asyncio.gather(*self._clients, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a client.

        Not a coroutine: a client that comes just before a stop must be on the list of those to cut.
        """
        wire = Wire(
            reader,
            writer,
            line_limit_bytes=self._line_limit_bytes,
            literal_limit_bytes=self._literal_limit_bytes,
        )
        if self._stopping.is_set():
            wire.abort()
            return
        self._connections += 1
        session = Session(
            number=self._connections,
            wire=wire,
            store=self._store,
            capabilities=self._capabilities,
        )
        task = asyncio.ensure_future(self._attend(session))
        self._clients[task] = wire
        task.add_done_callback(self._clients.pop)

    async def _attend(self, session: Session) -> None:
        dialogue = Dialogue(session, on_command=self._on_command, script=self._script)
        try:
            await dialogue.hold()
        finally:
            session.wire.close()

    def _cut(self) -> None:
        for task, wire in self._clients.items():
            wire.abort()
            task.cancel()


def _loopback(host: str) -> str:
    """Return the address to bind to; ConfigurationError unless only this machine can reach it."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError as error:
        raise ConfigurationError(f"{host!r} is no IP address. Use 127.0.0.1.") from error
    if not address.is_loopback:
        raise ConfigurationError(
            f"the embedded IMAP server has no TLS, so it can't listen on {host}. Use 127.0.0.1."
        )
    return str(address)
