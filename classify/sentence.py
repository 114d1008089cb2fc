"""Hold a text as sentences of lemmas, free of any library's types."""

from dataclasses import dataclass
from typing import NamedTuple


class Word(NamedTuple):
    """One word or number of a sentence; a plain tuple, because a mail makes hundreds of them."""

    text: str
    """As written."""
    start: int
    """Offset into the whole text."""
    end: int
    lemma: str
    marks: frozenset[str]
    """Grammar: "1per", "2per", "3per", "futr", "pres", "past", "impr", "inf", "short", "num",
    "cap" (capitalised), "name"; empty for what is not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """One sentence or list item."""

    text: str
    start: int
    """Offset into the whole text: `whole[start:end] == text`, line ends aside."""
    end: int
    words: tuple[Word, ...]
    bullet: bool = False
    """It stands in a list."""

    @property
    def lemmas(self) -> tuple[str, ...]:
        """Return the lemmas of the words in order."""
        return tuple(word.lemma for word in self.words)

    @property
    def asks(self) -> bool:
        """True when the sentence ends with a question mark."""
        return "?" in self.text[-4:]
