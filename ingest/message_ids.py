"""Read Message-ID, In-Reply-To and References as they come, brackets or not."""

import re
from collections.abc import Iterable
from typing import Final

from models.ids import MessageId

MAX_REFERENCES: Final = 200
MAX_ID_CHARS: Final = 998

# Gateways that give a mail a new id keep the old one here; answers refer to either.
ALIAS_HEADERS: Final = (
    "x-gmail-original-message-id",
    "x-google-original-message-id",
    "x-microsoft-original-message-id",
    "x-original-message-id",
)

_BRACKETED: Final = re.compile(r"<([^<>]{1,998})>")
_BARE: Final = re.compile(r"[^\s<>,;\"()]{1,500}@[^\s<>,;\"()@]{1,500}")


def message_id_of(text: str) -> MessageId | None:
    """Return one id in canonical form; None when nothing is left of it."""
    bare = "".join(text.split()).strip("<>")
    if not bare or len(bare) > MAX_ID_CHARS or not bare.isprintable():
        return None
    return MessageId(bare)


def own_id(value: str) -> MessageId | None:
    """Return the id of a Message-ID field, with or without brackets and comments."""
    bracketed = _BRACKETED.search(value)
    if bracketed:
        return message_id_of(bracketed[1])
    words = value.split()
    return message_id_of(words[0]) if words else None


def ids_in(value: str) -> tuple[MessageId, ...]:
    """Return every id of a References field in order; bare ones only when none has brackets."""
    found = _BRACKETED.findall(value) or _BARE.findall(value)
    return tuple(i for i in (message_id_of(text) for text in found) if i is not None)


def parent_ids(value: str) -> tuple[MessageId, ...]:
    """Return the ids of an In-Reply-To field.

    Old mailers write prose there: `Message from "Bob" <bob@x.example> of Monday <id@y.example>`.
    An address taken for an id would tie all mail of a person together, so in prose only the last
    bracket counts; without brackets exactly one bare id does.
    """
    bracketed = _BRACKETED.findall(value)
    if bracketed and not value.lstrip().startswith("<"):
        bracketed = bracketed[-1:]
    if not bracketed:
        bare = _BARE.findall(value)
        bracketed = bare if len(bare) == 1 else []
    return tuple(i for i in (message_id_of(text) for text in bracketed) if i is not None)


def limited(ids: Iterable[MessageId], own: MessageId | None) -> tuple[MessageId, ...]:
    """Return ids without repeats and without the mail's own; the first and the last 199 at most."""
    unique = [i for i in dict.fromkeys(ids) if i != own]
    if len(unique) > MAX_REFERENCES:
        unique = [unique[0], *unique[1 - MAX_REFERENCES :]]
    return tuple(unique)
