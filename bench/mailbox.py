"""Invent an agency's mailbox of any size: the same letters for the same seed, on every machine.

Sizes are those measured on a real one (median about 10 KB, mean about 40 KB, the largest some
megabytes): threads of 1 to 20 letters in Russian and English, whole quotations below the answer,
HTML beside plain text, signatures, attachments, newsletters.
"""

import base64
import html
import os
import random
import shutil
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from pathlib import Path
from typing import Final

from bench.phrases import PHRASES, Phrases

OUR_DOMAIN: Final = "studio.example"
OUR_ADDRESS: Final = f"office@{OUR_DOMAIN}"
CLIENT_DOMAINS: Final = tuple(f"client{number}.example" for number in range(1, 31))
BEGINNING: Final = datetime(2026, 2, 2, 6, tzinfo=UTC)
_NEWSLETTER_SHARE: Final = 0.08
_ATTACHMENT_SHARE: Final = 0.13
_HTML_SHARE: Final = 0.7
_LONGEST_THREAD: Final = 20
_LARGEST_ATTACHMENT: Final = 2_400_000
_QUOTED_CHARACTERS: Final = 9_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """One generated mail."""

    content: bytes
    arrived_at: datetime
    ours: bool
    """It lies in Sent, not in INBOX."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Party:
    """Who writes in a thread."""

    name: str
    address: str
    signature: str


@dataclass(slots=True)
class _Thread:
    """A conversation as far as it has been written."""

    phrases: Phrases
    client: _Party
    us: _Party
    subject: str
    at: datetime
    ids: list[str]
    said: str = ""
    """The last letter's text with all that it quotes."""


def letters(count: int, seed: int = 3) -> Iterator[Letter]:
    """Yield that many letters, thread by thread."""
    source = random.Random(seed)
    made = 0
    while made < count:
        if source.random() < _NEWSLETTER_SHARE:
            yield _newsletter(source, made)
            made += 1
            continue
        length = min(count - made, _LONGEST_THREAD, 1 + int(source.expovariate(1 / 3.0)))
        thread = _new_thread(source)
        for turn in range(length):
            yield _reply(source, thread, turn)
        made += length


def drop_into_maildir(mails: Iterable[Letter], maildir: Path) -> tuple[int, int]:
    """Write mails as a server would have stored them; return how many, and how many bytes.

    Dovecot takes the file's time as the mail's INTERNALDATE.
    """
    inbox, sent = maildir / "cur", maildir / ".Sent" / "cur"
    for folder in (inbox, sent):
        for name in ("cur", "new", "tmp"):
            (folder.parent / name).mkdir(parents=True, exist_ok=True)
    count = size = 0
    for count, letter in enumerate(mails, start=1):
        stamp = int(letter.arrived_at.timestamp())
        path = (sent if letter.ours else inbox) / f"{stamp}.M{count:06d}.bench:2,S"
        path.write_bytes(letter.content)
        os.utime(path, (stamp, stamp))
        size += len(letter.content)
    return count, size


def give_to(maildir: Path, user: str) -> None:
    """Make a user the owner of a Maildir and all above it up to the server's `mail` folder."""
    for path in (maildir.parent, maildir, *maildir.rglob("*")):
        shutil.chown(path, user)


# --- threads ------------------------------------------------------------------------------------


def _new_thread(source: random.Random) -> _Thread:
    phrases = source.choice(PHRASES)
    client_domain = source.choice(CLIENT_DOMAINS)
    return _Thread(
        phrases=phrases,
        client=_party(source, phrases, client_domain),
        us=_party(source, phrases, OUR_DOMAIN),
        subject=phrases.subject(source),
        at=BEGINNING + timedelta(minutes=source.randrange(60 * 24 * 240)),
        ids=[],
    )


def _party(source: random.Random, phrases: Phrases, domain: str) -> _Party:
    name = phrases.person(source)
    local = f"{source.choice('abcdefghijklmnoprstuvw')}.{phrases.latin(name)}"
    phone = f"+7 495 {source.randrange(100, 1000)}-{source.randrange(10, 100)}-00"
    signature = f"{phrases.closing(source)}\n{name}\n{phrases.position(source)}\n{phone}"
    return _Party(name=name, address=f"{local}@{domain}", signature=signature)


def _reply(source: random.Random, thread: _Thread, turn: int) -> Letter:
    ours = turn % 2 == 1 if source.random() < 0.85 else source.random() < 0.5
    writer, reader = (thread.us, thread.client) if ours else (thread.client, thread.us)
    words = thread.phrases.letter(source, reader.name, ours=ours)
    text = f"{words}\n\n{writer.signature if source.random() < 0.8 else writer.name}\n"
    if thread.said:
        introduction = thread.phrases.wrote(thread.at, reader.name, reader.address)
        quoted = "\n".join("> " + line for line in thread.said.split("\n"))
        text = f"{text}\n{introduction}\n{quoted[:_QUOTED_CHARACTERS]}\n"
    thread.at += timedelta(minutes=1 + int(source.expovariate(1 / 400)))
    own_id = f"<{source.getrandbits(64):x}.{turn}@{writer.address.rpartition('@')[2]}>"
    subject = thread.subject if turn == 0 else f"Re: {thread.subject}"
    to = f"{_encoded(reader.name)} <{reader.address}>"
    fields = [
        *_trace(source, thread.at),
        f"From: {_encoded(writer.name)} <{writer.address}>",
        f"To: {to}" if ours else f"To: {to}, {OUR_ADDRESS}",
        f"Subject: {_encoded(subject)}",
        f"Date: {format_datetime(thread.at)}",
        f"Message-ID: {own_id}",
    ]
    if thread.ids:
        fields += [f"In-Reply-To: {thread.ids[-1]}", "References: " + "\n ".join(thread.ids)]
    thread.ids.append(own_id)
    thread.said = text
    content = _mail(fields, _body(source, text))
    return Letter(content=content, arrived_at=thread.at, ours=ours)


