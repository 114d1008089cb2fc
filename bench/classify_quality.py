"""Measure the classifier against labelled mail: what it misses, where it cries wolf.

    .venv/bin/python bench/classify_quality.py [--prefix b-] [--worst 10]

reads `tests/corpus/inbound.jsonl` and `outbound.jsonl`. Ids beginning with "a-" were written before
the rules were last worked on; "b-" after that, and measured once before any rule saw them.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

ROOT: Final = Path(__file__).resolve().parents[1]
CORPUS: Final = ROOT / "tests" / "corpus"
if str(ROOT) not in sys.path:
    # Run as a script, Python puts bench/ on the path and not the checkout.
    sys.path.insert(0, str(ROOT))

from classify.classifier import Classifier  # noqa: E402
from classify.mail import InboundMail, OutboundMail  # noqa: E402
from models.verdict import InboundVerdicts, OutboundVerdicts, Tag  # noqa: E402

_LABELS: Final = (*(tag.value for tag in Tag), "needs_answer", "chaser", "withdrawn")
_TOLERANCE: Final = timedelta(hours=8)
"""A due may differ from the labelled one by less than a working day."""

_WORD: Final = re.compile(r"\w+")

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeWeek:
    """Working time of an office without holidays: Monday to Friday, 10:00-19:00 in Moscow."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))

    def is_working_day(self, day: date) -> bool:
        """Return True for Monday to Friday."""
        return day.weekday() < 5

    def opening_of(self, day: date) -> datetime:
        """Return 10:00 of a day."""
        return datetime.combine(day, time(10), tzinfo=self.zone)

    def closing_of(self, day: date) -> datetime:
        """Return 19:00 of a day."""
        return datetime.combine(day, time(19), tzinfo=self.zone)

    def next_working_day(self, after: date) -> date:
        """Return the first working day later than a day."""
        return next(d for n in range(1, 8) if self.is_working_day(d := after + timedelta(days=n)))

    def last_working_day(self, until: date) -> date:
        """Return the last working day that is not later than a day."""
        return next(d for n in range(8) if self.is_working_day(d := until - timedelta(days=n)))


