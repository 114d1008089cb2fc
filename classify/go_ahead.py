"""Tell approval from request: "approved, go ahead" asks for nothing that we did not offer.

An imperative of going on ("запускайте", "publish it") is the client's yes when little else stands
in its sentence. Alone it may open new work, so it counts only in a mail that also approves or
thanks; phrases that can't open anything ("go ahead", "давайте так") count always.
"""

from collections.abc import Sequence
from typing import Final

from classify.lexicon import RuleTable
from classify.patterns import Coded
from classify.residue import Residue

_MOST_LEFT: Final = {"go_ahead": 2, "go_on": 1}
"""Words that may stand beside the approval: "go for the cheaper one"."""
_AGREEING: Final = (*_MOST_LEFT, "accepts", "praise")
"""What may stand around it without asking for more."""
_APPROVING: Final = ("closing", "accepts", "praise", "go_ahead")


def approvals(table: RuleTable, residue: Residue, sentences: Sequence[Coded]) -> tuple[Coded, ...]:
    """Return the sentences that say no more than yes."""
    approved = any(table.first(c, gives) for c in sentences for gives in _APPROVING)
    return tuple(c for c in sentences if _approves(table, residue, c, approved=approved))


def _approves(table: RuleTable, residue: Residue, coded: Coded, *, approved: bool) -> bool:
    if coded.sentence.asks or table.first(coded, "opens") is not None:
        return False
    hits = [hit for hit in table.hits(coded) if hit.rule.gives in _MOST_LEFT]
    if not hits or (not approved and all(hit.rule.gives == "go_on" for hit in hits)):
        return False
    most = max(_MOST_LEFT[hit.rule.gives] for hit in hits)
    spans = [hit.span for hit in table.hits(coded) if hit.rule.gives in _AGREEING]
    return len(residue.left(coded, spans)) <= most
