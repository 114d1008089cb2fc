"""Follow one obligation from its opening to its end, event by event."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from models.event import ClientWrote, WeWrote
from models.ids import AccountId, Address, MessageKey, ThreadId
from models.obligation import (
    Obligation,
    ObligationKind,
    ObligationState,
    Promise,
    PromiseOutcome,
    Reason,
)
from models.verdict import FoundPromise, Tag
from sla.work_calendar import WorkCalendar

CLIENT: Final = "client"
"""Stands in `dismissed_by` when the client took the request back."""


@dataclass(kw_only=True, slots=True)
class Spell:
    """An obligation while it is being folded: it changes, and only the fold sees it.

    Every method takes events in order of time. Each takes note first of a deadline that passed
    before the event, so that a later promise can't erase a breach.
    """

    kind: ObligationKind
    opened_by: MessageKey
    account: AccountId
    thread: ThreadId
    opened_at: datetime
    first_due_at: datetime
    calendar: WorkCalendar
    owner: Address | None
    why: list[Reason]
    due_at: datetime = field(init=False)
    state: ObligationState = ObligationState.OPEN
    breached_at: datetime | None = None
    asker: Address | None = None
    """Who wrote the mail that opened the spell; None when it was one of ours."""
    authors: set[Address] = field(default_factory=set)
    """The client's people who wrote in the spell."""
    tags: set[Tag] = field(default_factory=set)
    joined: list[MessageKey] = field(default_factory=list)
    chased: int = 0
    bounced: bool = False
    in_force: list[Promise] = field(default_factory=list)
    settled: list[Promise] = field(default_factory=list)
    first_reply: WeWrote | None = None
    answer: WeWrote | None = None
    answerer: Address | None = None
    dismissed_by: str = ""

    def __post_init__(self) -> None:
        """Start on the clock of the policy."""
        self.due_at = self.first_due_at

    def take_in(self, mail: ClientWrote) -> None:
        """Count a client's mail that opens the spell or joins it; no deadline ever moves by it."""
        self.notice_breach(mail.at)
        self.authors.add(mail.author)
        self.tags |= mail.tags
        if mail.message != self.opened_by:
            self.joined.append(mail.message)
        if mail.chaser:
            self.chased += 1
            self.why.append(Reason(code="chased", at=mail.at))

    def hear_from_us(self, mail: WeWrote) -> None:
        """Remember the first mail of ours that reached the client, whatever it says."""
        if self.first_reply is None:
            self.first_reply = mail

    def come_back(self, mail: WeWrote) -> None:
        """Mark that a mail of ours did not arrive; the clock runs on as if it had not been sent."""
        self.notice_breach(mail.at)
        self.bounced = True
        self.why.append(Reason(code="bounced", at=mail.at))

    def promise(self, mail: WeWrote, found: Iterable[FoundPromise]) -> None:
        """Put the promises of a mail in force in place of all earlier ones.

        Several promises of one mail are in force together, and the nearest is the deadline:
        each of them was given to the client. Vague words beside a named moment add nothing: the
        client was told when. A moment that is over when it is promised can't be kept or broken,
        so it changes nothing.
        """
        ahead = [one for one in found if one.due_at > mail.at]
        named = [one for one in ahead if one.dated]
        made = [
            Promise(
                message=mail.message,
                made_at=mail.at,
                text=one.text,
                due_at=one.due_at,
                outcome=PromiseOutcome.IN_FORCE,
            )
            for one in named or ahead
        ]
        if not made:
            return
        self.notice_breach(mail.at)
        code = "promised_again" if self.in_force else "promised"
        for earlier in self.in_force:
            in_time = mail.at <= earlier.due_at
            self._settle(earlier, PromiseOutcome.MOVED if in_time else PromiseOutcome.MOVED_LATE)
        self.in_force = made
        self.due_at = min(one.due_at for one in made)
        self.state = ObligationState.PROMISED
        self.why.extend(
            Reason(code=code, at=mail.at, until=one.due_at, detail=one.text) for one in made
        )

    def close(self, mail: WeWrote, answerer: Address) -> None:
        """End the spell with a mail that settles it; exactly at the deadline is in time."""
        self.notice_breach(mail.at)
        late = mail.at > self.due_at
        self.state = ObligationState.ANSWERED_LATE if late else ObligationState.ANSWERED
        self.answer, self.answerer = mail, answerer
        self._end_promises(mail.at, in_time=PromiseOutcome.KEPT)
        self.why.append(Reason(code=self.state.value, at=mail.at, detail=answerer))
        if self.asker is not None and self.asker not in mail.recipients:
            self.why.append(Reason(code="asker_left_out", detail=self.asker))

    def deliver(self, mail: WeWrote, answerer: Address) -> None:
        """Let a mail settle the promise that falls due first; the last one ends the spell."""
        later = [one for one in self.in_force if one.due_at > self.due_at]
        if not later:
            self.close(mail, answerer)
            return
        self.notice_breach(mail.at)
        self.in_force = [one for one in self.in_force if one.due_at <= self.due_at]
        self._end_promises(mail.at, in_time=PromiseOutcome.KEPT)
        self.why.append(Reason(code="delivered", at=mail.at, until=self.due_at))
        self.in_force = later
        self.due_at = min(one.due_at for one in later)

    def dismiss(self, at: datetime, *, by: str, code: str, why: str = "") -> None:
        """End the spell without an answer; what was missed until then stays missed."""
        self.notice_breach(at)
        self.state = ObligationState.DISMISSED
        self.dismissed_by = by
        self._end_promises(at, in_time=PromiseOutcome.DROPPED)
        self.why.append(Reason(code=code, at=at, detail=f"{by}: {why}" if why else by))

    def notice_breach(self, at: datetime) -> None:
        """Record that the deadline in force was missed, dated by the deadline, once."""
        if at > self.due_at and self.breached_at is None:
            self.breached_at = self.due_at
            self.why.append(Reason(code="breached", at=self.due_at))

    def obligation(self, as_of: datetime) -> Obligation:
        """Return the obligation as it stands at an instant not before its last event."""
        outcomes = list(self.settled)
        if self.state.waits:
            self.notice_breach(as_of)
            outcomes += [
                replace(one, outcome=PromiseOutcome.BROKEN) if as_of > one.due_at else one
                for one in self.in_force
            ]
        first, answer = self.first_reply, self.answer
        return Obligation(
            kind=self.kind,
            opened_by=self.opened_by,
            account=self.account,
            thread=self.thread,
            opened_at=self.opened_at,
            first_due_at=self.first_due_at,
            due_at=self.due_at,
            state=self.state,
            breached=self.breached_at is not None,
            breached_at=self.breached_at,
            owner=self.owner,
            why=tuple(self.why),
            tags=frozenset(self.tags),
            joined=tuple(self.joined),
            chased=self.chased,
            bounced=self.bounced,
            promises=tuple(sorted(outcomes, key=lambda one: (one.made_at, one.due_at))),
            first_reply=first.message if first else None,
            first_reply_at=first.at if first else None,
            first_reply_business_minutes=self._minutes_until(first),
            answered_by=answer.message if answer else None,
            answered_at=answer.at if answer else None,
            answer_business_minutes=self._minutes_until(answer),
            answerer=self.answerer,
            dismissed_by=self.dismissed_by,
        )

    def _minutes_until(self, mail: WeWrote | None) -> int | None:
        """Return how long a mail of ours took in business minutes; None without one."""
        if mail is None:
            return None
        return self.calendar.business_minutes_between(self.opened_at, mail.at)

    def _end_promises(self, at: datetime, *, in_time: PromiseOutcome) -> None:
        """Settle all promises in force: those that fell due before an instant were broken."""
        for one in self.in_force:
            self._settle(one, in_time if at <= one.due_at else PromiseOutcome.BROKEN)
        self.in_force = []

    def _settle(self, promise: Promise, outcome: PromiseOutcome) -> None:
        """Keep a promise with its outcome."""
        self.settled.append(replace(promise, outcome=outcome))
