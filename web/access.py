"""Decide who may open what: one table, a row per route, and what has no row is closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from models.agency import Role
from models.login import Login


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """Who may call a route."""

    public: bool = False
    """Without signing in."""
    roles: frozenset[Role] = frozenset()
    """Any one of them is enough."""
    from_this_machine: bool = False
    """Without signing in for a program that runs beside the panel."""


class Decision(Enum):
    """What to do with a request."""

    ALLOW = auto()
    SIGN_IN = auto()
    REFUSE = auto()


_PUBLIC: Final = Access(public=True)
# Specialists are not among them: they may not learn which client asked (SEMANTICS.md section 8).
_SEES_CLIENTS: Final = Access(roles=frozenset({Role.ACCOUNT_MANAGER, Role.CURATOR, Role.ADMIN}))

ROUTES: Final[Mapping[str, Access]] = {
    "static": _PUBLIC,  # styles and scripts; the login page needs them
    "healthz": _PUBLIC,  # for monitoring: counts only, no address, no client
    # Monitoring beside the panel has no login; the numbers name our mailboxes, so others need one.
    "metrics": Access(roles=frozenset({Role.ADMIN}), from_this_machine=True),
    "login": _PUBLIC,
    "logout": _PUBLIC,  # closing a session that is not open harms nobody
    "unanswered": _SEES_CLIENTS,
    "conversation": _SEES_CLIENTS,
    "mailboxes": _SEES_CLIENTS,
}


def decide(endpoint: str, login: Login | None, *, is_local: bool = False) -> Decision:
    """Return whether somebody may call a route; `login` is None for one who is not signed in.

    `is_local` says that the request comes from this machine itself (see `web.locality`).
    """
    access = ROUTES.get(endpoint, Access())
    if access.public or (access.from_this_machine and is_local):
        return Decision.ALLOW
    if login is None:
        return Decision.SIGN_IN
    return Decision.ALLOW if access.roles & login.roles else Decision.REFUSE


def sees_clients(login: Login | None) -> bool:
    """Tell whether somebody may see who the clients are."""
    return login is not None and bool(_SEES_CLIENTS.roles & login.roles)
