"""Messages become events; what is ignored, internal or temporary becomes none."""

from datetime import timedelta
from typing import Any

import pytest

from models.event import ClientWrote, MailBounced, WeWrote
from models.ids import UNKNOWN_ACCOUNT, AccountId, Address, MessageId, MessageKey
from models.mailboxes import FolderRole
from models.message import Copy, Correspondent, DeliveryReport, Direction, Message, Origin
from models.verdict import (
    InboundVerdicts,
    OutboundVerdicts,
    ReplyKind,
    Tag,
    Verdict,
)
from sla.events import events_of
from tests.mails import MONDAY_NOON, account, agency, message

AGENCY = agency(account("acme", "acme.example"))
CLIENT = Address("client@acme.example")
ACCOUNTS = {CLIENT: AccountId("acme")}


def _verdict(what: str, *, holds: bool) -> Verdict:
    return Verdict(what=what, holds=holds, confidence=1.0, source="test")


def _inbound(key: str, **changes: Any) -> Message:
    verdicts = InboundVerdicts(
        tags=(_verdict("bug", holds=True),),
        needs_answer=_verdict("needs_answer", holds=changes.pop("needs_answer", True)),
        chaser=_verdict("chaser", holds=True),
        withdrawn=_verdict("withdrawn", holds=False),
    )
    return message(key, verdicts=verdicts, account=AccountId("acme"), **changes)


def _outbound(key: str, *to: str, **changes: Any) -> Message:
    return message(
        key,
        direction=Direction.OUTBOUND,
        author=Correspondent(address=Address("anna@studio.example")),
        recipients=tuple(Correspondent(address=Address(a)) for a in to),
        verdicts=OutboundVerdicts(reply_kind=ReplyKind.FULL, reply_kind_source="test"),
        **changes,
    )


def _bounce(**report: Any) -> Message:
    return message(
        "dsn",
        origin=Origin.BOUNCE,
        ignored_reason="bounce",
        arrived_at=MONDAY_NOON + timedelta(minutes=1),
        report=DeliveryReport(**({"permanent": True} | report)),
    )


def test_a_client_mail_carries_its_verdicts() -> None:
    assert events_of([_inbound("a")], ACCOUNTS, AGENCY) == (
        ClientWrote(
            message=MessageKey("a"),
            at=MONDAY_NOON,
            account=AccountId("acme"),
            author=CLIENT,
            mailbox=None,
            tags=frozenset({Tag.BUG}),
            needs_answer=True,
            chaser=True,
        ),
    )


def test_the_mailbox_is_the_one_that_got_the_mail_first() -> None:
    copies = tuple(
        Copy(
            mailbox=Address(f"{name}@studio.example"),
            folder=FolderRole.INBOX,
            uidvalidity=1,
            uid=1,
            internaldate=MONDAY_NOON + timedelta(seconds=second),
        )
        for name, second in (("support", 5), ("hello", 1))
    )
    (event,) = events_of([_inbound("a", copies=copies)], ACCOUNTS, AGENCY)
    assert isinstance(event, ClientWrote)
    assert event.mailbox == "hello@studio.example"


def test_a_mail_that_could_not_be_judged_needs_an_answer() -> None:
    (event,) = events_of([message("a")], ACCOUNTS, AGENCY)
    assert isinstance(event, ClientWrote)
    assert event.needs_answer
    assert event.account == UNKNOWN_ACCOUNT


def test_our_mail_names_who_of_outside_got_it() -> None:
    sent = _outbound("b", "client@acme.example", "printer@print.example", "olga@studio.example")
    (event,) = events_of([sent], ACCOUNTS, AGENCY)
    assert isinstance(event, WeWrote)
    assert event.recipients == {"client@acme.example", "printer@print.example"}
    assert event.accounts == {"acme", "unknown"}


@pytest.mark.parametrize(
    "silent",
    [
        _inbound("a", ignored_reason="bulk"),
        message("a", direction=Direction.INTERNAL),
        _outbound("a", "olga@studio.example"),
        _outbound("a", "client@acme.example", ignored_reason="auto-reply"),
    ],
    ids=["ignored", "internal", "to-ourselves", "our-vacation"],
)
def test_some_mail_means_nothing(silent: Message) -> None:
    assert events_of([silent], ACCOUNTS, AGENCY) == ()


def test_a_bounce_names_the_mail_that_failed_by_its_id() -> None:
    sent = _outbound("b", "client@acme.example")
    failed = _bounce(failed_message_id=sent.message_id, failed_recipients=(CLIENT,))
    events = events_of([sent, failed], ACCOUNTS, AGENCY)
    assert events[1] == MailBounced(
        message=MessageKey("dsn"),
        at=failed.arrived_at,
        failed=MessageKey("b"),
        recipients=frozenset({CLIENT}),
    )


def test_a_bounce_without_an_id_means_the_last_mail_to_who_was_not_reached() -> None:
    thread = [
        _outbound("b", "client@acme.example"),
        _outbound("c", "client@acme.example"),
        _outbound("d", "other@acme.example"),
        _bounce(failed_recipients=(CLIENT,)),
    ]
    (bounced,) = [e for e in events_of(thread, ACCOUNTS, AGENCY) if isinstance(e, MailBounced)]
    assert bounced.failed == "c"


@pytest.mark.parametrize(
    "bounce",
    [
        _bounce(permanent=False, failed_recipients=(CLIENT,)),
        _bounce(failed_message_id=MessageId("other@x.example")),
        _bounce(),
        message("dsn", origin=Origin.BOUNCE, ignored_reason="bounce"),
    ],
    ids=["delayed", "of-another-mail", "of-nothing", "without-report"],
)
def test_a_bounce_of_nothing_we_know_means_nothing(bounce: Message) -> None:
    thread = [_outbound("b", "client@acme.example"), bounce]
    assert not [e for e in events_of(thread, ACCOUNTS, AGENCY) if isinstance(e, MailBounced)]
