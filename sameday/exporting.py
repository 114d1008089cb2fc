"""Write what is known as JSON Lines, the stable contract of DESIGN.md section 6."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ingest.subjects import base_subject
from models.agency import Agency
from models.db import messages
from models.db.store import Store, Transaction
from models.ids import MessageKey, ThreadId
from models.message import Message
from models.obligation import Obligation
from models.verdict import InboundVerdicts, OutboundVerdicts
from sameday.judging import Judge
from sla.explain import explain

Row = dict[str, Any]


def as_line(row: Row) -> str:
    """Return one object on one line, readable in any language."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def message_rows(store: Store) -> Iterator[Row]:
    """Yield every stored message, thread by thread, in order of arrival."""
    with store.read() as db:
        for _name, thread in _threads(db):
            yield from (_message_row(message) for message in thread)


def thread_rows(store: Store) -> Iterator[Row]:
    """Yield every thread with its messages in order of arrival."""
    with store.read() as db:
        for name, thread in _threads(db):
            yield {
                "thread": name,
                "account": _account_of(thread),
                "subject": base_subject(thread[0].subject),
                "messages": [_name_of(message) for message in thread],
            }


def obligation_rows(store: Store, judge: Judge, as_of: datetime | None) -> Iterator[Row]:
    """Yield every obligation as it stood at an instant; None means now.

    The past is folded from the events up to the instant. Now, a breach that only silence tells of
    counts as far as the mailboxes were read.
    """
    with store.read() as db:
        for name, thread in _threads(db):
            names = {message.key: _name_of(message) for message in thread}
            if as_of is None:
                found = judge.proven_obligations(db, thread, name, judge.clock())
            else:
                found = judge.obligations_of(thread, name, as_of)
            for obligation in found:
                yield _obligation_row(obligation, names, judge.agency)


def _threads(db: Transaction) -> Iterator[tuple[ThreadId, tuple[Message, ...]]]:
    """Yield threads that hold messages; a thread may consist of ids that nobody has met."""
    for name in messages.all_threads(db):
        thread = messages.thread_messages(db, name)
        if thread:
            yield name, thread


def _name_of(message: Message) -> str:
    """Return what a message is called outside: its Message-ID, or its digest without one."""
    return message.message_id or message.digest


def _account_of(thread: tuple[Message, ...]) -> str | None:
    return next((message.account for message in thread if message.account is not None), None)


def _message_row(message: Message) -> Row:
    return {
        "message_id": message.message_id,
        "digest": message.digest,
        "copies": [
            {
                "mailbox": copy.mailbox,
                "folder": copy.folder,
                "uid": copy.uid,
                "internaldate": _time(copy.internaldate),
            }
            for copy in message.copies
        ],
        "direction": message.direction.value,
        "origin": message.origin.value,
        "origin_reason": message.origin_reason,
        "account": message.account,
        "thread": message.thread,
        "arrived_at": _time(message.arrived_at),
        "subject": message.subject,
        "verdicts": _verdicts(message.verdicts),
        "ignored": bool(message.ignored_reason),
        "ignored_reason": message.ignored_reason,
        "defects": [f"{d.code}: {d.detail}" if d.detail else d.code for d in message.defects],
    }


def _verdicts(verdicts: InboundVerdicts | OutboundVerdicts | None) -> Row | None:
    match verdicts:
        case InboundVerdicts():
            return {
                "tags": [verdict.what for verdict in verdicts.tags],
                "needs_answer": verdicts.needs_answer.holds,
                "chaser": verdicts.chaser.holds,
                "withdrawn": verdicts.withdrawn.holds,
                "tone": verdicts.tone.value,
                "language": verdicts.language.value,
                "questions": [{"text": question.text} for question in verdicts.questions],
            }
        case OutboundVerdicts():
            return {
                "reply_kind": verdicts.reply_kind.value,
                "promises": [
                    {"text": promise.text, "due_at": _time(promise.due_at)}
                    for promise in verdicts.promises
                ],
            }
        case None:
            return None


def _obligation_row(obligation: Obligation, names: dict[MessageKey, str], agency: Agency) -> Row:
    def name(key: MessageKey | None) -> str | None:
        return None if key is None else names.get(key, key)

    return {
        "kind": obligation.kind.value,
        "account": obligation.account,
        "thread": obligation.thread,
        "opened_by": name(obligation.opened_by),
        "opened_at": _time(obligation.opened_at),
        "first_due_at": _time(obligation.first_due_at),
        "due_at": _time(obligation.due_at),
        "state": obligation.state.value,
        "breached": obligation.breached,
        "breached_at": _time(obligation.breached_at),
        "bounced": obligation.bounced,
        "chased": obligation.chased,
        "answered_by": name(obligation.answered_by),
        "answered_at": _time(obligation.answered_at),
        "answerer": obligation.answerer,
        "first_reply": name(obligation.first_reply),
        "first_reply_business_minutes": obligation.first_reply_business_minutes,
        "answer_business_minutes": obligation.answer_business_minutes,
        "tags": sorted(tag.value for tag in obligation.tags),
        "joined": [name(key) for key in obligation.joined],
        "promises": [
            {
                "message_id": name(promise.message),
                "text": promise.text,
                "due_at": _time(promise.due_at),
                "outcome": promise.outcome.value,
            }
            for promise in obligation.promises
        ],
        "dismissed_by": obligation.dismissed_by or None,
        "owner": obligation.owner,
        "why": explain(obligation.why, zone=ZoneInfo(agency.zone), language=agency.language),
    }


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
