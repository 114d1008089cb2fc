"""Tell whether a client takes a request back."""

from collections.abc import Iterable

from classify.lexicon import RuleTable
from classify.patterns import Coded
from classify.verdicts import by_rules
from models.verdict import Verdict


def find_withdrawn(table: RuleTable, sentences: Iterable[Coded]) -> Verdict:
    """Return the verdict; a question about cancelling is no withdrawal."""
    stated = (coded for coded in sentences if not coded.sentence.asks)
    return by_rules(table, stated, gives="withdrawn", what="withdrawn")
