"""Split an mbox file into mails while it is read, so that its size costs no memory.

mbox is a family without a standard (RFC 4155 names one member). Mails begin at a line "From ", and
such a line inside a mail is quoted as ">From ": mboxrd quotes quoted ones again, mboxo does not.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain, pairwise
from typing import BinaryIO, Final

from ingest.mail_files import FileMail, FirstBytes

_LINE_BYTES: Final = 64 * 1024
"""A longer line arrives in pieces, so that a file without line ends costs no memory either."""
_QUOTED = re.compile(rb">+From ")
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:")
_MONTHS: Final = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"
)  # fmt: skip
# "From anna@studio.example Fri Apr 24 09:00:00 2026", with a zone before or after the year as
# some programs write it: "+0300", "UTC". Seconds may be missing.
_DATED = re.compile(
    rb"From .*?\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +"
    rb"(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) +(?P<hour>\d\d):(?P<minute>\d\d)"
    rb"(?::(?P<second>\d\d))?(?: +(?P<early>[+-]\d{4}|[A-Z]{2,5}))? +(?P<year>\d{4})"
    rb"(?: +(?P<late>[+-]\d{4}))?\s*$"
)


def begins_mbox(first_bytes: bytes) -> bool:
    """Tell by its first bytes whether a file is an mbox; blank lines may come first."""
    return first_bytes.lstrip(b"\r\n").startswith(b"From ")


def split_mbox(file: BinaryIO, source: str, largest_bytes: int) -> Iterator[FileMail]:
    """Yield the mails of an mbox in order, each with its first `largest_bytes` at most.

    A line "From " with a date begins a mail if a blank line comes before it or a header after it;
    one without a date needs both, since programs that quote nothing leave sentences like it. In
    doubt a mail is split: half a mail is seen, one swallowed by its neighbour is not.
    """
    parts: FirstBytes | None = None
    number, delivered_at = 0, None
    blank, whole_before = True, True
    for line, following in pairwise(chain(_lines(file), [b""])):
        if whole_before and line.startswith(b"From ") and _begins(line, following, blank=blank):
            if parts is not None:
                yield parts.mail(f"{source}, mail {number}", delivered_at)
            number, delivered_at = number + 1, _instant(line)
            parts = FirstBytes(largest_bytes)
        elif parts is not None:
            parts.add(line[1:] if whole_before and _QUOTED.match(line) else line)
        blank, whole_before = whole_before and not line.strip(b"\r\n"), line.endswith(b"\n")
    if parts is not None:
        yield parts.mail(f"{source}, mail {number}", delivered_at)


def _begins(line: bytes, following: bytes, *, blank: bool) -> bool:
    header_follows = _HEADER.match(following) is not None
    if _DATED.match(line):
        return blank or header_follows
    return blank and header_follows


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(_LINE_BYTES):
        yield line


def _instant(line: bytes) -> datetime | None:
    """Return the delivery that a "From " line tells; UTC where it names no offset (RFC 4155)."""
    dated = _DATED.match(line)
    if dated is None:
        return None
    parts = {name: (value or b"").decode() for name, value in dated.groupdict().items()}
    try:
        return datetime(
            int(parts["year"]),
            1 + _MONTHS.index(parts["month"].lower()),
            int(parts["day"]),
            int(parts["hour"]),
            int(parts["minute"]),
            min(int(parts["second"] or 0), 59),
            tzinfo=_zone(parts["early"] or parts["late"]),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> timezone:
    """Return the zone of an offset such as "+0300"; UTC for a name, which may mean anything."""
    if not text.startswith(("+", "-")):
        return UTC
    length = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return timezone(-length if text[0] == "-" else length)
