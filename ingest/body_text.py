"""Make the readable text of a body part: charset, flowed lines, line ends."""

import re
from dataclasses import dataclass
from typing import Final

from ingest.charset_evidence import decode_labelled

MAX_TEXT_CHARS: Final = 300_000
"""Text beyond is not read; the defect "text.cut" says so."""

_QUOTE_DEPTH: Final = re.compile(r">+")


@dataclass(frozen=True, kw_only=True, slots=True)
class BodyText:
    """The text of one part."""

    text: str
    defects: tuple[str, ...] = ()
    """Codes: "text.charset-guessed", "text.nul", "text.cut"."""


def with_plain_line_ends(text: str) -> str:
    """Return text whose lines end with a line feed only; form feeds become line ends, too."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return (
        text.replace("\x0b", "\n")
        .replace("\x0c", "\n")
        .replace("\u2028", "\n")
        .replace("\u2029", "\n")
    )


def unflowed(text: str, *, delete_space: bool) -> str:
    """Return format=flowed text with its soft line breaks joined (RFC 3676)."""
    joined: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        quote = _QUOTE_DEPTH.match(line)
        depth = quote.end() if quote else 0
        content = line[depth:]
        content = content.removeprefix(" ")
        is_soft = content.endswith(" ") and content != "-- "
        body = content[:-1] if is_soft and delete_space else content
        if depth == open_depth and content != "-- ":
            joined[-1] += body
        else:
            joined.append(">" * depth + (" " if depth else "") + body)
        open_depth = depth if is_soft else -1
    return "\n".join(joined)


def decode_body(
    data: bytes, label: str, *, complete: bool = True, limit: int = MAX_TEXT_CHARS
) -> BodyText:
    """Return the text of a part's bytes, with what had to be guessed or cut."""
    # Four bytes hold any character of any charset in use.
    decoded = decode_labelled(data[: limit * 4], label, complete=complete)
    text = decoded.text
    defects = ["text.charset-guessed"] if decoded.guessed and not data.isascii() else []
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
        defects.append("text.nul")
    if len(text) > limit or len(data) > limit * 4:
        text = text[:limit]
        defects.append("text.cut")
    return BodyText(text=with_plain_line_ends(text.removeprefix("\ufeff")), defects=tuple(defects))
