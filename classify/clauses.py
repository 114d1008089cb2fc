"""Cut a sentence into clauses, each to be read by itself."""

import re
from collections.abc import Iterator
from typing import Final

from classify.patterns import Coded, part_of

# Clauses part at a comma, a semicolon, a dash or a conjunction that begins a new statement.
_JOINT: Final = re.compile(
    r"[,;:]\s{1,2}(?:(?:а|и|но|and|but|so)\s)?|\s[-–—]\s"
    r"|\s(?:а|но|but|and (?=i |we |our )|and then|while)\s",
    re.IGNORECASE,
)


def clauses_of(coded: Coded) -> Iterator[Coded]:
    """Yield the clauses of a sentence; a piece of one word stays with what precedes it."""
    words = coded.sentence.words
    first = 0
    for cut in _JOINT.finditer(coded.sentence.text):
        at = coded.sentence.start + cut.end()
        index = next((k for k, w in enumerate(words) if w.start >= at), len(words))
        if index - first >= 2 and len(words) - index >= 2:
            yield part_of(coded, first, index)
            first = index
    yield part_of(coded, first, len(words))
