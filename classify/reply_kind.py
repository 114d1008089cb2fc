"""Tell what our mail does for what the client asked: full, partial, holding or other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from classify.lexicon import RuleTable
from classify.patterns import Coded
from classify.promises import PromiseFinder
from classify.questions import is_item
from models.verdict import ReplyKind

_FEWEST_WORDS: Final = 4
"""A sentence of fewer words without a sign of an answer tells nothing of the matter."""
_PARTLY_FROM: Final = 2
"""Things asked, from which a plain promise beside substance leaves something open."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientAsk:
    """What is known of the mail that ours answers."""

    known: bool
    """False when no text of the client was given."""
    waits: bool
    """It needs an answer."""
    items: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """How many sentences of ours do what."""

    settles: int = 0
    tells: int = 0
    """Sentences about the matter with no sign either way."""
    promises: int = 0
    defers: int = 0
    """Promises to answer, not to act."""
    accepts: int = 0
    asks: int = 0
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
    # Of several things asked, one is told and another promised.
    Step(
        id="reply.one_of_several",
        kind=ReplyKind.PARTIAL,
        when=lambda c, ask, _: c.tells > 0 < c.promises and ask.items >= _PARTLY_FROM,
    ),
    # A question back to the client settles nothing, whatever courtesy stands around it.
    Step(
        id="reply.asks_client",
        kind=ReplyKind.OTHER,
        when=lambda c, _, __: not c.settles and c.asks > 0 == c.promises and c.tells <= 1,
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
        when=lambda c, ask, _: c.defers > 0 or (c.promises > 0 and ask.items >= _PARTLY_FROM),
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

    def _content(self, sentences: Sequence[Coded], sent_at: datetime) -> Content:
        counts = dict.fromkeys(Content.__dataclass_fields__, 0)
        for coded in sentences:
            for name in self._does(coded, sent_at):
                counts[name] += 1
        return Content(**counts)

    def _does(self, coded: Coded, sent_at: datetime) -> tuple[str, ...]:
        given = {hit.rule.gives for hit in self._outbound.hits(coded)}
        if self._promises.commits(coded, sent_at):
            return ("promises", "defers") if "holds" in given else ("promises",)
        if "courtesy" in given and not given & {"settles", "accepts"}:
            return ()
        does = "asks" if coded.sentence.asks else self._states(coded, given)
        return tuple(name for name in (does, "reports" if "report" in given else "") if name)

    def _states(self, coded: Coded, given: set[str]) -> str:
        if "settles" in given:
            return "settles"
        if "accepts" in given:
            return "accepts"
        if is_item(self._asking, coded):
            return "asks"
        return "tells" if len(coded.sentence.words) >= _FEWEST_WORDS else ""
