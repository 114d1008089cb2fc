"""Turn a text into sentences of lemmas: the only door to spaCy and pymorphy3.

Blank spaCy pipelines cut tokens and sentences. The lemmas are ours, because spaCy's Russian
lemmatizer returns the raw word wherever analyses disagree (research/nlp.md section 1.2).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pymorphy3
import spacy
from spacy.language import Language as SpacyLanguage
from spacy.tokens import Token

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


class Pipeline:
    """Read texts into sentences; build one per process, it takes seconds."""

    def __init__(self, table: LemmaTable) -> None:
        self.lemmatizer = Lemmatizer(table)
        self._russian = _blank("ru")
        self._english = _blank("en")

    def read(self, text: str, language: LanguageFinding) -> tuple[Sentence, ...]:
        """Return the sentences of the first MAX_CHARACTERS; empty for a text without words."""
        bounded = text[:MAX_CHARACTERS]
        line = single_line(bounded)
        nlp = self._russian if language.russian_letters else self._english
        tokens = iter(nlp(line))
        found: list[Sentence] = []
        token = next(tokens, None)
        for block in blocks(bounded):
            inside: list[Token] = []
            while token is not None and token.idx < block.end:
                if token.idx >= block.start and not token.is_space:
                    inside.append(token)
                token = next(tokens, None)
            found.extend(self._sentences(line, block, inside, language.transliterated))
        return tuple(found)

    def lemmas_of(self, phrase: str) -> tuple[str, ...]:
        """Return the lemmas of a lexicon entry, cut at blanks and hyphens as texts are."""
        return tuple(self.lemmatizer.of(part)[0] for part in re.split(r"[\s\-]+", phrase) if part)

    def _sentences(
        self, line: str, block: Block, tokens: list[Token], transliterated: bool
    ) -> Iterator[Sentence]:
        for group in _groups(line, tokens):
            start = group[0].idx
            end = group[-1].idx + len(group[-1])
            words = tuple(self._words(group, transliterated))
            if words or "?" in line[start:end]:
                yield Sentence(
                    text=line[start:end], start=start, end=end, words=words, bullet=block.bullet
                )

    def _words(self, tokens: list[Token], transliterated: bool) -> Iterator[Word]:
        for token in tokens:
            text = token.text
            if not any(map(str.isalnum, text)):
                continue
            lemma, marks = self.lemmatizer.of(text, transliterated)
            if text[0].isupper():
                marks = marks | {"cap"}
            yield Word(text, token.idx, token.idx + len(text), lemma, marks)


def _blank(code: str) -> SpacyLanguage:
    nlp = spacy.blank(code)
    nlp.add_pipe("sentencizer")
    return nlp


def _groups(line: str, tokens: list[Token]) -> Iterator[list[Token]]:
    """Cut tokens into sentences; a dot behind an abbreviation or a list number ends none."""
    group: list[Token] = []
    for token in tokens:
        if group and _begins_sentence(line, group, token):
            yield group
            group = []
        group.append(token)
    if group:
        yield group


def _begins_sentence(line: str, group: list[Token], token: Token) -> bool:
    end = group[-1].idx + len(group[-1])
    said = line[max(group[0].idx, end - 12) : end]
    if said.endswith(".") and _AMOUNT.search(said):
        return token.text[:1].isupper()
    return bool(token.is_sent_start) and not _ABBREVIATION.search(said)
