"""Arrange who waits for the first page: what is red, what turns red today, what is left."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from models.ids import UNKNOWN_ACCOUNT, Address
from models.obligation import ObligationKind, ObligationState
from models.panel import WaitingRow
from sla.urgency import Band, band
from sla.work_calendar import WorkCalendar
from web.catalogue import N_

PAGE_ROWS: Final = 200
"""More than anybody works through; the rest is a page further."""

NOBODY: Final = "nobody"
"""The value of the owner filter that stands for rows without an owner."""


class Group(StrEnum):
    """The sections of the list, in order."""

    OVERDUE = "overdue"
    TODAY = "today"
    LATER = "later"


class Show(StrEnum):
    """What a number of the strip counts, and what its link shows."""

    OVERDUE = "overdue"
    TODAY = "today"
    PROMISED = "promised"
    CHASING = "chasing"


GROUP_WORDS: Final[Mapping[Group, str]] = {
    Group.OVERDUE: N_("Overdue"),
    Group.TODAY: N_("Due today"),
    Group.LATER: N_("Later"),
}
SHOW_WORDS: Final[Mapping[Show, str]] = {
    Show.OVERDUE: N_("overdue"),
    Show.TODAY: N_("due today"),
    Show.PROMISED: N_("promised for today"),
    Show.CHASING: N_("chasing us"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """What the reader asked to see; kept in the page's address."""

    show: Show | None = None
    owner: str = ""
    """An address of ours, NOBODY, or empty for everybody's."""
    page: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnerCount:
    """One account manager with the number of rows he would see."""

    owner: Address | None
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One group of the list with the rows of it on this page."""

    group: Group
    rows: tuple[WaitingRow, ...]
    count: int
    """Rows of the group on all pages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """Everything that the first page shows of the clients who wait."""

    filters: Filters
    sections: tuple[Section, ...]
    counts: Mapping[Show, int]
    """Rows per number of the strip, under the owner filter: each equals the list it opens."""
    owners: tuple[OwnerCount, ...]
    """Under the strip's filter, so that these numbers too equal the list they open."""
    shown: int
    """Rows that match both filters, on all pages."""
    clients: int
    """How many clients these rows are of; each unknown person is one."""
    everybody: int
    """Rows that match the strip's filter, whoever owns them."""
    pages: int


_GROUPS: Final[Mapping[Band, Group]] = {
    Band.OVERDUE: Group.OVERDUE,
    Band.DUE_TODAY: Group.TODAY,
    Band.PROMISED_TODAY: Group.TODAY,
    Band.LATER: Group.LATER,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Today:
    """The instant and the calendar that decide what is overdue and what is due today."""

    now: datetime
    calendar: WorkCalendar

    def group_of(self, row: WaitingRow) -> Group:
        """Return the section a row belongs to."""
        return _GROUPS[band(row.obligation, as_of=self.now, calendar=self.calendar)]

    def counts_as(self, row: WaitingRow) -> frozenset[Show]:
        """Return the numbers of the strip that a row is part of."""
        group = self.group_of(row)
        found = {
            Show.OVERDUE: group is Group.OVERDUE,
            Show.TODAY: group is Group.TODAY,
            # A promise for this morning that was missed is still what was promised for today.
            Show.PROMISED: is_promised(row) and self._falls_today(row.obligation.due_at),
            Show.CHASING: row.obligation.chased > 0,
        }
        return frozenset(show for show, holds in found.items() if holds)

    def _falls_today(self, deadline: datetime) -> bool:
        return self.calendar.day_of_deadline(deadline) == self.calendar.day_of(self.now)


def is_promised(row: WaitingRow) -> bool:
    """Tell whether the due in force is our own word."""
    obligation = row.obligation
    return (
        obligation.state is ObligationState.PROMISED
        or obligation.kind is ObligationKind.OWN_PROMISE
    )


def arrange(
    rows: Iterable[WaitingRow], filters: Filters, today: Today, reader: Address | None = None
) -> Board:
    """Return the board for rows that come sorted by the due in force.

    The reader's own chip stands first among the account managers.
    """
    marked = [(row, today.counts_as(row)) for row in rows]
    by_show = [row for row, shows in marked if filters.show is None or filters.show in shows]
    by_owner = [shows for row, shows in marked if _is_owned(row, filters.owner)]
    shown = [row for row in by_show if _is_owned(row, filters.owner)]
    pages = max(1, -(-len(shown) // PAGE_ROWS))
    page = min(max(filters.page, 1), pages)
    return Board(
        filters=Filters(show=filters.show, owner=filters.owner, page=page),
        sections=_sections(shown, page, today),
        counts={show: sum(show in shows for shows in by_owner) for show in Show},
        owners=_owners(by_show, filters.owner, reader),
        shown=len(shown),
        clients=len({_client_of(row) for row in shown}),
        everybody=len(by_show),
        pages=pages,
    )


def _client_of(row: WaitingRow) -> str:
    account = row.obligation.account
    return row.author.address if account == UNKNOWN_ACCOUNT else account


def _is_owned(row: WaitingRow, owner: str) -> bool:
    return owner in ("", row.obligation.owner or NOBODY)


def _sections(shown: list[WaitingRow], page: int, today: Today) -> tuple[Section, ...]:
    totals = Counter(today.group_of(row) for row in shown)
    here: dict[Group, list[WaitingRow]] = {group: [] for group in Group}
    for row in shown[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]:
        here[today.group_of(row)].append(row)
    return tuple(
        Section(group=group, rows=tuple(rows), count=totals[group])
        for group, rows in here.items()
        if rows
    )


def _owners(rows: list[WaitingRow], chosen: str, reader: Address | None) -> tuple[OwnerCount, ...]:
    counts = Counter(row.obligation.owner for row in rows)
    if chosen and chosen != NOBODY:
        # The chosen one stays visible when his last row has gone.
        counts.setdefault(Address(chosen), 0)

    def order(entry: OwnerCount) -> tuple[bool, bool, str]:
        return entry.owner != reader, entry.owner is None, entry.owner or ""

    entries = [OwnerCount(owner=owner, count=count) for owner, count in counts.items()]
    return tuple(sorted(entries, key=order))
