"""Read a mail's bytes into headers and text: a total function in bounded time and memory."""

import email
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Final

import mailparser

from ingest.address_list import addresses_in
from ingest.delivery_report import read_report
from ingest.header_text import MAX_VALUE_CHARS, HeaderText, decode_header, raw_text
from ingest.message_ids import ALIAS_HEADERS, ids_in, limited, own_id, parent_ids
from ingest.mime_parts import PART_ERRORS, BoundedMessage, PartsRead, parameter, read_parts
from models.ids import MessageId
from models.message import Attachment, Correspondent, Defect, ParsedMail, RawMail

MAX_CONTENT_BYTES: Final = 16 * 1024 * 1024
MAX_HEADER_BYTES: Final = 262_144
MAX_HEADER_FIELDS: Final = 1_000
MAX_BOUNDARY_LINES: Final = 4_000
"""Lines that could part a multipart; the standard parser has no limit of its own."""
MAX_LINE_VISITS: Final = 400_000
"""Lines times nesting: the standard parser asks every open multipart about every line."""
MAX_SECOND_OPINION_BYTES: Final = 65_536
"""mail-parser takes 2-6 ms for usual mail and far more for some; larger mail does without."""

_END_OF_HEADERS: Final = re.compile(rb"\r?\n\r?\n|\r\r")
_BASE64_NAMED: Final = re.compile(rb"base64[ \t]*\r?\n")
_ENCODING_FIELD: Final = b"\ncontent-transfer-encoding:"
_BASE64_LINES: Final = re.compile(rb"(?:[A-Za-z0-9+/]{40,76}\r?\n){4,}")
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_PARSER_ERRORS: Final = (*PART_ERRORS, RecursionError, MessageError)


@dataclass(slots=True)
class _Reading:
    """What is known so far about the mail being read."""

    message: Message
    body_charset: str = ""
    defects: list[Defect] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)
    """Raw values by lower-case name, in order, eight-bit characters as surrogates."""
    headers: list[tuple[str, str]] = field(default_factory=list)

    def note(self, code: str, detail: str = "") -> None:
        """Add a defect once."""
        if all(d.code != code for d in self.defects):
            self.defects.append(Defect(code=code, detail=detail))

    def first(self, name: str) -> str:
        """Return the first readable value of a field."""
        return next((value for key, value in self.headers if key == name), "")

    def people(self, name: str) -> tuple[Correspondent, ...]:
        """Return the correspondents of every field of a name."""
        found: dict[str, Correspondent] = {}
        for value in self.values.get(name, []):
            for who in addresses_in(raw_text(value, self.body_charset).text):
                found.setdefault(who.address, who)
        return tuple(found.values())


def parse(raw: RawMail) -> ParsedMail:
    """Return the mail that bytes hold; whatever is wrong with them becomes a defect.

    The fields come from the standard library's `compat32` reading, the oldest and most forgiving
    one; `policy.default` takes seconds on some 24 KB of spam. A mail that the standard parser
    can't walk is read as headers followed by text.
    """
    content, cuts = _bounded(raw.content)
    complete = raw.complete and not cuts
    try:
        return _read(content, raw, cuts, complete=complete)
    except _PARSER_ERRORS as error:
        cuts.append(Defect(code="parser.failed", detail=type(error).__name__))
        return _read(_headers_and_text(content), raw, cuts, complete=False)


def _read(content: bytes, raw: RawMail, cuts: list[Defect], *, complete: bool) -> ParsedMail:
    """Read bounded content; raises what the standard library raises on a few hostile mails."""
    message = email.message_from_bytes(_without_line_ends(content), _class=BoundedMessage)
    reading = _Reading(message=message, defects=list(cuts))
    parts = read_parts(message, complete=complete)
    for found in parts.defects:
        reading.note(found.code, found.detail)
    reading.body_charset = _body_charset(message)
    _read_headers(reading)
    structural = [type(d).__name__ for d in message.defects]
    for name in structural:
        reading.note("structure." + name)
    parsed = _as_parsed(reading, parts)
    is_odd = bool(structural) and complete  # what was cut looks broken, and says nothing
    if is_odd or (parsed.date is None and raw.internaldate is None):
        parsed = _with_second_opinion(parsed, content)
    return parsed


