"""Tell whether two copies are one mail: a digest over what survives the way through gateways."""

import hashlib
from typing import Final

from ingest.direction import own_author
from ingest.footer_marks import is_gateway_banner
from ingest.subjects import base_subject
from models.ids import MessageKey
from models.message import ParsedMail

_FIRST_SIGNS: Final = 200
"""How many letters and digits of the text are looked at: footers of lists come later."""
_LOOKED_AT_CHARS: Final = 4_000


def _first_text(text: str) -> str:
    """Return the first letters and digits, case-folded: no blanks, marks or line ends to differ."""
    lines = text[:_LOOKED_AT_CHARS].split("\n")
    own = "".join(line for line in lines if not is_gateway_banner(line))
    return "".join(filter(str.isalnum, own.casefold()))[:_FIRST_SIGNS]


def digest_of(parsed: ParsedMail) -> str:
    """Return a hex hash over author, Date, base subject and first text.

    It is equal for copies that a list or a gateway re-encoded, re-wrapped, tagged or extended, and
    different for another mail that reuses the Message-ID.
    """
    # A mail without a Date header may still have got one from its Received chain, which differs
    # from copy to copy.
    date = parsed.date.isoformat() if parsed.date and parsed.header("date") else ""
    parts = (
        own_author(parsed).address,
        date,
        "".join(filter(str.isalnum, base_subject(parsed.subject).casefold())),
        _first_text(parsed.text),
    )
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()


def key_of(parsed: ParsedMail) -> MessageKey:
    """Return the identity of a mail: its Message-ID together with its digest.

    The domain of an id compares without case (research/mail-reading.md 1.1).
    """
    local, at, domain = (parsed.message_id or "").rpartition("@")
    name = local + at + domain.lower()
    text = f"{name}\x1f{digest_of(parsed)}"
    return MessageKey(hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:40])
