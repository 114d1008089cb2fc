"""Turn a text into sentences of lemmas: the only door to spaCy and pymorphy3.

Blank spaCy pipelines cut tokens and sentences. The lemmas are ours, because spaCy's Russian
lemmatizer returns the raw word wherever analyses disagree (research/nlp.md section 1.2).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import pymorphy3
import spacy
from spacy.pipeline import Sentencizer

from classify.english import stem
from classify.language import LanguageFinding, to_cyrillic
from classify.layout import Block, blocks, single_line
from classify.sentence import Sentence, Word

MAX_CHARACTERS: Final = 20_000
"""Verdicts read no further; nobody puts the request behind page ten."""
_CACHED_WORDS: Final = 100_000
_LONGEST_WORD: Final = 60
_GRAMMEMES: Final = {
    "1per": "1per", "2per": "2per", "3per": "3per", "futr": "futr", "pres": "pres",
    "past": "past", "INFN": "inf", "PRTS": "short", "plur": "plur",
}  # fmt: skip
_NOT_PAST: Final = frozenset({"be", "have", "will", "would", "can", "not", "let", "ok", "pleas"})
"""Lemmas whose listed forms are no past tenses."""
_CYRILLIC = re.compile(r"[а-яА-ЯёЁ]")
_ABBREVIATION = re.compile(
    r"(?:\b(?:т|д|п|е|г|гг|руб|тыс|млн|ул|им|стр|см|напр|др|пр|шт|рис|доп|макс|мин|тел|обл|коп|"
    r"mr|mrs|ms|dr|vs|no|nr|inc|ltd|approx|[a-zа-я])|^\W{0,2}\d{1,2})\.$",
    re.IGNORECASE,
)

_AMOUNT = re.compile(r"\b(?:руб|тыс|млн|коп|шт|г|гг|д|п|мин|др|пр|кв)\.$", re.IGNORECASE)
"""Abbreviations that end a sentence as often as not; a capital behind them decides."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LemmaTable:
    """Where the general rules give a wrong lemma."""

    russian: Mapping[str, str]
    english: Mapping[str, str]


class Lemmatizer:
    """Find lemma and grammar of single words, each word once per process."""

    def __init__(self, table: LemmaTable) -> None:
        self._table = table
        self._morph = pymorphy3.MorphAnalyzer()
        self.of = lru_cache(maxsize=_CACHED_WORDS)(self._of)

    def _of(self, form: str, transliterated: bool = False) -> tuple[str, frozenset[str]]:
        word = form.lower().replace("ё", "е")[:_LONGEST_WORD]
        if word.isdigit():
            return word, frozenset({"num"})
        if transliterated and word.isascii():
            word = to_cyrillic(word)
        if not _CYRILLIC.search(word):
            return self._english(word)
        return self._russian(word)

    def _english(self, word: str) -> tuple[str, frozenset[str]]:
        lemma = stem(word, self._table.english)
        past = word.endswith("ed") and lemma != word
        irregular = word in self._table.english and lemma not in _NOT_PAST and len(word) > 2
        changed = irregular and not word.endswith(("s", "ing"))
        return lemma, frozenset({"past"}) if past or changed else frozenset()

    def _russian(self, word: str) -> tuple[str, frozenset[str]]:
        analyses = self._morph.parse(word)
        best = analyses[0]
        marks = {_GRAMMEMES[g] for g in best.tag.grammemes if g in _GRAMMEMES}
        # "посмотрите" is future or imperative with equal weight; in mail it is a request. The
        # inclusive imperative ("пришлем") is our future.
        # "день" is an imperative of "деть" too, which nobody means: rare readings don't count.
        if any(
            {"impr", "excl"} <= a.tag.grammemes and (a.score >= 0.3 or word.endswith("те"))
            for a in analyses
        ):
            marks.add("impr")
        if any({"1per", "futr"} <= a.tag.grammemes and a.score >= 0.3 for a in analyses):
            marks |= {"1per", "futr"}
        if any(g in best.tag.grammemes for g in ("Name", "Surn", "Patr")):
            marks.add("name")
        lemma = self._table.russian.get(word) or best.normal_form.replace("ё", "е")
        return self._table.russian.get(lemma, lemma), frozenset(marks)


class Piece(NamedTuple):
    """One token of a chunk, a stretch of text without blanks, with what is known of its word."""

    start: int
    end: int
    is_stop: bool
    """It ends a sentence: ".", "?", "…" and others."""
    is_punctuation: bool
    text: str
    lemma: str
    """Empty for a token that is no word."""
    marks: frozenset[str]


