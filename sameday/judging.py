"""Judge threads: resolve accounts, fold events into obligations, store what changed."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

import structlog

from classify.classifier import Classifier
from classify.mail import OutboundMail
from ingest.reading_pool import ReadingPool
from ingest.thread_accounts import ThreadAccounts, resolve_accounts
from models.agency import Agency
from models.db import messages, obligations
from models.db.freshness import thread_fence, thread_fences, threads_past_due
from models.db.store import Store, Transaction
from models.ids import AccountId, MessageKey, ThreadId
from models.message import Direction, Message
from models.obligation import Obligation, Transition
from models.verdict import InboundVerdicts, OutboundVerdicts
from sla.events import events_of
from sla.fold import fold
from sla.policy import Policy
from sla.work_calendar import WorkCalendar

_log = structlog.get_logger(__name__)

_THREADS_PER_TRANSACTION = 100
_WORTH_A_POOL = 20
"""Fewer replies of ours are judged here; the pool is asked only while its processes run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Judgement:
    """What one thread comes to: only what differs from what is stored, but for obligations."""

    name: ThreadId
    accounts: dict[MessageKey, AccountId | None]
    verdicts: dict[MessageKey, InboundVerdicts | OutboundVerdicts | None]
    obligations: tuple[Obligation, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judge:
    """Knows by what mail is judged; the same for a live thread and for a look into the past."""

    store: Store
    agency: Agency
    policy: Policy
    calendar: WorkCalendar
    classifier: Classifier
    clock: Callable[[], datetime]
    pool: ReadingPool | None = None
    """Judges many mails of ours faster; None when there are never many."""

    def judge_stale(self) -> int:
        """Fold every thread in which something changed; return how many were folded."""
        folded = 0
        while True:
            with self.store.read() as db:
                names = messages.stale_threads(db, _THREADS_PER_TRANSACTION)
            if not names:
                return folded
            self._judge(names)
            folded += len(names)

    def tick(self) -> tuple[Transition, ...]:
        """Fold the threads in which a deadline has passed since; return what changed.

        Losing a tick only delays: a breach is dated by its deadline.
        """
        now = self.clock()
        with self.store.read() as db:
            names = threads_past_due(db, now)
        changes: list[Transition] = []
        for start in range(0, len(names), _THREADS_PER_TRANSACTION):
            changes += self._judge(names[start : start + _THREADS_PER_TRANSACTION])
        return tuple(changes)

    def obligations_of(
        self, thread_messages: Sequence[Message], name: ThreadId, as_of: datetime
    ) -> tuple[Obligation, ...]:
        """Return what was owed at an instant, by the thread's messages known by then."""
        known = [m for m in thread_messages if m.arrived_at <= as_of]
        accounts = resolve_accounts(known, self.agency)
        judged = self._with_context([replace(m, account=accounts.by_message[m.key]) for m in known])
        return self._fold(judged, accounts, name, as_of)

    def _fold(
        self,
        judged: Sequence[Message],
        accounts: ThreadAccounts,
        name: ThreadId,
        as_of: datetime,
    ) -> tuple[Obligation, ...]:
        return fold(
            events_of(judged, accounts.by_address, self.agency),
            thread=name,
            policy=self.policy,
            calendar=self.calendar,
            agency=self.agency,
            as_of=as_of,
        )

    def proven_obligations(
        self,
        db: Transaction,
        thread_messages: Sequence[Message],
        name: ThreadId,
        now: datetime,
    ) -> tuple[Obligation, ...]:
        """Return what is owed now, without breaches that only our not having looked tells of."""
        fence = thread_fence(db, name)
        folded = self.obligations_of(thread_messages, name, now)
        return tuple(_unless_unproven(obligation, fence) for obligation in folded)

    def _judge(self, names: Sequence[ThreadId]) -> tuple[Transition, ...]:
        """Fold threads as of now and store what changed.

        Mail is judged between two transactions, so that nobody waits for it to write. What changed
        meanwhile is left as it was: its thread is still stale, and is judged again.
        """
        now = self.clock()
        with self.store.read() as db:
            revisions = messages.revisions(db, names)
            threads = messages.messages_by_thread(db, names)
            fences = thread_fences(db, names)
        known = self._known_replies(threads.values())
        judgements = [
            self._judgement(name, loaded, known, fences[name], now)
            for name, loaded in threads.items()
        ]
        with self.store.write() as db:
            unchanged = messages.revisions(db, names)
            current = [j for j in judgements if unchanged.get(j.name) == revisions.get(j.name)]
            messages.set_accounts(db, {k: v for j in current for k, v in j.accounts.items()})
            messages.set_verdicts(db, {k: v for j in current for k, v in j.verdicts.items()})
            messages.mark_folded(db, [j.name for j in current])
            folded = {j.name: j.obligations for j in current}
            return obligations.store_differences(db, folded, now)

    def _judgement(
        self,
        name: ThreadId,
        loaded: Sequence[Message],
        known: Mapping[OutboundMail, OutboundVerdicts],
        fence: datetime | None,
        now: datetime,
    ) -> _Judgement:
        """Return what one thread comes to."""
        accounts = resolve_accounts(loaded, self.agency)
        judged = self._with_context(
            [replace(m, account=accounts.by_message[m.key]) for m in loaded], known
        )
        if all(m.arrived_at <= now for m in judged):
            owed = self._fold(judged, accounts, name, now)
        else:
            owed = self.obligations_of(loaded, name, now)
        pairs = list(zip(loaded, judged, strict=True))
        return _Judgement(
            name=name,
            accounts={a.key: a.account for b, a in pairs if b.account != a.account},
            verdicts={a.key: a.verdicts for b, a in pairs if b.verdicts != a.verdicts},
            obligations=tuple(_unless_unproven(o, fence) for o in owed),
        )

    def _known_replies(
        self, threads: Collection[Sequence[Message]]
    ) -> dict[OutboundMail, OutboundVerdicts]:
        """Return what the pool says of our mails; nothing when they are few."""
        replies = [mail for thread in threads for mail in _replies(thread) if mail is not None]
        if self.pool is None or not self.pool.is_running or len(replies) < _WORTH_A_POOL:
            return {}
        return self.pool.outbound(replies)

    def _with_context(
        self,
        thread_messages: Sequence[Message],
        known: Mapping[OutboundMail, OutboundVerdicts] = MappingProxyType({}),
    ) -> list[Message]:
        """Judge our mails again in the light of the client mail each of them answers."""
        return [
            message if mail is None else self._in_context(message, mail, known)
            for message, mail in zip(thread_messages, _replies(thread_messages), strict=True)
        ]

    def _in_context(
        self,
        message: Message,
        mail: OutboundMail,
        known: Mapping[OutboundMail, OutboundVerdicts],
    ) -> Message:
        """Return our mail judged as an answer; as it was read, should judging it fail."""
        try:
            return replace(message, verdicts=known.get(mail) or self.classifier.outbound(mail))
        except Exception as error:  # noqa: BLE001 - the edge of one mail: the others are judged
            _log.error("reply_not_judged", error=type(error).__name__)
            return message


def _replies(thread_messages: Sequence[Message]) -> Iterator[OutboundMail | None]:
    """Yield for each message what to judge: ours beside the last mail of the client's before it."""
    client_text = ""
    for message in thread_messages:
        if message.direction is Direction.INBOUND and not message.ignored_reason:
            client_text = message.new_text
        if message.direction is Direction.OUTBOUND and message.verdicts and client_text:
            yield OutboundMail(
                subject=message.subject,
                new_text=message.new_text,
                sent_at=message.arrived_at,
                client_text=client_text,
            )
        else:
            yield None


def _unless_unproven(obligation: Obligation, fence: datetime | None) -> Obligation:
    """Take back a breach that only silence tells of, while our view of the mailboxes is older.

    The answer may lie in a folder that was not read since (DESIGN.md section 4, the freshness
    fence). `fence` is the instant up to which all is known; None when nothing is.
    """
    if not obligation.state.waits or obligation.breached_at is None:
        return obligation
    if fence is not None and obligation.breached_at <= fence:
        return obligation
    why = tuple(reason for reason in obligation.why if reason.code != "breached")
    return replace(obligation, breached=False, breached_at=None, why=why)
