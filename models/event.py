"""Say what happened in a thread: the only input of the fold (DESIGN.md section 4)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.ids import AccountId, Address, MessageKey
from models.verdict import FoundPromise, ReplyKind, Tag


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientWrote:
    """A human mail from outside arrived."""

    message: MessageKey
    at: datetime
    account: AccountId
    author: Address
    mailbox: Address | None
    """The watched mailbox that got it first; None when it is unknown."""
    tags: frozenset[Tag]
    needs_answer: bool
    chaser: bool = False
    withdrawn: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class WeWrote:
    """A human mail of ours left for somebody outside."""

    message: MessageKey
    at: datetime
    author: Address
    recipients: frozenset[Address]
    """Addresses outside the agency that it went to."""
    accounts: frozenset[AccountId]
    """Accounts that those addresses belong to; UNKNOWN_ACCOUNT among them when one has none."""
    reply_kind: ReplyKind
    promises: tuple[FoundPromise, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class MailBounced:
    """A mail of ours came back for good; what it answered waits again on its original clock."""

    message: MessageKey
    """The bounce itself."""
    at: datetime
    failed: MessageKey
    """Our mail that did not arrive."""
    recipients: frozenset[Address] = frozenset()
    """Who was not reached; empty means everybody."""


class Action(StrEnum):
    """What a person may say about an obligation."""

    NO_ANSWER_NEEDED = "no_answer_needed"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    UNDO = "undo"


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonActed:
    """A person of ours said something on the panel about the spell that a message opened."""

    at: datetime
    by: Address
    action: Action
    opened_by: MessageKey
    why: str = ""


Event = ClientWrote | WeWrote | MailBounced | PersonActed
