"""Label every line of a mail: the author's new words, quotation, signature, footers."""

from collections.abc import Iterable
from typing import Final

from ingest.html_quotes import has_marks
from ingest.html_text import html_lines
from ingest.line_page import LinePage
from ingest.quotation import label_quotation
from ingest.signature import label_footers
from ingest.subjects import is_forward_subject, is_reply_subject
from models.message import LabelledLine, LineLabel, ParsedMail

MAX_LINES: Final = 20_000
"""Lines beyond are kept together as one, labelled NEW: they are shown, but not told apart."""


def label_lines(parsed: ParsedMail) -> tuple[LabelledLine, ...]:
    """Return every line of the text with what it is; nothing is left out.

    The structure of HTML is asked first where a mail program left marks in it, then the rules
    for text. In doubt a line is NEW: losing a client's words costs more than showing old ones.
    """
    page = _page_of(parsed)
    is_answer = bool(parsed.in_reply_to or parsed.references) or is_reply_subject(parsed.subject)
    is_forward = is_forward_subject(parsed.subject)
    label_quotation(page, expected=is_answer or is_forward)
    label_footers(page, parsed.author.name if parsed.author else "")
    if not page.has_new_words() and not page.has(LineLabel.QUOTED, LineLabel.ATTRIBUTION):
        # Nothing but a signature: better shown as the text than not at all.
        page.relabel(LineLabel.SIGNATURE, LineLabel.NEW)
    return tuple(
        LabelledLine(label=label, text=text)
        for label, text in zip(page.labels, page.texts, strict=True)
    )


def _page_of(parsed: ParsedMail) -> LinePage:
    """Return the lines to be labelled, with what the HTML says of them."""
    if parsed.html and has_marks(parsed.html):
        lines = html_lines(parsed.html)
        if any(line.text for line in lines):
            return LinePage([line.text for line in lines], [line.mark for line in lines])
    texts = parsed.text.split("\n")
    if len(texts) > MAX_LINES:
        texts = [*texts[:MAX_LINES], "\n".join(texts[MAX_LINES:])]
    return LinePage(texts, [None] * len(texts))


def new_text(lines: Iterable[LabelledLine]) -> str:
    """Return the author's own words, one empty line between paragraphs; may be empty."""
    kept: list[str] = []
    for line in lines:
        text = line.text.rstrip()
        if line.label is LineLabel.NEW and (text or (kept and kept[-1])):
            kept.append(text)
        elif line.label is not LineLabel.NEW and kept and kept[-1]:
            # Answers between quoted lines stay apart from one another.
            kept.append("")
    return "\n".join(kept).strip()
