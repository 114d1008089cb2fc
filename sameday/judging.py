"""Judge threads: resolve accounts, fold events into obligations, store what changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from classify.classifier import Classifier
from classify.mail import OutboundMail
from ingest.thread_accounts import resolve_accounts
from models.agency import Agency
from models.db import messages, obligations
from models.db.freshness import thread_fence, threads_past_due
from models.db.store import Store, Transaction
from models.ids import ThreadId
from models.message import Direction, Message
from models.obligation import Obligation, Transition
from sla.events import events_of
from sla.fold import fold
from sla.policy import Policy
from sla.work_calendar import WorkCalendar

_THREADS_PER_TRANSACTION = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Judge:
    """Knows by what mail is judged; the same for a live thread and for a look into the past."""

    store: Store
    agency: Agency
    policy: Policy
    calendar: WorkCalendar
    classifier: Classifier
    clock: Callable[[], datetime]

    def judge_stale(self) -> int:
        """Fold every thread in which something changed; return how many were folded."""
        folded = 0
        while True:
            with self.store.write() as db:
                names = messages.stale_threads(db, _THREADS_PER_TRANSACTION)
                for name in names:
                    self._judge(db, name)
                    messages.mark_folded(db, name)
            if not names:
                return folded
            folded += len(names)

    def tick(self) -> tuple[Transition, ...]:
        """Fold the threads in which a deadline has passed since; return what changed.

        Losing a tick only delays: a breach is dated by its deadline.
        """
        now = self.clock()
        with self.store.read() as db:
            names = threads_past_due(db, now)
        changes: list[Transition] = []
        for name in names:
            with self.store.write() as db:
                changes += self._judge(db, name)
        return tuple(changes)

    def obligations_of(
        self, thread_messages: Sequence[Message], name: ThreadId, as_of: datetime
    ) -> tuple[Obligation, ...]:
        """Return what was owed at an instant, by the thread's messages known by then."""
        known = [m for m in thread_messages if m.arrived_at <= as_of]
        accounts = resolve_accounts(known, self.agency)
        judged = self._with_context([replace(m, account=accounts.by_message[m.key]) for m in known])
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

    def _judge(self, db: Transaction, name: ThreadId) -> tuple[Transition, ...]:
        """Fold one thread as of now and store what changed."""
        loaded = messages.thread_messages(db, name)
        accounts = resolve_accounts(loaded, self.agency)
        for message in loaded:
            if message.account != accounts.by_message[message.key]:
                messages.set_account(db, message.key, accounts.by_message[message.key])
        for before, after in zip(loaded, self._with_context(loaded), strict=True):
            if before.verdicts != after.verdicts:
                messages.set_verdicts(db, after.key, after.verdicts)
        now = self.clock()
        proven = self.proven_obligations(db, loaded, name, now)
        return obligations.store_difference(db, name, proven, now)

    def _with_context(self, thread_messages: Sequence[Message]) -> list[Message]:
        """Judge our mails again in the light of the client mail each of them answers."""
        judged: list[Message] = []
        client_text = ""
        for message in thread_messages:
            if message.direction is Direction.INBOUND and not message.ignored_reason:
                client_text = message.new_text
            elif message.direction is Direction.OUTBOUND and message.verdicts and client_text:
                mail = OutboundMail(
                    subject=message.subject,
                    new_text=message.new_text,
                    sent_at=message.arrived_at,
                    client_text=client_text,
                )
                message = replace(message, verdicts=self.classifier.outbound(mail))  # noqa: PLW2901
            judged.append(message)
        return judged


def _unless_unproven(obligation: Obligation, fence: datetime | None) -> Obligation:
    """Take back a breach that only silence tells of, while our view of the mailboxes is older.

    The answer may lie in a folder that was not read since (DESIGN.md section 4, the freshness
    fence). `fence` is the instant up to which all is known; None when nothing is.
    """
    if not obligation.state.waits or obligation.breached_at is None:
        return obligation
    if fence is not None and obligation.breached_at <= fence:
        return obligation
    return replace(obligation, breached=False, breached_at=None)
