"""Hear how a client sounds: calm, annoyed or angry."""

from collections.abc import Sequence
from typing import Final

from classify.lexicon import RuleTable
from classify.patterns import Coded
from models.verdict import Tag, Tone, Verdict

_SHOUTED_WORDS: Final = 4
"""So many long words in capitals are shouting, not abbreviations."""


def hear_tone(table: RuleTable, sentences: Sequence[Coded], tags: Sequence[Verdict]) -> Tone:
    """Return the tone; blame without strong words is annoyance, not anger."""
    given = {hit.rule.gives for coded in sentences for hit in table.hits(coded)}
    complains = any(tag.what == Tag.COMPLAINT.value for tag in tags)
    loud = _is_loud(sentences)
    if "angry" in given or (loud and (complains or "annoyed" in given)):
        return Tone.ANGRY
    return Tone.ANNOYED if complains or "annoyed" in given else Tone.CALM


def _is_loud(sentences: Sequence[Coded]) -> bool:
    if any("!!" in coded.sentence.text or "?!" in coded.sentence.text for coded in sentences):
        return True
    words = [word.text for coded in sentences for word in coded.sentence.words]
    return sum(1 for word in words if len(word) > 3 and word.isupper()) >= _SHOUTED_WORDS
