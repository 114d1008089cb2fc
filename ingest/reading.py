"""Read one mail from bytes to verdicts: pure, total, the same for the same bytes."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Protocol

from classify.mail import InboundMail, OutboundMail
from ingest.accounts import account_of
from ingest.direction import UNREADABLE, author_of, direction_of, is_from_web_form
from ingest.identity import digest_of, key_of
from ingest.new_text import label_lines, new_text
from ingest.origin import judge_origin
from ingest.parse import parse
from ingest.subjects import base_subject
from models.agency import Agency
from models.ids import MessageKey
from models.message import (
    Correspondent,
    Defect,
    Direction,
    LabelledLine,
    LineLabel,
    Origin,
    OriginFinding,
    ParsedMail,
    RawMail,
    ReadMail,
)
from models.verdict import InboundVerdicts, OutboundVerdicts, Verdict

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a mail without any date counts as sent; it only matters to words such as "tomorrow"."""
_UNREADABLE_TEXT_CHARS: Final = 4_000


class MailClassifier(Protocol):
    """What finds the verdicts; `classify.pipeline` is the real one."""

    def inbound(self, mail: InboundMail) -> InboundVerdicts:
        """Return what a client's mail says."""
        ...

    def outbound(self, mail: OutboundMail) -> OutboundVerdicts:
        """Return what a mail of ours says."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class _Words:
    """A mail's own words."""

    lines: tuple[LabelledLine, ...]
    text: str
    base_subject: str


class Reader:
    """Reads mail for one agency."""

    def __init__(self, agency: Agency, classifier: MailClassifier) -> None:
        self._agency = agency
        self._classifier = classifier

    def read(self, raw: RawMail) -> ReadMail:
        """Return the mail as read; never raises.

        A mail on which any step fails is a client's human mail that needs an answer, with a defect
        that names the step's error (SEMANTICS.md section 2, "Nothing is dropped").
        """
        parsed: ParsedMail | None = None
        try:
            parsed = parse(raw)
            if raw.listed:
                parsed = replace(parsed, attachments=raw.listed)
            return self._read(parsed, raw)
        except Exception as error:  # noqa: BLE001 - the edge of one message: whatever broke, no letter may be lost
            return unreadable(raw, parsed, error)

    def outbound(self, mail: OutboundMail) -> OutboundVerdicts:
        """Return what a mail of ours says, judged again beside the client's mail before it."""
        return self._classifier.outbound(mail)

    def _read(self, parsed: ParsedMail, raw: RawMail) -> ReadMail:
        author = author_of(parsed, self._agency)
        recipients = (*parsed.to, *parsed.cc, *parsed.bcc)
        direction = direction_of(author, recipients, self._agency)
        origin = self._origin_of(parsed, author, direction)
        lines = label_lines(parsed)
        words = _Words(lines=lines, text=new_text(lines), base_subject=base_subject(parsed.subject))
        verdicts = self._verdicts(parsed, raw, direction, origin, words)
        ignored = _ignored_reason(origin, verdicts)
        return ReadMail(
            key=key_of(parsed),
            digest=digest_of(parsed),
            parsed=parsed,
            author=author,
            direction=direction,
            origin=origin,
            lines=words.lines,
            new_text=words.text,
            base_subject=words.base_subject,
            verdicts=None if ignored else verdicts,
            ignored_reason=ignored,
        )

    def _origin_of(
        self, parsed: ParsedMail, author: Correspondent, direction: Direction
    ) -> OriginFinding:
        """Return the origin as judged for the person who really wrote."""
        if is_from_web_form(parsed, author, self._agency):
            reason = f"web form: {author.address} wrote through {parsed.header('from')[:80]}"
            return OriginFinding(origin=Origin.HUMAN, reason=reason)
        found = judge_origin(replace(parsed, author=_readable(author)), direction)
        if found.origin is Origin.SPAM and account_of(author.address, self._agency) is not None:
            reason = f"known client in spite of {found.reason}"
            return OriginFinding(origin=Origin.HUMAN, reason=reason, score=0.5)
        return found

    def _verdicts(
        self,
        parsed: ParsedMail,
        raw: RawMail,
        direction: Direction,
        origin: OriginFinding,
        words: _Words,
    ) -> InboundVerdicts | OutboundVerdicts | None:
        """Return what the words say; None for mail whose words don't count."""
        if direction is Direction.INBOUND and origin.origin in (Origin.HUMAN, Origin.ROBOT):
            is_robot = origin.origin is Origin.ROBOT
            return self._classifier.inbound(
                InboundMail(subject=parsed.subject, new_text=words.text, robot=is_robot)
            )
        if direction is Direction.OUTBOUND and origin.origin is Origin.HUMAN:
            sent_at = raw.internaldate or parsed.date or EPOCH
            return self._classifier.outbound(
                OutboundMail(subject=parsed.subject, new_text=words.text, sent_at=sent_at)
            )
        return None


def _readable(author: Correspondent) -> Correspondent | None:
    return None if author == UNREADABLE else author


def _ignored_reason(
    origin: OriginFinding, verdicts: InboundVerdicts | OutboundVerdicts | None
) -> str:
    """Return why no obligation may come of a mail; empty for mail that counts.

    A robot that asks for an acknowledgement counts (SEMANTICS.md section 4).
    """
    if origin.origin is Origin.HUMAN:
        return ""
    asks = isinstance(verdicts, InboundVerdicts) and verdicts.needs_answer.holds
    if origin.origin is Origin.ROBOT and asks:
        return ""
    return f"{origin.origin.value} - {origin.reason}"


def unreadable(raw: RawMail, parsed: ParsedMail | None, error: Exception) -> ReadMail:
    """Return a mail on which reading failed: shown with its defect, and waiting for a person."""
    defect = Defect(code="reading.failed", detail=f"{type(error).__name__}: {error}"[:200])
    known = parsed or ParsedMail(message_id=None, text=_raw_text(raw))
    known = replace(known, defects=(*known.defects, defect))
    content = hashlib.sha256(raw.content).hexdigest()
    needs_answer = Verdict(
        what="needs_answer", holds=True, confidence=0.5, source="reading.unreadable"
    )
    return ReadMail(
        key=MessageKey(content[:40]),
        digest=content,
        parsed=known,
        author=known.author or UNREADABLE,
        direction=Direction.INBOUND,
        origin=OriginFinding(origin=Origin.HUMAN, reason="unreadable", score=0.5),
        lines=tuple(LabelledLine(label=LineLabel.NEW, text=t) for t in known.text.split("\n")),
        new_text=known.text.strip(),
        base_subject=known.subject,
        verdicts=InboundVerdicts(
            tags=(),
            needs_answer=needs_answer,
            chaser=replace(needs_answer, what="chaser", holds=False),
            withdrawn=replace(needs_answer, what="withdrawn", holds=False),
        ),
    )


def _raw_text(raw: RawMail) -> str:
    """Return the first bytes as text, so that a person sees something."""
    text = raw.content[:_UNREADABLE_TEXT_CHARS].decode("utf-8", "replace")
    return text.replace("\x00", "\ufffd").replace("\r\n", "\n")