def _bounded(content: bytes) -> tuple[bytes, list[Defect]]:
    """Return content that the standard parser can read in bounded time, with what was cut."""
    defects = []
    if len(content) > MAX_CONTENT_BYTES:
        content = content[:MAX_CONTENT_BYTES]
        defects.append(Defect(code="size.cut", detail=f"read up to {MAX_CONTENT_BYTES} bytes"))
    end = _END_OF_HEADERS.search(content)
    header_bytes = end.start() if end else len(content)
    if header_bytes > MAX_HEADER_BYTES:
        # Cut at the end of a line, or the rest of a field would begin the body.
        kept = content[:MAX_HEADER_BYTES].rpartition(b"\n")[0] or content[:MAX_HEADER_BYTES]
        content = kept + content[header_bytes:]
        defects.append(Defect(code="header.cut", detail=f"{header_bytes} bytes of headers"))
    if content.count(b"\n--") > MAX_BOUNDARY_LINES:
        content = content[: _place_of(content, b"\n--", MAX_BOUNDARY_LINES)]
        defects.append(Defect(code="parts.limit", detail="too many lines that part the mail"))
    most_lines = MAX_LINE_VISITS // (1 + content.lower().count(b"boundary="))
    if content.count(b"\n") + content.count(b"\r") // 2 > most_lines:
        content = content[: _end_of_line(content, most_lines)]
        defects.append(Defect(code="size.cut", detail=f"read up to line {most_lines}"))
    return content, defects


def _without_line_ends(content: bytes) -> bytes:
    """Return content with each long stretch of Base64 on one line; what it encodes is the same.

    The standard parser spends most of its time on the lines of attachments.
    """
    pieces: list[bytes] = []
    place = body = 0
    for encoding in _BASE64_NAMED.finditer(content):
        name = content[max(0, encoding.start() - 40) : encoding.start()].lower()
        if encoding.start() < body or not name.rstrip().endswith(_ENCODING_FIELD):
            continue
        end_of_fields = _END_OF_HEADERS.search(content, encoding.end() - 2)
        if end_of_fields is None:
            break
        body = end_of_fields.end()
        if lines := _BASE64_LINES.match(content, body):
            joined = lines.group().translate(None, b"\r\n")
            pieces += [content[place:body], joined, b"\r\n"]
            place = body = lines.end()
    return b"".join([*pieces, content[place:]]) if pieces else content


def _place_of(content: bytes, mark: bytes, number: int) -> int:
    """Return where the nth mark begins."""
    place = -1
    for _ in range(number):
        place = content.find(mark, place + 1)
    return place


def _end_of_line(content: bytes, number: int) -> int:
    """Return where the nth line ends, or the length of the content."""
    for count, line_end in enumerate(_LINE_END.finditer(content), start=1):
        if count >= number:
            return line_end.end()
    return len(content)


def _headers_and_text(content: bytes) -> bytes:
    """Return content with its structure taken away, so that nothing is left to trip over."""
    end = _END_OF_HEADERS.search(content)
    head, body = (content[: end.start()], content[end.end() :]) if end else (content, b"")
    lines = _LINE_END.split(head)
    kept: list[bytes] = []
    dropping = False
    for line in lines:
        is_folded = line[:1] in (b" ", b"\t")
        dropping = dropping if is_folded else line.lower().startswith(b"content-")
        if not dropping:
            kept.append(line)
    return b"\n".join(kept) + b"\n\n" + body


def _body_charset(message: Message) -> str:
    """Return the charset that the mail or its first text part names."""
    first = message
    for _ in range(5):
        children = first.get_payload() if first.is_multipart() else None
        if not isinstance(children, list) or not children or not isinstance(children[0], Message):
            break
        first = children[0]
    return parameter(first, "charset")


def _read_headers(reading: _Reading) -> None:
    """Collect every field, raw and readable."""
    for number, (name, value) in enumerate(reading.message.raw_items()):
        if number >= MAX_HEADER_FIELDS:
            reading.note("header.cut", f"more than {MAX_HEADER_FIELDS} fields")
            break
        key = name.lower()
        raw_value = str(value)
        text = _readable(raw_value, reading)
        reading.values.setdefault(key, []).append(raw_value)
        reading.headers.append((key, text))


def _readable(value: str, reading: _Reading) -> str:
    """Return one field readable, noting its defects."""
    if value.isprintable() and value.isascii() and "=?" not in value:
        return value[:MAX_VALUE_CHARS].strip()
    found: HeaderText = decode_header(value, reading.body_charset)
    if found.guessed:
        reading.note("header.charset-guessed", found.text[:80])
    if found.has_nul:
        reading.note("header.nul")
    if len(value) > MAX_VALUE_CHARS:
        reading.note("header.cut", "a field is too long")
    return found.text


