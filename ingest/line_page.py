"""Hold the lines of a mail while they are being labelled."""

from collections.abc import Iterator, Sequence

from ingest.marks import MAX_LINE_CHARS
from models.message import LineLabel


class LinePage:
    """Lines with their labels; a line is labelled from the outside, texts never change."""

    def __init__(self, texts: list[str], marks: Sequence[LineLabel | None]) -> None:
        self.texts = texts
        self.labels = [mark or LineLabel.NEW for mark in marks]
        # Long lines are empty to the rules, so that no pattern is ever matched against them.
        self.stripped = ["" if len(t) > MAX_LINE_CHARS else _bare(t) for t in texts]
        self.blank = [not t.strip() for t in texts]

    def __len__(self) -> int:
        return len(self.texts)

    def is_new(self, place: int) -> bool:
        """Tell whether a line is still the author's."""
        return self.labels[place] is LineLabel.NEW

    def has_words_at(self, place: int) -> bool:
        """Tell whether a line is the author's and says something."""
        return self.is_new(place) and _has_letters(self.texts[place])

    def has_new_words(self) -> bool:
        """Tell whether the author wrote anything."""
        return any(self.has_words_at(place) for place in range(len(self)))

    def has(self, *labels: LineLabel) -> bool:
        """Tell whether any line bears one of some labels."""
        return any(label in labels for label in self.labels)

    def mark(self, start: int, end: int, label: LineLabel) -> None:
        """Label the lines of a range that are still NEW."""
        for place in range(start, min(end, len(self))):
            if self.is_new(place):
                self.labels[place] = label

    def relabel(self, old: LineLabel, new: LineLabel) -> None:
        """Give every line of one label another."""
        self.labels = [new if label is old else label for label in self.labels]

    def next_written(self, start: int) -> int | None:
        """Return the place of the first line from `start` on that is not empty."""
        return next((i for i in range(start, len(self)) if not self.blank[i]), None)

    def runs(self) -> Iterator[tuple[int, int]]:
        """Yield the ranges of neighbouring NEW lines, empty ones at the ends left out."""
        start: int | None = None
        for place in range(len(self) + 1):
            if place < len(self) and self.is_new(place):
                start = place if start is None else start
            elif start is not None:
                if trimmed := self._trimmed(start, place):
                    yield trimmed
                start = None

    def _trimmed(self, start: int, end: int) -> tuple[int, int] | None:
        while start < end and self.blank[start]:
            start += 1
        while end > start and self.blank[end - 1]:
            end -= 1
        return (start, end) if start < end else None


def _has_letters(text: str) -> bool:
    return any(map(str.isalnum, text[:2000])) or len(text) > 2000


def _bare(text: str) -> str:
    """Return a line without blanks around and without the direction marks that Windows writes."""
    return text.replace("\u200e", "").replace("\u200f", "").replace("\xa0", " ").strip()
