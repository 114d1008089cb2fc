"""Read address fields leniently and in linear time: who, with which name."""

import re
from collections.abc import Iterator
from typing import Final

from ingest.header_text import decode_words
from models.ids import Address
from models.message import Correspondent

MAX_ADDRESSES: Final = 500
"""More correspondents than a person could mean; the rest of the field is passed over."""
_MAX_ADDRESS_CHARS: Final = 320

# Quoted string, angle part, separator, bracket of a comment, plain run, or a stray character.
# Every alternative is bounded, so that a field of 64 KB of quotes or brackets stays cheap.
_TOKEN: Final = re.compile(
    r'"((?:[^"\\]|\\.){0,120})"|<([^<>]{0,400})>|([,;])|([()])|([^"<>,;()]+)|(.)', re.DOTALL
)
_BARE: Final = re.compile(r"[^\s<>()\[\],;:\"'`«»]{1,64}@[^\s<>()\[\],;:\"'`«»@]{1,255}")
_BACKSLASH: Final = re.compile(r"\\(.)")


def address_of(text: str) -> Address | None:
    """Return an addr-spec in canonical form, or None when the text is none."""
    bare = text.strip().strip("\"'").strip()
    if bare.startswith("@") and ":" in bare:  # a source route (RFC 5322 4.4)
        bare = bare.rpartition(":")[2]
    bare = bare.removeprefix("mailto:").rstrip(".").lower()
    local, at, domain = bare.rpartition("@")
    if not (local and at and domain) or len(bare) > _MAX_ADDRESS_CHARS:
        return None
    if any(char.isspace() or not char.isprintable() for char in bare) or "@" in local.strip('"'):
        return None
    return Address(bare)


class _Entry:
    """One address being read: its words, and the angle part once it was met."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.comment: list[str] = []
        self.angle: str | None = None

    def correspondent(self) -> Correspondent | None:
        """Return who it is; None when no address can be found in it."""
        words = decode_words(" ".join(self.words))[0].strip()
        if self.angle is not None and (found := address_of(decode_words(self.angle)[0])):
            return Correspondent(address=found, name=_name(words or " ".join(self.comment), found))
        # Some mailers encode name and address together; others forget the angle brackets.
        bare = _BARE.search(words[:2000])
        if bare and (found := address_of(bare[0])):
            rest = words[: bare.start()] + words[bare.end() :]
            name = rest.strip(" <>\"'") or " ".join(self.comment)
            return Correspondent(address=found, name=_name(name, found))
        return None


def _name(text: str, address: Address) -> str:
    """Return a display name on one line; empty when it only repeats the address."""
    name = " ".join(decode_words(text)[0].split()).strip("\"' ")
    name = name.replace("\x00", "\ufffd")[:300]
    return "" if name.lower() == address else name


def _entries(value: str) -> Iterator[_Entry]:
    """Cut a field into entries at the commas and semicolons that stand outside of everything."""
    entry = _Entry()
    depth = 0
    for quoted, angle, separator, bracket, run, stray in _TOKEN.findall(value):
        if bracket:
            depth = depth + 1 if bracket == "(" else max(0, depth - 1)
        elif depth:
            entry.comment.append((quoted or run or angle or stray).strip())
        elif separator:
            yield entry
            entry = _Entry()
        elif angle:
            entry.angle = angle
        elif quoted:
            entry.words.append(_BACKSLASH.sub(r"\1", quoted))
        elif run:
            entry.words.append(_without_group_name(run))
    yield entry


def _without_group_name(run: str) -> str:
    """Drop "Group name:" before the first member (RFC 5322 3.4); a bare address keeps all."""
    head, colon, rest = run.partition(":")
    return rest.strip() if colon and "@" not in head and "=?" not in head else run.strip()


def addresses_in(value: str) -> tuple[Correspondent, ...]:
    """Return the correspondents of a field whose encoded words are still encoded, in order."""
    found: dict[Address, Correspondent] = {}
    for entry in _entries(value):
        who = entry.correspondent()
        if who is not None:
            found.setdefault(who.address, who)
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found.values())
