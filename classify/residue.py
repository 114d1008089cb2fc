"""Say what a sentence is about once greetings, thanks, formulae and names are taken away."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from classify.clauses import clauses_of
from classify.patterns import Coded, Span, Vocabulary

_CLAUSE_ENDS: Final = frozenset(",;:.!?—–-(")
_THANKS_REACH: Final = 8
"""Words behind "thanks for" that say what for."""
_DICTATED_REACH: Final = 1
"""The same in a sentence without any stop, where the next clause may begin at once."""


class Residue:
    """Take away what carries no matter, by the word classes of one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._spoken = vocabulary.mask_of(
            "greeting", "signoff", "thanks", "please", "ok_word", "filler", "#num", "#name"
        )
        self._thanks = vocabulary.mask_of("thanks")
        self._closing = vocabulary.mask_of("thanks", "ok_word", "greeting", "signoff", "please")
        self._matter = vocabulary.mask_of("system")

    def left(self, coded: Coded, spans: Iterable[Span] = ()) -> list[str]:
        """Return the words of a sentence that neither formulae nor the given spans account for."""
        words = coded.sentence.words
        size = len(words)
        if _is_signature(coded):
            return []
        covered = [bool(mask & self._spoken) for mask in coded.masks]
        for at, phrases in enumerate(coded.phrases):
            for bit, length in phrases:
                if bit & self._spoken:
                    covered[at : at + length] = [True] * length
        for span in (*spans, *self._what_for(coded)):
            covered[span.start : span.end] = [True] * (span.end - span.start)
        return [
            words[k].text
            for k in range(size)
            # A capital inside or alone in a short sentence is a name: "Спасибо, Аня".
            if not covered[k] and not ("cap" in words[k].marks and (k > 0 or size <= 3))
        ]

    def is_about_something(self, coded: Coded) -> bool:
        """Tell whether a sentence speaks of a matter of its own beside its formulae.

        A thing that we build or run is one ("спасибо шапка бледная"), and so is a clause without
        any formula in which a word is left ("хорошо, текст суховат").
        """
        spoken = self._spoken
        if any(mask & self._matter and not mask & spoken for mask in coded.masks):
            return True
        return any(not _says(part, self._closing) and self.left(part) for part in clauses_of(coded))

    def _what_for(self, coded: Coded) -> Iterable[Span]:
        """Yield the clauses that say what the client thanks for."""
        words = coded.sentence.words
        stopped = any(c in _CLAUSE_ENDS for c in coded.sentence.text)
        reach = _THANKS_REACH if stopped else _DICTATED_REACH
        for at, mask in enumerate(coded.masks[:-1]):
            if mask & self._thanks and words[at + 1].lemma in ("for", "за", "you"):
                end = _end_of_clause(coded, at)
                yield Span(at, min(end, at + 2 + reach))


def _says(coded: Coded, mask: int) -> bool:
    """Tell whether a word or a phrase of some classes occurs."""
    begun = (bit for phrases in coded.phrases for bit, _ in phrases)
    return any(own & mask for own in coded.masks) or any(bit & mask for bit in begun)


def _end_of_clause(coded: Coded, start: int) -> int:
    """Return the index behind the last word before the next stop."""
    text, offset = coded.sentence.text, coded.sentence.start
    words = coded.sentence.words
    for k, (one, other) in enumerate(pairwise(words[start:]), start + 1):
        if _CLAUSE_ENDS & set(text[one.end - offset : other.start - offset]):
            return k
    return len(words)


def _is_signature(coded: Coded) -> bool:
    """Tell whether a line is nothing but capitalised words: "School Office, Oakfield School".

    One word may be the whole of a mail, words in capitals throughout are shouted, and a mark at
    the end makes a sentence.
    """
    words = [word for word in coded.sentence.words if len(word.text) > 1]
    if len(words) < 2 or coded.sentence.text[-1:] in ".!?…":
        return False
    return all("cap" in w.marks and not (len(w.text) > 3 and w.text.isupper()) for w in words)
