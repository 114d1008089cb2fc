"""Read the arguments of IMAP commands and write the values of replies (RFC 3501 section 9)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final

from models.errors import SamedayError
from sameday.demo.imap_names import decode_name

_ATOM: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
# An atom in the place of a string may hold "]", and one in LIST also wildcards.
_STRING_ATOM: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\]+')
_PATTERN_ATOM: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){"\\]+')
_QUOTED: Final = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"')
_LITERAL: Final = re.compile(rb"\{(\d{1,19})\+?\}\r?\n")
# Stops before the "[" of a section, which an atom might hold.
_ITEM_NAME: Final = re.compile(rb"[A-Za-z0-9.]+")
_NUMBER: Final = re.compile(rb"\d{1,19}")
_FLAG: Final = re.compile(rb'\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
_SEQUENCE_SET: Final = re.compile(rb"(?:\d{1,10}|\*)(?:[:,](?:\d{1,10}|\*))*")
_DATE: Final = re.compile(rb'("?)(\d{1,2})-([A-Za-z]{3})-(\d{4})\1')
_DATE_TIME: Final = re.compile(
    rb'"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"'
)
# strftime("%b") would follow the locale of the machine.
_MONTHS: Final = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]


class BadCommand(SamedayError):
    """The client's command can't be read, or does not belong here: answered with BAD."""


class Refused(SamedayError):
    """The command is well-formed but can't be done: answered with NO."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SequenceSet:
    """Sequence numbers or UIDs as a client names them: `1:5,7,9:*`."""

    ranges: tuple[tuple[int | None, int | None], ...]
    """None is `*`, the largest number in use; the ends come in either order."""

    def bounds(self, largest: int) -> Iterator[tuple[int, int]]:
        """Yield each range with its smaller end first."""
        for first, last in self.ranges:
            ends = (largest if first is None else first, largest if last is None else last)
            yield min(ends), max(ends)


class Arguments:
    """A cursor over what follows the verb; each method reads one thing or raises BadCommand."""

    def __init__(self, text: bytes) -> None:
        """Begin before the first argument; `text` holds literals as they came."""
        self._text = text
        self._place = 0

    def skip(self, expected: bytes) -> bool:
        """Read exactly this, in any case, if it is next; tell whether it was."""
        end = self._place + len(expected)
        if self._text[self._place : end].upper() != expected.upper():
            return False
        self._place = end
        return True

    def follows(self, expected: bytes) -> bool:
        """Tell whether this is next, in any case, and read nothing."""
        end = self._place + len(expected)
        return self._text[self._place : end].upper() == expected.upper()

    def expect(self, expected: bytes) -> None:
        """Read exactly this."""
        if not self.skip(expected):
            raise BadCommand(f"Expected {expected.decode()!r}")

    def space(self) -> None:
        """Read the one space between arguments."""
        self.expect(b" ")

    def end(self) -> None:
        """Check that nothing is left; a stray space at the end is forgiven."""
        if self._text[self._place :].strip(b" "):
            raise BadCommand("Too many arguments")

    def at_end(self) -> bool:
        """Tell whether nothing is left."""
        return not self._text[self._place :].strip(b" ")

    def atom(self) -> str:
        """Read a word and return it in upper case."""
        return self._match(_ATOM, "a word")[0].decode("ascii").upper()

    def item_name(self) -> str:
        """Read the name of a FETCH item, as far as its section, and return it in upper case."""
        return self._match(_ITEM_NAME, "a FETCH item")[0].decode("ascii").upper()

    def number(self) -> int:
        """Read a number."""
        return int(self._match(_NUMBER, "a number")[0])

    def string(self) -> bytes:
        """Read a quoted string or a literal."""
        if self.follows(b'"'):
            return re.sub(rb"\\(.)", rb"\1", self._match(_QUOTED, "a quoted string")[1])
        return self.literal()

    def literal(self) -> bytes:
        """Read a literal."""
        size = int(self._match(_LITERAL, "a literal")[1])
        content = self._text[self._place : self._place + size]
        self._place += size
        return content

    def astring(self) -> bytes:
        """Read a string that may also be written as a word."""
        if self.follows(b'"') or self.follows(b"{"):
            return self.string()
        return self._match(_STRING_ATOM, "a string")[0]

    def words(self) -> str:
        """Read an astring as text; BadCommand when it is not UTF-8."""
        try:
            return self.astring().decode()
        except UnicodeDecodeError as error:
            raise BadCommand("The string is not UTF-8") from error

    def mailbox(self) -> str:
        """Read the name of a folder."""
        return _name(self.astring())

    def list_pattern(self) -> str:
        """Read the name of a folder with wildcards."""
        if self.follows(b'"') or self.follows(b"{"):
            return _name(self.string())
        return _name(self._match(_PATTERN_ATOM, "a pattern")[0])

    def sequence_set(self) -> SequenceSet:
        """Read sequence numbers or UIDs."""
        ranges = []
        for part in self._match(_SEQUENCE_SET, "a message set")[0].split(b","):
            first, *more = (None if end == b"*" else int(end) for end in part.split(b":"))
            last = more[0] if more else first
            if len(more) > 1 or 0 in {first, last}:
                raise BadCommand("Invalid message set")
            ranges.append((first, last))
        return SequenceSet(ranges=tuple(ranges))

    def at_sequence_set(self) -> bool:
        """Tell whether sequence numbers are next."""
        return bool(_SEQUENCE_SET.match(self._text, self._place))

    def flag_list(self) -> tuple[str, ...]:
        """Read flags in parentheses."""
        flags: list[str] = []
        self.expect(b"(")
        while not self.skip(b")"):
            if flags:
                self.space()
            flags.append(self.flag())
        return tuple(flags)

    def flag(self) -> str:
        """Read one flag."""
        return self._match(_FLAG, "a flag")[0].decode("ascii")

    def option_list(self) -> tuple[str, ...]:
        """Read words in parentheses, in upper case; lists inside are flattened."""
        options: list[str] = []
        depth = 0
        while True:
            if self.skip(b"("):
                depth += 1
            elif self.skip(b")"):
                depth -= 1
                if depth == 0:
                    return tuple(options)
            elif depth and not self.skip(b" "):
                options.append(self.words().upper())
            elif not depth:
                raise BadCommand("Expected a list")

    def date(self) -> date:
        """Read a date, quoted or not."""
        _quote, day, month, year = self._match(_DATE, "a date").groups()
        try:
            return date(int(year), _month(month), int(day))
        except ValueError as error:
            raise BadCommand("There is no such date") from error

    def date_time(self) -> datetime:
        """Read a date-time and return it aware, with the offset it was given."""
        found = self._match(_DATE_TIME, "a date-time")
        day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
        offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
        try:
            return datetime(
                int(year),
                _month(month),
                int(day),
                int(hour),
                int(minute),
                int(second),
                tzinfo=timezone(-offset if sign == b"-" else offset),
            )
        except ValueError as error:
            raise BadCommand("There is no such date") from error

    def _match(self, pattern: re.Pattern[bytes], wanted: str) -> re.Match[bytes]:
        found = pattern.match(self._text, self._place)
        if found is None:
            raise BadCommand(f"Expected {wanted}")
        self._place = found.end()
        return found


