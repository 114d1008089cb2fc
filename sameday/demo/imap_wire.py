"""Read commands from one connection and send replies, honestly or as a fault wants it."""

import asyncio
import re
import socket
import struct
from collections.abc import Callable
from typing import Final

from models.errors import SamedayError

_ANNOUNCED_LITERAL: Final = re.compile(rb"\{(\d{1,19})(\+?)\}\r?\n\Z")
_SEND_FROM_BYTES: Final = 64 * 1024
_LINGER_NOT_AT_ALL: Final = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: closing sends a reset (socket(7))."""


class CommandTooLong(SamedayError):
    """A command was longer than the server takes; its line has been read over."""

    def __init__(self, tag: bytes) -> None:
        """Keep the tag, so that the refusal can be addressed."""
        super().__init__("The command is too long")
        self.tag = tag


class LiteralTooLarge(SamedayError):
    """A literal is larger than the server takes."""

    def __init__(self, tag: bytes, *, is_coming: bool) -> None:
        """Keep the tag, and whether the client sends the bytes anyway (LITERAL+)."""
        super().__init__("[TOOBIG] The literal is too large")
        self.tag = tag
        self.is_coming = is_coming


class Wire:
    """One connection. asyncio sets TCP_NODELAY on it by itself."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        line_limit_bytes: int,
        literal_limit_bytes: int,
    ) -> None:
        """Take both ends; `line_limit_bytes` must be the reader's own limit."""
        self._reader = reader
        self._writer = writer
        self._line_limit_bytes = line_limit_bytes
        self._literal_limit_bytes = literal_limit_bytes
        self._unsent: list[bytes] = []
        self._unsent_bytes = 0
        self._held = False

    # --- reading --------------------------------------------------------------------------------

    async def read_line(self) -> bytes:
        """Return a line with its end; asyncio.IncompleteReadError when the client is gone."""
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as overrun:
            beginning = await self._reader.readexactly(overrun.consumed)
        await self._read_over_line()
        raise CommandTooLong(_tag(beginning))

    async def _read_over_line(self) -> None:
        while True:
            try:
                await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as overrun:
                await self._reader.readexactly(overrun.consumed)
            else:
                return

    async def read_command(self) -> bytes:
        """Return a command without its line end, with its literals as they came."""
        command = bytearray()
        text_bytes = literal_bytes = 0
        while True:
            line = await self.read_line()
            text_bytes += len(line)
            if text_bytes > self._line_limit_bytes:
                raise CommandTooLong(_tag(command + line))
            announced = _ANNOUNCED_LITERAL.search(line)
            if announced is None:
                # Only this line's own end: the literal before it may end in line ends too.
                return bytes(command + line.removesuffix(b"\n").removesuffix(b"\r"))
            command += line
            size, is_coming = int(announced[1]), bool(announced[2])
            literal_bytes += size
            if literal_bytes > self._literal_limit_bytes:
                raise LiteralTooLarge(_tag(command), is_coming=is_coming)
            if not is_coming:
                await self.send_now(b"+ Ready for the literal\r\n")
            command += await self._reader.readexactly(size)

    # --- writing --------------------------------------------------------------------------------

    def write(self, piece: bytes) -> None:
        """Add to the reply; `flush` sends it."""
        self._unsent.append(piece)
        self._unsent_bytes += len(piece)

    @property
    def is_full(self) -> bool:
        """True when so much is unsent that a long reply should `flush`."""
        return self._unsent_bytes >= _SEND_FROM_BYTES and not self._held

    async def flush(self) -> None:
        """Send what is written, unless the reply is held, and wait while the client is slow."""
        if self._unsent and not self._held:
            self._writer.write(self._taken())
        await self._writer.drain()
        # A client that takes all at once must not keep the others waiting.
        await asyncio.sleep(0)

    async def send_now(self, line: bytes) -> None:
        """Send a line at once, before anything held."""
        self._writer.write(line)
        await self._writer.drain()

    def push(self, lines: bytes) -> None:
        """Send lines at once without waiting, from a callback of the loop."""
        self._writer.write(lines)

    def hold(self) -> None:
        """Keep the reply together until `release`."""
        self._held = True

    async def release(self, change: Callable[[bytes], bytes]) -> None:
        """Send what `change` makes of the reply that was held; nothing is held from now on."""
        self._held = False
        self._writer.write(change(self._taken()))
        await self._writer.drain()

    def _taken(self) -> bytes:
        reply = b"".join(self._unsent)
        self._unsent.clear()
        self._unsent_bytes = 0
        return reply

    # --- the end --------------------------------------------------------------------------------

    def close(self) -> None:
        """Close once everything is sent."""
        self._writer.close()

    def abort(self) -> None:
        """Close now, and lose what is unsent."""
        self._writer.transport.abort()

    def reset(self) -> None:
        """Close by a TCP reset."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT_AT_ALL)
        self._writer.transport.abort()

    async def wait_for_the_end(self) -> None:
        """Read and forget whatever comes until the client is gone."""
        while await self._reader.read(_SEND_FROM_BYTES):
            pass


def _tag(beginning: bytes | bytearray) -> bytes:
    """Return the first word of a command."""
    words = bytes(beginning[:200]).split(maxsplit=1)
    return words[0] if words else b"*"
