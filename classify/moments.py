"""Read expressions of time in Russian and English as the latest instant that they cover."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from classify.moment_rules import DAY_RULES, Reading, at_time, closing
from models.errors import HorizonError
from models.working_time import WorkingTime

_NEAR: Final = 28
"""Characters between a day and a time of day that belong together."""
_LONGEST_SENTENCE: Final = 2000
_LAST_MINUTE: Final = time(23, 59)
# Words before an expression that make it a source, a start or the past, not a deadline.
_NOT_A_DEADLINE = re.compile(
    r"\b(?:от|с|со|за|по|since|from|dated|(?<!end )(?<!close )of|последн\w{2}|прошл\w{2,3}|last|"
    r"past|previous|every|each|кажд\w{2,3})\s{1,2}$"
)
_RANGE = re.compile(r"[-–—]|до|\bto\b|\band\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class MomentRow:
    """One row of the table of expressions."""

    id: str
    kind: str
    rule: str
    regex: re.Pattern[str]
    value: int | None
    examples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MomentTable:
    """All rows in order, and the numbers that words stand for."""

    rows: tuple[MomentRow, ...]
    numbers: Mapping[str, int]
    months: Mapping[str, int]
    weekdays: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """An expression with the instant it stands for."""

    start: int
    """Offset in the text that was read."""
    end: int
    due_at: datetime
    """Aware UTC, never before the mail was sent."""
    source: str
    """Ids of the rows that read it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    row: MomentRow
    match: re.Match[str]


def compile_moments(content: Mapping[str, Any]) -> MomentTable:
    """Return the table of `moments.toml` with its regular expressions compiled."""
    numbers = _pairs(content["numbers"]["words"])
    months = _pairs(content["numbers"]["months"])
    weekdays = _pairs(content["numbers"]["weekdays"])
    names = {
        "NUM": r"(?:\d{1,3}|" + _alternatives(numbers) + ")",
        "MONTH": "(?:" + _alternatives(months) + ")",
        "WEEKDAY": "(?:" + _alternatives(weekdays) + ")",
    }
    rows = tuple(_row(row, names) for row in content["moment"])
    return MomentTable(rows=rows, numbers=numbers, months=months, weekdays=weekdays)


def find_moments(
    table: MomentTable, text: str, sent_at: datetime, working_time: WorkingTime
) -> tuple[Moment, ...]:
    """Return every moment to come that a sentence names, in order of the text."""
    folded = text[:_LONGEST_SENTENCE].lower().replace("ё", "е")
    found = [f for f in _expressions(table, folded) if not _is_no_deadline(folded, f)]
    days = [f for f in found if f.row.kind == "day"]
    times = [f for f in found if f.row.kind == "time"]
    moments: list[Moment] = []
    clock = _Clock(table, sent_at, working_time)
    for day in days:
        hour = _nearest(day, times)
        if hour is not None:
            times.remove(hour)
        moments.extend(clock.read(day, hour))
    for lone in (*times, *(f for f in found if f.row.kind in ("stretch", "instant"))):
        moments.extend(clock.read(None, lone))
    return tuple(sorted(moments, key=lambda m: m.start))


