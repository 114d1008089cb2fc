"""Fold the forms of an English word into one stem, without a dictionary of the language."""

from collections.abc import Mapping

_VOWELS = frozenset("aeiouy")
_UNDOUBLED = frozenset("bdgmnprt")
"""Final letters that English doubles before -ed and -ing; ll, ss, zz belong to the word."""


def stem(word: str, irregular: Mapping[str, str]) -> str:
    """Return one stem for all forms of a lower-case word.

    The stem need not be a word ("invoices" gives "invoic"): lexicons pass through the same
    function, so only equality counts.

    >>> stem("invoices", {}) == stem("invoiced", {}) == stem("invoice", {})
    True
    >>> stem("replied", {}), stem("planning", {}), stem("need", {})
    ('reply', 'plan', 'need')
    """
    known = irregular.get(word)
    if known is not None:
        return known
    if len(word) < 4 or not word.isascii():
        return word
    return _without_final_e(_without_suffix(word))


def _without_suffix(word: str) -> str:
    if word.endswith(("ies", "ied")):
        return word[:-3] + "y" if len(word) > 4 else word
    if word.endswith("ing"):
        return _restored(word, word[:-3])
    if word.endswith("ed") and not word.endswith("eed"):
        return _restored(word, word[:-2])
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _restored(word: str, base: str) -> str:
    """Undo what -ed and -ing did to the end of the verb."""
    if len(base) < 3 or not _VOWELS & set(base):
        return word
    if len(base) > 3 and base[-1] == base[-2] and base[-1] in _UNDOUBLED:
        return base[:-1]
    short_closed = len(base) == 3 and base[-1] not in "wxy" and base[-2] in _VOWELS
    if short_closed and base[0] not in _VOWELS and base[-1] not in _VOWELS:
        return base + "e"
    return base


def _without_final_e(word: str) -> str:
    if len(word) > 4 and word.endswith("e") and not word.endswith("ee"):
        return word[:-1]
    return word
