"""Tell what our mail does for what the client asked: full, partial, holding or other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from classify.clauses import clauses_of
from classify.lexicon import RuleTable
from classify.patterns import Coded
from classify.promises import PromiseFinder
from classify.questions import is_item
from models.verdict import InboundVerdicts, ReplyKind

_FEWEST_WORDS: Final = 4
"""A sentence of fewer words without a sign of an answer tells nothing of the matter."""
_SEVERAL: Final = 2
"""Things asked, from which one may be told and another left open."""
_FEWEST_IN_CLAUSE: Final = 3
"""The same as _FEWEST_WORDS for a clause beside a promise."""


_SUBORDINATE: Final = frozenset(
    [
        "что",
        "чтобы",
        "как",
        "который",
        "где",
        "какой",
        "сколько",
        "когда",
        "если",
        "whether",
        "which",
        "that",
        "who",
        "what",
        "how",
        "if",
        "before",
        "until",
        "where",
        "when",
    ]
)
"""Lemmas at the head of a clause that hangs on another."""
_VERB_MARKS: Final = frozenset({"3per", "past", "short"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientAsk:
    """What is known of the mail that ours answers."""

    known: bool
    """False when no text of the client was given."""
    waits: bool
    """It needs an answer."""
    items: int = 0
    acts: int = 0
    """Items that want something done; a promise to do it leaves them open."""
    needs: bool = False
    """He asks what we want of him, so that our wishes answer."""
    when: bool = False
    """All that is asked is a date, so that a date settles it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """How many sentences of ours do what."""

    settles: int = 0
    tells: int = 0
    """Sentences about the matter with no sign either way."""
    promises: int = 0
    defers: int = 0
    """Promises to answer, not to act."""
    dates: int = 0
    """Dated promises to act."""
    accepts: int = 0
    asks: int = 0
    """Questions to the client."""
    requests: int = 0
    """What we want of the client, without a question mark."""
    reports: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One row of the decision: the first whose condition holds gives the kind."""

    id: str
    kind: ReplyKind
    when: Callable[[Content, ClientAsk, bool], bool]
    """Of our mail's content, the client's ask, and whether the subject is a reply's."""


_STEPS: Final = (
    # The client asked nothing, yet we took something up for him.
    Step(
        id="reply.taken_up",
        kind=ReplyKind.HOLDING,
        when=lambda c, ask, _: (
            ask.known and not ask.waits and c.promises > 0 == c.settles + c.tells
        ),
    ),
    Step(
        id="reply.nothing_was_asked",
        kind=ReplyKind.OTHER,
        when=lambda _, ask, __: ask.known and not ask.waits,
    ),
    # Notes and news of ours promise beside what they tell; they answer nothing.
    Step(
        id="reply.own_notes",
        kind=ReplyKind.OTHER,
        when=lambda c, ask, is_reply: not ask.known and not is_reply and c.reports > 0,
    ),
    Step(
        id="reply.date_was_asked",
        kind=ReplyKind.FULL,
        when=lambda c, ask, _: ask.when and c.dates > 0 == c.defers,
    ),
    # Of several things asked, one is told and another promised.
    Step(
        id="reply.one_of_several",
        kind=ReplyKind.PARTIAL,
        when=lambda c, ask, _: (
            c.tells + c.settles > 0 < c.promises
            and ask.items >= _SEVERAL
            and c.defers + ask.acts > 0
        ),
    ),
    # A question back to the client settles nothing, whatever courtesy stands around it.
    Step(
        id="reply.asks_client",
        kind=ReplyKind.OTHER,
        when=lambda c, ask, _: (
            not c.settles
            and not ask.needs
            and c.promises == 0
            and ((c.asks > 0 and c.tells <= 1) or c.requests > 0 == c.tells)
        ),
    ),
    Step(
        id="reply.no_substance",
        kind=ReplyKind.HOLDING,
        when=lambda c, _, __: not c.settles and c.tells <= 1 and c.promises + c.accepts > 0,
    ),
    Step(
        id="reply.courtesy",
        kind=ReplyKind.OTHER,
        when=lambda c, _, __: not c.settles and not c.tells,
    ),
    Step(
        id="reply.own_matter",
        kind=ReplyKind.OTHER,
        when=lambda c, ask, is_reply: not ask.known and (c.reports > 0 or not is_reply),
    ),
    Step(
        id="reply.own_report",
        kind=ReplyKind.OTHER,
        when=lambda c, _, __: not c.settles and c.reports >= c.tells,
    ),
    Step(
        id="reply.rest_is_promised",
        kind=ReplyKind.PARTIAL,
        when=lambda c, ask, _: (
            c.defers > 0 or (c.promises > 0 and ask.items >= _SEVERAL and ask.acts > 0)
        ),
    ),
    Step(id="reply.substance", kind=ReplyKind.FULL, when=lambda _, __, ___: True),
)


