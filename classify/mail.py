"""Hold what the classifier is told about one mail."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class InboundMail:
    """A mail from a client."""

    subject: str
    new_text: str
    """Without quotation and signature; offsets of questions count in it."""
    robot: bool = False
    """A machine wrote it: it needs an answer only if it asks for one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboundMail:
    """A mail of ours to a client."""

    subject: str
    new_text: str
    sent_at: datetime
    """Aware; every moment in the text is read relative to it."""
    client_text: str = ""
    """New text of the client's mail it answers; empty when it answers none or it is not known."""
