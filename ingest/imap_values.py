"""Hold what IMAP commands answer, as values that nobody needs imapclient to understand."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TokenMechanism(StrEnum):
    """How an access token is presented to an IMAP server."""

    XOAUTH2 = "xoauth2"
    """Google's and Microsoft's own; every provider with OAuth has it."""
    OAUTHBEARER = "oauthbearer"
    """The standard (RFC 7628)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret:
    """What proves that we may open a mailbox: a password, or an OAuth access token."""

    value: str
    is_token: bool = False
    mechanism: TokenMechanism | None = None
    """For a token; None: what the server announces."""

    def __repr__(self) -> str:
        """Keep it out of logs and tracebacks."""
        return "Secret(***)"


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedFolder:
    """One line of LIST."""

    raw_name: bytes
    """As on the wire, modified UTF-7 (RFC 3501 5.1.3)."""
    name: str
    """Decoded; what can't be decoded is replaced, so it is for people only."""
    delimiter: str
    """Empty for a flat name."""
    attributes: frozenset[str]
    """Lower-case, with the backslash: Cyrus and others differ in case."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExaminedFolder:
    """What EXAMINE says of a folder."""

    uidvalidity: int
    """0 when the server gives none."""
    uidnext: int
    """One above the highest UID; found by asking when the server does not say (Courier)."""
    exists: int = 0
    """How many mails the server says there are; reconciling compares it with what is listed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchedMail:
    """The first bytes of a mail, with what the server said of it in the same answer."""

    uid: int
    size_bytes: int
    internaldate: datetime | None
    content: bytes
