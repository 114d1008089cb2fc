"""Name the members of our closed sets for readers; the templates translate what stands here."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from models.agency import Role
from models.mailboxes import FolderRole
from models.message import Direction, Origin
from models.obligation import ObligationKind, ObligationState, PromiseOutcome
from models.verdict import ReplyKind, Tag, Tone
from web.catalogue import N_
from web.freshness import MailboxState

WORDS: Final[Mapping[StrEnum, str]] = {
    Tag.ESTIMATE: N_("estimate"),
    Tag.BUG: N_("bug"),
    Tag.PAYMENT: N_("payment"),
    Tag.COMPLAINT: N_("complaint"),
    ObligationState.OPEN: N_("open"),
    ObligationState.PROMISED: N_("promised"),
    ObligationState.ANSWERED: N_("answered"),
    ObligationState.ANSWERED_LATE: N_("answered late"),
    ObligationState.DISMISSED: N_("dismissed"),
    ObligationKind.REPLY: N_("a reply"),
    ObligationKind.OWN_PROMISE: N_("what we promised"),
    ObligationKind.RELAY: N_("the news from a specialist"),
    ObligationKind.CONTACT: N_("a sign of life from us"),
    ObligationKind.MINUTES: N_("meeting notes"),
    PromiseOutcome.IN_FORCE: N_("in force"),
    PromiseOutcome.KEPT: N_("kept"),
    PromiseOutcome.MOVED: N_("moved in time"),
    PromiseOutcome.MOVED_LATE: N_("moved too late"),
    PromiseOutcome.BROKEN: N_("broken"),
    PromiseOutcome.DROPPED: N_("no longer needed"),
    Direction.INBOUND: N_("from the client"),
    Direction.OUTBOUND: N_("from us"),
    Direction.INTERNAL: N_("among us"),
    Origin.HUMAN: N_("written by a person"),
    Origin.AUTO_REPLY: N_("automatic reply"),
    Origin.BOUNCE: N_("delivery failure"),
    Origin.RECEIPT: N_("read receipt"),
    Origin.CALENDAR: N_("calendar"),
    Origin.BULK: N_("newsletter"),
    Origin.SPAM: N_("spam"),
    Origin.ROBOT: N_("robot"),
    ReplyKind.FULL: N_("full answer"),
    ReplyKind.PARTIAL: N_("partial answer"),
    ReplyKind.HOLDING: N_("holding reply"),
    ReplyKind.OTHER: N_("other mail"),
    Tone.CALM: N_("calm"),
    Tone.ANNOYED: N_("annoyed"),
    Tone.ANGRY: N_("angry"),
    MailboxState.FRESH: N_("fresh"),
    MailboxState.DARK: N_("dark"),
    MailboxState.UNREAD: N_("not read yet"),
    MailboxState.UNWATCHED: N_("not watched"),
    FolderRole.INBOX: N_("incoming"),
    FolderRole.SENT: N_("our replies"),
    FolderRole.EXTRA: N_("further mail"),
    Role.ACCOUNT_MANAGER: N_("account manager"),
    Role.SPECIALIST: N_("specialist"),
    Role.CURATOR: N_("curator"),
    Role.ADMIN: N_("administrator"),
}
"""English words by member. Equal values of two sets would hide one another: a test looks."""

REASONS: Final[Mapping[str, str]] = {
    # Why a folder has its role (ingest.folders, models.db.imports).
    "every mailbox has INBOX": N_("every mailbox has it"),
    "named by `sent`": N_("named by “sent” in the config"),
    "named in `folders`": N_("named by “folders” in the config"),
    "marked \\Sent by the server": N_("marked by the server"),
    "recognised by its name": N_("recognised by its name"),
    "imported from files": N_("imported from files"),
    # Why a mail is not read (models.db.ledger).
    "older than backfill_days": N_("older than backfill_days"),
}
"""Words for the fixed reasons in the ledger; one that is not here is shown as it stands."""
