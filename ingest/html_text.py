"""Turn HTML into readable lines, each with what its markup says it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.html_quotes import HtmlMark, mark_of
from models.message import LineLabel

MAX_HTML_CHARS: Final = 1_000_000
MAX_NODES: Final = 60_000
"""Horizon of the walk over a document; what lies behind is not read."""
MAX_DEPTH: Final = 4_000
"""A document that nests deeper loses its structure: the parser would take quadratic time."""
_MAX_LINK_CHARS: Final = 300

_SKIPPED: Final = frozenset(
    {"script", "style", "head", "title", "template", "noscript", "object", "iframe", "svg", "math",
     "select", "textarea", "-comment", "-doctype", "!doctype", "meta", "link"}
)  # fmt: skip
_BLOCKS: Final = frozenset(
    {"div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "center", "form",
     "address", "fieldset", "figure", "tbody", "thead", "table", "body", "hr", "main", "caption"}
)  # fmt: skip
_PARAGRAPHS: Final = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre"}
)
_CELLS: Final = frozenset({"td", "th"})
_BLANKS: Final = re.compile(r"[ \t\r\n\f\u200b\ufeff]+")
_TAG: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,15})[^<>]{0,2000}>?")
_VOID: Final = frozenset(
    {"br", "img", "hr", "meta", "input", "link", "col", "area", "wbr", "p", "li"}
)
_HIDDEN: Final = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class HtmlLine:
    """One line of a document as a reader sees it."""

    text: str
    mark: LineLabel | None
    """What the markup says; None where it says nothing."""


class _Page:
    """The lines written so far, and the one being written."""

    def __init__(self) -> None:
        self.lines: list[HtmlLine] = []
        self._words: list[str] = []
        self._marks: list[LineLabel] = []
        self._rest_is_quoted = False

    def write(self, text: str) -> None:
        """Add text to the line."""
        self._words.append(text)

    def end_line(self, *, forced: bool = False) -> None:
        """Finish the line; an empty one only when forced (a <br>)."""
        if not self._words and not forced:
            return
        text = _BLANKS.sub(" ", "".join(self._words).replace("\xa0", " ")).strip()
        self._words.clear()
        if text or forced:
            self.lines.append(HtmlLine(text=text, mark=self._mark()))

    def end_preformatted_line(self) -> None:
        """Finish a line of <pre> with its blanks kept."""
        text = "".join(self._words).replace("\xa0", " ").rstrip()
        self._words.clear()
        self.lines.append(HtmlLine(text=text, mark=self._mark()))

    def end_paragraph(self) -> None:
        """Finish the line and leave one empty line below, unless one is there."""
        self.end_line()
        if self.lines and self.lines[-1].text:
            self.lines.append(HtmlLine(text="", mark=self._mark()))

    def enter(self, mark: HtmlMark) -> None:
        """Begin text that the markup says something about."""
        self.end_line()
        self._marks.append(mark.label)

    def leave(self, mark: HtmlMark) -> None:
        """End it."""
        self.end_line()
        self._marks.pop()
        self._rest_is_quoted = self._rest_is_quoted or mark is HtmlMark.REST_IS_QUOTED

    def _mark(self) -> LineLabel | None:
        if LineLabel.QUOTED in self._marks or (self._rest_is_quoted and not self._marks):
            return LineLabel.QUOTED
        return self._marks[-1] if self._marks else None


@dataclass(slots=True)
class _Open:
    """An element whose end was not met yet."""

    node: LexborNode
    tag: str
    mark: HtmlMark | None = None
    link: str = ""


class _Walk:
    """A walk over a document without recursion: a stranger decides how deep it nests."""

    def __init__(self) -> None:
        self.page = _Page()
        self._preformatted = 0

    def run(self, root: LexborNode) -> None:
        """Visit every node once, in document order, up to the horizon."""
        open_elements = [_Open(root, "body")]
        node = root.first_child
        visited = 0
        while open_elements and visited < MAX_NODES:
            if node is None:
                ended = open_elements.pop()
                self._leave(ended)
                node = ended.node.next if open_elements else None
                continue
            visited += 1
            inner = self._enter(node)
            if inner is None:
                node = node.next
            else:
                open_elements.append(inner)
                node = node.first_child
        while open_elements:
            self._leave(open_elements.pop())
        self.page.end_line()

    def _enter(self, node: LexborNode) -> _Open | None:
        """Write what a node says; return it when its children must be visited."""
        tag = node.tag or ""
        if tag == "-text":
            self._text(node.text_content or "")
            return None
        if tag == "br":
            self.page.end_line(forced=True)
            return None
        if tag in _SKIPPED or not node.is_element_node:
            return None
        attributes = node.attributes
        if attributes and _HIDDEN.search((attributes.get("style") or "")[:500]):
            return None
        self._begin(tag)
        mark = mark_of(tag, attributes)
        if mark is not None:
            self.page.enter(mark)
        link = (attributes.get("href") or "").strip() if tag == "a" else ""
        return _Open(node, tag, mark, link)

    def _begin(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self.page.end_paragraph()
            self._preformatted += tag == "pre"
        elif tag in _BLOCKS:
            self.page.end_line()
        if tag == "li":
            self.page.write("- ")
        elif tag in _CELLS:
            self.page.write(" ")

    def _leave(self, ended: _Open) -> None:
        if ended.link.startswith(("http://", "https://")) and len(ended.link) <= _MAX_LINK_CHARS:
            self._link(ended)
        if ended.mark is not None:
            self.page.leave(ended.mark)
        if ended.tag in _PARAGRAPHS:
            if ended.tag == "pre":
                self._preformatted -= 1
                self.page.end_preformatted_line()
            self.page.end_paragraph()
        elif ended.tag in _BLOCKS:
            self.page.end_line()

    def _link(self, ended: _Open) -> None:
        """Write the address of a link behind its words, unless the words are the address."""
        words = (ended.node.text(deep=True) or "").strip()
        bare = ended.link.removeprefix("https://").removeprefix("http://").rstrip("/")
        if words and bare not in words:
            self.page.write(f" <{ended.link}>")

    def _text(self, text: str) -> None:
        if not self._preformatted:
            self.page.write(_BLANKS.sub(" ", text))
            return
        first, *further = text.replace("\r\n", "\n").split("\n")
        self.page.write(first)
        for line in further:
            self.page.end_preformatted_line()
            self.page.write(line)


def _without_blank_runs(lines: list[HtmlLine]) -> Iterator[HtmlLine]:
    """Pass lines on with at most two empty ones in a row and none at the start."""
    blanks = 2
    for line in lines:
        blanks = 0 if line.text else blanks + 1
        if blanks <= 2:
            yield line


def _nests_too_deep(html: str) -> bool:
    """Tell whether a document nests beyond MAX_DEPTH; small ones are not looked at."""
    if html.count("<") < MAX_DEPTH:
        return False
    depth = 0
    for tag in _TAG.finditer(html):
        if tag[2].lower() not in _VOID:
            depth = max(0, depth - 1) if tag[1] else depth + 1
            if depth > MAX_DEPTH:
                return True
    return False


def html_lines(html: str) -> tuple[HtmlLine, ...]:
    """Return the readable lines of a document; empty when it shows no text."""
    if _nests_too_deep(html):
        words = _TAG.sub("\n", html[:MAX_HTML_CHARS])
        return tuple(HtmlLine(text=w.strip(), mark=None) for w in words.split("\n") if w.strip())
    root = LexborHTMLParser(html[:MAX_HTML_CHARS]).body
    if root is None:
        return ()
    walk = _Walk()
    walk.run(root)
    lines = list(_without_blank_runs(walk.page.lines))
    while lines and not lines[-1].text:
        lines.pop()
    return tuple(lines)


def html_to_text(html: str) -> str:
    """Return the readable text of a document, links kept, scripts and styles left out."""
    return "\n".join(line.text for line in html_lines(html))
