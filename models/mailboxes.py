"""Describe a mailbox that we watch and the folders found in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from models.ids import Address


class Tls(StrEnum):
    """How the connection to the server is protected."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"
    """Accepted on loopback only."""


class FolderRole(StrEnum):
    """What a folder is for; only these are monitored."""

    INBOX = "inbox"
    SENT = "sent"
    EXTRA = "extra"
    """Named in the settings."""


class PlacementState(StrEnum):
    """Where one copy stands in the per-UID ledger (research/imap.md section 2.2)."""

    PENDING = "pending"
    STORED = "stored"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailbox:
    """One IMAP login."""

    address: Address
    host: str
    port: int
    tls: Tls
    user: str
    folders: tuple[str, ...] = ()
    """Further folders to read beside INBOX and Sent; empty: none."""
    sent: str = ""
    """Name of the Sent folder; empty: found by itself."""
    backfill_days: int = 90
    """How far back to read; 0 means everything."""
    ca_file: Path | None = None
    """Certificates that are trusted beside the system's; None: only those."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoredFolder:
    """A folder of a mailbox that we read, with the reason it was chosen."""

    name: str
    """Decoded for people; `raw_name` is what goes on the wire."""
    raw_name: bytes
    role: FolderRole
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxHealth:
    """How fresh the data of a mailbox is, for the panel and the freshness fence."""

    address: Address
    last_ok_at: datetime | None
    """The oldest of its monitored folders' last complete pass; None before the first."""
    problem: str = ""
    """One sentence a person can act on; empty when all is well."""
    problem_since: datetime | None = None
    """When it was first noted; None when there is none."""
    pending: int = 0
    quarantined: int = 0
    stored: int = 0


UNSTABLE_AFTER_CHANGES: Final = 3
"""Changes of UIDVALIDITY within a day (research/imap.md section 2.6)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderHealth:
    """How complete a folder is, for the panel."""

    mailbox: Address
    name: str
    role: FolderRole
    role_reason: str
    """Why it has this role, e.g. "recognised by its name"."""
    imported: bool
    """True for a folder that `sameday import` filled: no server knows it."""
    last_ok_at: datetime | None
    """When everything that it held was last accounted for; None before the first time."""
    missing_since: datetime | None
    """When it was last not found on the server; None while it is there."""
    oldest_at: datetime | None
    """INTERNALDATE of the oldest mail that was listed, read or not; None for an empty folder."""
    unlisted_below: int
    """UIDs below this one were not listed yet; 1 when the history is complete."""
    pending: int = 0
    stored: int = 0
    quarantined: int = 0
    ignored: tuple[tuple[str, int], ...] = ()
    """How many mails are not read, by reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxCounts:
    """What was done with a mailbox since the service started."""

    address: Address
    mails_read: int = 0
    logins: int = 0
    open_connections: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    """How many by class, e.g. "LoginRefused"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderCursor:
    """How far a folder has been enumerated: each UID in [low, high] has a placement or never was.

    `low > high` (as in 1, 0) says that nothing has been enumerated yet.
    """

    id: int
    """Row of the folder."""
    name: str
    raw_name: bytes
    role: FolderRole
    epoch: int
    uidvalidity: int
    low: int
    high: int
    last_sweep_at: datetime | None
    last_ok_at: datetime | None = None
    renumbered_at: tuple[datetime, ...] = ()
    """When UIDs last came to mean something else, within a day; see `is_unstable`."""
    skip_until: datetime | None = None
    """A folder that could not be opened three times is left alone until then."""

    @property
    def is_unstable(self) -> bool:
        """True when the server renumbers so often that UIDs can't be relied on (Courier)."""
        return len(self.renumbered_at) >= UNSTABLE_AFTER_CHANGES

    @property
    def untouched(self) -> bool:
        """True before the first window was enumerated."""
        return self.low > self.high


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedMail:
    """What a server says of a mail before its content is fetched."""

    uid: int
    size_bytes: int
    internaldate: datetime | None
    """Aware UTC; None when the server gave nonsense."""
