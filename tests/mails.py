"""Make values for tests: read mails and obligations with everything but the point left plain."""

from datetime import UTC, datetime
from typing import Any

from models.agency import Account, Agency, Person, Role
from models.ids import AccountId, Address, MessageId, MessageKey, ThreadId
from models.message import (
    Correspondent,
    DeliveryReport,
    Direction,
    Message,
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


def message(key: str, **changes: Any) -> Message:
    """Return a stored client mail that needs an answer, with some fields changed."""
    values: dict[str, Any] = {
        "key": MessageKey(key),
        "message_id": MessageId(f"{key}@acme.example"),
        "digest": f"digest-{key}",
        "thread": ThreadId("thread"),
        "account": None,
        "direction": Direction.INBOUND,
        "origin": Origin.HUMAN,
        "origin_reason": "",
        "author": Correspondent(address=Address("client@acme.example")),
        "recipients": (Correspondent(address=Address("hello@studio.example")),),
        "arrived_at": MONDAY_NOON,
        "dated_at": None,
        "subject": "Question",
        "new_text": "Hello?",
        "verdicts": None,
        "ignored_reason": "",
    }
    return Message(**(values | changes))


def agency(*accounts: Account) -> Agency:
    """Return an agency with Anna, the mailbox hello@, and some accounts."""
    anna = Person(
        email=Address("anna@studio.example"),
        name="Anna",
        aliases=frozenset({Address("anna.private@mail.example")}),
        roles=frozenset({Role.ACCOUNT_MANAGER}),
    )
    return Agency(
        name="Studio",
        domains=frozenset({"studio.example"}),
        zone="Europe/Moscow",
        people=(anna,),
        accounts=accounts,
        mailbox_addresses=frozenset({Address("hello@studio.example")}),
    )


def account(id_: str, *domains: str, contacts: tuple[str, ...] = ()) -> Account:
    """Return a client company that Anna looks after."""
    return Account(
        id=AccountId(id_),
        name=id_.title(),
        domains=frozenset(domains),
        contacts=frozenset(map(Address, contacts)),
        manager=Address("anna@studio.example"),
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