def _as_parsed(reading: _Reading, parts: PartsRead) -> ParsedMail:
    """Put the pieces together."""
    own = own_id(reading.first("message-id"))
    author, sender = reading.people("from"), reading.people("sender")
    if not author:
        reading.note("header.no-author", reading.first("from")[:80])
    message = reading.message
    return ParsedMail(
        message_id=own,
        in_reply_to=limited(_ids(reading, ["in-reply-to"], parents=True), own),
        references=limited(_ids(reading, ["references", *ALIAS_HEADERS]), own),
        author=author[0] if author else None,
        sender=sender[0] if sender else None,
        reply_to=reading.people("reply-to"),
        to=reading.people("to"),
        cc=reading.people("cc"),
        bcc=reading.people("bcc"),
        subject=reading.first("subject"),
        date=_date_of(reading.first("date")),
        headers=tuple(reading.headers),
        content_type=_content_type(message),
        text=parts.text(),
        html=parts.html(),
        calendar_method=parts.calendar_method,
        report=read_report(message),
        attachments=tuple(parts.attachments),
        defects=tuple(reading.defects),
    )


def _ids(reading: _Reading, names: Iterable[str], *, parents: bool = False) -> list[MessageId]:
    """Return the ids of some fields in order."""
    read = parent_ids if parents else ids_in
    return [
        found
        for name in names
        for value in reading.values.get(name, [])
        for found in read(raw_text(value).text)
    ]


def _content_type(message: Message) -> str:
    """Return the media type, with the kind of a report kept."""
    kind = message.get_content_type()[:100]
    report_type = parameter(message, "report-type").lower()[:60]
    return f"{kind}; report-type={report_type}" if report_type else kind


def _date_of(value: str) -> datetime | None:
    """Return a date field in aware UTC; None when it can't be read.

    A missing zone means UTC, as "-0000" does (RFC 5322 3.3).
    """
    try:
        found = parsedate_to_datetime(value[:200])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class _SecondOpinion:
    """What mail-parser says about a mail that the standard library found odd."""

    defects: tuple[str, ...] = ()
    received_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()


def _instant(value: object) -> datetime | None:
    """Return mail-parser's moment, ISO text without a zone, in aware UTC."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _second_opinion(content: bytes) -> _SecondOpinion:
    """Ask mail-parser; its typed door.

    It is off the common path: it mixes forwarded mail into the text, empties raw eight-bit
    subjects and crashes on some mail, but it knows defects and Received chains well.
    """
    # Its warnings quote strangers' bytes; what matters of them comes back as defects.
    logging.getLogger("mailparser").setLevel(logging.CRITICAL)
    mail = mailparser.parse_from_bytes(content)
    stamps = [_instant(hop.get("date_utc")) for hop in mail.received]
    last = max((stamp for stamp in stamps if stamp is not None), default=None)
    return _SecondOpinion(
        defects=tuple(sorted(str(name) for name in mail.defects_categories)),
        received_at=last,
        attachments=tuple(
            Attachment(
                name=str(found.get("safe_filename") or found.get("filename") or "")[:255],
                content_type=str(found.get("mail_content_type") or "")[:100],
            )
            for found in mail.attachments
        ),
    )


def _with_second_opinion(parsed: ParsedMail, content: bytes) -> ParsedMail:
    """Return the mail completed by what only mail-parser found."""
    if len(content) > MAX_SECOND_OPINION_BYTES:
        return parsed
    try:
        opinion = _second_opinion(content)
    except Exception as error:  # noqa: BLE001 - mail-parser raises AttributeError, LookupError and more on hostile mail
        detail = type(error).__name__
        return replace(
            parsed, defects=(*parsed.defects, Defect(code="second-opinion.failed", detail=detail))
        )
    known = {defect.code.removeprefix("structure.") for defect in parsed.defects}
    news = [name for name in opinion.defects if name not in known]
    defects = [Defect(code="second-opinion." + name) for name in news]
    date = parsed.date
    if date is None and opinion.received_at is not None:
        date = opinion.received_at
        defects.append(Defect(code="date.from-received"))
    attachments = parsed.attachments or opinion.attachments
    return replace(parsed, date=date, attachments=attachments, defects=(*parsed.defects, *defects))
