"""Work out each mail of a conversation: who gets it, its identifiers, its text and quotation."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from models.ids import Address, MessageId
from sameday.demo.moments import ZONE, Language, in_words
from sameday.demo.quoting import Original, Quote, attribution, quote, text_as_html
from sameday.demo.stories import Conversation, Mail, Program, Writer, names_by_address

_REPLY_PREFIX: Final = {Program.OUTLOOK: "RE: "}
_CYRILLIC: Final = re.compile("[а-яё]", re.IGNORECASE)

_DEVICE_FOOTERS: Final[dict[Language, str]] = {
    "ru": "Отправлено с iPhone",
    "en": "Sent from my iPhone",
}

_MESSAGE_ID_SHAPES: Final = {
    Program.GMAIL: "CAF{0:.28}@mail.{1}",
    Program.OUTLOOK: "{0:.24}@EXCH01.{1}",
    Program.APPLE: "{0:.32}@{1}",
    Program.IPHONE: "{0:.32}@{1}",
    Program.YANDEX: "{0:.14}@web.mail.{1}",
    Program.THUNDERBIRD: "{0:.20}@{1}",
    Program.MAILRU: "16.{0:.16}@f.{1}",
    Program.MACHINE: "{0:.20}@{1}",
}
"""How each program shapes its Message-IDs: a digest, then the host."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenMail:
    """A mail of a story with everything decided but its bytes."""

    mail: Mail
    at: datetime
    """Aware UTC: when it arrived, or left us."""
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    message_id: MessageId
    parent: "WrittenMail | None"
    references: tuple[MessageId, ...]
    text: str
    """The whole plain text: own words, signature, quotation."""
    html: str


def write_conversation(
    conversation: Conversation, moments: Sequence[datetime]
) -> list[WrittenMail]:
    """Return the first mails of a conversation, one for each moment."""
    written: list[WrittenMail] = []
    for mail, at in zip(conversation.mails, moments, strict=False):
        written.append(_write(mail, at, conversation.subject, written))
    return written


def display(address: Address) -> str:
    """Return an address the way people read it: with a name when it is known."""
    name = names_by_address().get(address)
    return f"{name} <{address}>" if name else address


def _write(mail: Mail, at: datetime, subject: str, before: Sequence[WrittenMail]) -> WrittenMail:
    """Return one mail, given those before it in its conversation."""
    parent = _parent(mail, before)
    # A bounce says in its report which mail it is about, never in References.
    answered = None if mail.bounce else parent
    language: Language = "ru" if _CYRILLIC.search(mail.text) else "en"
    own = _own_text(mail, at, language)
    quotation = _quotation(mail, answered)
    own = own.replace("{attribution}", _attribution(mail, answered))
    return WrittenMail(
        mail=mail,
        at=at,
        sender=mail.via or mail.writer.email,
        to=mail.to or _recipients(mail, before),
        cc=mail.cc,
        subject=mail.subject or _subject(mail.writer, subject, answered),
        message_id=_message_id(mail),
        parent=parent,
        references=(*answered.references, answered.message_id) if answered else (),
        text=_joined(mail.writer.program, own, quotation),
        html=mail.html or _joined_html(own, quotation),
    )


def _parent(mail: Mail, before: Sequence[WrittenMail]) -> WrittenMail | None:
    """Return the mail that this one replies to."""
    if not before or mail.parent == "none":
        return None
    if not mail.parent:
        return before[-1]
    return next(written for written in before if written.mail.id == mail.parent)


def _recipients(mail: Mail, before: Sequence[WrittenMail]) -> tuple[Address, ...]:
    """Return whom a reply goes to when the story does not say it."""
    others = [written for written in before if written.mail.writer.ours != mail.writer.ours]
    return (others[-1].sender,) if others else before[-1].to


def _subject(writer: Writer, subject: str, parent: WrittenMail | None) -> str:
    """Return the subject, with the prefix that the writer's program puts before it."""
    if parent is None:
        return subject
    if parent.subject.lower().startswith("re:"):
        return parent.subject
    return _REPLY_PREFIX.get(writer.program, "Re: ") + parent.subject


def _message_id(mail: Mail) -> MessageId:
    """Return an identifier that is the same in every run of the demo."""
    digest = hashlib.sha256(mail.id.encode()).hexdigest()
    host = mail.writer.host or mail.writer.email.rpartition("@")[2]
    return MessageId(_MESSAGE_ID_SHAPES[mail.writer.program].format(digest, host))


def _own_text(mail: Mail, at: datetime, language: Language) -> str:
    """Return what the writer typed, with his signature below."""
    writer = mail.writer
    parts = [in_words(mail.text, at.astimezone(ZONE).date(), language)]
    signature = (language == "ru" and writer.signature_ru) or writer.signature
    if mail.signed and signature:
        parts.append(signature.strip())
    if writer.program is Program.IPHONE:
        parts.append(_DEVICE_FOOTERS[writer.language])
    return "\n\n".join(parts)


def _quotation(mail: Mail, parent: WrittenMail | None) -> Quote | None:
    """Return the quotation under a reply; None when the writer cuts it or the program has none."""
    if parent is None or not mail.quotes or mail.writer.program is Program.MACHINE:
        return None
    return quote(mail.writer.program, mail.writer.language, _original(parent))


def _attribution(mail: Mail, parent: WrittenMail | None) -> str:
    """Return the line above an inline answer."""
    if parent is None:
        return ""
    return attribution(mail.writer.program, mail.writer.language, _original(parent))


def _original(written: WrittenMail) -> Original:
    """Return what a reply shows of a mail."""
    return Original(
        name=written.mail.writer.name,
        email=written.sender,
        to="; ".join(display(address) for address in written.to),
        subject=written.subject,
        at=written.at,
        text=written.text,
    )


def _joined(program: Program, own: str, quotation: Quote | None) -> str:
    """Return own words and quotation: Thunderbird's users answer below, all others above."""
    if quotation is None:
        return own
    if program is Program.THUNDERBIRD:
        return f"{quotation.plain}\n\n{own}"
    return f"{own}\n\n{quotation.plain}"


def _joined_html(own: str, quotation: Quote | None) -> str:
    """Return the same as HTML, always with the own words above."""
    below = f"\n<br>\n{quotation.html}" if quotation else ""
    return f"<html><body>\n{text_as_html(own)}{below}\n</body></html>"
