"""Say what a mark in the text of a mail is, and match tables of them in linear time."""

import re
from dataclasses import dataclass
from typing import Final

MAX_LINE_CHARS: Final = 400
"""A longer line is no mark: it is never matched, so that a stranger can't make matching slow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """One row of a table of marks."""

    id: str
    pattern: re.Pattern[str]
    """Matched against one stripped line."""
    example: str
    comment: str


class MarkTable:
    """An ordered table of marks, with one pattern over all of them for speed."""

    def __init__(self, *rows: Mark) -> None:
        self.rows = rows
        together = "|".join(f"(?:{row.pattern.pattern})" for row in rows)
        self._any = re.compile(together, re.IGNORECASE)

    def matches(self, line: str) -> bool:
        """Tell whether a stripped line is one of the marks; long lines never are."""
        return len(line) <= MAX_LINE_CHARS and self._any.match(line) is not None


def mark(mark_id: str, pattern: str, example: str, comment: str) -> Mark:
    """Return one row of a table."""
    return Mark(
        id=mark_id, pattern=re.compile(pattern, re.IGNORECASE), example=example, comment=comment
    )
