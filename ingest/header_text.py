"""Turn a header field as sent into readable text, whatever its sender thought of RFC 2047."""

import binascii
import re
from dataclasses import dataclass
from typing import Final

from ingest.charset_evidence import codec_named, guess_decode

MAX_VALUE_CHARS: Final = 65_536
"""A longer field is read up to here; the defect "header.cut" says so."""

# Blanks inside the text are forbidden by RFC 2047 and written all the same. The bounds keep the
# search linear on a field full of unfinished words.
_WORD: Final = re.compile(r"=\?([^?\s=]{1,60})\?([bBqQ])\?([^?]{0,4000})\?=")
_FOLD: Final = re.compile(r"\r?\n[ \t]*|\r[ \t]*")
_HEX: Final = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]")
_CONTROL: Final = dict.fromkeys((*range(32), 127), " ")


@dataclass(frozen=True, kw_only=True, slots=True)
class HeaderText:
    """A readable field."""

    text: str
    guessed: bool = False
    """Some of it had no or a wrong charset."""
    has_nul: bool = False


def unfold(value: str) -> str:
    """Return a field on one line (RFC 5322 2.2.3)."""
    return _FOLD.sub(" ", value) if "\n" in value or "\r" in value else value


def raw_text(value: str, body_charset: str = "") -> HeaderText:
    """Return an unfolded field with eight-bit characters decoded and encoded words untouched.

    The standard parser hands eight-bit bytes over as surrogates. They are UTF-8, or else in the
    charset of the body, or else the Cyrillic charset that looks most like Russian.
    """
    line = unfold(value[:MAX_VALUE_CHARS])
    if line.isascii():
        return HeaderText(text=line, has_nul="\x00" in line)
    data = line.encode("utf-8", "surrogateescape")
    try:
        return HeaderText(text=data.decode("utf-8"), has_nul=b"\x00" in data)
    except UnicodeDecodeError:
        pass
    codec = codec_named(body_charset) if body_charset else None
    if codec not in (None, "utf-8", "cp1252"):
        try:
            return HeaderText(text=data.decode(codec), guessed=True, has_nul=b"\x00" in data)
        except UnicodeDecodeError:
            pass
    return HeaderText(text=guess_decode(data).text, guessed=True, has_nul=b"\x00" in data)


def _word_bytes(encoding: str, payload: str) -> bytes:
    """Undo the transfer encoding of one encoded word; broken digits are passed over."""
    data = payload.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return _HEX.sub(lambda m: bytes([int(m[1], 16)]), data.replace(b"_", b" "))
    digits = _NOT_BASE64.sub(b"", data)
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _decoded_words(charset: str, data: bytes) -> tuple[str, bool]:
    """Return the text of adjacent words of one charset, and whether the charset was guessed."""
    codec = codec_named(charset.partition("*")[0])
    if codec is None:
        return guess_decode(data).text, True
    try:
        return data.decode(codec), False
    except UnicodeDecodeError:
        found = guess_decode(data) if codec in ("utf-8", "cp1252") else None
        return (found.text if found else data.decode(codec, "replace")), True


def decode_words(text: str) -> tuple[str, bool]:
    """Return text with its encoded words read, and whether a charset had to be guessed.

    Adjacent words of one charset are joined as bytes before they are decoded: mailers cut
    multi-byte characters in two between words.
    """
    if "=?" not in text:
        return text, False
    pieces: list[str] = []
    pending_charset, pending = "", b""
    guessed = False
    position = 0

    def flush() -> None:
        nonlocal pending, pending_charset, guessed
        if pending_charset:
            words, unsure = _decoded_words(pending_charset, pending)
            pieces.append(words)
            guessed = guessed or unsure
        pending_charset, pending = "", b""

    for word in _WORD.finditer(text):
        between = text[position : word.start()]
        charset = word[1].lower()
        # Blanks between two encoded words are not part of the text (RFC 2047 6.2).
        if between.strip() or not pending_charset:
            flush()
            pieces.append(between)
        elif charset != pending_charset:
            flush()
        pending_charset = charset
        pending += _word_bytes(word[2], word[3])
        position = word.end()
    flush()
    pieces.append(text[position:])
    return "".join(pieces), guessed


def decode_header(value: str, body_charset: str = "") -> HeaderText:
    """Return a field as a person should read it: one line, words decoded, no control characters."""
    raw = raw_text(value, body_charset)
    text, guessed = decode_words(raw.text)
    if not text.isprintable():
        nul = "\x00" in text
        text = text.replace("\x00", "\ufffd").translate(_CONTROL)
        raw = HeaderText(text=raw.text, guessed=raw.guessed, has_nul=raw.has_nul or nul)
    return HeaderText(text=text.strip(), guessed=guessed or raw.guessed, has_nul=raw.has_nul)
