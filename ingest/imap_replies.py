"""Take apart what imaplib collected of a server's reply, before and after imapclient parses it."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

HIGHEST_NUMBER = 2**32 - 1
"""UIDs, UIDVALIDITY and sizes have 32 bits (RFC 3501 section 9); more is junk."""
_FETCH_BEGINS = re.compile(rb"\d+ \(")
"""A FETCH reply as imaplib hands it on; what follows a literal never looks like this."""


def joined_literals(lines: Sequence[Any]) -> list[list[Any]]:
    """Group LIST replies: a name sent as a literal arrives as a tuple and a rest."""
    groups: list[list[Any]] = []
    for line in lines:
        follows_literal = groups and isinstance(groups[-1][-1], tuple)
        if follows_literal and not isinstance(line, tuple):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def fetch_replies(lines: Sequence[Any]) -> Iterator[list[Any]]:
    """Cut what imaplib collected into single FETCH replies, each with its literals."""
    reply: list[Any] = []
    for line in lines:
        head = line[0] if isinstance(line, tuple) else line
        if reply and _FETCH_BEGINS.match(head):
            yield reply
            reply = []
        reply.append(line)
    if reply:
        yield reply


def lowered(attribute: object) -> str:
    """Return a folder's attribute in lower case; imapclient gives bytes, or a number for digits."""
    text = attribute.decode("ascii", "replace") if isinstance(attribute, bytes) else str(attribute)
    return text.lower()


def size_in(items: dict[bytes, object]) -> int:
    """Return the size in bytes that a FETCH reply tells, 0 when it is missing or junk."""
    size = items.get(b"RFC822.SIZE")
    return size if isinstance(size, int) and 0 <= size <= HIGHEST_NUMBER else 0


def instant_of(value: object) -> datetime | None:
    """Return an INTERNALDATE as aware UTC; None when missing, naive or beyond the calendar."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return None
