"""Describe what can be made to go wrong in the embedded IMAP server, for tests of the reading side.

A script looks at each command and may answer it with one of these instead of the truth. The kinds
come from what real servers and networks do (research: servers that omit UIDs, answer NIL for an
expunged mail, cut the line in the middle of a literal, never push in IDLE).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

TAG: Final = b"<tag>"
"""Stands for the tag of the command in the bytes of a RawReply."""
GREETING: Final = "GREETING"
"""The verb of the pseudo-command that a script sees before the server greets a new connection."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientCommand:
    """One command as a script sees it."""

    connection: int
    """Counts the connections of this server from 1."""
    number: int
    """Counts the commands of this connection from 1; the greeting is 0."""
    user: str
    """Empty before the login."""
    folder: str
    """The open folder; empty: none."""
    tag: str
    verb: str
    """Upper-case, with its UID: "UID FETCH"."""
    arguments: bytes
    """As on the wire with literals; of a LOGIN it holds the password."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refuse:
    """Answer NO or BAD with a text such as `[UNAVAILABLE] Try later`, and do nothing."""

    text: str
    status: Literal["NO", "BAD"] = "NO"


@dataclass(frozen=True, kw_only=True, slots=True)
class SayBye:
    """Send `* BYE` with a text, without a tagged reply, and close."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HangUp:
    """Close without a word."""

    reset: bool = False
    """With a TCP reset instead of an orderly end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StaySilent:
    """Never answer, and keep the connection open until the client or the server ends it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RawReply:
    """Send these bytes instead of the reply; the command has no effect.

    An IDLE without the tag in its reply goes on until DONE, and pushes nothing by itself.
    """

    content: bytes
    """`<tag>` stands for the tag."""
    then_close: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RewriteReply:
    """Do the command, but send what `change` makes of its reply, in one piece.

    Continuation requests ("+") and what IDLE pushes go out unchanged.
    """

    change: Callable[[bytes], bytes]
    then_close: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CutReply:
    """Do the command, send the first bytes of its reply, and close or fall silent."""

    after_bytes: int
    then: Literal["close", "reset", "silence"] = "close"


@dataclass(frozen=True, kw_only=True, slots=True)
class OmitUids:
    """Leave these mails out of the answer to FETCH, without an error."""

    uids: frozenset[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class EmptyBodies:
    """Answer NIL for each body item of these mails in FETCH, as Dovecot does once expunged."""

    uids: frozenset[int]


ImmediateFault = (
    Refuse
    | SayBye
    | HangUp
    | StaySilent
    | RawReply
    | RewriteReply
    | CutReply
    | OmitUids
    | EmptyBodies
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Delay:
    """Wait before doing the command, then go on as told."""

    seconds: float
    then: ImmediateFault | None = None


Fault = ImmediateFault | Delay

FaultScript = Callable[[ClientCommand], Fault | None]
"""Runs in the server's thread: it must not block. None: tell the truth."""
