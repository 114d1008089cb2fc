"""Decide whether a client's mail needs an answer: yes, unless the text proves that it does not.

The proof is structural (research/nlp.md section 2.5, design c): greeting, names, thanks and
formulae are taken away; the mail closes the talk only if next to nothing is left and something
in it closes. A missed request costs more than a false alarm, so every doubt means yes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from classify.lexicon import Hit, Lexicon
from classify.patterns import Coded
from models.verdict import Verdict

_WHAT: Final = "needs_answer"
_MOST_LEFT: Final = 3
"""Words that may remain when a mail closes a talk."""
_MOST_LEFT_IN_NOTICE: Final = 8
"""The same inside one sentence that tells of a payment or hands over material."""
_CLOSING_SIGNS: Final = frozenset("👍👌🙏🤝✅😊🙂❤🔥👏💪+")
_STATEMENTS: Final = ("withdrawn", "no_reply", "notice", "delivers")


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerEvidence:
    """What else was found on the mail and bears on the decision."""

    text: str
    robot: bool
    asked: bool
    """Some sentence, or the subject of a new mail, asks for an answer or an act."""
    blocking: Verdict | None
    """A tag or a chaser that can't be left without an answer."""


class NeedsAnswer:
    """Judge one mail after another by the same lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._table = lexicon.tables["inbound"]
        vocabulary = lexicon.vocabulary
        self._spoken = vocabulary.mask_of(
            "greeting", "signoff", "thanks", "please", "ok_word", "filler", "#num", "#name"
        )

    def judge(self, sentences: Sequence[Coded], evidence: AnswerEvidence) -> Verdict:
        """Return the verdict with the rule that gave it."""
        hits = [list(self._table.hits(coded)) for coded in sentences]
        return (
            self._yes_by_ask(hits, evidence)
            or self._no_by_word(hits, evidence)
            or self._by_what_is_left(sentences, hits, evidence.text)
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
        if blocking:
            return _yes(0.9, "needs_answer." + blocking.what, *blocking.evidence)
        opened = _opened(hits)
        return _yes(0.8, opened.rule.id, opened.words) if opened else None

    def _no_by_word(
        self, hits: Sequence[Sequence[Hit]], evidence: AnswerEvidence
    ) -> Verdict | None:
        if evidence.robot:
            return _no(0.85, "needs_answer.robot")
        excused = _first(hits, "no_reply")
        return _no(0.95, excused.rule.id, excused.words) if excused else None

    def _by_what_is_left(
        self, sentences: Sequence[Coded], hits: Sequence[Sequence[Hit]], text: str
    ) -> Verdict:
        left: list[str] = []
        closing: Hit | None = None
        for coded, found in zip(sentences, hits, strict=True):
            rest = self._left(coded)
            statement = next((h for h in found if h.rule.gives in _STATEMENTS), None)
            closing = (
                statement or closing or next((h for h in found if h.rule.gives == "closing"), None)
            )
            if statement and (
                statement.rule.gives in ("withdrawn", "no_reply")
                or len(rest) <= _MOST_LEFT_IN_NOTICE
            ):
                continue
            left.extend(rest)
        if closing and len(left) <= _MOST_LEFT:
            return _no(0.98 if not left else 0.92, closing.rule.id, closing.words)
        if not sentences and text.strip() and set(text.strip()[:1]) & _CLOSING_SIGNS:
            return _no(0.9, "needs_answer.sign", text.strip()[:20])
        return _yes(0.7, "needs_answer.default", *left[:5])

    def _left(self, coded: Coded) -> list[str]:
        """Return the words of a sentence that no formula, name or number accounts for."""
        size = len(coded.masks)
        covered = [bool(mask & self._spoken) for mask in coded.masks]
        for at, phrases in enumerate(coded.phrases):
            for bit, length in phrases:
                if bit & self._spoken:
                    covered[at : at + length] = [True] * length
        words = coded.sentence.words
        return [
            words[k].text
            for k in range(size)
            # A capital inside or alone in a short sentence is a name: "Спасибо, Аня".
            if not covered[k] and not ("cap" in words[k].marks and (k > 0 or size <= 3))
        ]


def _first(hits: Sequence[Sequence[Hit]], gives: str) -> Hit | None:
    return next((hit for found in hits for hit in found if hit.rule.gives == gives), None)


def _opened(hits: Sequence[Sequence[Hit]]) -> Hit | None:
    """Return what keeps the mail open in a sentence that does not itself say "no reply"."""
    for found in hits:
        given = {hit.rule.gives for hit in found}
        if not given & {"no_reply", "withdrawn"}:
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