@dataclass(slots=True)
class Counts:
    """Right and wrong decisions on one label."""

    found: int = 0
    false: int = 0
    missed: int = 0

    def add(self, *, expected: bool, got: bool) -> None:
        """Count one decision; a right "no" is not counted."""
        self.found += expected and got
        self.false += got and not expected
        self.missed += expected and not got

    @property
    def precision(self) -> float:
        """Return the share of findings that are right; 1 without any."""
        return self.found / ((self.found + self.false) or 1) if self.found + self.false else 1.0

    @property
    def recall(self) -> float:
        """Return the share of what is there that was found; 1 when nothing is there."""
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(slots=True)
class Report:
    """Everything that was counted, with the mails that went wrong."""

    labels: dict[str, Counts] = field(default_factory=lambda: {n: Counts() for n in _LABELS})
    no_answer: Counts = field(default_factory=Counts)
    """Mails that need no answer: the other side of "needs_answer"."""
    questions: Counts = field(default_factory=Counts)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(as labelled, as judged) -> mails."""
    promises: Counts = field(default_factory=Counts)
    """One decision per mail of ours: does it promise?"""
    dues: Counts = field(default_factory=Counts)
    """Labelled dated promises; found when a due lies within the tolerance."""
    outbound: int = 0
    wrong: list[tuple[str, str]] = field(default_factory=list)
    """(what went wrong, which mail)."""

    @property
    def macro_f1(self) -> float:
        """Return the mean F1 of the four tags."""
        return sum(self.labels[tag.value].f1 for tag in Tag) / len(Tag)

    @property
    def kind_accuracy(self) -> float:
        """Return the share of our mails whose kind is right."""
        right = sum(n for (expected, got), n in self.kinds.items() if expected == got)
        return right / (sum(self.kinds.values()) or 1)

    @property
    def false_promises(self) -> float:
        """Return the share of all our mails that promise nothing and were read as promising."""
        return self.promises.false / (self.outbound or 1)


def rows(name: str, prefix: str = "") -> list[dict[str, Any]]:
    """Return the labelled mails of a file whose id begins with a prefix."""
    lines = (CORPUS / name).read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["id"].startswith(prefix)]


def measure(classifier: Classifier, inbound: Iterable[Row], outbound: Iterable[Row]) -> Report:
    """Return how the verdicts compare with the labels."""
    report = Report()
    for row in inbound:
        _count_inbound(report, row, classifier.inbound(_inbound_mail(row)))
    for row in outbound:
        _count_outbound(report, row, classifier.outbound(_outbound_mail(row)))
    return report


def _inbound_mail(row: Row) -> InboundMail:
    return InboundMail(subject=row["subject"], new_text=row["body"])


def _outbound_mail(row: Row) -> OutboundMail:
    return OutboundMail(
        subject=row["subject"],
        new_text=row["body"],
        sent_at=datetime.fromisoformat(row["sent_at"]),
        client_text=row["client_message"],
    )


def _count_inbound(report: Report, row: Row, verdicts: InboundVerdicts) -> None:
    got = {tag.what: tag.source for tag in verdicts.tags}
    for verdict in (verdicts.needs_answer, verdicts.chaser, verdicts.withdrawn):
        if verdict.holds:
            got[verdict.what] = verdict.source
    expected = {*row["tags"], *(n for n in _LABELS if row.get(n) is True)}
    for label in _LABELS:
        report.labels[label].add(expected=label in expected, got=label in got)
        if (label in expected) != (label in got):
            sign = "false" if label in got else "missed"
            why = got.get(label, "") or verdicts.needs_answer.source
            report.wrong.append((f"{sign} {label}", f"{row['id']} [{why}] {row['body']}"))
    report.no_answer.add(expected=not row["needs_answer"], got=not verdicts.needs_answer.holds)
    _count_questions(report, row, [question.text for question in verdicts.questions])


def _count_questions(report: Report, row: Row, got: Sequence[str]) -> None:
    """Match items that point at the same words, each once."""
    left = list(got)
    for text in row["questions"]:
        same = next((other for other in left if _agree(text, other)), None)
        if same is None:
            report.questions.missed += 1
            report.wrong.append(("missed question", f"{row['id']} {text}"))
        else:
            left.remove(same)
            report.questions.found += 1
    report.questions.false += len(left)
    report.wrong += [("false question", f"{row['id']} {text}") for text in left]


def _agree(one: str, other: str) -> bool:
    """Tell whether the shorter lies within the longer and makes a good part of it.

    Whether "and" or the lead-in belongs to a question is a matter of taste.
    """
    first, second = set(_WORD.findall(one.lower())), set(_WORD.findall(other.lower()))
    shorter, longer = sorted((first, second), key=len)
    return len(shorter & longer) >= 0.75 * len(shorter) and len(shorter) >= 0.3 * len(longer)


def _count_outbound(report: Report, row: Row, verdicts: OutboundVerdicts) -> None:
    report.outbound += 1
    kind = verdicts.reply_kind.value
    report.kinds[(row["kind"], kind)] += 1
    what = f"{row['id']} [{verdicts.reply_kind_source}] {row['client_message']} => {row['body']}"
    if kind != row["kind"]:
        report.wrong.append((f"kind {row['kind']} as {kind}", what))
    expected, got = bool(row["promises"]), bool(verdicts.promises)
    report.promises.add(expected=expected, got=got)
    if expected != got:
        report.wrong.append(("false promise" if got else "missed promise", what))
    for promise in row["promises"]:
        if promise["due_at"] is not None:
            _count_due(report, datetime.fromisoformat(promise["due_at"]), verdicts, what)


def _count_due(report: Report, due: datetime, verdicts: OutboundVerdicts, what: str) -> None:
    met = any(p.dated and abs(p.due_at - due) < _TOLERANCE for p in verdicts.promises)
    report.dues.add(expected=True, got=met)
    if not met:
        found = ", ".join(p.due_at.astimezone(due.tzinfo).isoformat() for p in verdicts.promises)
        report.wrong.append(("wrong due", f"{due.isoformat()} not in [{found}] {what}"))


def printed(report: Report, worst: int) -> str:
    """Return the report as a table with the worst errors of each sort."""
    named = [*report.labels.items(), ("no answer needed", report.no_answer)]
    named += [("questions", report.questions), ("promising mails", report.promises)]
    named += [("dues of promises", report.dues)]
    lines = [f"{'':18}{'P':>7}{'R':>7}{'F1':>7}   found false missed"]
    for name, c in named:
        lines.append(
            f"{name:18}{c.precision:7.3f}{c.recall:7.3f}{c.f1:7.3f}"
            f"   {c.found:5} {c.false:5} {c.missed:6}"
        )
    lines.append(f"tags macro-F1 {report.macro_f1:.3f}")
    lines.append(f"reply kind accuracy {report.kind_accuracy:.3f}, of {report.outbound} mails")
    lines.append(f"false promises {report.false_promises:.3f} of mails")
    for sort in sorted({sort for sort, _ in report.wrong}):
        mails = [mail for s, mail in report.wrong if s == sort]
        lines.append(f"-- {sort}: {len(mails)}")
        lines += ["   " + mail.replace("\n", " / ")[:300] for mail in mails[:worst]]
    return "\n".join(lines)


def main() -> int:
    """Print the report for the labelled corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", default="", help="only ids that begin so")
    parser.add_argument("--worst", type=int, default=10, help="mails shown per sort of error")
    asked = parser.parse_args()
    report = measure(
        Classifier(OfficeWeek()),
        rows("inbound.jsonl", asked.prefix),
        rows("outbound.jsonl", asked.prefix),
    )
    print(printed(report, asked.worst))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
