"""Tell which language a text is mostly written in, from its script and its commonest words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from models.verdict import Language

_WORD = re.compile(r"[^\W\d_]{1,40}")
_CYRILLIC = re.compile(r"[а-яёА-ЯЁ]")
_FOREIGN_CYRILLIC = re.compile(r"[іїєґўәғқңөұүһјљњђћџІЇЄҐЎӘҒҚҢӨҰҮҺЈЉЊЂЋЏ]")
_LATIN = re.compile(r"[a-zA-Z]")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S{1,300}|\S{1,64}@\S{1,200}")
_LETTERS_READ = 4000

# Longest first: "shch" must be read before "sh" and "s".
_LATIN_TO_CYRILLIC = (
    ("shch", "щ"), ("sch", "щ"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("ch", "ч"), ("sh", "ш"),
    ("yu", "ю"), ("ju", "ю"), ("ya", "я"), ("ja", "я"), ("yo", "е"), ("ye", "е"), ("iy", "ий"),
    ("yj", "ый"), ("a", "а"), ("b", "б"), ("v", "в"), ("w", "в"), ("g", "г"), ("d", "д"),
    ("e", "е"), ("z", "з"), ("i", "и"), ("j", "й"), ("k", "к"), ("l", "л"), ("m", "м"),
    ("n", "н"), ("o", "о"), ("p", "п"), ("r", "р"), ("s", "с"), ("t", "т"), ("u", "у"),
    ("f", "ф"), ("h", "х"), ("c", "ц"), ("x", "кс"), ("q", "к"), ("y", "ы"), ("'", "ь"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageFinding:
    """The language and whether Russian was typed in Latin letters."""

    language: Language
    transliterated: bool = False

    @property
    def russian_letters(self) -> bool:
        """True when most words are to be read with the Russian tokenizer."""
        return self.language is Language.RU and not self.transliterated


def detect(text: str, marker_words: Mapping[str, frozenset[str]]) -> LanguageFinding:
    """Return the language of a text; OTHER for no letters at all.

    `marker_words` maps "en", "translit" and "other" to their commonest short words.
    """
    plain = _ADDRESS.sub(" ", text[:_LETTERS_READ])
    words = [w.lower() for w in _WORD.findall(plain)]
    cyrillic = sum(1 for w in words if _CYRILLIC.search(w) or _FOREIGN_CYRILLIC.search(w))
    latin = sum(1 for w in words if _LATIN.search(w))
    if cyrillic == latin == 0:
        return LanguageFinding(language=Language.OTHER)
    # A Russian mail about software is full of Latin names; an English one has no Cyrillic.
    if cyrillic * 2 >= latin:
        return _cyrillic_language(words, cyrillic)
    return _latin_language(words, marker_words)


def _cyrillic_language(words: list[str], cyrillic: int) -> LanguageFinding:
    foreign = sum(1 for w in words if _FOREIGN_CYRILLIC.search(w))
    other = foreign * 5 > cyrillic
    return LanguageFinding(language=Language.OTHER if other else Language.RU)


def _latin_language(words: list[str], markers: Mapping[str, frozenset[str]]) -> LanguageFinding:
    hits = {name: sum(1 for w in words if w in known) for name, known in markers.items()}
    english, translit, other = hits.get("en", 0), hits.get("translit", 0), hits.get("other", 0)
    if translit > english and translit >= other:
        return LanguageFinding(language=Language.RU, transliterated=True)
    accented = sum(1 for w in words if not w.isascii())
    if other > english or (accented > english and accented * 4 > len(words)):
        return LanguageFinding(language=Language.OTHER)
    return LanguageFinding(language=Language.EN)


def to_cyrillic(word: str) -> str:
    """Return a lower-case Latin word spelt in Cyrillic, as Russian typed without a layout reads.

    >>> to_cyrillic("skolko"), to_cyrillic("oshibka")
    ('сколко', 'ошибка')
    """
    out: list[str] = []
    at = 0
    while at < len(word):
        for latin, cyrillic in _LATIN_TO_CYRILLIC:
            if word.startswith(latin, at):
                out.append(cyrillic)
                at += len(latin)
                break
        else:
            out.append(word[at])
            at += 1
    return "".join(out)
