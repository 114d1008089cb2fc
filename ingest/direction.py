"""Find who really wrote a mail, and whether it went in, out or around the house."""

import re
from collections.abc import Iterable
from typing import Final

from ingest.address_list import address_of
from models.agency import Agency
from models.ids import Address
from models.message import Correspondent, Direction, ParsedMail

UNREADABLE: Final = Correspondent(address=Address("unknown@invalid"))
"""Stands for the author of a mail whose From can't be read; no such domain exists (RFC 2606)."""

_SEARCHED_CHARS: Final = 20_000
_IN_TEXT: Final = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
# "Ivan via Orders", "'Ivan' via group", "Иван через группу": lists rewrite From for DMARC's sake.
_VIA: Final = re.compile(r"\b(?:via|through|через)\s", re.IGNORECASE)
_ORIGINAL_FROM: Final = ("x-original-from", "x-google-original-from", "x-original-sender")


def own_author(parsed: ParsedMail) -> Correspondent:
    """Return the author behind a list's rewritten From; else the From itself, or UNREADABLE."""
    author = parsed.author or parsed.sender
    if author is None:
        return next(iter(parsed.reply_to), UNREADABLE)
    if not _VIA.search(author.name):
        return author
    for who in parsed.reply_to:
        if who.address != author.address and not _is_list(who, parsed):
            return Correspondent(address=who.address, name=who.name or _name_before_via(author))
    for name in _ORIGINAL_FROM:
        found = _IN_TEXT.search(parsed.header(name)[:1000])
        if found and (address := address_of(found[0])):
            return Correspondent(address=address, name=_name_before_via(author))
    return author


def _is_list(who: Correspondent, parsed: ParsedMail) -> bool:
    """Tell whether an address is the list's own: it stands among the recipients or in List-Post."""
    if who.address in parsed.header("list-post").lower():
        return True
    return any(who.address == other.address for other in (*parsed.to, *parsed.cc))


def _name_before_via(author: Correspondent) -> str:
    return _VIA.split(author.name)[0].strip(" '\"")


def author_of(parsed: ParsedMail, agency: Agency) -> Correspondent:
    """Return who a mail is from.

    Our web form writes from an address of ours for a client: he stands in Reply-To, or else
    is the first address in the text that is not ours. Only a mail that goes to nobody outside is
    taken for a form: a robot of ours that writes to a client stays ours.
    """
    author = own_author(parsed)
    if author.address not in agency.technical_senders:
        return author
    for who in parsed.reply_to:
        if not agency.is_ours(who.address) and who.address not in agency.technical_senders:
            return who
    if any(not agency.is_ours(who.address) for who in (*parsed.to, *parsed.cc, *parsed.bcc)):
        return author
    return _first_stranger(parsed.text, agency) or author


def _first_stranger(text: str, agency: Agency) -> Correspondent | None:
    for found in _IN_TEXT.finditer(text[:_SEARCHED_CHARS]):
        address = address_of(found[0].strip(".'-"))
        if address and not agency.is_ours(address) and address not in agency.technical_senders:
            return Correspondent(address=address)
    return None


def is_from_web_form(parsed: ParsedMail, author: Correspondent, agency: Agency) -> bool:
    """Tell whether our own form or robot passed a client's words on."""
    sender = own_author(parsed).address
    return sender in agency.technical_senders and author.address != sender


def direction_of(
    author: Correspondent, recipients: Iterable[Correspondent], agency: Agency
) -> Direction:
    """Return which way a mail went, from its addresses alone (SEMANTICS.md section 2).

    Mail of ours without any visible recipient is internal: nobody outside is known to have it.
    """
    if not (agency.is_ours(author.address) or author.address in agency.technical_senders):
        return Direction.INBOUND
    if any(not agency.is_ours(who.address) for who in recipients):
        return Direction.OUTBOUND
    return Direction.INTERNAL
