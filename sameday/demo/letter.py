"""Put a written mail into bytes (RFC 5322, 2045), with the charset and encoding that it asks for.

The messages are built with the standard library's compat32 classes and payloads that we encode
ourselves: the newer API can write a subject in UTF-8 only.
"""

import base64
import hashlib
import quopri
from datetime import datetime, timedelta
from email.header import Header
from email.message import Message
from email.policy import compat32
from email.utils import format_datetime, formataddr
from typing import Final

from models.ids import Address
from sameday.demo.moments import ZONE, at_time, shift_working_days
from sameday.demo.sample_agency import DOMAIN
from sameday.demo.stories import Program, names_by_address
from sameday.demo.writing import WrittenMail

_CRLF: Final = compat32.clone(linesep="\r\n")

_PROGRAM_HEADERS: Final[dict[Program, tuple[str, str]]] = {
    Program.OUTLOOK: ("X-Mailer", "Microsoft Outlook 16.0"),
    Program.APPLE: ("X-Mailer", "Apple Mail (2.3826.200.121)"),
    Program.IPHONE: ("X-Mailer", "iPhone Mail (22D72)"),
    Program.YANDEX: ("X-Mailer", "Yamail [ http://yandex.example ] 5.0"),
    Program.THUNDERBIRD: ("User-Agent", "Mozilla Thunderbird"),
    Program.MAILRU: ("X-Mailer", "Mail.Ru Mailer 1.0"),
}

_BODY: Final = {
    Program.GMAIL: "alternative",
    Program.OUTLOOK: "alternative",
    Program.YANDEX: "html",
    Program.MAILRU: "alternative",
}
"""What a program sends when the story does not say it; plain text for the others."""

_ENCODING: Final = {Program.MAILRU: "base64", Program.THUNDERBIRD: "8bit"}
"""Quoted-printable for the others."""

