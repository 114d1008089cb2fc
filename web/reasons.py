"""Word the reasons of a deadline for the reader of the page."""

from collections.abc import Iterable

from models.obligation import Obligation, Reason
from sla.explain import explain
from web.context import current_moments


def reason_line(obligation: Obligation) -> str:
    """Return why an obligation is due when it is, as one line.

    The moment itself is left out: the row shows it.
    """
    return _explain(r for r in obligation.why if r.code != "due")


def reason_steps(obligation: Obligation) -> tuple[str, ...]:
    """Return each step of the ledger by itself, in order."""
    return tuple(_explain([reason]) for reason in obligation.why)


def _explain(reasons: Iterable[Reason]) -> str:
    moments = current_moments()
    return explain(tuple(reasons), zone=moments.zone, language=moments.language)
