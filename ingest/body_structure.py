"""List the attachments that lie beyond what was fetched, by what the server says of the structure.

BODYSTRUCTURE (RFC 3501 7.4.2) is broken on many servers, so it is asked for large mails only, and
believed for this list only: no text, thread or verdict depends on it.
"""

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import unquote

from ingest.header_text import decode_header
from models.message import Attachment

_MOST_PARTS: Final = 500
_TEXT: Final = frozenset({"text/plain", "text/html"})


def attachments_in(structure: object) -> tuple[Attachment, ...]:
    """Return the attachments of a parsed BODYSTRUCTURE; nothing for one that makes no sense."""
    found = []
    for part in _leaves(structure):
        attachment = _attachment_of(part)
        if attachment is not None:
            found.append(attachment)
    return tuple(found)


def _leaves(structure: object) -> Iterator[Sequence[object]]:
    """Yield the single parts in order, without recursion: the nesting is a stranger's."""
    waiting: list[object] = [structure]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        if not isinstance(part, list | tuple) or not part:
            continue
        if isinstance(part[0], list):
            # imapclient gathers the parts of a multipart in a list.
            waiting.extend(reversed(part[0]))
        elif isinstance(part[0], tuple):
            waiting.extend(reversed([inner for inner in part if isinstance(inner, tuple)]))
        elif len(part) >= 7:
            yield part


def _attachment_of(part: Sequence[object]) -> Attachment | None:
    """Return the attachment that a single part is; None for a text that is the mail's own."""
    content_type = f"{_text(part[0])}/{_text(part[1])}".lower()
    disposition, disposed = _disposition(part)
    name = _named(disposed, "filename") or _named(_pairs(part[2]), "name")
    if content_type in _TEXT and disposition != "attachment" and not name:
        return None
    encoded = part[6] if isinstance(part[6], int) else None
    is_base64 = _text(part[5]).lower() == "base64"
    size_bytes = encoded * 3 // 4 if encoded is not None and is_base64 else encoded
    return Attachment(name=name, content_type=content_type, size_bytes=size_bytes)


def _named(parameters: dict[str, str], key: str) -> str:
    """Return a parameter that may be encoded, or cut into numbered pieces (RFC 2231)."""
    if key in parameters:
        return decode_header(parameters[key]).text
    pieces = [parameters[k] for k in sorted(parameters) if k.startswith(key + "*")]
    charset, quote, encoded = "".join(pieces).partition("''")
    if not quote:
        return "".join(pieces)
    try:
        return unquote(encoded, encoding=charset or "utf-8")
    except LookupError:
        return unquote(encoded)


def _disposition(part: Sequence[object]) -> tuple[str, dict[str, str]]:
    """Return disposition and its parameters; they stand at different places by type of part."""
    for field in part[7:]:
        if isinstance(field, tuple) and len(field) == 2 and isinstance(field[0], bytes):
            word = _text(field[0]).lower()
            if word in ("attachment", "inline"):
                return word, _pairs(field[1])
    return "", {}


def _pairs(field: object) -> dict[str, str]:
    """Return a parameter list as a dictionary with lower-case names."""
    if not isinstance(field, tuple):
        return {}
    texts = [_text(value) for value in field]
    return {name.lower(): value for name, value in zip(texts[::2], texts[1::2], strict=False)}


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
