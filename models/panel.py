"""Hold what the panel and the digests show, ready to be sorted and worded."""

from dataclasses import dataclass

from models.message import Correspondent
from models.obligation import Obligation


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitingRow:
    """One client who waits: the obligation with the words that opened it."""

    obligation: Obligation
    subject: str
    snippet: str
    """First words of the new text of the opening mail, one line, at most 200 characters."""
    author: Correspondent
    """Who wrote the opening mail."""
