"""Say what a sign of a mail's origin is, and how much evidence is enough."""

import re
from dataclasses import dataclass
from typing import Final

from models.message import Origin

ENOUGH: Final = 0.9
"""An origin other than human needs signs of this weight together; in doubt a mail is human."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OriginRule:
    """One sign: where it stands, what it looks like, what it speaks for and how loudly."""

    id: str
    origin: Origin
    weight: float
    """Negative for a sign that speaks against the origin."""
    place: str
    """"subject", "author" (local part of the address), "name" (display name), "text", "type"
    (media type), the lower-case name of a header, or a fact that `ingest.origin` adds:
    "x-empty-author", "x-returned-mail", "x-human-reply-to", "x-answer-subject"."""
    pattern: re.Pattern[str]
    """Searched in the value."""
    example: str
    comment: str


def rule(
    rule_id: str, weight: float, place: str, pattern: str, example: str, comment: str
) -> OriginRule:
    """Return one row of a table; its origin is the first word of its id."""
    origin = {
        "bounce": Origin.BOUNCE,
        "auto": Origin.AUTO_REPLY,
        "receipt": Origin.RECEIPT,
        "bulk": Origin.BULK,
        "spam": Origin.SPAM,
        "robot": Origin.ROBOT,
        "calendar": Origin.CALENDAR,
    }[rule_id.partition(".")[0]]
    return OriginRule(
        id=rule_id,
        origin=origin,
        weight=weight,
        place=place,
        pattern=re.compile(pattern, re.IGNORECASE),
        example=example,
        comment=comment,
    )
