"""Turn the messages of a thread into the events that the fold reads."""

from collections.abc import Mapping, Sequence

from models.agency import Agency
from models.event import ClientWrote, Event, MailBounced, WeWrote
from models.ids import UNKNOWN_ACCOUNT, AccountId, Address, MessageKey
from models.message import Direction, Message, Origin
from models.verdict import InboundVerdicts, OutboundVerdicts, ReplyKind, Tag


def events_of(
    messages: Sequence[Message], accounts: Mapping[Address, AccountId], agency: Agency
) -> tuple[Event, ...]:
    """Return what a thread's messages mean for its obligations, in order of arrival.

    `accounts` says for the addresses seen in the thread whose they are. Internal mail and mail that
    is ignored with a reason give no event, except for a bounce of something we sent.
    """
    events: list[Event] = []
    for message in messages:
        event = _event_of(message, messages, accounts, agency)
        if event is not None:
            events.append(event)
    return tuple(events)


def _event_of(
    message: Message,
    messages: Sequence[Message],
    accounts: Mapping[Address, AccountId],
    agency: Agency,
) -> Event | None:
    if message.origin is Origin.BOUNCE:
        return _bounce(message, messages)
    if message.ignored_reason or message.direction is Direction.INTERNAL:
        return None
    if message.direction is Direction.INBOUND:
        return _client_wrote(message)
    return _we_wrote(message, accounts, agency)


def _client_wrote(message: Message) -> ClientWrote:
    """Return the event of a client mail; one that could not be judged needs an answer."""
    verdicts = message.verdicts if isinstance(message.verdicts, InboundVerdicts) else None
    return ClientWrote(
        message=message.key,
        at=message.arrived_at,
        account=message.account or UNKNOWN_ACCOUNT,
        author=message.author.address,
        mailbox=_first_mailbox(message),
        tags=frozenset(Tag(v.what) for v in verdicts.tags) if verdicts else frozenset(),
        needs_answer=verdicts.needs_answer.holds if verdicts else True,
        chaser=verdicts.chaser.holds if verdicts else False,
        withdrawn=verdicts.withdrawn.holds if verdicts else False,
    )


def _we_wrote(
    message: Message, accounts: Mapping[Address, AccountId], agency: Agency
) -> WeWrote | None:
    outside = frozenset(r.address for r in message.recipients if not agency.is_ours(r.address))
    if not outside:
        return None
    verdicts = message.verdicts if isinstance(message.verdicts, OutboundVerdicts) else None
    return WeWrote(
        message=message.key,
        at=message.arrived_at,
        author=message.author.address,
        recipients=outside,
        accounts=frozenset(accounts.get(address, UNKNOWN_ACCOUNT) for address in outside),
        reply_kind=verdicts.reply_kind if verdicts else ReplyKind.OTHER,
        promises=verdicts.promises if verdicts else (),
    )


def _bounce(message: Message, messages: Sequence[Message]) -> MailBounced | None:
    report = message.report
    if report is None or not report.permanent:
        return None
    failed = _failed_mail(message, messages)
    if failed is None:
        return None
    return MailBounced(
        message=message.key,
        at=message.arrived_at,
        failed=failed,
        recipients=frozenset(report.failed_recipients),
    )


def _failed_mail(bounce: Message, messages: Sequence[Message]) -> MessageKey | None:
    """Find the mail of ours that came back: by its id, else the last one to who was not reached."""
    assert bounce.report is not None
    ours = [
        m
        for m in messages
        if m.direction is Direction.OUTBOUND and m.arrived_at <= bounce.arrived_at
    ]
    named = [m for m in ours if m.message_id == bounce.report.failed_message_id]
    if named and bounce.report.failed_message_id is not None:
        return named[-1].key
    missed = set(bounce.report.failed_recipients)
    to_them = [m for m in ours if missed & {r.address for r in m.recipients}]
    return to_them[-1].key if to_them else None


def _first_mailbox(message: Message) -> Address | None:
    """Return the mailbox that got the mail first; equal instants are settled by address."""
    dated = [c for c in message.copies if c.internaldate is not None]
    first = min(dated, key=lambda c: (c.internaldate, c.mailbox), default=None)
    return first.mailbox if first else None
