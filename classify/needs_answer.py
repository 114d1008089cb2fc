"""Decide whether a client's mail needs an answer: yes, unless the text proves that it does not.

The proof is structural (research/nlp.md section 2.5, design c): greeting, names, thanks and
formulae are taken away; the mail closes the talk only if next to nothing is left and something
in it closes. A missed request costs more than a false alarm, so every doubt means yes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from classify.lexicon import Hit, RuleTable
from classify.patterns import Coded
from classify.residue import Residue
from models.verdict import Tag, Verdict

_WHAT: Final = "needs_answer"
_MOST_LEFT: Final = 2
"""Words that may remain when a mail closes a talk."""
_MOST_LEFT_IN: Final = {
    "withdrawn": 100,
    "no_reply": 100,
    "fyi": 100,
    "notice": 8,
    "delivers": 8,
    "intends": 12,
    "praise": 8,
    "accepts": 5,
    "spares": 8,
}
"""The same inside one sentence that as a whole asks for nothing, by what it does."""
_ENDS_NOTHING: Final = ("spares",)
"""Such a sentence asks for nothing, yet does not end the talk: "this page is not needed"."""
_CLOSING_SIGNS: Final = frozenset("👍👌🙏🤝✅😊🙂❤🔥👏💪+")


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerEvidence:
    """What else was found on the mail and bears on the decision."""

    text: str
    robot: bool
    asked: bool
    """Some sentence, or the subject of a new mail, asks for an answer or an act."""
    blocking: Verdict | None
    """A tag or a chaser that can't be left without an answer."""
    withdrawn: bool = False
    """The client takes a request back."""
    approvals: tuple[Coded, ...] = ()
    """Sentences that say no more than yes; they ask for nothing."""


class NeedsAnswer:
    """Judge one mail after another by the same rules."""

    def __init__(self, inbound: RuleTable, residue: Residue) -> None:
        self._table = inbound
        self._residue = residue

    def judge(self, sentences: Sequence[Coded], evidence: AnswerEvidence) -> Verdict:
        """Return the verdict with the rule that gave it."""
        hits = [list(self._table.hits(coded)) for coded in sentences]
        return (
            self._yes_by_ask(hits, evidence)
            or self._no_by_word(hits, evidence)
            or self._by_what_is_left(sentences, hits, evidence)
        )

    def _yes_by_ask(
        self, hits: Sequence[Sequence[Hit]], evidence: AnswerEvidence
    ) -> Verdict | None:
        acknowledge = _first(hits, "acknowledge")
        if acknowledge:
            return _yes(0.97, acknowledge.rule.id, acknowledge.words)
        if evidence.robot:
            # "Top up your balance", "reply STOP": a robot asks everybody and waits for nobody.
            return None
        if evidence.asked:
            return _yes(0.97, "needs_answer.asked")
        blocking = evidence.blocking
        # Who writes "no reply needed" under a report means it; anger is heard all the same.
        excused = _first(hits, "no_reply") is not None
        if blocking and not (excused and blocking.what != Tag.COMPLAINT.value):
            return _yes(0.9, "needs_answer." + blocking.what, *blocking.evidence)
        opened = None if excused else _opened(hits)
        return _yes(0.8, opened.rule.id, opened.words) if opened else None

    def _no_by_word(
        self, hits: Sequence[Sequence[Hit]], evidence: AnswerEvidence
    ) -> Verdict | None:
        if evidence.robot:
            return _no(0.85, "needs_answer.robot")
        if evidence.withdrawn:
            return _no(0.95, "needs_answer.withdrawn")
        excused = _first(hits, "no_reply") or _first(hits, "fyi")
        return _no(0.95, excused.rule.id, excused.words) if excused else None

    def _by_what_is_left(
        self,
        sentences: Sequence[Coded],
        hits: Sequence[Sequence[Hit]],
        evidence: AnswerEvidence,
    ) -> Verdict:
        left: list[str] = []
        closing: Hit | None = None
        for coded, found in zip(sentences, hits, strict=True):
            if coded in evidence.approvals:
                closing = closing or _first([found], "go_ahead") or _first([found], "closing")
                continue
            rest = self._residue.left(coded)
            statement = _statement(found, len(rest))
            if statement is None or statement.rule.gives in _ENDS_NOTHING:
                closing = closing or _first([found], "closing") or _first([found], "accepts")
            else:
                closing = statement
            if statement is None:
                left.extend(rest)
                if rest and self._residue.is_about_something(coded):
                    return _yes(0.7, "needs_answer.default", *rest[:5])
        if closing and len(left) <= _MOST_LEFT:
            return _no(0.98 if not left else 0.92, closing.rule.id, closing.words)
        text = evidence.text.strip()
        if not sentences and text and text[0] in _CLOSING_SIGNS:
            return _no(0.9, "needs_answer.sign", text[:20])
        return _yes(0.7, "needs_answer.default", *left[:5])


def _statement(found: Sequence[Hit], size: int) -> Hit | None:
    """Return the rule by which a sentence with so many words of matter asks for nothing."""
    stating = (hit for hit in found if size <= _MOST_LEFT_IN.get(hit.rule.gives, -1))
    return next(stating, None)


def _first(hits: Sequence[Sequence[Hit]], gives: str) -> Hit | None:
    return next((hit for found in hits for hit in found if hit.rule.gives == gives), None)


def _opened(hits: Sequence[Sequence[Hit]]) -> Hit | None:
    """Return what keeps the mail open in a sentence that does not itself say "no reply"."""
    for found in hits:
        given = {hit.rule.gives for hit in found}
        if not given & {"no_reply", "fyi", "withdrawn"}:
            opened = _first([found], "opens")
            if opened:
                return opened
    return None


def _yes(confidence: float, source: str, *evidence: str) -> Verdict:
    return Verdict(
        what=_WHAT, holds=True, confidence=confidence, source=source, evidence=tuple(evidence)
    )


def _no(confidence: float, source: str, *evidence: str) -> Verdict:
    return Verdict(
        what=_WHAT, holds=False, confidence=confidence, source=source, evidence=tuple(evidence)
    )
