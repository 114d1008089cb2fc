"""Tell whether a client reminds us of an earlier request or of our promise."""

from collections.abc import Iterable

from classify.lexicon import RuleTable
from classify.patterns import Coded
from classify.verdicts import by_rules
from models.verdict import Verdict


def find_chaser(table: RuleTable, sentences: Iterable[Coded]) -> Verdict:
    """Return the verdict on the text alone; the state of the thread is the fold's to know."""
    return by_rules(table, sentences, gives="chaser", what="chaser")
