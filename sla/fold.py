"""Fold the events of a thread into what is owed: pure, total, whatever order they came in."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Final

from models.agency import Agency
from models.event import Action, ClientWrote, Event, MailBounced, PersonActed, WeWrote
from models.ids import UNKNOWN_ACCOUNT, AccountId, Address, MessageKey, ThreadId
from models.obligation import Obligation, ObligationKind
from models.verdict import FoundPromise, ReplyKind
from sla.delivery import Delivery
from sla.policy import Policy, first_due
from sla.spell import CLIENT, Spell
from sla.work_calendar import WorkCalendar

# Order of events of one second. Nobody answers in the second in which a question arrives, so a
# mail of ours comes before a client's; a person acts on what he sees, so his word comes last.
_RANK: Final[Mapping[type[Event], int]] = {
    WeWrote: 0,
    MailBounced: 1,
    ClientWrote: 2,
    PersonActed: 3,
}

_HOLDING_KINDS: Final = frozenset({ReplyKind.HOLDING, ReplyKind.PARTIAL})
"""Kinds of reply whose promise moves a deadline."""


def fold(
    events: Iterable[Event],
    *,
    thread: ThreadId,
    policy: Policy,
    calendar: WorkCalendar,
    agency: Agency,
    as_of: datetime,
) -> tuple[Obligation, ...]:
    """Return every obligation that a thread's events made up to an instant, oldest first.

    The result depends on the set of events, not on their order; later ones than `as_of` are
    ignored. Kinds: `reply` (one spell at a time per account) and `own_promise`. HorizonError
    when the calendar has no working time near an event.
    """
    past = sorted((event for event in events if event.at <= as_of), key=_order)
    course = _Course(
        thread=thread,
        policy=policy,
        calendar=calendar,
        agency=agency,
        delivery=Delivery.of(past, agency),
        rulings=_Rulings.of(past),
    )
    for event in past:
        course.take(event)
    spells = sorted(course.spells, key=attrgetter("opened_at", "kind", "opened_by"))
    return tuple(spell.obligation(as_of) for spell in spells)


def _order(event: Event) -> tuple[datetime, int, str, str]:
    """Return the place of an event in the one order in which every thread is folded."""
    if isinstance(event, PersonActed):
        return event.at, _RANK[PersonActed], event.opened_by, event.action
    return event.at, _RANK[type(event)], event.message, ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rulings:
    """What people said on the panel, and what of it was taken back."""

    dismissals: Mapping[MessageKey, PersonActed]
    """The dismissal that holds for a spell: the first after the last undo."""
    undone_at: Mapping[MessageKey, datetime]
    """When a dismissal of a spell was last taken back."""

    @classmethod
    def of(cls, ordered: Iterable[Event]) -> "_Rulings":
        """Return what holds after all events: a dismissal that was undone was never there."""
        dismissals: dict[MessageKey, PersonActed] = {}
        undone_at: dict[MessageKey, datetime] = {}
        for event in ordered:
            if not isinstance(event, PersonActed):
                continue
            if event.action is Action.UNDO:
                dismissals.pop(event.opened_by, None)
                undone_at[event.opened_by] = event.at
            else:
                dismissals.setdefault(event.opened_by, event)
        return cls(dismissals=dismissals, undone_at=undone_at)

    def holds_against_undo(self, opened_by: MessageKey, at: datetime) -> bool:
        """Tell whether a withdrawal at an instant was not taken back by a person later."""
        undone_at = self.undone_at.get(opened_by)
        return undone_at is None or undone_at < at


@dataclass(kw_only=True, slots=True)
class _Course:
    """A thread up to some event: which spells there were and which are open."""

    thread: ThreadId
    policy: Policy
    calendar: WorkCalendar
    agency: Agency
    delivery: Delivery
    rulings: _Rulings
    spells: list[Spell] = field(default_factory=list)
    waiting: dict[AccountId, Spell] = field(default_factory=dict)
    """The open `reply` spell of each account."""
    pledged: defaultdict[AccountId, list[Spell]] = field(default_factory=lambda: defaultdict(list))
    """The open `own_promise` spells of each account, oldest first."""
    seen: set[MessageKey] = field(default_factory=set)
    """Messages taken already: a copy that slipped in twice must not chase twice."""

    def take(self, event: Event) -> None:
        """Let one event change what is owed."""
        if isinstance(event, PersonActed):
            self._person_acted(event)
        elif event.message not in self.seen:
            self.seen.add(event.message)
            if isinstance(event, ClientWrote):
                self._client_wrote(event)
            elif isinstance(event, WeWrote):
                self._we_wrote(event)
            # A bounce is known beforehand (`Delivery`): the mail that failed was never there.

    def _client_wrote(self, mail: ClientWrote) -> None:
        """Join the open spell or open one; "thanks, OK" does neither and cancels nothing."""
        spell = self.waiting.get(mail.account)
        if spell is not None:
            spell.take_in(mail)
            if not (mail.withdrawn and self.rulings.holds_against_undo(spell.opened_by, mail.at)):
                return
            self._withdraw(spell, mail.at)
        elif mail.withdrawn:
            # No question is open: what the client calls off can only be what we promised.
            for pledge in tuple(self.pledged[mail.account]):
                if self.rulings.holds_against_undo(pledge.opened_by, mail.at):
                    self._withdraw(pledge, mail.at)
        # "Forget the banner, but the form is broken" takes one request back and makes another.
        if mail.needs_answer:
            self._open_reply(mail)

    def _open_reply(self, mail: ClientWrote) -> None:
        """Start the clock at the first unanswered mail of an account."""
        due_at, reasons = first_due(
            self.policy,
            self.calendar,
            arrived_at=mail.at,
            tags=mail.tags,
            account=mail.account,
            mailbox=mail.mailbox,
        )
        spell = Spell(
            kind=ObligationKind.REPLY,
            opened_by=mail.message,
            account=mail.account,
            thread=self.thread,
            opened_at=mail.at,
            first_due_at=due_at,
            calendar=self.calendar,
            owner=self._owner_of(mail.account),
            asker=mail.author,
            why=list(reasons),
        )
        spell.take_in(mail)
        self.spells.append(spell)
        self.waiting[mail.account] = spell
        self._apply_earlier_ruling(spell)

    def _we_wrote(self, sent: WeWrote) -> None:
        """Let a mail of ours answer, promise, deliver, or make a promise of its own."""
        mail = self.delivery.as_delivered(sent)
        for account in sorted(sent.accounts - mail.accounts):
            self._came_back(account, sent)
        used = False
        for account in sorted(mail.accounts):
            spell = self.waiting.get(account)
            if spell is None or not _reaches(mail, spell):
                used |= self._deliver(account, mail)
                continue
            moved = self._reply(spell, mail)
            # A postponed answer says nothing of what we promised by ourselves, unless the client
            # had to remind us.
            if not moved or spell.chased:
                used |= self._deliver(account, mail)
            used |= moved
        dated = tuple(promise for promise in mail.promises if promise.dated)
        if dated and not used and mail.accounts:
            self._open_pledge(mail, dated)

    def _came_back(self, account: AccountId, sent: WeWrote) -> None:
        """Mark the open spell of an account that a mail of ours was meant for."""
        spell = self.waiting.get(account)
        if spell is not None and _reaches(sent, spell):
            spell.come_back(sent)

    def _reply(self, spell: Spell, mail: WeWrote) -> bool:
        """Apply a mail of ours to an open question; True when its promises belong to it.

        Only a full reply settles. A report, an invoice or a thank-you that passes by leaves the
        clock running, and so does a clarifying question: SEMANTICS.md section 6 lets only "a mail
        that settles it" close a spell (products.md 2.7, "Waiting on client", needs to know that
        the mail asks the client something, which no event says yet).
        """
        spell.hear_from_us(mail)
        if mail.reply_kind is ReplyKind.FULL:
            spell.close(mail, self._answerer(mail))
            del self.waiting[spell.account]
            return False
        if mail.reply_kind in _HOLDING_KINDS and mail.promises:
            spell.promise(mail, mail.promises)
            return True
        return False

    def _deliver(self, account: AccountId, mail: WeWrote) -> bool:
        """Apply a mail of ours to our own promises; True when its promises belong to them.

        The promise that falls due first is moved by a holding or partial reply with a promise and
        kept by any other mail that says something: what it delivers can't be read from an event,
        and a report is as much a delivery as an answer.
        """
        pledges = self.pledged[account]
        if not pledges:
            return False
        pledge = min(pledges, key=attrgetter("due_at", "opened_at", "opened_by"))
        if mail.reply_kind in _HOLDING_KINDS and mail.promises:
            pledge.hear_from_us(mail)
            pledge.promise(mail, mail.promises)
            return True
        if mail.reply_kind is not ReplyKind.HOLDING:
            pledge.hear_from_us(mail)
            pledge.deliver(mail, self._answerer(mail))
            if not pledge.state.waits:
                pledges.remove(pledge)
        return False

    def _open_pledge(self, mail: WeWrote, dated: tuple[FoundPromise, ...]) -> None:
        """Watch dated promises that no client asked for, such as those of meeting notes.

        A mail to several accounts makes one obligation, under the first known account: an
        obligation is named by its kind and the mail that opened it.
        """
        account = min(mail.accounts, key=lambda one: (one == UNKNOWN_ACCOUNT, one))
        ahead = [promise.due_at for promise in dated if promise.due_at > mail.at]
        if not ahead:
            return
        spell = Spell(
            kind=ObligationKind.OWN_PROMISE,
            opened_by=mail.message,
            account=account,
            thread=self.thread,
            opened_at=mail.at,
            first_due_at=min(ahead),
            calendar=self.calendar,
            owner=self._owner_of(account),
            why=[],
        )
        spell.promise(mail, dated)
        self.spells.append(spell)
        self.pledged[account].append(spell)
        self._apply_earlier_ruling(spell)

    def _person_acted(self, act: PersonActed) -> None:
        """End a spell by a person's word, unless he took it back later."""
        if self.rulings.dismissals.get(act.opened_by) != act:
            return
        for spell in self._open_spells():
            if spell.opened_by == act.opened_by:
                self._dismiss(spell, act, act.at)
                return

    def _apply_earlier_ruling(self, spell: Spell) -> None:
        """Apply a person's word that bears an earlier time than the mail it is about.

        The panel and the mail server have two clocks; the person saw the mail nevertheless.
        """
        act = self.rulings.dismissals.get(spell.opened_by)
        if act is not None and act.at < spell.opened_at:
            self._dismiss(spell, act, spell.opened_at)

    def _dismiss(self, spell: Spell, act: PersonActed, at: datetime) -> None:
        """End a spell by a person's word."""
        spell.dismiss(at, by=act.by, code=act.action.value, why=act.why)
        self._forget(spell)

    def _withdraw(self, spell: Spell, at: datetime) -> None:
        """End a spell because the client no longer wants it."""
        spell.dismiss(at, by=CLIENT, code="withdrawn")
        self._forget(spell)

    def _forget(self, spell: Spell) -> None:
        """Take a spell that ended out of the open ones."""
        if spell.kind is ObligationKind.REPLY:
            del self.waiting[spell.account]
        else:
            self.pledged[spell.account].remove(spell)

    def _open_spells(self) -> list[Spell]:
        """Return every open spell of the thread."""
        return [*self.waiting.values(), *(one for many in self.pledged.values() for one in many)]

    def _owner_of(self, account: AccountId) -> Address | None:
        """Return the account manager; None for an account that has none or is not known."""
        return next((one.manager for one in self.agency.accounts if one.id == account), None)

    def _answerer(self, mail: WeWrote) -> Address:
        """Return the main address of the person who wrote, or the address when it is shared."""
        person = self.agency.person_at(mail.author)
        return person.email if person else mail.author


def _reaches(mail: WeWrote, spell: Spell) -> bool:
    """Tell whether a mail to an account reaches those who wait.

    Any address of a client company will do (products.md 2.7, "Reply to a CC'd person"). People of
    no known account are strangers to each other: one of those who wrote must be addressed.
    """
    return spell.account != UNKNOWN_ACCOUNT or not spell.authors.isdisjoint(mail.recipients)
