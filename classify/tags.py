"""Find what a client asks for: estimate, bug, payment, complaint (SEMANTICS.md section 4)."""

from collections.abc import Iterable, Mapping
from typing import Final

from classify.lexicon import Hit, RuleTable
from classify.patterns import Coded
from models.verdict import Tag, Verdict

_HOLDS_FROM: Final = 0.5
_SUBJECT_WEIGHT: Final = 0.7
"""A subject is shorter than its mail and often stays when the talk has moved on."""
_CERTAIN: Final = 0.97
"""Rules never claim more: on fresh wording they err."""


def find_tags(
    table: RuleTable, subject: Iterable[Coded], body: Iterable[Coded]
) -> tuple[Verdict, ...]:
    """Return the tags that hold, most confident first."""
    doubt = dict.fromkeys(Tag, 1.0)
    hits: dict[Tag, list[Hit]] = {tag: [] for tag in Tag}
    for weight, sentences in ((_SUBJECT_WEIGHT, subject), (1.0, body)):
        for coded in sentences:
            for tag, found in _sentence_hits(table, coded).items():
                hits[tag].extend(found)
                for hit in found:
                    doubt[tag] *= 1 - weight * hit.rule.weight
    verdicts = [_verdict(tag, 1 - doubt[tag], hits[tag]) for tag in Tag]
    return tuple(sorted((v for v in verdicts if v.holds), key=lambda v: -v.confidence))


def _sentence_hits(table: RuleTable, coded: Coded) -> Mapping[Tag, list[Hit]]:
    """Return the hits of one sentence per tag, without the tags that a rule silences there."""
    found: dict[Tag, list[Hit]] = {}
    silenced: set[str] = set()
    for hit in table.hits(coded):
        kind, _, tag = hit.rule.gives.rpartition(":")
        if kind == "not":
            silenced.add(tag)
        else:
            found.setdefault(Tag(tag), []).append(hit)
    return {tag: hits for tag, hits in found.items() if tag.value not in silenced}


def _verdict(tag: Tag, score: float, hits: list[Hit]) -> Verdict:
    best = max(hits, key=lambda hit: hit.rule.weight, default=None)
    return Verdict(
        what=tag.value,
        holds=score >= _HOLDS_FROM,
        confidence=round(min(score, _CERTAIN), 2),
        source=best.rule.id if best else "tag.none",
        evidence=tuple(dict.fromkeys(hit.words for hit in hits))[:5],
    )
