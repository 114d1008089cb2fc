"""Know by which tags, classes and ids mail programs mark quotation and signature in HTML."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from models.message import LineLabel


class HtmlMark(Enum):
    """What an element says about the text in it."""

    QUOTED = auto()
    ATTRIBUTION = auto()
    SIGNATURE = auto()
    DEVICE = auto()
    REST_IS_QUOTED = auto()
    """It begins the quoted rest of the mail: everything after it, too."""

    @property
    def label(self) -> LineLabel:
        """Return the label of the lines inside."""
        return _LABELS[self]


_LABELS: Final = {
    HtmlMark.QUOTED: LineLabel.QUOTED,
    HtmlMark.ATTRIBUTION: LineLabel.ATTRIBUTION,
    HtmlMark.SIGNATURE: LineLabel.SIGNATURE,
    HtmlMark.DEVICE: LineLabel.DEVICE,
    HtmlMark.REST_IS_QUOTED: LineLabel.ATTRIBUTION,
}

# Ids; Outlook on the web puts "x_" before the ids of what it quotes.
_BY_ID: Final = {
    "divrplyfwdmsg": HtmlMark.REST_IS_QUOTED,  # Outlook on the web: the From/Sent block
    "appendonsend": HtmlMark.REST_IS_QUOTED,  # Outlook on the web: an empty anchor before it
    "mail-editor-reference-message-container": HtmlMark.QUOTED,  # new Outlook
    "olk_src_body_section": HtmlMark.QUOTED,  # Outlook for Mac 2011
    "replysplit": HtmlMark.REST_IS_QUOTED,  # Thunderbird-like web mailers
    "reply-intro": HtmlMark.ATTRIBUTION,  # Roundcube
    "signature": HtmlMark.SIGNATURE,  # Outlook on the web
    "ms-outlook-mobile-signature": HtmlMark.DEVICE,  # Outlook for iOS and Android
    "applemailsignature": HtmlMark.SIGNATURE,  # iPhone
    "lineBreakAtBeginningOfSignature".lower(): HtmlMark.SIGNATURE,  # iPhone
    "_rc_sig": HtmlMark.SIGNATURE,  # Roundcube
}

_BY_CLASS: Final = {
    "gmail_attr": HtmlMark.ATTRIBUTION,
    "gmail_signature": HtmlMark.SIGNATURE,
    "gmail_signature_prefix": HtmlMark.SIGNATURE,
    "moz-cite-prefix": HtmlMark.ATTRIBUTION,  # Thunderbird
    "moz-signature": HtmlMark.SIGNATURE,
    "moz-forward-container": HtmlMark.QUOTED,
    "yahoo_quoted": HtmlMark.QUOTED,
    "protonmail_quote": HtmlMark.QUOTED,
    "protonmail_signature_block": HtmlMark.SIGNATURE,
    "zmail_extra": HtmlMark.QUOTED,  # Zoho
    "tutanota_quote": HtmlMark.QUOTED,
    "gorgias_quote": HtmlMark.QUOTED,
    "freshdesk_quote": HtmlMark.QUOTED,
    "front-blockquote": HtmlMark.QUOTED,
    "sh-signature": HtmlMark.SIGNATURE,  # Signature Satori and relatives
}

_ANY_MARK: Final = (
    "<blockquote",
    *(f"{name}" for name in _BY_ID if name != "signature"),
    'id="signature"',
    *_BY_CLASS,
)

_TAGS_WITH_MARKS: Final = frozenset(
    {"div", "span", "p", "table", "td", "hr", "a", "section", "pre"}
)


def has_marks(html: str) -> bool:
    """Tell quickly whether any element could carry a mark."""
    low = html.lower()
    return any(mark in low for mark in _ANY_MARK)


def mark_of(tag: str, attributes: Mapping[str, str | None]) -> HtmlMark | None:
    """Return what an element is marked as; None for ordinary content."""
    if tag == "blockquote":
        return _mark_of_blockquote(attributes)
    if tag not in _TAGS_WITH_MARKS or not attributes:
        return None
    ident = (attributes.get("id") or "").lower().removeprefix("x_")
    if ident in _BY_ID:
        return _BY_ID[ident]
    for name in (attributes.get("class") or "").lower().split()[:20]:
        if (mark := _BY_CLASS.get(name.removeprefix("x_"))) is not None:
            return mark
    if (attributes.get("data-smartmail") or "") == "gmail_signature":
        return HtmlMark.SIGNATURE
    return None


def _mark_of_blockquote(attributes: Mapping[str, str | None]) -> HtmlMark | None:
    """Tell a quotation from the blockquote that the indent button of Gmail and Apple Mail makes."""
    style = (attributes.get("style") or "").lower().replace(" ", "")
    is_cited = "cite" in (attributes.get("type") or "") or "quote" in (
        attributes.get("class") or ""
    )
    if not is_cited and "border:none" in style and "40px" in style:
        return None
    return HtmlMark.QUOTED
