"""Find what we commit to in our mail, and when it falls due (SEMANTICS.md section 5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from classify.clauses import clauses_of
from classify.lexicon import RuleTable
from classify.moment_rules import closing
from classify.moments import Moment, MomentTable, find_moments
from classify.patterns import Coded
from models.errors import HorizonError
from models.verdict import FoundPromise
from models.working_time import WorkingTime

_DEFAULT_SOURCE: Final = "promise.default"


@dataclass(frozen=True, kw_only=True, slots=True)
class Clause:
    """A clause of a sentence that commits us."""

    coded: Coded
    needs_moment: bool
    """It is a promise only beside a moment."""
    source: str


class PromiseFinder:
    """Find promises in one mail after another by the same tables and calendar."""

    def __init__(self, rules: RuleTable, moments: MomentTable, working_time: WorkingTime) -> None:
        self._rules = rules
        self._moments = moments
        self._working_time = working_time

    def find(self, sentences: Sequence[Coded], sent_at: datetime) -> tuple[FoundPromise, ...]:
        """Return the dated promises in order; only when there is none, the first vague one."""
        found = [p for coded in sentences for p in self._of_sentence(coded, sent_at)]
        dated = tuple(promise for promise in found if promise.dated)
        return dated or tuple(found[:1])

    def commits(self, coded: Coded, sent_at: datetime) -> bool:
        """Tell whether a sentence holds a promise."""
        return next(self._of_sentence(coded, sent_at), None) is not None

    def _of_sentence(self, coded: Coded, sent_at: datetime) -> Iterator[FoundPromise]:
        """Yield a sentence's promises, found once and asked for by several parts."""
        known: tuple[FoundPromise, ...] | None = coded.heard.get(id(self))
        if known is None:
            known = coded.heard[id(self)] = tuple(self._promises_in(coded, sent_at))
        return iter(known)

    def _promises_in(self, coded: Coded, sent_at: datetime) -> Iterator[FoundPromise]:
        sentence = coded.sentence
        if sentence.asks or not sentence.words or self._has(coded, "conditional"):
            return
        clauses = self._clauses(coded)
        if not clauses:
            return
        moments = find_moments(self._moments, sentence.text, sent_at, self._working_time)
        bounds = [c.coded.sentence.start - sentence.start for c in clauses[1:]]
        low = 0
        for clause, high in zip(clauses, [*bounds, len(sentence.text)], strict=True):
            own = [m for m in moments if low <= m.start < high]
            low = high
            promise = self._promise(sentence.text, clause, own, sent_at)
            # "Можно: сожмём картинки" says how it would be done, not that it will be.
            if promise is not None and (promise.dated or not self._has(coded, "offers")):
                yield promise

    def _promise(
        self, text: str, clause: Clause, moments: Sequence[Moment], sent_at: datetime
    ) -> FoundPromise | None:
        if moments:
            latest = max(moments, key=lambda m: m.due_at)
            return FoundPromise(text=text, due_at=latest.due_at, dated=True, source=latest.source)
        if clause.needs_moment:
            return None
        due_at = self._default_due(sent_at)
        return FoundPromise(text=text, due_at=due_at, dated=False, source=_DEFAULT_SOURCE)

    def _default_due(self, sent_at: datetime) -> datetime:
        """Return closing time of the next working day; the mail's own instant without any."""
        today = sent_at.astimezone(self._working_time.zone).date()
        try:
            day = self._working_time.next_working_day(today)
        except (HorizonError, OverflowError):
            return sent_at.astimezone(UTC)
        return closing(day, self._working_time)

    def _clauses(self, coded: Coded) -> list[Clause]:
        found: list[Clause] = []
        for part in clauses_of(coded):
            given = {hit.rule.gives: hit.rule.id for hit in self._rules.hits(part)}
            # After "пришлите тексты до среды" what follows hangs on the client's task.
            if "no_promise" in given:
                if found or not _is_task(part):
                    continue
                return []
            source = given.get("commits") or given.get("commits_if_dated")
            if source:
                found.append(Clause(coded=part, needs_moment="commits" not in given, source=source))
        return found

    def _has(self, coded: Coded, gives: str) -> bool:
        return self._rules.first(coded, gives) is not None


def _is_task(part: Coded) -> bool:
    return any("impr" in word.marks for word in part.sentence.words)
