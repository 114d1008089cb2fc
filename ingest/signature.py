"""Find what stands below an author's words without being said: signature, footers, disclaimers."""

from typing import Final

from ingest.footer_marks import (
    CLOSINGS,
    CONTACT,
    DEVICE_FOOTERS,
    DISCLAIMERS,
    FOOTERS,
    LIST_FOOTER,
    LONG_RULE,
    POSTSCRIPT,
    SIGNATURE_RULE,
    is_gateway_banner,
)
from ingest.line_page import LinePage
from models.message import LineLabel

_MAX_SIGNATURE_LINES: Final = 15
_MAX_AFTER_CLOSING: Final = 12
_MAX_CLOSING_WORDS: Final = 8
_MAX_CONTACT_LINES: Final = 8
_MAX_NAME_LINES: Final = 5
_MAX_NAME_CHARS: Final = 80
_DELIMITERS: Final = frozenset({"--", "—", "–", "-- -"})
_PARAGRAPH_CHARS: Final = 2_000
_MIN_DISCLAIMER_CHARS: Final = 60
_DISCLAIMER_PARAGRAPHS: Final = 5


def label_footers(page: LinePage, author_name: str = "") -> None:
    """Label signatures and footers in the first and the last text of the author.

    Answers between quoted lines in the middle of a mail bear none. `author_name` is the display
    name in From, which many people sign with and nothing else.
    """
    runs = list(page.runs())
    for start, end in {*runs[:1], *runs[-1:]}:
        _label_banners(page, start, end)
        _label_disclaimers(page, start, end)
        _label_list_footer(page, start, end)
        _label_below_rule(page, start, end)
        _label_devices(page, start, end)
        _label_closing(page, start, end)
        _label_contacts(page, start, end)
        _label_own_name(page, start, end, author_name)
        _label_devices(page, start, end)


def _written(page: LinePage, start: int, end: int) -> list[int]:
    """Return the places of the NEW lines of a range that are not empty."""
    return [i for i in range(start, end) if page.is_new(i) and not page.blank[i]]


def _label_banners(page: LinePage, start: int, end: int) -> None:
    for place in _written(page, start, min(end, start + 12))[:6]:
        if is_gateway_banner(page.stripped[place]):
            page.mark(place, place + 1, LineLabel.DISCLAIMER)


def _paragraphs(page: LinePage, start: int, end: int) -> list[tuple[int, int]]:
    """Return the ranges of lines between empty ones."""
    found: list[tuple[int, int]] = []
    begin = start
    for place in range(start, end + 1):
        if place == end or page.blank[place]:
            if place > begin:
                found.append((begin, place))
            begin = place + 1
    return found


def _label_disclaimers(page: LinePage, start: int, end: int) -> None:
    """Label lawyers' paragraphs near the end; the first one is what a mail is about."""
    for first, last in _paragraphs(page, start, end)[1:][-_DISCLAIMER_PARAGRAPHS:]:
        text = " ".join(page.texts[first:last])[:_PARAGRAPH_CHARS]
        is_long = len(text) >= _MIN_DISCLAIMER_CHARS
        signs = sum(bool(mark.pattern.search(text)) for mark in DISCLAIMERS.rows) if is_long else 0
        is_footer = FOOTERS.matches(page.stripped[first])
        if signs >= 3 or is_footer:
            page.mark(first, last, LineLabel.DISCLAIMER)


def _label_list_footer(page: LinePage, start: int, end: int) -> None:
    """Label what a mailing list adds below a rule."""
    written = _written(page, start, end)
    for number, place in enumerate(written):
        line = page.stripped[place]
        if not (LONG_RULE.match(line) or SIGNATURE_RULE.match(line)):
            continue
        below = written[number + 1 : number + 5]
        is_short = len(written) - number <= _MAX_SIGNATURE_LINES
        if is_short and any(LIST_FOOTER.search(page.stripped[i]) for i in below):
            page.mark(place, end, LineLabel.DISCLAIMER)
            return


