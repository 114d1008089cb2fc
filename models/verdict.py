"""Hold the classifier's findings, each with confidence, the rule or model, and its evidence."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Tag(StrEnum):
    """What a client asks for; any number of them on one mail (SEMANTICS.md section 4)."""

    ESTIMATE = "estimate"
    BUG = "bug"
    PAYMENT = "payment"
    COMPLAINT = "complaint"


class Tone(StrEnum):
    """How the client sounds."""

    CALM = "calm"
    ANNOYED = "annoyed"
    ANGRY = "angry"


class Language(StrEnum):
    """The language the new text is mostly written in."""

    RU = "ru"
    EN = "en"
    OTHER = "other"


class ReplyKind(StrEnum):
    """What our mail does for what was asked (SEMANTICS.md section 5)."""

    FULL = "full"
    PARTIAL = "partial"
    HOLDING = "holding"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """One yes-or-no finding."""

    what: str
    """A Tag value, or "needs_answer", "chaser", "withdrawn"."""
    holds: bool
    confidence: float
    """Between 0 and 1: how sure the finding is, whichever way it went."""
    source: str
    """Rule id or model version, e.g. "tag.payment.invoice"."""
    evidence: tuple[str, ...] = ()
    """Words of the new text that spoke for it; empty when it is a default."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One thing somebody must answer or do, as a span of the new text."""

    text: str
    start: int
    end: int
    """Offsets into the new text in characters: `new_text[start:end] == text`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InboundVerdicts:
    """Everything found on a client's mail."""

    tags: tuple[Verdict, ...]
    """Only tags that hold, most confident first."""
    needs_answer: Verdict
    chaser: Verdict
    withdrawn: Verdict
    questions: tuple[Question, ...] = ()
    tone: Tone = Tone.CALM
    language: Language = Language.OTHER


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundPromise:
    """A commitment of ours in our mail, with the moment it falls due."""

    text: str
    due_at: datetime
    """Aware UTC; the latest instant the words cover, or the default for a vague promise."""
    dated: bool
    """False when the words named no moment and the default was taken."""
    source: str
    """Rule id that read the moment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboundVerdicts:
    """Everything found on a mail of ours to a client."""

    reply_kind: ReplyKind
    reply_kind_source: str
    promises: tuple[FoundPromise, ...] = ()
    language: Language = Language.OTHER