def _name(raw: bytes) -> str:
    try:
        return decode_name(raw)
    except ValueError as error:
        raise BadCommand("The folder name is not valid modified UTF-7") from error


def _month(abbreviation: bytes) -> int:
    """Return the number of an English month; ValueError when there is none."""
    return _MONTHS.index(abbreviation.decode("ascii").title()) + 1


def date_time(moment: datetime) -> bytes:
    """Return an aware moment as a quoted date-time in its own offset, English in any locale.

    >>> from datetime import timezone, timedelta
    >>> date_time(datetime(2024, 2, 29, 9, 5, tzinfo=timezone(timedelta(hours=3))))
    b'"29-Feb-2024 09:05:00 +0300"'
    """
    offset = moment.utcoffset() or timedelta()
    hours, minutes = divmod(int(abs(offset).total_seconds()) // 60, 60)
    sign = "-" if offset < timedelta() else "+"
    day = f"{moment.day:2}-{_MONTHS[moment.month - 1]}-{moment.year:04}"
    return f'"{day} {moment:%H:%M:%S} {sign}{hours:02}{minutes:02}"'.encode()


def quoted(text: bytes) -> bytes:
    """Return a string as quoted, or as a literal when it can't be."""
    if re.search(rb"[\x00\r\n\x80-\xff]", text):
        return literal(text)
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def literal(content: bytes) -> bytes:
    """Return bytes as a literal."""
    return b"{%d}\r\n%b" % (len(content), content)


def flag_list(flags: Iterable[str]) -> bytes:
    """Return flags in parentheses, system flags first."""
    ordered = sorted(flags, key=lambda flag: (not flag.startswith("\\"), flag))
    return f"({' '.join(ordered)})".encode("ascii", "replace")


def uid_set(uids: Iterable[int]) -> str:
    """Return UIDs in their order, runs as ranges.

    >>> uid_set([3, 4, 5, 9])
    '3:5,9'
    """
    runs: list[list[int]] = []
    for uid in uids:
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(f"{first}:{last}" if last > first else f"{first}" for first, last in runs)
