"""Read what FETCH asks for, and write it for one mail after another."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sameday.demo.imap_envelope import envelope
from sameday.demo.imap_folder import StoredMail
from sameday.demo.imap_headers import header_fields, split_mail
from sameday.demo.imap_syntax import (
    Arguments,
    BadCommand,
    Refused,
    date_time,
    flag_list,
    literal,
)

_Part = Callable[[bytes], bytes]
"""Takes the bytes of a section out of a mail."""

_PLAIN_ITEMS: Final[dict[str, Callable[[StoredMail], bytes]]] = {
    "UID": lambda mail: b"%d" % mail.uid,
    "FLAGS": lambda mail: flag_list(mail.flags),
    "INTERNALDATE": lambda mail: date_time(mail.internaldate),
    "RFC822.SIZE": lambda mail: b"%d" % len(mail.content),
    "ENVELOPE": lambda mail: envelope(mail.content),
}
_MACROS: Final = {
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
}


def _whole(content: bytes) -> bytes:
    return content


def _header(content: bytes) -> bytes:
    return split_mail(content)[0]


def _text(content: bytes) -> bytes:
    return split_mail(content)[1]


# Older names of sections: the item, what it holds, and whether reading it marks the mail as seen.
_OLD_SECTIONS: Final[dict[str, tuple[_Part, bool]]] = {
    "RFC822": (_whole, True),
    "RFC822.HEADER": (_header, False),
    "RFC822.TEXT": (_text, True),
}
_SECTIONS: Final[dict[str, _Part]] = {"": _whole, "HEADER": _header, "TEXT": _text}


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchItem:
    """One thing asked for."""

    label: bytes
    """How the reply names it."""
    value: Callable[[StoredMail], bytes]
    is_body: bool = False
    marks_seen: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchPlan:
    """Everything asked for, in the order of the question."""

    items: tuple[FetchItem, ...]

    @property
    def marks_seen(self) -> bool:
        r"""True when this FETCH sets \Seen in a folder that is open for writing."""
        return any(item.marks_seen for item in self.items)

    def asks_for(self, label: bytes) -> bool:
        """Tell whether an item is among those asked for."""
        return any(item.label == label for item in self.items)

    def line(self, number: int, mail: StoredMail, *, empty_bodies: bool = False) -> bytes:
        """Return the untagged FETCH of one mail; with `empty_bodies` each body is NIL."""
        values = b" ".join(
            item.label + (b" NIL" if empty_bodies and item.is_body else b" " + item.value(mail))
            for item in self.items
        )
        return b"* %d FETCH (%b)\r\n" % (number, values)


def fetch_plan(arguments: Arguments, *, by_uid: bool) -> FetchPlan:
    """Read the items of a FETCH; UID FETCH always answers the UID, asked for or not."""
    items = _items(arguments)
    arguments.end()
    if by_uid and not any(item.label == b"UID" for item in items):
        items.insert(0, _plain("UID"))
    return FetchPlan(items=tuple(items))


def with_flags(plan: FetchPlan) -> FetchPlan:
    """Return the plan that also tells the flags."""
    return FetchPlan(items=(*plan.items, _plain("FLAGS")))


def _items(arguments: Arguments) -> list[FetchItem]:
    if not arguments.skip(b"("):
        word = arguments.item_name()
        if word in _MACROS:
            return [_plain(name) for name in _MACROS[word]]
        return [_item(word, arguments)]
    items = [_item(arguments.item_name(), arguments)]
    while not arguments.skip(b")"):
        arguments.space()
        items.append(_item(arguments.item_name(), arguments))
    return items


def _item(word: str, arguments: Arguments) -> FetchItem:
    if word in _PLAIN_ITEMS:
        return _plain(word)
    if word in _OLD_SECTIONS:
        part, marks_seen = _OLD_SECTIONS[word]
        return FetchItem(
            label=word.encode(),
            value=lambda mail: literal(part(mail.content)),
            is_body=True,
            marks_seen=marks_seen,
        )
    if word in {"BODY", "BODY.PEEK"} and arguments.skip(b"["):
        return _section(arguments, marks_seen=word == "BODY")
    if word in {"BODY", "BODYSTRUCTURE", "FULL"}:
        raise Refused(f"[CANNOT] {word} is not offered; fetch BODY.PEEK[] and read it yourself")
    raise BadCommand(f"Unknown FETCH item {word}")


def _plain(name: str) -> FetchItem:
    return FetchItem(label=name.encode(), value=_PLAIN_ITEMS[name])


def _section(arguments: Arguments, *, marks_seen: bool) -> FetchItem:
    """Read the rest of a BODY item, after its "["."""
    label, part = _section_part(arguments)
    arguments.expect(b"]")
    label = b"BODY[%b]" % label
    if not arguments.skip(b"<"):
        return FetchItem(
            label=label,
            value=lambda mail: literal(part(mail.content)),
            is_body=True,
            marks_seen=marks_seen,
        )
    start = arguments.number()
    arguments.expect(b".")
    end = start + arguments.number()
    arguments.expect(b">")
    if end == start:
        raise BadCommand("A part of no bytes was asked for")
    return FetchItem(
        label=b"%b<%d>" % (label, start),
        value=lambda mail: literal(part(mail.content)[start:end]),
        is_body=True,
        marks_seen=marks_seen,
    )


def _section_part(arguments: Arguments) -> tuple[bytes, _Part]:
    if arguments.follows(b"]"):
        return b"", _whole
    word = arguments.atom()
    if word in _SECTIONS:
        return word.encode(), _SECTIONS[word]
    if word in {"HEADER.FIELDS", "HEADER.FIELDS.NOT"}:
        arguments.space()
        names = _field_names(arguments)
        label = b"%b (%b)" % (word.encode(), b" ".join(names))
        return label, _chosen_fields(frozenset(names), leave_out=word.endswith("NOT"))
    raise Refused("[CANNOT] Single parts are not offered; fetch BODY.PEEK[] and read it yourself")


def _field_names(arguments: Arguments) -> tuple[bytes, ...]:
    names: list[bytes] = []
    arguments.expect(b"(")
    while not arguments.skip(b")"):
        if names:
            arguments.space()
        names.append(arguments.astring().upper())
    if not names:
        raise BadCommand("Expected names of header fields")
    if not all(re.fullmatch(rb"[!-9;-~]+", name) for name in names):
        raise BadCommand("Invalid name of a header field")
    return tuple(names)


def _chosen_fields(names: frozenset[bytes], *, leave_out: bool) -> _Part:
    def part(content: bytes) -> bytes:
        fields = header_fields(content)
        chosen = (raw for name, raw in fields if (name.upper() in names) is not leave_out)
        return b"".join(chosen) + b"\r\n"

    return part
