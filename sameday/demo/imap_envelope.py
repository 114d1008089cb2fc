"""Write the ENVELOPE of a mail (RFC 3501 section 7.4.2)."""

from email.utils import getaddresses
from typing import Final

from sameday.demo.imap_headers import field_value
from sameday.demo.imap_syntax import quoted

_ADDRESS_FIELDS: Final = (b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc")


def envelope(content: bytes) -> bytes:
    """Return the parenthesised ENVELOPE; what the mail does not say is NIL."""
    lists = {name: _addresses(field_value(content, name)) for name in _ADDRESS_FIELDS}
    for name in (b"sender", b"reply-to"):
        # A missing Sender or Reply-To is said to be the author (RFC 3501).
        if lists[name] == b"NIL":
            lists[name] = lists[b"from"]
    parts = [_nstring(field_value(content, b"date")), _nstring(field_value(content, b"subject"))]
    parts += [lists[name] for name in _ADDRESS_FIELDS]
    parts += [_nstring(field_value(content, name)) for name in (b"in-reply-to", b"message-id")]
    return b"(%b)" % b" ".join(parts)


def _nstring(text: bytes | None) -> bytes:
    return b"NIL" if text is None else quoted(text)


def _addresses(value: bytes | None) -> bytes:
    if value is None:
        return b"NIL"
    found = getaddresses([value.decode("utf-8", "surrogateescape")])
    written = [_address(name, address) for name, address in found if address]
    return b"(%b)" % b"".join(written) if written else b"NIL"


def _address(name: str, address: str) -> bytes:
    local, _at, domain = address.rpartition("@")
    parts = (name or None, None, local or None, domain or None)
    encoded = (part and part.encode("utf-8", "surrogateescape") for part in parts)
    return b"(%b)" % b" ".join(_nstring(part or None) for part in encoded)