class ReplyJudge:
    """Judge our mails by the same rules."""

    def __init__(self, outbound: RuleTable, asking: RuleTable, promises: PromiseFinder) -> None:
        self._outbound = outbound
        self._asking = asking
        self._promises = promises

    def judge(
        self, sentences: Sequence[Coded], sent_at: datetime, ask: ClientAsk, *, is_reply: bool
    ) -> tuple[ReplyKind, str]:
        """Return the kind and the id of the reason."""
        content = self._content(sentences, sent_at)
        return next((step.kind, step.id) for step in _STEPS if step.when(content, ask, is_reply))

    def ask_of(self, verdicts: InboundVerdicts, sentences: Sequence[Coded]) -> ClientAsk:
        """Return what a client's mail asks of us, from its verdicts and its sentences."""
        begun = {question.start for question in verdicts.questions}
        asking = [
            c
            for c in sentences
            if any(c.sentence.start <= start < c.sentence.end for start in begun)
        ]
        told = [c for c in asking if c.sentence.asks or self._asks_for(c, "told")]
        when = len(verdicts.questions) == 1 and any(self._asks_for(c, "when") for c in asking)
        return ClientAsk(
            known=True,
            waits=verdicts.needs_answer.holds,
            items=len(verdicts.questions),
            acts=len(asking) - len(told),
            needs=any(self._asks_for(c, "needs") for c in asking),
            when=when,
        )

    def _asks_for(self, coded: Coded, gives: str) -> bool:
        return self._asking.first(coded, gives) is not None

    def _content(self, sentences: Sequence[Coded], sent_at: datetime) -> Content:
        counts = dict.fromkeys(Content.__dataclass_fields__, 0)
        for coded in sentences:
            for name in self._does(coded, sent_at):
                counts[name] += 1
        return Content(**counts)

    def _does(self, coded: Coded, sent_at: datetime) -> tuple[str, ...]:
        given = {hit.rule.gives for hit in self._outbound.hits(coded)}
        if self._promises.commits(coded, sent_at):
            return (*self._promised(coded, sent_at, given), *self._beside(coded, sent_at))
        if "courtesy" in given and not given & {"settles", "accepts"}:
            return ("reports",) if "report" in given else ()
        does = "asks" if coded.sentence.asks else self._states(coded, given)
        return tuple(name for name in (does, "reports" if "report" in given else "") if name)

    def _promised(self, coded: Coded, sent_at: datetime, given: set[str]) -> tuple[str, ...]:
        report = ("reports",) if "report" in given else ()
        if "holds" in given or "hands_over" in given:
            return ("promises", "defers", *report)
        dated = any(promise.dated for promise in self._promises.find([coded], sent_at))
        return ("promises", "dates", *report) if dated else ("promises", *report)

    def _beside(self, coded: Coded, sent_at: datetime) -> tuple[str, ...]:
        """Return what the other clauses of a promising sentence do."""
        parts = tuple(clauses_of(coded))
        if len(parts) < 2:
            return ()
        for part in parts:
            given = {hit.rule.gives for hit in self._outbound.hits(part)}
            if given & {"accepts", "courtesy", "holds", "no_promise", "conditional"}:
                continue
            if len(part.sentence.words) < _FEWEST_IN_CLAUSE or self._promises.commits(
                part, sent_at
            ):
                continue
            if "settles" in given:
                return ("settles",)
            if _is_statement(part):
                return ("tells",)
        return ()

    def _states(self, coded: Coded, given: set[str]) -> str:
        if "settles" in given:
            return "settles"
        if "accepts" in given:
            return "accepts"
        if is_item(self._asking, coded) and self._is_request(coded):
            return "requests"
        return "tells" if len(coded.sentence.words) >= _FEWEST_WORDS else ""

    def _is_request(self, coded: Coded) -> bool:
        """Tell whether the request begins a clause; elsewhere a noun was read as an imperative."""
        spans = [hit.span for hit in self._asking.hits(coded) if hit.rule.gives == "item"]
        words, text = coded.sentence.words, coded.sentence.text
        for span in spans:
            before = text[: words[span.start].start - coded.sentence.start].rstrip()
            if span.start < 2 or before[-1:] in ",;:.-–—(":
                return True
        return False


def _is_statement(clause: Coded) -> bool:
    """Tell whether a clause says something by itself: it has a verb and hangs on no other."""
    words = clause.sentence.words
    if words[0].lemma in _SUBORDINATE or (len(words) > 1 and words[1].lemma in _SUBORDINATE):
        return False
    if words[0].text.isascii():
        return len(words) >= _FEWEST_WORDS
    return any(word.marks & _VERB_MARKS for word in words)
