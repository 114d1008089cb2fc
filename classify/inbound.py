"""Put the findings on one client's mail together."""

import re
from collections.abc import Sequence
from typing import Final

from classify.chaser import find_chaser
from classify.clauses import clauses_of
from classify.go_ahead import approvals
from classify.language import LanguageFinding
from classify.lexicon import Lexicon, RuleTable
from classify.mail import InboundMail
from classify.needs_answer import AnswerEvidence, NeedsAnswer
from classify.patterns import Coded
from classify.questions import bids_later, find_questions, is_item
from classify.residue import Residue
from classify.tags import find_tags
from classify.tone import hear_tone
from classify.withdrawn import find_withdrawn
from models.verdict import InboundVerdicts, Tag, Verdict

_REPLY_SUBJECT: Final = re.compile(
    r"^\s{0,5}(?:re|fw|fwd|aw|sv|wg|отв|ответ|пересл|ha)\s?(?:\[\d{1,3}\])?\s?:", re.IGNORECASE
)
_BLOCKING: Final = frozenset({Tag.ESTIMATE.value, Tag.BUG.value, Tag.COMPLAINT.value})


def is_reply_subject(subject: str) -> bool:
    """Tell whether a subject was inherited from an earlier mail."""
    return _REPLY_SUBJECT.match(subject) is not None


class InboundReader:
    """Judge clients' mails by one lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._tables = lexicon.tables
        self._residue = Residue(lexicon.vocabulary)
        self._needs_answer = NeedsAnswer(lexicon.tables["inbound"], self._residue)

    def judge(
        self,
        mail: InboundMail,
        subject: Sequence[Coded],
        body: Sequence[Coded],
        language: LanguageFinding,
    ) -> InboundVerdicts:
        """Return all verdicts; `subject` is empty when it was inherited from an earlier mail."""
        inbound, asking = self._tables["inbound"], self._tables["questions"]
        withdrawn = find_withdrawn(inbound, body)
        yes = approvals(inbound, self._residue, body)
        staying = [c for c in body if c not in yes]
        if withdrawn.holds:
            staying = [c for c in staying if not _takes_back(inbound, asking, c)]
        tags = find_tags(self._tables["tags"], subject, body)
        questions = find_questions(asking, mail.new_text, staying)
        chaser = find_chaser(inbound, [*subject, *body])
        asked = bool(questions) or any(is_item(asking, coded) for coded in subject)
        evidence = AnswerEvidence(
            text=mail.new_text,
            robot=mail.robot,
            asked=asked or any(coded.sentence.asks for coded in staying),
            blocking=_blocking(tags, chaser, withdrawn),
            withdrawn=withdrawn.holds,
            approvals=yes,
        )
        return InboundVerdicts(
            tags=tags,
            needs_answer=self._needs_answer.judge(body, evidence),
            chaser=chaser,
            withdrawn=withdrawn,
            questions=questions,
            tone=hear_tone(inbound, body, tags),
            language=language.language,
        )


def _takes_back(inbound: RuleTable, asking: RuleTable, coded: Coded) -> bool:
    """Tell whether the sentence is the withdrawal itself: "забудьте" asks for nothing else.

    "Передумали насчёт баннера, верните прежний" takes one thing back and asks for another.
    """
    if coded.sentence.asks or inbound.first(coded, "withdrawn") is None:
        return False
    parts = list(clauses_of(coded))
    asks_more = bids_later(asking, coded) and inbound.first(parts[-1], "withdrawn") is None
    return not asks_more


def _blocking(tags: Sequence[Verdict], chaser: Verdict, withdrawn: Verdict) -> Verdict | None:
    if withdrawn.holds:
        return None
    if chaser.holds:
        return chaser
    return next((tag for tag in tags if tag.what in _BLOCKING), None)
