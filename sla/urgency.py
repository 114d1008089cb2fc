"""Sort what is owed by how soon somebody must act."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from models.obligation import Obligation, ObligationState
from sla.work_calendar import WorkCalendar


class Band(StrEnum):
    """The groups of the panel's top strip."""

    OVERDUE = "overdue"
    """The due in force has passed."""
    DUE_TODAY = "due_today"
    PROMISED_TODAY = "promised_today"
    """A promise of ours falls due today."""
    LATER = "later"
    DONE = "done"
    """Nobody waits any more."""


# What is due today stands in one list, promised or not: the nearest deadline is the next to act on.
_RANK: Final = {
    Band.OVERDUE: 0,
    Band.DUE_TODAY: 1,
    Band.PROMISED_TODAY: 1,
    Band.LATER: 2,
    Band.DONE: 3,
}


def band(obligation: Obligation, *, as_of: datetime, calendar: WorkCalendar) -> Band:
    """Return the group an obligation stands in at an instant; exactly at its due it is in time."""
    if not obligation.state.waits:
        return Band.DONE
    if as_of > obligation.due_at:
        return Band.OVERDUE
    if calendar.day_of_deadline(obligation.due_at) > calendar.day_of(as_of):
        return Band.LATER
    promised = obligation.state is ObligationState.PROMISED
    return Band.PROMISED_TODAY if promised else Band.DUE_TODAY


def urgency_key(
    obligation: Obligation, *, as_of: datetime, calendar: WorkCalendar
) -> tuple[int, bool, datetime, datetime, str]:
    """Return a sort key that puts the most urgent obligation first.

    Overdue, then today, then later; within each the clients who had to remind us, then the nearest
    deadline, then the oldest.
    """
    rank = _RANK[band(obligation, as_of=as_of, calendar=calendar)]
    return (
        rank,
        obligation.chased == 0,
        obligation.due_at,
        obligation.opened_at,
        obligation.opened_by,
    )