class Cutter:
    """Cut chunks into tokens as spaCy does.

    spaCy cuts at blanks first, and each chunk by itself. So a chunk that was met before need not
    be cut again: this is many times as fast, because people use the same words.
    """

    def __init__(self, code: str, lemmatizer: Lemmatizer) -> None:
        self._tokenizer = spacy.blank(code).tokenizer
        self._stops = frozenset(Sentencizer.default_punct_chars)
        self._lemmatizer = lemmatizer
        self.pieces = lru_cache(maxsize=_CACHED_WORDS)(self._cut)

    def _cut(self, chunk: str, transliterated: bool) -> tuple[Piece, ...]:
        return tuple(
            Piece(
                token.idx,
                token.idx + len(token),
                token.text in self._stops,
                token.is_punct,
                token.text,
                *self._word(token.text, transliterated),
            )
            for token in self._tokenizer(chunk)
        )

    def _word(self, text: str, transliterated: bool) -> tuple[str, frozenset[str]]:
        if not any(map(str.isalnum, text)):
            return "", frozenset()
        lemma, marks = self._lemmatizer.of(text, transliterated)
        return lemma, marks | {"cap"} if text[0].isupper() else marks


class Pipeline:
    """Read texts into sentences; build one per process, it takes seconds."""

    def __init__(self, table: LemmaTable) -> None:
        self.lemmatizer = Lemmatizer(table)
        self._russian = Cutter("ru", self.lemmatizer)
        self._english = Cutter("en", self.lemmatizer)

    def read(self, text: str, language: LanguageFinding) -> tuple[Sentence, ...]:
        """Return the sentences of the first MAX_CHARACTERS; empty for a text without words."""
        bounded = text[:MAX_CHARACTERS]
        cutter = self._russian if language.russian_letters else self._english
        cutting = _Cutting(single_line(bounded), cutter, transliterated=language.transliterated)
        return tuple(s for block in blocks(bounded) for s in cutting.sentences(block))

    def lemmas_of(self, phrase: str) -> tuple[str, ...]:
        """Return the lemmas of a lexicon entry, cut at blanks and hyphens as texts are."""
        return tuple(self.lemmatizer.of(part)[0] for part in re.split(r"[\s\-]+", phrase) if part)


class _Cutting:
    """One text on its way into sentences."""

    def __init__(self, line: str, cutter: Cutter, *, transliterated: bool) -> None:
        self._line = line
        self._pieces = cutter.pieces
        self._transliterated = transliterated
        self._stopped = False
        """A sentence has ended, and the next word begins another."""

    def sentences(self, block: Block) -> Iterator[Sentence]:
        """Yield the sentences of one block."""
        first = last = -1  # where the sentence begins and where its last token ended
        words: list[Word] = []
        for at, piece in self._tokens(block):
            start, end, is_stop, is_punctuation, text, lemma, marks = piece
            begins = self._stopped and not is_stop and not is_punctuation
            if first >= 0 and _ends_sentence(self._line, first, last, at + start, begins):
                yield from self._sentence(first, last, words, block)
                first, words = -1, []
            self._stopped = is_stop or (self._stopped and not begins)
            first = at + start if first < 0 else first
            last = at + end
            if lemma:
                words.append(Word(text, at + start, last, lemma, marks))
        yield from self._sentence(first, last, words, block)

    def _tokens(self, block: Block) -> Iterator[tuple[int, Piece]]:
        """Yield each token with where its chunk begins."""
        at = block.start
        for chunk in self._line[block.start : block.end].split(" "):
            if chunk:
                for piece in self._pieces(chunk, self._transliterated):
                    yield at, piece
            at += len(chunk) + 1

    def _sentence(
        self, first: int, last: int, words: list[Word], block: Block
    ) -> Iterator[Sentence]:
        text = self._line[first:last] if first >= 0 else ""
        if words or "?" in text:
            yield Sentence(
                text=text, start=first, end=last, words=tuple(words), bullet=block.bullet
            )


def _ends_sentence(line: str, first: int, last: int, following: int, begins: bool) -> bool:
    """Tell whether a sentence ends before a token; a dot behind an abbreviation ends none."""
    is_dot = line[last - 1] == "."
    if not (is_dot or begins):
        return False
    said = line[max(first, last - 12) : last]
    if is_dot and _AMOUNT.search(said):
        return line[following].isupper()
    return begins and not (is_dot and _ABBREVIATION.search(said))
