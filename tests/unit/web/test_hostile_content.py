"""What strangers write can neither run, nor mislead, nor break a page."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from models.agency import Role
from models.db.migrating import migrate
from models.db.store import open_store
from models.ids import Address
from models.message import Attachment, Correspondent
from tests.mails import read_mail
from tests.panel_studio import UNKNOWN, Studio
from web.inert import inert, one_line

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '" onmouseover="alert(1)',
    "single quote": "' autofocus onfocus='alert(1)",
    "image": "<img src=x onerror=alert(1)>",
    "svg": "<svg/onload=alert(1)>",
    "closing tags": "</td></tr></table></main><h1>owned</h1>",
    "comment": "<!-- ",
    "textarea": "</title></textarea><iframe src=javascript:alert(1)>",
    "template": "{{ 7*7 }}{% raw %}",
    "format": "%(num)s %s {0} %",
    "override": "\u202egpj.exe",
    "isolate": "\u2066a\u2067b",
    "controls": "a\x01b\x07c\x1b[31md\x7fe\x9bf",
    "entity": "&lt;b&gt;&amp;#60;",
    "long": "x" * 10_000,
    "long russian": "ы" * 10_000,
    "line ends": "a\r\nb\u2028c\u2029d",
    "tags": "\U000e0041\U000e0042",
}
DISTURBING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\U000e0000-\U000e007f]"
)


class Skeleton(HTMLParser):
    """Keep what a browser makes of a page but its words: elements and names of attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.bones: list[tuple[str, ...]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.bones.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.bones.append(("/" + tag,))

    def handle_comment(self, data: str) -> None:  # noqa: ARG002 - the words do not matter
        self.bones.append(("comment",))


def skeleton_of(html: str) -> list[tuple[str, ...]]:
    parser = Skeleton()
    parser.feed(html)
    parser.close()
    return parser.bones


def pages_with(folder: Path, text: str) -> list[str]:
    """Return the pages of a studio of its own, where a stranger wrote one text everywhere."""
    folder.mkdir()
    store = open_store("sqlite:///sameday.db", folder)
    migrate(store)
    studio = Studio(store=store)
    author = Correspondent(address=Address("x@evil.example"), name=text)
    studio.waits(account=UNKNOWN, subject=text, text=text, author=author)
    plain = read_mail("m1@evil.example", references=("m0@acme.example",)).parsed
    attachment = Attachment(name=text, content_type=text, size_bytes=1)
    thread = studio.joins(
        author=author,
        new_text=text,
        ignored_reason=text,
        parsed=replace(plain, to=(author,), subject=text, attachments=(attachment,)),
    )
    client = studio.client(Role.CURATOR)
    addresses = ("/", "/?fragment=1", f"/conversation/{thread}")
    pages = [client.get(address).text for address in addresses]
    store.close()
    return pages


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_words_change_nothing_but_words(tmp_path: Path, text: str) -> None:
    calm_pages = pages_with(tmp_path / "calm", "calm")
    hostile_pages = pages_with(tmp_path / "hostile", text)
    for calm, hostile in zip(calm_pages, hostile_pages, strict=True):
        assert skeleton_of(hostile) == skeleton_of(calm)
        assert DISTURBING.search(hostile) is None


def test_a_subject_without_a_space_is_shortened_in_the_list_and_whole_in_the_conversation(
    studio: Studio,
) -> None:
    thread = studio.waits(subject="short", text="x" * 10_000)
    client = studio.client(Role.CURATOR)
    assert "x" * 200 not in client.get("/").text
    assert "x" * 10_000 in client.get(f"/conversation/{thread}").text


def test_hostile_words_in_the_address_are_inert(studio: Studio) -> None:
    client = studio.client(Role.CURATOR)
    for address in (
        "/?owner=%22%3E%3Cscript%3E",
        "/?show=%3Cscript%3E",
        "/nosuch/%3Cscript%3E?a=%22%3E%3Cscript%3E",
        "/?_scheme=javascript&_external=1",
    ):
        page = client.get(address).text
        assert "<script>" not in page
        assert "javascript:" not in page


def test_a_strange_path_does_not_turn_the_language_links_away_from_us(studio: Studio) -> None:
    page = studio.app().test_client().get("//evil.example/x").text
    assert 'href="//' not in page


@given(st.text())
def test_inert_text_keeps_its_length_and_can_be_sent(text: str) -> None:
    calm = inert(text)
    assert len(calm) == len(text)
    calm.encode("utf-8", "strict")


@given(st.text())
def test_escaped_text_stays_escaped(text: str) -> None:
    calm = inert(Markup.escape(text))
    assert isinstance(calm, Markup)
    assert "<" not in calm


def test_halves_of_characters_are_made_visible() -> None:
    assert inert("a\ud83db") == "a\ufffdb"


def test_other_values_pass_unchanged() -> None:
    assert inert(7) == 7
    assert inert(None) is None


@given(st.text(max_size=500), st.integers(2, 80))
def test_one_line_is_never_longer_than_asked(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert "\n" not in line


@given(st.text(max_size=60))
def test_a_text_that_fits_is_not_marked_as_cut(text: str) -> None:
    assert one_line(text, 100) == " ".join(text.split())
