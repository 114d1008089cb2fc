"""Hold what we owe a client, what we promised, and how either changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.ids import AccountId, Address, MessageKey, ThreadId
from models.verdict import Tag


class ObligationKind(StrEnum):
    """What is owed (SEMANTICS.md section 6)."""

    REPLY = "reply"
    OWN_PROMISE = "own_promise"
    RELAY = "relay"
    CONTACT = "contact"
    MINUTES = "minutes"


class ObligationState(StrEnum):
    """Where an obligation stands."""

    OPEN = "open"
    PROMISED = "promised"
    ANSWERED = "answered"
    ANSWERED_LATE = "answered_late"
    DISMISSED = "dismissed"

    @property
    def waits(self) -> bool:
        """True while a client still waits."""
        return self in (ObligationState.OPEN, ObligationState.PROMISED)


class PromiseOutcome(StrEnum):
    """How a promise ended."""

    IN_FORCE = "in_force"
    KEPT = "kept"
    MOVED = "moved"
    """Replaced by a later promise before it fell due."""
    MOVED_LATE = "moved_late"
    """Replaced by a later promise after it had fallen due."""
    BROKEN = "broken"
    DROPPED = "dropped"
    """The obligation was dismissed while it was in force."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """A commitment of ours inside an obligation."""

    message: MessageKey
    made_at: datetime
    text: str
    due_at: datetime
    outcome: PromiseOutcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One step of the ledger that explains a deadline; rendered in the reader's language."""

    code: str
    """Key of the phrase in `sla.explain`, e.g. "arrived_after_cutoff"."""
    at: datetime | None = None
    """The instant it speaks of, aware UTC."""
    until: datetime | None = None
    """Where it moved the deadline to, aware UTC."""
    detail: str = ""
    """Free words, e.g. the name of a holiday or of the policy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Obligation:
    """One spell in which a client waits for us, identified by kind and opening mail."""

    kind: ObligationKind
    opened_by: MessageKey
    account: AccountId
    thread: ThreadId
    opened_at: datetime
    first_due_at: datetime
    """By the policy alone; never moves because a client wrote again."""
    due_at: datetime
    """Due in force: `first_due_at`, or the latest promise."""
    state: ObligationState
    breached: bool
    """A due in force was missed; dated by `breached_at`."""
    owner: Address | None
    """The account manager; None when the account has none."""
    why: tuple[Reason, ...]
    breached_at: datetime | None = None
    """The first deadline that was missed, not the clock of the machine that noticed."""
    tags: frozenset[Tag] = frozenset()
    joined: tuple[MessageKey, ...] = ()
    """Later mails of the same spell, in order of arrival; `opened_by` is not among them."""
    chased: int = 0
    bounced: bool = False
    promises: tuple[Promise, ...] = ()
    first_reply: MessageKey | None = None
    """First mail of ours to the client in the spell, whatever its kind."""
    first_reply_at: datetime | None = None
    first_reply_business_minutes: int | None = None
    answered_by: MessageKey | None = None
    answered_at: datetime | None = None
    answer_business_minutes: int | None = None
    answerer: Address | None = None
    dismissed_by: str = ""
    """Who or what dismissed it: an address of ours, or "client" when the client took it back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """One change of an obligation for the journal."""

    kind: ObligationKind
    opened_by: MessageKey
    what: str
    """"opened", "promised", "due_moved", "answered", "breached", "reopened", "dismissed",
    "removed"."""
    effective_at: datetime
    """When it took effect, aware UTC; a breach by its deadline."""
    why: str = ""
