"""Walk the MIME tree of a mail: which parts are its body, which are attachments."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from ingest.body_text import MAX_TEXT_CHARS, decode_body, unflowed
from ingest.header_text import decode_header
from ingest.html_text import MAX_HTML_CHARS, html_to_text
from models.message import Attachment, Defect

MAX_PARTS: Final = 1_000
"""Parts beyond are not looked at; the defect "parts.limit" says so."""
MAX_DEPTH: Final = 60
_MAX_PARAMETERS_CHARS: Final = 4_096

# What the standard library is known to raise on hostile parts (research/mail-reading.md 3).
PART_ERRORS: Final = (ValueError, LookupError, TypeError, AttributeError, AssertionError)


class BoundedMessage(Message):
    """The standard message with its content fields bounded.

    The library splits the parameters of a field in quadratic time; nobody means 4 KB of them.
    """

    def get(self, name, failobj=None):  # type: ignore[no-untyped-def]
        """Return a field, cut when it holds parameters."""
        value = super().get(name, failobj)
        if value is not failobj and str(name).lower().startswith("content-"):
            return str(value)[:_MAX_PARAMETERS_CHARS]
        return value


Part = Message
"""One node of the tree."""


@dataclass(slots=True)
class BodyPiece:
    """One body text: a plain and an HTML form of the same words, or either alone."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Return it as text: the plain form, or the HTML form made readable."""
        plain = "\n".join(self.plain)
        return plain if plain.strip() or not self.html else html_to_text("\n".join(self.html))


@dataclass(slots=True)
class PartsRead:
    """What the walk found."""

    pieces: list[BodyPiece] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)
    calendar_method: str = ""

    def text(self) -> str:
        """Return the whole body as text."""
        return "\n".join(t for piece in self.pieces if (t := piece.text().strip("\n")).strip())

    def html(self) -> str:
        """Return the HTML of the body; empty when a part of the body has no HTML form."""
        spoken = [p for p in self.pieces if p.html or any(t.strip() for t in p.plain)]
        if not spoken or not all(p.html for p in spoken):
            return ""
        return "\n".join(html for piece in spoken for html in piece.html)


def parts_of(root: Part) -> Iterator[tuple[Part, Part | None]]:
    """Yield every leaf in document order with the innermost multipart/alternative around it.

    An attached message is a leaf: what is in it was never sent to us.
    """
    stack: list[tuple[Part, Part | None, int]] = [(root, None, 0)]
    seen = 0
    while stack and seen < MAX_PARTS:
        part, alternative, depth = stack.pop()
        seen += 1
        if part.get_content_maintype() != "multipart" or not part.is_multipart():
            yield part, alternative
            continue
        if part.get_content_subtype() == "alternative" and alternative is None:
            alternative = part
        children = part.get_payload()
        if isinstance(children, list) and depth < MAX_DEPTH:
            stack.extend(
                (c, alternative, depth + 1) for c in reversed(children) if isinstance(c, Message)
            )


def parameter(part: Part, name: str, header: str = "content-type") -> str:
    """Return a parameter of a content field as text; empty without one or when it is broken."""
    try:
        value = part.get_param(name, "", header=header)
    except PART_ERRORS:
        return ""
    if isinstance(value, tuple):  # RFC 2231: charset, language, percent-decoded text
        charset, _, text = value
        data = text.encode("latin-1", "replace") if text.isascii() or charset else text.encode()
        return decode_body(data, charset or "utf-8").text
    return str(value)


def file_name(part: Part) -> str:
    """Return the name a part gives itself, decoded; empty without one."""
    name = parameter(part, "filename", "content-disposition") or parameter(part, "name")
    return decode_header(name).text.replace("/", "_").replace("\\", "_")[:255] if name else ""


def decoded_bytes(part: Part) -> bytes:
    """Return the content of a leaf with its transfer encoding undone; empty when that fails."""
    try:
        data = part.get_payload(decode=True)
    except PART_ERRORS:
        return b""
    return data if isinstance(data, bytes) else b""


def part_text(part: Part, read: PartsRead, *, complete: bool = True) -> str:
    """Return the text of a text part, noting its defects."""
    limit = MAX_HTML_CHARS if part.get_content_subtype() == "html" else MAX_TEXT_CHARS
    label = parameter(part, "charset")
    body = decode_body(decoded_bytes(part), label, complete=complete, limit=limit)
    read.defects.extend(Defect(code=code) for code in body.defects)
    text = body.text
    if part.get_content_subtype() == "plain" and parameter(part, "format").lower() == "flowed":
        text = unflowed(text, delete_space=parameter(part, "delsp").lower() == "yes")
    return text


def _size_of(part: Part) -> int:
    """Return about how many bytes a part holds when it is decoded, without decoding it."""
    total = 0
    stack = [part]
    while stack:
        node = stack.pop()
        payload = node.get_payload() if node.is_multipart() else None
        if isinstance(payload, list):
            stack.extend(child for child in payload if isinstance(child, Message))
        else:
            total += len(decoded_bytes(node))
    return total


def _as_attachment(part: Part, *, is_whole: bool) -> Attachment:
    name = file_name(part)
    if not name and part.get_content_maintype() == "message":
        inner = part.get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        subject = first.get("subject") if isinstance(first, Message) else None
        name = decode_header(str(subject)).text[:200] + ".eml" if subject else "message.eml"
    return Attachment(
        name=name,
        content_type=part.get_content_type()[:100],
        size_bytes=_size_of(part) if is_whole else None,
    )


def _is_body(part: Part, root: Part) -> bool:
    """Tell whether a leaf belongs to the text a reader sees."""
    if part.get_content_type() not in ("text/plain", "text/html"):
        return part is root and part.get_content_maintype() == "text" and not _is_calendar(part)
    if part is root:
        return True
    disposition = str(part.get("content-disposition") or "").strip().lower()
    return not disposition.startswith("attachment") and not file_name(part)


def _is_calendar(part: Part) -> bool:
    return part.get_content_type() == "text/calendar"


def read_parts(root: Part, *, complete: bool) -> PartsRead:
    """Return the body, the attachments and the calendar method of a mail.

    With `complete` False the last leaf may be cut: its size is then unknown.
    """
    read = PartsRead()
    groups: dict[int, BodyPiece] = {}
    leaves = list(parts_of(root))
    if len(leaves) >= MAX_PARTS:
        read.defects.append(Defect(code="parts.limit", detail=f"more than {MAX_PARTS} parts"))
    for part, alternative in leaves:
        is_whole = complete or part is not leaves[-1][0]
        if _is_calendar(part) and not read.calendar_method:
            read.calendar_method = _calendar_method(part, read)
        if not _is_body(part, root):
            read.attachments.append(_as_attachment(part, is_whole=is_whole))
            continue
        piece = groups.get(id(alternative))
        if piece is None or alternative is None:
            piece = BodyPiece()
            read.pieces.append(piece)
            groups[id(alternative)] = piece
        forms = piece.html if part.get_content_subtype() == "html" else piece.plain
        forms.append(part_text(part, read, complete=is_whole))
    return read


def _calendar_method(part: Part, read: PartsRead) -> str:
    """Return METHOD from the parameter or from the calendar itself; PUBLISH when neither says."""
    method = parameter(part, "method")
    if not method:
        lines = part_text(part, read)[:4000].upper().split("\n")
        method = next((line[7:] for line in lines if line.startswith("METHOD:")), "PUBLISH")
    return method.strip().upper()[:20]
