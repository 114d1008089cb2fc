"""Find every single thing that somebody must answer or do, as spans of the new text."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from classify.clauses import clauses_of
from classify.lexicon import Hit, RuleTable
from classify.patterns import Coded
from models.verdict import Question

_MAX_QUESTIONS: Final = 100
_IMPERATIVE_EN: Final = "question.imperative_en"
_SHORTEST: Final = 8
"""Characters below which a half of a sentence is no question of its own."""
_LEADING = re.compile(r"^(?:\(?[0-9]{1,2}[.)]\s{0,3}|[-*•–—]{1,2}\s{1,3}|[\s,;]{1,5})")
# Where one sentence asks two things: "Пришлите смету, и подскажите сроки".
_JOINT = re.compile(
    r"(?:,\s{0,2}(?:а также|а ещё|а еще|и|а|and also|and)|[;.]|\s(?:а также|and also|и|and))\s",
    re.IGNORECASE,
)
_FORMULAE: Final = frozenset(
    {"извинить", "извинять", "простить", "прощать", "заметить", "представить", "поверить", "понять"}
)
"""Imperatives that bid nobody do anything: "извините за задержку"."""
_OPENERS: Final = frozenset(
    {
        *("сколько", "когда", "почему", "где", "зачем", "можно", "какой", "что", "кто", "как"),
        *("просить", "будет", "who", "where", "which", "is", "be", "do", "will", "would"),
        *("please", "pleas", "could", "can", "when", "how", "what", "why"),
        *(
            "send",
            "let",
            "tell",
            "confirm",
            "advis",
            "check",
            "give",
            "shar",
            "fix",
            "add",
            "remov",
        ),
    }
)
"""Lemmas that begin a second question or request within one sentence."""


def find_questions(table: RuleTable, text: str, sentences: Sequence[Coded]) -> tuple[Question, ...]:
    """Return the items in order without overlap; `text[q.start:q.end] == q.text` for each."""
    found: list[Question] = []
    listing = False
    for coded in sentences:
        bullet = coded.sentence.bullet
        if not bullet and _opens_list(table, coded):
            listing = True
            if not coded.sentence.asks:
                continue
        elif not bullet:
            listing = False
        if (listing and bullet and coded.sentence.words) or is_item(table, coded):
            found.extend(_spans(text, coded))
    return tuple(found[:_MAX_QUESTIONS])


def is_item(table: RuleTable, coded: Coded) -> bool:
    """Tell whether a sentence asks for an answer or an act."""
    given = {hit.rule.gives for hit in table.hits(coded) if not _is_participle(hit, coded)}
    if "not_item" in given:
        return False
    return coded.sentence.asks or "item" in given or bids_later(table, coded)


def bids_later(table: RuleTable, coded: Coded) -> bool:
    """Tell whether a later clause begins with an imperative: "Great, update the price"."""
    _, *later = clauses_of(coded)
    return any(_bids_in_russian(part) for part in later) or any(
        hit.rule.id == _IMPERATIVE_EN and not _is_participle(hit, part)
        for part in later
        for hit in table.hits(part)
    )


def _bids_in_russian(clause: Coded) -> bool:
    """Tell whether a clause begins with a polite imperative: "оплатили, пришлите акт".

    Only the plural ending is trusted: pymorphy takes nouns ("капчи") for the singular.
    """
    return any(
        "impr" in word.marks and word.text.lower().endswith("те") and word.lemma not in _FORMULAE
        for word in clause.sentence.words[:2]
    )


def _is_participle(hit: Hit, coded: Coded) -> bool:
    """Tell whether a supposed imperative is "confirming" or "signing": stems lose the ending."""
    words = coded.sentence.words[hit.span.start : hit.span.end]
    return hit.rule.id == _IMPERATIVE_EN and any(w.text.lower().endswith("ing") for w in words)


def _opens_list(table: RuleTable, coded: Coded) -> bool:
    if not coded.sentence.text.rstrip().endswith(":"):
        return False
    return any(hit.rule.gives == "opens_list" for hit in table.hits(coded))


def _spans(text: str, coded: Coded) -> Iterator[Question]:
    """Yield the sentence, or its halves where both ask."""
    sentence = coded.sentence
    start, end = sentence.start, sentence.end
    begins, ends = [start], []
    for joint in _JOINT.finditer(sentence.text):
        at = start + joint.end()
        if at - begins[-1] >= _SHORTEST and end - at >= _SHORTEST and _asks_from(coded, at):
            begins.append(at)
            ends.append(start + joint.start())
    for low, high in zip(begins, [*ends, end], strict=True):
        lead = _LEADING.match(text[low:high])
        begin = low + (lead.end() if lead else 0)
        stop = begin + len(text[begin:high].rstrip(" \t\n,;"))
        if stop > begin:
            yield Question(text=text[begin:stop], start=begin, end=stop)


def _asks_from(coded: Coded, at: int) -> bool:
    """Tell whether the rest of a sentence is an item of its own, from its first words on."""
    first = next((k for k, w in enumerate(coded.sentence.words) if w.start >= at), None)
    if first is None:
        return False
    words = coded.sentence.words[first : first + 4]
    return any("impr" in word.marks for word in words[:2]) or words[0].lemma in _OPENERS
