"""Decode bytes whose charset label is missing, unknown or lying, by what the bytes look like."""

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import chardet

SAMPLE_BYTES: Final = 4096
"""How much of a text is looked at when its charset is guessed."""

_ALIASES: Final = {
    # Mailers of the nineties and scripts of today write these; Python knows none of them.
    "win-1251": "cp1251",
    "win1251": "cp1251",
    "cp-1251": "cp1251",
    "x-cp1251": "cp1251",
    "x-windows-1251": "cp1251",
    "ansi-1251": "cp1251",
    "windows-1251-1": "cp1251",
    "koi8r": "koi8-r",
    "koi8": "koi8-r",
    "koi-8": "koi8-r",
    "koi8-ru": "koi8-u",
    "x-koi8-r": "koi8-r",
    "dos-866": "cp866",
    "ibm-866": "cp866",
    "x-cp866": "cp866",
    "x-mac-cyrillic": "mac-cyrillic",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode-2-0-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "x-utf-8": "utf-8",
    "ansi": "cp1252",
    "x-ansi": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "x-gbk": "gbk",
    "x-sjis": "shift_jis",
    "ks_c_5601-1987": "cp949",
}

# A label may ask for more than it names: browsers and mailers agree to read these as supersets.
_SUPERSETS: Final = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030"}

# Codecs of Python that are no charsets of mail: slow, or not one text for one byte string.
_NOT_FOR_MAIL: Final = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
)

_CYRILLIC_CHARSETS: Final = ("cp1251", "koi8-r", "cp866", "iso8859-5")
_LATIN_CHARSETS: Final = ("cp1252", "cp1250", "iso8859-2", "iso8859-15", "cp1254")

# Common letters score high, rare ones low, as in running Russian text; the order is the frequency.
_LETTER_WEIGHT: Final = {
    letter: 1.0 - place / 33 for place, letter in enumerate("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё")
}
_UKRAINIAN: Final = frozenset("іїєґ")
_ENOUGH_LETTERS: Final = 20
_CASE_PENALTY: Final = 4.0
"""What an upper-case letter after a lower-case one costs: names such as "МегаФон" are rare."""
_HIGH_RUN: Final = re.compile(rb"[\x80-\xff]+")
_ASCII_LETTERS: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """Text with the way it was found."""

    text: str
    guessed: bool = False
    """The label was missing or wrong and another charset was taken by evidence."""
    charset: str = ""


@lru_cache(maxsize=512)
def codec_named(label: str) -> str | None:
    """Return Python's name for a charset label; None when it is unknown or not for mail."""
    name = label.strip().strip("\"'").lower()[:40]
    name = _ALIASES.get(name, name)
    try:
        found = codecs.lookup(name)
        # Text codecs only: "base64" and "rot13" are codecs too, and refuse to decode to text.
        b"x".decode(name, "replace")
    except (LookupError, ValueError, UnicodeError):
        return None
    if found.name in _NOT_FOR_MAIL:
        return None
    return _SUPERSETS.get(found.name, found.name)


def russian_score(text: str) -> float:
    """Return how much high characters look like Russian: about 0.7 for text, below 0 for not.

    Upper case after lower case inside a word and signs that are no letters speak against it: that
    is what koi8-r looks like when it is read as windows-1251, and the other way round.
    """
    total = 0.0
    counted = 0
    before = ""
    for char in text[:SAMPLE_BYTES]:
        if char > "\x7f":
            counted += 1
            low = char.lower()
            if low in _LETTER_WEIGHT or low in _UKRAINIAN:
                total += _LETTER_WEIGHT.get(low, 0.2)
                total -= _CASE_PENALTY if char != low and before.islower() else 0.0
            elif char.isalpha() or not (char.isspace() or char in "«»—–…„“”№’©·°"):
                total -= 1.0
        before = char
    return total / counted if counted else 0.0


def _looks_latin(data: bytes) -> bool:
    """Tell whether high bytes stand alone among ASCII letters, as in "Müller"."""
    single = runs = 0
    for run in _HIGH_RUN.finditer(data[:SAMPLE_BYTES]):
        runs += 1
        before = run.start() and data[run.start() - 1] in _ASCII_LETTERS
        after = run.end() < len(data) and data[run.end()] in _ASCII_LETTERS
        single += run.end() - run.start() <= 2 and bool(before or after)
    return runs > 0 and single * 2 > runs