class _Clock:
    """Resolve expressions relative to one mail."""

    def __init__(self, table: MomentTable, sent_at: datetime, working_time: WorkingTime) -> None:
        self._table = table
        self._sent_at = sent_at.astimezone(UTC)
        self._working_time = working_time
        self._today = sent_at.astimezone(working_time.zone).date()

    def read(self, day: _Found | None, hour: _Found | None) -> Iterator[Moment]:
        """Yield the moment of a day, a time of day, or both; nothing for what is past."""
        parts = [part for part in (day, hour) if part is not None]
        try:
            due_at = self._due_at(day, hour)
        except (HorizonError, OverflowError, ValueError):
            return
        if due_at is None or due_at < self._sent_at:
            return
        yield Moment(
            start=min(part.match.start() for part in parts),
            end=max(part.match.end() for part in parts),
            due_at=due_at,
            source="+".join(part.row.id for part in parts),
        )

    def _due_at(self, day: _Found | None, hour: _Found | None) -> datetime | None:
        if day is None:
            assert hour is not None
            return self._without_day(hour)
        named = DAY_RULES[day.row.rule](self._today, self._working_time, self._reading(day))
        if named is None:
            return None
        due_at = self._at(named, hour)
        if named == self._today and due_at < self._sent_at:
            # "Today" said after closing time still means today.
            return at_time(named, _LAST_MINUTE, self._working_time)
        return due_at

    def _without_day(self, found: _Found) -> datetime:
        if found.row.kind == "stretch":
            amount = self._number(found) or 1
            step = timedelta(hours=1) if found.row.rule == "hours" else timedelta(minutes=1)
            return self._sent_at + amount * step
        if found.row.rule == "tonight":
            due_at = closing(self._today, self._working_time)
            late = at_time(self._today, _LAST_MINUTE, self._working_time)
            return due_at if due_at >= self._sent_at else late
        if self._working_time.is_working_day(self._today):
            due_at = self._at(self._today, found)
            if due_at >= self._sent_at:
                return due_at
        return self._at(self._working_time.next_working_day(self._today), found)

    def _at(self, day: date, hour: _Found | None) -> datetime:
        if hour is None or hour.row.rule == "closing":
            return closing(day, self._working_time)
        if hour.row.rule == "clock":
            return self._at_clock(day, hour)
        return at_time(day, time(hour.row.value or 12), self._working_time)

    def _at_clock(self, day: date, found: _Found) -> datetime:
        groups = _groups(found)
        hours = self._as_number(groups.get("h")) or 0
        minutes = int(groups.get("min") or 0)
        half = groups.get("half", "")
        afternoon = half.startswith("p") or half in ("дня", "вечера")
        # "к трем" and "by 3" in an office are of the afternoon.
        if (afternoon and hours < 12) or (not half and not groups.get("min") and 1 <= hours <= 7):
            hours += 12
        if half.startswith("a") and hours == 12:
            hours = 0
        if hours >= 24:
            return at_time(day, _LAST_MINUTE, self._working_time)
        return at_time(day, time(hours, minutes), self._working_time)

    def _reading(self, found: _Found) -> Reading:
        groups = _groups(found)
        day = groups.get("d")
        weekday = self._table.weekdays.get(day) if day else None
        month = groups.get("m")
        return Reading(
            value=self._number(found),
            day=weekday if weekday is not None else self._as_number(day),
            month=self._table.months.get(month) or self._as_number(month) if month else None,
            year=self._as_number(groups.get("y")),
        )

    def _number(self, found: _Found) -> int | None:
        if found.row.value is not None:
            return found.row.value
        return self._as_number(_groups(found).get("n"))

    def _as_number(self, words: str | None) -> int | None:
        if not words:
            return None
        return int(words) if words.isdecimal() else self._table.numbers.get(words)


def _expressions(table: MomentTable, text: str) -> list[_Found]:
    """Return the matches of all rows; characters taken by an earlier row are not read again."""
    taken = bytearray(len(text))
    found: list[_Found] = []
    for row in table.rows:
        for match in row.regex.finditer(text):
            start, end = match.span()
            if start == end or any(taken[start:end]):
                continue
            taken[start:end] = b"\x01" * (end - start)
            found.append(_Found(row=row, match=match))
    return sorted(found, key=lambda f: f.match.start())


def _is_no_deadline(text: str, found: _Found) -> bool:
    if found.row.kind == "time" and _RANGE.search(found.match.group()):
        return False
    before = text[max(0, found.match.start() - 20) : found.match.start()]
    return _NOT_A_DEADLINE.search(before) is not None


def _nearest(day: _Found, times: Sequence[_Found]) -> _Found | None:
    def distance(hour: _Found) -> int:
        return max(hour.match.start() - day.match.end(), day.match.start() - hour.match.end(), 0)

    nearest = min(times, key=distance, default=None)
    return nearest if nearest is not None and distance(nearest) <= _NEAR else None


def _groups(found: _Found) -> dict[str, str]:
    """Return the named groups that took part; d, d2, d3 are one group."""
    return {name[:-1] if name[-1].isdigit() else name: text
            for name, text in found.match.groupdict().items() if text}  # fmt: skip


def _row(row: Mapping[str, Any], names: Mapping[str, str]) -> MomentRow:
    source = row["regex"]
    for name, alternatives in names.items():
        source = source.replace(name, alternatives)
    return MomentRow(
        id=row["id"],
        kind=row["kind"],
        rule=row["rule"],
        regex=re.compile(r"(?<!\w)(?:" + source + ")"),
        value=row.get("value"),
        examples=tuple(row["examples"]),
    )


def _pairs(listed: str) -> dict[str, int]:
    """Read "word number, word number"."""
    rows = (entry.strip().rsplit(" ", 1) for entry in listed.split(","))
    return {word: int(number) for word, number in rows}


def _alternatives(words: Mapping[str, int]) -> str:
    return "|".join(sorted((re.escape(w) for w in words), key=len, reverse=True))
