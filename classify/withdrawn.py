"""Tell whether a client takes a request back."""

from collections.abc import Sequence

from classify.lexicon import RuleTable
from classify.patterns import Coded
from classify.verdicts import by_rules
from models.verdict import Verdict


def find_withdrawn(table: RuleTable, sentences: Sequence[Coded]) -> Verdict:
    """Return the verdict.

    A question about cancelling is no withdrawal, and neither is "no need to reply". Who asks for a
    receipt in the same mail ("else orders will be put on hold") takes nothing back.
    """
    stated = [c for c in sentences if not c.sentence.asks and not _only_spares_a_reply(table, c)]
    if any(table.first(coded, "acknowledge") is not None for coded in sentences):
        stated = []
    return by_rules(table, stated, gives="withdrawn", what="withdrawn")


def _only_spares_a_reply(table: RuleTable, coded: Coded) -> bool:
    """Tell whether what sounds like a withdrawal is part of "you need not answer"."""
    spared = table.first(coded, "no_reply")
    taken = [hit.words for hit in table.hits(coded) if hit.rule.gives == "withdrawn"]
    if spared is None:
        return False
    return all(words in spared.words for words in taken)
