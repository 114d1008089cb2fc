"""Make values for tests: read mails and obligations with everything but the point left plain."""

from datetime import UTC, datetime
from typing import Any

from models.ids import AccountId, Address, MessageId, MessageKey, ThreadId
from models.message import (
    Correspondent,
    DeliveryReport,
    Direction,
    Origin,
    OriginFinding,
    ParsedMail,
    RawMail,
    ReadMail,
)
from models.obligation import Obligation, ObligationKind, ObligationState

MONDAY_NOON = datetime(2026, 4, 20, 9, 0, tzinfo=UTC)
"""Noon in Moscow on an ordinary working day."""


def read_mail(
    message_id: str | None,
    *,
    references: tuple[str, ...] = (),
    key: str = "",
    direction: Direction = Direction.INBOUND,
    failed: str = "",
) -> ReadMail:
    """Return what reading gives for a mail with these ids; `failed` makes it a bounce of that."""
    report = DeliveryReport(permanent=True, failed_message_id=MessageId(failed)) if failed else None
    return ReadMail(
        key=MessageKey(key or f"key-{message_id}"),
        digest="digest",
        parsed=ParsedMail(
            message_id=MessageId(message_id) if message_id else None,
            references=tuple(map(MessageId, references)),
            subject="Question",
            text="Hello",
        ),
        author=Correspondent(address=Address("client@acme.example"), name="Client"),
        direction=direction,
        origin=OriginFinding(
            origin=Origin.BOUNCE if failed else Origin.HUMAN, reason="", report=report
        ),
        lines=(),
        new_text="Hello",
        base_subject="question",
        verdicts=None,
    )


def raw_mail(internaldate: datetime | None = MONDAY_NOON) -> RawMail:
    """Return bytes that a test does not read."""
    return RawMail(
        content=b"Subject: Question\n\nHello\n", size_bytes=25, internaldate=internaldate
    )


def obligation(**changes: Any) -> Obligation:
    """Return an open obligation to answer by the evening, with some fields changed."""
    values: dict[str, Any] = {
        "kind": ObligationKind.REPLY,
        "opened_by": MessageKey("key-a"),
        "account": AccountId("acme"),
        "thread": ThreadId("thread"),
        "opened_at": MONDAY_NOON,
        "first_due_at": MONDAY_NOON.replace(hour=16),
        "due_at": MONDAY_NOON.replace(hour=16),
        "state": ObligationState.OPEN,
        "breached": False,
        "owner": None,
        "why": (),
    }
    return Obligation(**(values | changes))