def _label_below_rule(page: LinePage, start: int, end: int) -> None:
    """Label what stands below "-- " or another short rule near the end (RFC 3676 4.3)."""
    written = _written(page, start, end)
    first = max(0, len(written) - _MAX_SIGNATURE_LINES - 1)
    for number in range(first, len(written)):
        place = written[number]
        line = page.stripped[place]
        if not SIGNATURE_RULE.match(line):
            continue
        below = written[number + 1 :]
        is_apart = place > start and page.blank[place - 1]
        if line in _DELIMITERS or (is_apart and _looks_like_signature(page, below)):
            _label_until_postscript(page, place, end, LineLabel.SIGNATURE)
            return


def _looks_like_signature(page: LinePage, places: list[int]) -> bool:
    """Tell whether lines are short, few, and ask nothing."""
    return len(places) <= _MAX_CONTACT_LINES and all(
        len(page.texts[i]) <= 90 and "?" not in page.texts[i] and not _is_prose(page.texts[i])
        for i in places
    )


def _is_prose(line: str) -> bool:
    """Tell a sentence from a line of a signature."""
    words = line.split()
    return (len(words) >= 4 and line.rstrip().endswith((".", "!", "?", "…", ":"))) or "? " in line


def _label_until_postscript(page: LinePage, start: int, end: int, label: LineLabel) -> None:
    """Label lines up to a postscript, which is the author's text again."""
    for place in range(start, end):
        if POSTSCRIPT.match(page.stripped[place]):
            return
        page.mark(place, place + 1, label)


def _label_devices(page: LinePage, start: int, end: int) -> None:
    """Label "Sent from my ..." lines, which only stand last."""
    for place in reversed(_written(page, start, end)[-20:]):
        if not DEVICE_FOOTERS.matches(page.stripped[place]):
            return
        page.mark(place, place + 1, LineLabel.DEVICE)


def _label_closing(page: LinePage, start: int, end: int) -> None:
    """Label from "С уважением" on; a sentence or a postscript below is the author's again."""
    written = _written(page, start, end)
    for number in range(max(0, len(written) - _MAX_AFTER_CLOSING), len(written)):
        place = written[number]
        closing = page.stripped[place].strip("*_- ")
        is_sentence = len(closing.split()) > _MAX_CLOSING_WORDS or "?" in closing
        if is_sentence or not CLOSINGS.matches(closing):
            continue
        for below in written[number:]:
            line = page.stripped[below]
            said = below != place and (_is_prose(line) or "?" in line or not line)
            if said or POSTSCRIPT.match(line):
                return
            page.mark(below, below + 1, LineLabel.SIGNATURE)
        return


def _label_contacts(page: LinePage, start: int, end: int) -> None:
    """Label a last paragraph of name, telephone and address that no closing introduced."""
    paragraph = _last_paragraph(page, start, end)
    if paragraph is None:
        return
    first, last = paragraph
    places = _written(page, first, last)
    contacts = sum(bool(CONTACT.search(page.stripped[i])) for i in places)
    # A name stands first; a list of contacts that the client was asked for has none.
    name = page.stripped[places[0]] if places else ""
    is_name = 1 <= len(name.split()) <= 4 and name[:1].isupper() and not name.endswith(":")
    if (
        contacts >= 2
        and is_name
        and not CONTACT.search(name)
        and _looks_like_signature(page, places)
    ):
        page.mark(first, last, LineLabel.SIGNATURE)


def _label_own_name(page: LinePage, start: int, end: int, author_name: str) -> None:
    """Label a last paragraph that begins with the author's own name: "Milo Brandt / Co-founder"."""
    paragraph = _last_paragraph(page, start, end)
    if paragraph is None:
        return
    places = _written(page, *paragraph)
    signed = _name_words(page.stripped[places[0]]) if places else set()
    is_signature = len(places) <= _MAX_NAME_LINES and _looks_like_signature(page, places)
    if signed and signed <= _name_words(author_name) and is_signature:
        page.mark(*paragraph, LineLabel.SIGNATURE)


def _last_paragraph(page: LinePage, start: int, end: int) -> tuple[int, int] | None:
    """Return the last paragraph with NEW lines, unless it is the only one."""
    paragraphs = [
        (a, b) for a, b in _paragraphs(page, start, end) if any(page.is_new(i) for i in range(a, b))
    ]
    return paragraphs[-1] if len(paragraphs) >= 2 else None


def _name_words(text: str) -> set[str]:
    """Return the words of a short line that may be a name."""
    words = {word.strip(".,()\"'«»").casefold() for word in text[:_MAX_NAME_CHARS].split()}
    return words - {""}
