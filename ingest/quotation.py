"""Find what a mail repeats of earlier mail: marked lines, attributions, header blocks, forwards."""

import re
from collections import Counter
from typing import Final

from ingest.footer_marks import LONG_RULE
from ingest.line_page import LinePage
from ingest.quote_marks import (
    ADDRESS,
    DATE,
    FROM_KEYS,
    KEY_LINE,
    OPENER,
    OTHER_KEYS,
    PLAIN_QUOTED_LINE,
    QUOTED_LINE,
    SEPARATORS,
    TIME,
    WROTE,
    YOU_WROTE,
)
from models.message import LineLabel

_ATTRIBUTION_LINES: Final = 4
_ATTRIBUTION_CHARS: Final = 400
_BLOCK_LINES: Final = 9
"""A header block is looked for in this many lines, wrapped addresses included."""

_KEY_KIND: Final = {key: kind for kind, keys in OTHER_KEYS.items() for key in keys} | dict.fromkeys(
    FROM_KEYS, "from"
)
_END_OF_FORWARD: Final = re.compile(
    r"^[-_=]{2,60}\s*(?:конец (?:пересылаемого|исходного|пересланного) (?:сообщения|письма)|"
    r"end (?:of )?forwarded message)\s*[-_=]{2,60}$",
    re.IGNORECASE,
)
# What an attribution ends with when no quoted line follows to prove it, beside a verb of writing.
_ENDS_LIKE_ATTRIBUTION: Final = re.compile(r"(?:[>\])»\"]|\d{2}|@\S{1,190})\s?[:：]\W{0,3}$")
# The bracket of a wrapped address, not a quoted line: ">:" or "> wrote:".
_END_OF_WRAPPED_ADDRESS: Final = re.compile(r"^\s{0,2}>\s?[\w()]{0,16}\s?:\s*$")
_INITIALS: Final = re.compile(r"^\s{0,3}(\w{1,4})>")


def label_quotation(page: LinePage, *, expected: bool) -> None:
    """Label what is quoted and what introduces it.

    `expected`: the mail answers or forwards another one. A block of "От: / Тема:" at the very
    top of a mail that does neither is a filled-in form, and the client's own text.
    """
    _label_marked_lines(page)
    place = 0
    has_words = False  # whether the author wrote anything above; kept up, to stay linear
    while place < len(page):
        is_open = page.is_new(place) or page.labels[place] is LineLabel.ATTRIBUTION
        following = place + 1
        if is_open and page.stripped[place]:
            following = _label_from(page, place, expected=expected, has_words=has_words)
        has_words = has_words or page.has_words_at(place)
        place = following
    _label_gaps(page)


def _label_marked_lines(page: LinePage) -> None:
    """Label lines that begin with ">", or with the initials of The Bat! when they come again."""
    initials = Counter(m[1] for t in page.texts if (m := _INITIALS.match(t[:12])))
    for place, text in enumerate(page.texts):
        if not page.is_new(place):
            continue
        start = text[:24]
        if _END_OF_WRAPPED_ADDRESS.match(start):
            continue
        if PLAIN_QUOTED_LINE.match(start) or (
            QUOTED_LINE.match(start) and (m := _INITIALS.match(start)) and initials[m[1]] > 1
        ):
            page.labels[place] = LineLabel.QUOTED


def _label_from(page: LinePage, place: int, *, expected: bool, has_words: bool) -> int:
    """Label the quotation that a line introduces, if it does; return where to go on."""
    if SEPARATORS.matches(page.stripped[place].strip("*")):
        return _label_rest(page, place, place + 1)
    block_end = _header_block_end(page, place)
    has_rule = place > 0 and LONG_RULE.match(page.stripped[place - 1]) is not None
    if block_end and (expected or has_words or has_rule):
        return _label_rest(page, place - has_rule, block_end)
    end = _attribution_end(page, place)
    if not end:
        return place + 1
    following = page.next_written(end)
    is_marked = following is not None and page.labels[following] is LineLabel.QUOTED
    if not is_marked and has_words and following is not None:
        return _label_rest(page, place, end)
    # Without marks and without words above, nobody can tell the quotation from the answer.
    page.mark(place, end, LineLabel.ATTRIBUTION)
    return end


def _label_rest(page: LinePage, start: int, body: int) -> int:
    """Label a header and everything below it, or up to the line that ends a forward."""
    page.mark(start, body, LineLabel.ATTRIBUTION)
    for place in range(body, len(page)):
        if _END_OF_FORWARD.match(page.stripped[place]):
            page.mark(body, place, LineLabel.QUOTED)
            page.mark(place, place + 1, LineLabel.ATTRIBUTION)
            return place + 1
    # A second header inside the rest introduces an older mail; the panel folds both alike.
    page.mark(body, len(page), LineLabel.QUOTED)
    return len(page)


