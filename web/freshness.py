"""Say whether the data is complete enough to call a mail unanswered (DESIGN.md section 4, 5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from models.ids import Address
from models.mailboxes import MailboxHealth

FRESH_WITHIN: Final = timedelta(minutes=15)


class MailboxState(StrEnum):
    """How far a mailbox can be trusted."""

    FRESH = "fresh"
    DARK = "dark"
    """Not read to the end lately, or with a problem: a reply in it would be invisible."""
    UNREAD = "unread"
    """Never read to the end since it was connected."""
    UNWATCHED = "unwatched"
    """Known from an import or from earlier settings; nothing is expected of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxReport:
    """A mailbox with the verdict on its freshness."""

    health: MailboxHealth
    state: MailboxState

    @property
    def is_blind_spot(self) -> bool:
        """True when an answer may lie in it that we have not seen."""
        return self.state in (MailboxState.DARK, MailboxState.UNREAD)


@dataclass(frozen=True, kw_only=True, slots=True)
class Freshness:
    """The freshness of all mailboxes together."""

    reports: tuple[MailboxReport, ...]

    @property
    def watched(self) -> tuple[MailboxReport, ...]:
        """The mailboxes that the settings name."""
        return tuple(r for r in self.reports if r.state is not MailboxState.UNWATCHED)

    @property
    def fresh_count(self) -> int:
        """How many of the watched mailboxes are fresh."""
        return sum(r.state is MailboxState.FRESH for r in self.reports)

    @property
    def blind_spots(self) -> tuple[MailboxReport, ...]:
        """The watched mailboxes that can't be trusted now."""
        return tuple(r for r in self.reports if r.is_blind_spot)

    @property
    def complete(self) -> bool:
        """True when something is watched and all of it is fresh."""
        return bool(self.watched) and not self.blind_spots

    @property
    def data_as_of(self) -> datetime | None:
        """The instant up to which every fresh mailbox is known; None when none is fresh."""
        instants = [r.health.last_ok_at for r in self.reports if r.state is MailboxState.FRESH]
        return min((i for i in instants if i is not None), default=None)

    def confirms(self, deadline: datetime) -> bool:
        """Tell whether every watched mailbox was read after a deadline, so that a miss is sure."""
        return all(
            r.health.last_ok_at is not None and r.health.last_ok_at >= deadline
            for r in self.watched
        )


def judge_freshness(
    healths: Iterable[MailboxHealth], watched: frozenset[Address], now: datetime
) -> Freshness:
    """Return the verdict on each mailbox, blind spots first, then by address.

    A watched mailbox that the store has never heard of is unread, not absent.
    """
    known = {health.address: health for health in healths}
    missing = {a: MailboxHealth(address=a, last_ok_at=None) for a in watched - known.keys()}
    reports = [
        MailboxReport(health=health, state=_state_of(health, watched, now))
        for health in (known | missing).values()
    ]
    return Freshness(
        reports=tuple(sorted(reports, key=lambda r: (not r.is_blind_spot, r.health.address)))
    )


def _state_of(health: MailboxHealth, watched: frozenset[Address], now: datetime) -> MailboxState:
    if health.address not in watched:
        return MailboxState.UNWATCHED
    if health.last_ok_at is None:
        return MailboxState.UNREAD
    too_old = now - health.last_ok_at > FRESH_WITHIN
    return MailboxState.DARK if too_old or health.problem else MailboxState.FRESH
