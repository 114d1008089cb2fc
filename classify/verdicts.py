"""Turn hits of rules into one verdict that names its strongest rule."""

from collections.abc import Iterable

from classify.lexicon import RuleTable
from classify.patterns import Coded
from models.verdict import Verdict


def by_rules(table: RuleTable, sentences: Iterable[Coded], *, gives: str, what: str) -> Verdict:
    """Return a verdict that holds when any rule for `gives` matches any sentence."""
    hits = [hit for coded in sentences for hit in table.hits(coded) if hit.rule.gives == gives]
    if not hits:
        return Verdict(what=what, holds=False, confidence=0.8, source=f"{what}.none")
    best = max(hits, key=lambda hit: hit.rule.weight)
    return Verdict(
        what=what,
        holds=True,
        confidence=best.rule.weight,
        source=best.rule.id,
        evidence=tuple(dict.fromkeys(hit.words for hit in hits))[:5],
    )
