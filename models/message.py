"""Hold one mail as read: headers, text, origin, direction, and every place a copy of it lies."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.ids import AccountId, Address, MessageId, MessageKey, ThreadId
from models.verdict import InboundVerdicts, OutboundVerdicts


class Direction(StrEnum):
    """Who wrote to whom, from addresses, never from the folder (SEMANTICS.md section 2)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Origin(StrEnum):
    """What kind of sender made the mail."""

    HUMAN = "human"
    AUTO_REPLY = "auto-reply"
    BOUNCE = "bounce"
    RECEIPT = "receipt"
    CALENDAR = "calendar"
    BULK = "bulk"
    SPAM = "spam"
    ROBOT = "robot"


class LineLabel(StrEnum):
    """What a line of the text is; only NEW lines make up the new text."""

    NEW = "new"
    QUOTED = "quoted"
    ATTRIBUTION = "attribution"
    SIGNATURE = "signature"
    DISCLAIMER = "disclaimer"
    DEVICE = "device"


@dataclass(frozen=True, kw_only=True, slots=True)
class Correspondent:
    """An address with the display name it came with."""

    address: Address
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Defect:
    """One thing wrong with a mail as it arrived; shown to people, never a reason to drop it."""

    code: str
    """Short and stable, e.g. "header.charset-guessed"."""
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """A part that is listed and never read."""

    name: str
    content_type: str
    size_bytes: int | None = None
    """Decoded size; None when the part lies beyond what was fetched."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryReport:
    """What a bounce tells about the mail that failed (RFC 3464, or an older server's words)."""

    permanent: bool
    """False for a delay notice."""
    failed_message_id: MessageId | None = None
    failed_recipients: tuple[Address, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RawMail:
    """Bytes as a server or a file gave them."""

    content: bytes
    """The message, or its first part only (see `complete`)."""
    size_bytes: int
    """RFC822.SIZE as the server says; some servers lie."""
    internaldate: datetime | None
    """Aware UTC; None for an imported file, or when the server gave nonsense."""
    complete: bool = True
    listed: tuple[Attachment, ...] = ()
    """All attachments by the server's BODYSTRUCTURE; asked for when `complete` is False."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedMail:
    """Headers and text of one mail: a total function of its bytes."""

    message_id: MessageId | None
    in_reply_to: tuple[MessageId, ...] = ()
    references: tuple[MessageId, ...] = ()
    """Without duplicates and self-references, oldest first, at most 200."""
    author: Correspondent | None = None
    """First From address; None when there is none that can be read."""
    sender: Correspondent | None = None
    reply_to: tuple[Correspondent, ...] = ()
    to: tuple[Correspondent, ...] = ()
    cc: tuple[Correspondent, ...] = ()
    bcc: tuple[Correspondent, ...] = ()
    subject: str = ""
    date: datetime | None = None
    """The Date header in aware UTC, believed by nobody; None when missing or unreadable."""
    headers: tuple[tuple[str, str], ...] = ()
    """Every header in order: lower-case name, decoded and unfolded value."""
    content_type: str = "text/plain"
    """Media type of the whole, lower-case, with `report-type` kept for multipart/report."""
    text: str = ""
    """Readable body with "\\n" line ends: the plain part, or the HTML part made readable."""
    html: str = ""
    """The HTML part as sent; empty when there is none. Never shown unsanitised."""
    calendar_method: str = ""
    """Upper-case METHOD of a text/calendar part, e.g. "REQUEST"; empty without one."""
    report: DeliveryReport | None = None
    """What the parts of a multipart/report say; None elsewhere."""
    attachments: tuple[Attachment, ...] = ()
    defects: tuple[Defect, ...] = ()

    def header(self, name: str) -> str:
        """Return the first header of that lower-case name, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, kw_only=True, slots=True)
class OriginFinding:
    """The origin with the evidence that decided it."""

    origin: Origin
    reason: str
    """One line for people, naming the header or words: "Auto-Submitted: auto-replied"."""
    score: float = 1.0
    """Strength of the evidence; the highest scoring origin won."""
    report: DeliveryReport | None = None
    """Only for BOUNCE."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelledLine:
    """One line of a mail's text and what it is; nothing is ever deleted."""

    label: LineLabel
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadMail:
    """What reading one mail gives before the store is asked: pure, the same for the same bytes."""

    key: MessageKey
    digest: str
    """Hex hash over stable content: author, Date, base subject, first text."""
    parsed: ParsedMail
    author: Correspondent
    """Who really wrote: From, or Reply-To for our web form and for "via" rewriting."""
    direction: Direction
    origin: OriginFinding
    lines: tuple[LabelledLine, ...]
    new_text: str
    base_subject: str
    verdicts: InboundVerdicts | OutboundVerdicts | None
    """None for internal and for ignored mail."""
    ignored_reason: str = ""
    """Why no obligation may come of it; empty for mail that counts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """One place where a message lies."""

    mailbox: Address
    folder: str
    uidvalidity: int
    uid: int
    internaldate: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A stored message as the rest of the program sees it."""

    key: MessageKey
    message_id: MessageId | None
    digest: str
    thread: ThreadId
    account: AccountId | None
    """None for internal mail; "unknown" for a sender of no account."""
    direction: Direction
    origin: Origin
    origin_reason: str
    author: Correspondent
    recipients: tuple[Correspondent, ...]
    """To, Cc and Bcc in order."""
    arrived_at: datetime
    """Earliest INTERNALDATE of any copy, aware UTC (SEMANTICS.md section 1)."""
    dated_at: datetime | None
    """The Date header; shown, never judged by."""
    subject: str
    new_text: str
    verdicts: InboundVerdicts | OutboundVerdicts | None
    ignored_reason: str
    report: DeliveryReport | None = None
    attachments: tuple[Attachment, ...] = ()
    defects: tuple[Defect, ...] = ()
    copies: tuple[Copy, ...] = ()
