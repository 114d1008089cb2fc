"""Read what a multipart/report says about the mail that did not arrive (RFC 3464)."""

import re
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from typing import Final

from ingest.address_list import address_of, addresses_in
from ingest.header_text import unfold
from ingest.message_ids import own_id
from ingest.mime_parts import MAX_PARTS, Part, decoded_bytes
from models.ids import Address, MessageId
from models.message import DeliveryReport

MAX_RECIPIENTS: Final = 200
_STATUS: Final = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}")
_DELIVERED: Final = frozenset({"delivered", "relayed", "expanded"})
_RETURNED: Final = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers",
     "message/rfc822-headers"}
)  # fmt: skip


def _nodes(root: Part) -> Iterator[Part]:
    """Yield every node of the tree, those inside attached messages too, up to the limit."""
    stack = [root]
    seen = 0
    while stack and seen < MAX_PARTS:
        node = stack.pop()
        seen += 1
        yield node
        children = node.get_payload() if node.is_multipart() else None
        if isinstance(children, list):
            stack.extend(c for c in reversed(children) if isinstance(c, Message))


def _field(fields: Message, name: str) -> str:
    return unfold(str(fields.get(name) or "")).strip()


def _blocks_of(part: Part) -> list[Message]:
    """Return the header blocks of a delivery-status part, one per message and per recipient."""
    children = part.get_payload()
    if isinstance(children, list):
        return [c for c in children if isinstance(c, Message)][:MAX_RECIPIENTS]
    text = decoded_bytes(part).decode("utf-8", "replace")
    blocks = re.split(r"\r?\n\r?\n", text)[:MAX_RECIPIENTS]
    return [HeaderParser().parsestr(block) for block in blocks]


def _recipient(block: Message) -> Address | None:
    """Return whom a block speaks of: "rfc822; bob@x.example"."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        value = _field(block, name).rpartition(";")[2]
        if found := address_of(value.strip().strip("<>")):
            return found
        if listed := addresses_in(value):
            return listed[0].address
    return None


def _is_permanent(block: Message) -> bool | None:
    """Return whether delivery failed for good; None when the block does not say so."""
    action = _field(block, "action").lower()
    status = _STATUS.search(_field(block, "status"))
    if action.startswith("delay"):
        return False
    if action.startswith("fail"):
        return True
    if status:
        return {"5": True, "4": False}.get(status[1])
    return None


def _failed_id(root: Part) -> MessageId | None:
    """Return the Message-ID of the mail that came back with the report."""
    for part in _nodes(root):
        kind = part.get_content_type()
        if kind not in _RETURNED:
            continue
        inner = part.get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        if isinstance(first, Message) and (found := own_id(_field(first, "message-id"))):
            return found
        text = decoded_bytes(part)[:65_536].decode("utf-8", "replace").lstrip()
        if found := own_id(_field(HeaderParser().parsestr(text), "message-id")):
            return found
    return None


def read_report(root: Part) -> DeliveryReport | None:
    """Return what a report says; None for a mail without one and for news of success."""
    if root.get_content_type() != "multipart/report":
        return None
    statuses = [
        part
        for part in _nodes(root)
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status")
    ]
    if not statuses:
        return None
    blocks = [block for part in statuses for block in _blocks_of(part)][:MAX_RECIPIENTS]
    told = [b for b in blocks if _field(b, "action") or _field(b, "status")]
    failed = [b for b in told if _field(b, "action").lower() not in _DELIVERED]
    if told and not failed:
        return None
    outcomes = [o for b in failed if (o := _is_permanent(b)) is not None]
    lost = [b for b in failed if _is_permanent(b) is not False] or failed
    recipients = dict.fromkeys(r for b in lost if (r := _recipient(b)) is not None)
    return DeliveryReport(
        permanent=any(outcomes) or not outcomes,
        failed_message_id=_failed_id(root),
        failed_recipients=tuple(recipients),
    )
