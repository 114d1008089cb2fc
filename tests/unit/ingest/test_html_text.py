"""Prove how HTML becomes text."""

import time

import pytest

from ingest.html_text import html_lines, html_to_text
from models.message import LineLabel


def test_blocks_become_lines_and_paragraphs_stand_apart() -> None:
    html = "<p>Добрый день!</p><p>Вопрос:<br>когда?</p><div>Анна</div><div>Acme</div>"
    assert html_to_text(html) == "Добрый день!\n\nВопрос:\nкогда?\n\nАнна\nAcme"


def test_scripts_styles_and_hidden_text_are_left_out() -> None:
    html = (
        "<head><title>t</title><style>p{}</style></head><script>x</script><p "
        "style='display: none'>h</p><p>Yes</p>"
    )
    assert html_to_text(html) == "Yes"


def test_links_are_kept() -> None:
    html = (
        '<a href="https://acme.example/form">форма</a> <a '
        'href="https://acme.example">acme.example</a>'
    )
    assert html_to_text(html) == "форма <https://acme.example/form> acme.example"


def test_lists_tables_and_preformatted_text_are_readable() -> None:
    html = "<ul><li>one<li>two</ul><table><tr><td>a<td>b<tr><td>c</table><pre>x\n  y</pre>"
    assert html_to_text(html) == "- one\n- two\n\na b\nc\n\nx\n  y"


def test_blanks_of_the_source_do_not_matter() -> None:
    assert html_to_text("<p>one\n   two&nbsp;three</p>") == "one two three"


def _marks(html: str) -> list[tuple[str, LineLabel | None]]:
    return [(line.text, line.mark) for line in html_lines(html) if line.text]


def test_gmail_marks_quotation_and_leaves_inline_answers() -> None:
    html = (
        '<div>Top</div><div class="gmail_quote"><div class="gmail_attr">пт, 18 окт:</div>'
        "<blockquote>one</blockquote><div>inline</div><blockquote>two</blockquote></div>"
    )
    assert _marks(html) == [
        ("Top", None),
        ("пт, 18 окт:", LineLabel.ATTRIBUTION),
        ("one", LineLabel.QUOTED),
        ("inline", None),
        ("two", LineLabel.QUOTED),
    ]


def test_everything_below_the_header_of_outlook_is_quoted() -> None:
    html = '<div>Top</div><div id="divRplyFwdMsg">От: Анна</div><div>old</div>'
    assert _marks(html)[1:] == [("От: Анна", LineLabel.ATTRIBUTION), ("old", LineLabel.QUOTED)]


def test_the_indent_button_makes_no_quotation() -> None:
    html = '<blockquote style="margin:0 0 0 40px;border:none;padding:0">list</blockquote>'
    assert _marks(html) == [("list", None)]


def test_a_marked_signature_is_one() -> None:
    assert _marks('<div class="gmail_signature">Anna</div>') == [("Anna", LineLabel.SIGNATURE)]


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000,
        "<" * 200_000,
        "<a href='https://x.example'>" * 10_000,
        "<b>" * 50_000,
        "\x00<p>",
    ],
    ids=["deep", "brackets", "links", "bold", "nul"],
)
def test_hostile_html_is_read_in_time(html: str) -> None:
    begun = time.perf_counter()
    html_to_text(html)
    assert time.perf_counter() - begun < 2