_PDF: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
_PNG: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
_ATTACHED: Final = {
    "pdf": ("application/pdf", _PDF),
    "png": ("image/png", _PNG),
    "jpg": ("image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\xff\xd9"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03"),
    "csv": ("text/csv", b"item;quantity;price\r\n"),
}
"""Media type and small stand-in content by file extension."""


def letter_bytes(written: WrittenMail) -> bytes:
    """Return the mail as it lies in a mailbox, lines ended by CRLF."""
    head = Message()
    for name, value in _headers(written, _charset(written, written.subject)):
        head[name] = value
    # The content's own headers come last, where mail programs have them; the empty line between
    # the two goes.
    return head.as_bytes(policy=_CRLF).removesuffix(b"\r\n") + _content(written).as_bytes(
        policy=_CRLF
    )


def _content(written: WrittenMail) -> Message:
    """Return the MIME tree without the headers of the mail."""
    if written.mail.bounce:
        return _delivery_report(written)
    body = _body(written)
    if written.mail.meeting:
        # One more form of the same content: whoever invites writes multipart/alternative.
        body.attach(_invitation(written))
    files = [_attachment(name) for name in written.mail.attachments]
    return _multipart("mixed", written, body, *files) if files else body


def _body(written: WrittenMail) -> Message:
    """Return the readable part or parts."""
    form = written.mail.body or _BODY.get(written.mail.writer.program, "plain")
    if form == "plain":
        return _text(written, "plain", written.text)
    html = _text(written, "html", written.html)
    if form == "html":
        return html
    return _multipart("alternative", written, _text(written, "plain", written.text), html)


def _text(written: WrittenMail, subtype: str, text: str) -> Message:
    """Return one text part in the charset and encoding that the story asks for."""
    charset = _charset(written, text)
    encoding = written.mail.encoding or _ENCODING.get(
        written.mail.writer.program, "quoted-printable"
    )
    part = Message()
    part["Content-Type"] = f'text/{subtype}; charset="{charset}"'
    part["Content-Transfer-Encoding"] = encoding
    part.set_payload(_encoded(text.encode(charset) + b"\n", encoding))
    return part


def _encoded(content: bytes, encoding: str) -> str:
    """Return a payload; 8-bit bytes ride in surrogates, as compat32 wants them."""
    if encoding == "base64":
        return base64.encodebytes(content).decode("ascii")
    if encoding == "quoted-printable":
        return quopri.encodestring(content).decode("ascii")
    return content.decode("ascii", "surrogateescape")


def _charset(written: WrittenMail, text: str) -> str:
    """Return the charset asked for, or UTF-8 when it lacks a character, as mail programs do."""
    charset = written.mail.charset or "utf-8"
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return "utf-8"
    return charset


def _multipart(subtype: str, written: WrittenMail, *parts: Message) -> Message:
    """Return parts under one head, with a boundary that is the same in every run."""
    digest = hashlib.sha256(f"{subtype} {written.message_id}".encode()).hexdigest()
    message = Message()
    message["Content-Type"] = f'multipart/{subtype}; boundary="=_{digest[:24]}"'
    message.set_payload(list(parts))
    return message


def _attachment(name: str) -> Message:
    """Return a small file under a name (RFC 2231 when it is not ASCII)."""
    media_type, content = _ATTACHED[name.rpartition(".")[2]]
    part = Message()
    part["Content-Type"] = media_type
    part["Content-Transfer-Encoding"] = "base64"
    filename = name if name.isascii() else ("utf-8", "", name)
    part.add_header("Content-Disposition", "attachment", filename=filename)
    part.set_payload(_encoded(content, "base64"))
    return part


def _headers(written: WrittenMail, charset: str) -> list[tuple[str, str]]:
    """Return the headers of a mail in the order in which a server and a program write them."""
    mail = written.mail
    headers = [] if mail.writer.ours else _trace(written)
    headers += [
        ("From", formataddr((mail.writer.name, written.sender), charset)),
        ("To", _mailbox_list(written.to)),
    ]
    if written.cc:
        headers.append(("Cc", _mailbox_list(written.cc)))
    if mail.reply_to:
        headers.append(("Reply-To", mail.reply_to))
    headers += [
        ("Subject", _unstructured("Subject", written.subject, charset)),
        ("Date", format_datetime(_date(written))),
        ("Message-ID", f"<{written.message_id}>"),
        *_thread_headers(written),
        ("MIME-Version", "1.0"),
    ]
    if mail.writer.program in _PROGRAM_HEADERS:
        headers.append(_PROGRAM_HEADERS[mail.writer.program])
    return [*headers, *mail.headers]


def _thread_headers(written: WrittenMail) -> list[tuple[str, str]]:
    """Return In-Reply-To and References of a reply (RFC 5322 3.6.4)."""
    if not written.references:
        return []
    chain = "\r\n ".join(f"<{message_id}>" for message_id in written.references)
    return [("In-Reply-To", f"<{written.references[-1]}>"), ("References", chain)]


def _trace(written: WrittenMail) -> list[tuple[str, str]]:
    """Return what the agency's server writes on top of a mail that comes in."""
    server = f"mx.{written.sender.rpartition('@')[2]}"
    received = format_datetime(written.at.astimezone(ZONE))
    return_path = "<>" if written.mail.bounce else f"<{written.sender}>"
    return [
        ("Return-Path", return_path),
        ("Received", f"from {server} by mx.{DOMAIN} with ESMTPS;\r\n {received}"),
    ]


def _date(written: WrittenMail) -> datetime:
    """Return the Date header: a few seconds before the arrival, by the sender's own clock."""
    delay = timedelta(seconds=1 + len(written.text) % 9)
    return (written.at - delay + timedelta(days=written.mail.clock_off_days)).astimezone(ZONE)


def _mailbox_list(addresses: tuple[Address, ...]) -> str:
    """Return addresses with the names that are known."""
    names = names_by_address()
    return ",\r\n ".join(formataddr((names.get(a, ""), a), "utf-8") for a in addresses)


def _unstructured(name: str, value: str, charset: str) -> str:
    """Return a header value as encoded words where it needs them (RFC 2047)."""
    if value.isascii():
        return value
    return Header(value, charset, header_name=name).encode(linesep="\r\n")


def _invitation(written: WrittenMail) -> Message:
    """Return an iCalendar request for an hour's meeting (RFC 5546)."""
    local = written.at.astimezone(ZONE).date()
    start = at_time(
        shift_working_days(local, int(written.mail.meeting.split("d")[0])), written.mail.meeting
    )
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{written.sender.rpartition('@')[2]}//EN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        f"UID:{written.message_id}",
        f"DTSTAMP:{written.at:%Y%m%dT%H%M%SZ}",
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
        f"DTEND:{start + timedelta(hours=1):%Y%m%dT%H%M%SZ}",
        f"SUMMARY:{written.subject}",
        f"ORGANIZER:mailto:{written.sender}",
        *(f"ATTENDEE;RSVP=TRUE:mailto:{address}" for address in (*written.to, *written.cc)),
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
    part = Message()
    part["Content-Type"] = 'text/calendar; charset="utf-8"; method=REQUEST'
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(_encoded("\r\n".join(lines).encode(), "base64"))
    return part


def _delivery_report(written: WrittenMail) -> Message:
    """Return a failure notice for the parent (RFC 3464): words, report, the head of the mail."""
    failed = written.parent
    assert failed is not None, "a bounce stands in a conversation, after the mail that failed"
    status = Message()
    status["Content-Type"] = "message/delivery-status"
    server = Message()
    server["Reporting-MTA"] = f"dns; mx.{DOMAIN}"
    recipients = [_recipient_report(address) for address in failed.to]
    status.set_payload([server, *recipients])
    returned = Message()
    returned["Content-Type"] = "text/rfc822-headers"
    returned.set_payload(_head_of(failed))
    report = _multipart("report", written, _text(written, "plain", written.text), status, returned)
    report.set_param("report-type", "delivery-status")
    return report


def _recipient_report(address: Address) -> Message:
    """Return the fields of one recipient that was not reached."""
    fields = Message()
    fields["Final-Recipient"] = f"rfc822; {address}"
    fields["Action"] = "failed"
    fields["Status"] = "5.1.1"
    fields["Diagnostic-Code"] = "smtp; 550 5.1.1 User unknown"
    return fields


def _head_of(written: WrittenMail) -> str:
    """Return the headers of a mail as text."""
    head, _, _ = letter_bytes(written).decode("ascii", "replace").partition("\r\n\r\n")
    return head.replace("\r\n", "\n") + "\n"