def best_cyrillic(data: bytes) -> tuple[str, float]:
    """Return the Cyrillic charset under which bytes look most like Russian, with its score."""
    sample = data[:SAMPLE_BYTES]
    scores = {c: russian_score(sample.decode(c, "replace")) for c in _CYRILLIC_CHARSETS}
    best = max(scores, key=lambda charset: scores[charset])
    return best, scores[best]


def _by_statistics(data: bytes) -> str:
    """Ask chardet, the last resort: slow, and wrong on short texts."""
    found = chardet.detect(
        data[:SAMPLE_BYTES], include_encodings=[*_CYRILLIC_CHARSETS, *_LATIN_CHARSETS]
    )
    return codec_named(found["encoding"] or "") or "cp1252"


def guess_decode(data: bytes) -> Decoded:
    """Decode bytes without a believable label: UTF-8 if it is, else by its letters."""
    try:
        return Decoded(text=data.decode("utf-8"), guessed=not data.isascii(), charset="utf-8")
    except UnicodeDecodeError:
        pass
    if _looks_latin(data):
        charset = "cp1252"
    else:
        charset, score = best_cyrillic(data)
        if score < 0.3:
            charset = _by_statistics(data)
    return Decoded(text=data.decode(charset, "replace"), guessed=True, charset=charset)


def _as_utf8(data: bytes, *, complete: bool) -> str | None:
    """Return bytes as UTF-8, forgiving a character cut in two at the end; None when it is not."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data, final=complete)
    except UnicodeDecodeError:
        return None


def _mostly_utf8(data: bytes) -> bool:
    """Tell whether bytes are UTF-8 with a few broken places rather than another charset."""
    text = data[: SAMPLE_BYTES * 4].decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return broken * 10 < sum(char > "\x7f" for char in text)


def decode_labelled(data: bytes, label: str, *, complete: bool = True) -> Decoded:
    """Decode a body by its label unless the bytes prove that the label lies."""
    codec = codec_named(label) if label else None
    if data.isascii() and codec not in ("utf-7", "iso2022_jp", "hz", "utf-16", "utf-32"):
        return Decoded(text=data.decode("ascii"), guessed=bool(label) and codec is None)
    as_utf8 = _as_utf8(data, complete=complete)
    if as_utf8 is not None and codec in (None, "utf-8", "cp1252", *_CYRILLIC_CHARSETS):
        # Eight-bit text in another charset is hardly ever valid UTF-8 by accident.
        return Decoded(text=as_utf8, guessed=codec != "utf-8", charset="utf-8")
    if codec is None or codec == "utf-8":
        return _unlabelled(data, codec)
    if codec in _CYRILLIC_CHARSETS or codec == "cp1252":
        return _checked_eight_bit(data, codec)
    return Decoded(text=data.decode(codec, "replace"), charset=codec)


def _unlabelled(data: bytes, codec: str | None) -> Decoded:
    """Decode bytes that call themselves UTF-8 and are not, or say nothing we know."""
    if codec == "utf-8" and _mostly_utf8(data):
        return Decoded(text=data.decode("utf-8", "replace"), guessed=True, charset="utf-8")
    return guess_decode(data)


def _checked_eight_bit(data: bytes, codec: str) -> Decoded:
    """Decode by an eight-bit label, unless another charset is clearly the better Russian."""
    own = data.decode(codec, "replace")
    own_score = russian_score(own)
    if own_score > 0.6 or (codec == "cp1252" and _looks_latin(data)):
        return Decoded(text=own, charset=codec)
    other, score = best_cyrillic(data)
    # A margin, so that a few rare letters do not overturn an honest label.
    margin = 0.1 if len(own) - sum(map(str.isascii, own)) >= _ENOUGH_LETTERS else 0.3
    if score > max(own_score, 0.0) + margin:
        return Decoded(text=data.decode(other, "replace"), guessed=True, charset=other)
    return Decoded(text=own, charset=codec)