def _newsletter(source: random.Random, number: int) -> Letter:
    phrases = source.choice(PHRASES)
    at = BEGINNING + timedelta(minutes=source.randrange(60 * 24 * 240))
    paragraphs = [phrases.paragraph(source, 3) for _ in range(source.randrange(4, 14))]
    cells = "\n".join(_cell(source, paragraph) for paragraph in paragraphs)
    page = f"<html><body><table width=600>{cells}</table></body></html>"
    fields = [
        *_trace(source, at),
        f"From: {_encoded(phrases.subject(source))} <news@letters{number % 7}.example>",
        f"To: {OUR_ADDRESS}",
        f"Subject: {_encoded(phrases.subject(source))}",
        f"Date: {format_datetime(at)}",
        f"Message-ID: <{source.getrandbits(64):x}@letters.example>",
        "List-Unsubscribe: <https://letters.example/off>",
        "Precedence: bulk",
    ]
    content = _mail(fields, _part("text/html", page))
    return Letter(content=content, arrived_at=at, ours=False)


def _cell(source: random.Random, paragraph: str) -> str:
    style = (
        "font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:20px;color:#333333;"
        "padding:0 24px 16px 24px;mso-line-height-rule:exactly;-webkit-text-size-adjust:100%"
    )
    link = f"https://letters.example/click/{source.getrandbits(256):064x}"
    body = html.escape(paragraph)
    return f'<tr><td style="{style}"><p>{body}</p><a href="{link}">{link[:28]}</a></td></tr>'


# --- the pieces of a mail -----------------------------------------------------------------------


def _encoded(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode(linesep="\n")


def _trace(source: random.Random, at: datetime) -> list[str]:
    """Return what servers add on the way; a real mail has kilobytes of it."""
    stamp = format_datetime(at)
    hops = [
        f"Received: from mx{hop}.relay.example (mx{hop}.relay.example [192.0.2.{hop + 9}])\n"
        f"\tby in{hop}.{OUR_DOMAIN} with ESMTPS id {source.getrandbits(60):x}\n"
        f"\tfor <{OUR_ADDRESS}>; {stamp}"
        for hop in range(source.randrange(2, 5))
    ]
    seal = base64.b64encode(source.randbytes(190)).decode()
    lines = "\n\t".join(textwrap.wrap(seal, 70))
    dkim = f"DKIM-Signature: v=1; a=rsa-sha256; d=relay.example; s=s1; h=from:to;\n\tb={lines}"
    results = f"Authentication-Results: in0.{OUR_DOMAIN}; dkim=pass; spf=pass"
    return [*hops, dkim, results, "MIME-Version: 1.0"]


def _body(source: random.Random, text: str) -> str:
    """Return a body: plain, or plain with HTML beside it, with or without attachments."""
    body = _part("text/plain", text)
    if source.random() < _HTML_SHARE:
        body = _multipart(source, "alternative", [body, _part("text/html", _page(text))])
    if source.random() < _ATTACHMENT_SHARE:
        files = [_attachment(source) for _ in range(source.randrange(1, 4))]
        body = _multipart(source, "mixed", [body, *files])
    return body


def _page(text: str) -> str:
    """Return a text as a mail program would write it in HTML, quotation and all."""
    own, _, quoted = text.partition("\n> ")
    rows = "".join(_paragraph(line) for line in own.split("\n"))
    if quoted:
        inside = "".join(_paragraph(line.lstrip("> ")) for line in quoted.split("\n"))
        rows += f'<blockquote type="cite" style="margin:0 0 0 .8ex">{inside}</blockquote>'
    style = "<style>p.MsoNormal{margin:0;font-size:11.0pt;font-family:Calibri,sans-serif}</style>"
    return f"<html><head>{style}</head><body lang=RU link=blue>{rows}</body></html>"


def _paragraph(line: str) -> str:
    return f'<p class="MsoNormal"><span>{html.escape(line) or "&nbsp;"}</span></p>\n'


def _part(media_type: str, text: str) -> str:
    encoded = base64.encodebytes(text.encode()).decode()
    head = f"Content-Type: {media_type}; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    return head + encoded


def _attachment(source: random.Random) -> str:
    """Return a file whose size is small as a rule and large now and then."""
    size = min(_LARGEST_ATTACHMENT, int(source.lognormvariate(10.7, 1.35)))
    name = f"{source.choice(('report', 'invoice', 'layout', 'act'))}-{source.randrange(900)}.pdf"
    return (
        f'Content-Type: application/pdf; name="{name}"\n'
        f'Content-Disposition: attachment; filename="{name}"\n'
        "Content-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(source.randbytes(size)).decode()
    )


def _multipart(source: random.Random, kind: str, parts: list[str]) -> str:
    boundary = f"----=_{source.getrandbits(96):x}"
    inside = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{inside}--{boundary}--\n'


def _mail(fields: list[str], body: str) -> bytes:
    return ("\n".join(fields) + "\n" + body).replace("\n", "\r\n").encode()