def _key_kind(line: str) -> tuple[str, str]:
    """Return which header a line bears and its value; ("", "") for any other line."""
    found = KEY_LINE.match(line)
    if not found:
        return "", ""
    return _KEY_KIND.get(found[1].lower().strip(), ""), found[2]


def _header_block_end(page: LinePage, place: int) -> int:
    """Return where a block "From / Sent / To / Subject" that starts at a line ends; 0 for none.

    It needs a sender and two more headers, and an address or a subject: "From: Moscow, To: London,
    Date: 5 May" is a client's itinerary.
    """
    kind, value = _key_kind(page.stripped[place])
    if not kind:
        return 0
    kinds, end, values = {kind}, place + 1, value
    for near in range(place + 1, min(place + _BLOCK_LINES, len(page))):
        if page.blank[near]:
            # Some mailers put empty lines between; two in a row end the block.
            if page.blank[near - 1]:
                break
            continue
        kind, value = _key_kind(page.stripped[near])
        if kind:
            kinds.add(kind)
            values += value
            end = near + 1
        elif near > end:
            break
    is_mail = "@" in values or bool(kinds & {"subject", "sent"})
    return end if "from" in kinds and len(kinds) >= 3 and is_mail else 0


def _attribution_end(page: LinePage, place: int) -> int:
    """Return where an attribution that starts at a line ends; 0 for none."""
    window = range(place, min(place + _ATTRIBUTION_LINES, len(page)))
    has_opener = OPENER.match(page.stripped[place]) is not None
    # Most lines end the search here: nothing near them ends like an attribution.
    if not has_opener and not any(_has_colon(page.stripped[near]) for near in window):
        return 0
    if not has_opener and not _has_colon(page.stripped[place]):
        window = window if _could_go_on(page.stripped[place]) else range(0)
    joined = ""
    for near in window:
        line = page.stripped[near]
        if not line or not (page.is_new(near) or page.labels[near] is LineLabel.ATTRIBUTION):
            return 0
        joined = f"{joined} {line}".strip()
        if len(joined) > _ATTRIBUTION_CHARS:
            return 0
        if _has_colon(line) or (has_opener and WROTE.search(line[-14:])):
            following = page.next_written(near + 1)
            is_marked = following is not None and page.labels[following] is LineLabel.QUOTED
            return near + 1 if _is_attribution(joined, has_opener, is_marked) else 0
    return 0


def _has_colon(line: str) -> bool:
    """Tell whether a line ends with a colon, closing marks aside."""
    return line.rstrip('*_ "»').endswith((":", "："))


def _could_go_on(line: str) -> bool:
    """Tell whether a line may be the first of a wrapped attribution without a known opening."""
    is_sentence = line.endswith(("!", "?")) or (line.endswith(".") and not line[-3:-1].isdigit())
    return bool(ADDRESS.search(line) or DATE.search(line)) and not is_sentence


def _is_attribution(text: str, has_opener: bool, is_marked: bool) -> bool:
    """Decide by what the words hold: a verb of writing, a date, a time, an address."""
    verb, address = bool(WROTE.search(text)), bool(ADDRESS.search(text))
    date, time = bool(DATE.search(text)), bool(TIME.search(text))
    if is_marked:
        return verb or (date and (time or address)) or (has_opener and address)
    if not (_ENDS_LIKE_ATTRIBUTION.search(text) or WROTE.search(text[-20:])):
        return False
    if YOU_WROTE.match(text):
        return date and time
    return (verb and address and (has_opener or date or len(text) < 120)) or (
        date and time and (verb or address) and (has_opener or address)
    )


def _is_rest_of_quoted_line(page: LinePage, place: int) -> bool:
    """Tell whether a line is the wrapped end of the quoted line above, without a mark."""
    if not 0 < place < len(page) - 1 or not page.is_new(place):
        return False
    above, line = page.texts[place - 1], page.stripped[place]
    is_between = (
        page.labels[place - 1] is LineLabel.QUOTED
        and PLAIN_QUOTED_LINE.match(above[:8]) is not None
        and PLAIN_QUOTED_LINE.match(page.texts[place + 1][:8]) is not None
    )
    return is_between and len(above) >= 60 and line[:1].islower()


def _label_gaps(page: LinePage) -> None:
    """Label empty lines and ends of wrapped lines between quoted ones as quoted."""
    for place in range(len(page)):
        if _is_rest_of_quoted_line(page, place):
            page.labels[place] = LineLabel.QUOTED
    last_written = -1
    for place in range(len(page)):
        if page.blank[place]:
            continue
        is_quoted = page.labels[place] is LineLabel.QUOTED
        if is_quoted and last_written >= 0 and page.labels[last_written] is LineLabel.QUOTED:
            page.mark(last_written + 1, place, LineLabel.QUOTED)
        last_written = place
