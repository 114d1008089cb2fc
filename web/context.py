"""Give the routes what they work with: the panel's parts, and what is known of this request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask, current_app, g

from models.agency import Agency
from models.db.store import Store
from models.ids import UNKNOWN_ACCOUNT, AccountId, Address
from models.login import Login
from models.mailboxes import MailboxCounts
from sla.work_calendar import WorkCalendar
from web.catalogue import translations
from web.moments import Moments
from web.throttle import LoginThrottle

_EXTENSION = "sameday"


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """What the whole panel is built on."""

    store: Store
    agency: Agency
    calendar: WorkCalendar
    clock: Callable[[], datetime]
    """Gives aware UTC."""
    counts: Callable[[], tuple[MailboxCounts, ...]] = tuple
    """Gives what the watchers of this process have done."""
    throttle: LoginThrottle = field(default_factory=LoginThrottle)

    def account_name(self, account: AccountId | None) -> str:
        """Return a client's name; the id for one that the settings no longer know, empty for none.

        An unknown account has no name: its people are shown by their address.
        """
        if account is None or account == UNKNOWN_ACCOUNT:
            return ""
        return next((a.name for a in self.agency.accounts if a.id == account), account)

    def person_name(self, address: Address | None) -> str:
        """Return the name of one of ours; the address for a shared mailbox, empty for None."""
        if address is None:
            return ""
        person = self.agency.person_at(address)
        return person.name if person else address


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """What is known of the request that is being answered."""

    now: datetime
    language: str
    login: Login | None = None


def install_panel(app: Flask, panel: Panel) -> None:
    """Make the parts available to the routes of an app."""
    app.extensions[_EXTENSION] = panel


def current_panel() -> Panel:
    """Return the parts of the app that answers this request."""
    panel = current_app.extensions[_EXTENSION]
    assert isinstance(panel, Panel)
    return panel


def begin_visit(visit: Visit) -> None:
    """Note what is known of the request."""
    g.visit = visit


def current_visit() -> Visit:
    """Return what is known of the request; of a stranger's when it failed before that was read."""
    visit = g.get("visit")
    if isinstance(visit, Visit):
        return visit
    panel = current_panel()
    return Visit(now=panel.clock(), language=panel.agency.language)


def current_moments() -> Moments:
    """Return words for time in the reader's language."""
    visit = current_visit()
    return Moments(
        now=visit.now,
        zone=current_panel().calendar.zone,
        language=visit.language,
        texts=translations(visit.language),
    )
