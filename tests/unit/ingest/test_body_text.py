"""Prove how bodies become text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.body_text import decode_body, unflowed

TEXT = "Добрый день! Пришлите, пожалуйста, счёт за июль и акт."


@pytest.mark.parametrize(
    ("charset", "label"),
    [
        ("utf-8", "utf-8"),
        ("cp1251", "windows-1251"),
        ("cp1251", "win-1251"),
        ("koi8-r", "koi8-r"),
        ("cp1251", "utf-8"),
        ("koi8-r", "utf-8"),
        ("utf-8", "windows-1251"),
        ("utf-8", "iso-8859-1"),
        ("utf-8", "us-ascii"),
        ("cp1251", "iso-8859-1"),
        ("cp1251", "koi8-r"),
        ("koi8-r", "windows-1251"),
        ("cp1251", ""),
        ("koi8-r", ""),
        ("utf-8", ""),
        ("utf-8", "no-such-charset"),
        ("cp1251", "base64"),
    ],
)
def test_russian_text_is_read_under_any_label(charset: str, label: str) -> None:
    assert decode_body(TEXT.encode(charset), label).text == TEXT


def test_an_honest_latin_label_is_believed() -> None:
    assert (
        decode_body("Schöne Grüße, José".encode("cp1252"), "iso-8859-1").text
        == "Schöne Grüße, José"
    )


def test_a_lying_label_is_told() -> None:
    assert decode_body(TEXT.encode("cp1251"), "utf-8").defects == ("text.charset-guessed",)
    assert decode_body(TEXT.encode(), "utf-8").defects == ()


def test_a_character_cut_at_the_end_is_no_lie() -> None:
    found = decode_body(TEXT.encode()[:-3] + "я".encode()[:1], "utf-8", complete=False)
    assert found.defects == ()


def test_nul_is_shown_and_told() -> None:
    found = decode_body(b"a\x00b", "us-ascii")
    assert (found.text, found.defects) == ("a\ufffdb", ("text.nul",))


def test_line_ends_become_one_kind() -> None:
    assert decode_body(b"a\r\nb\rc\n", "").text == "a\nb\nc\n"


def test_flowed_lines_are_joined() -> None:
    flowed = "Please send \nthe invoice.\n\n> old \n> text\n-- \nAnna"
    assert unflowed(flowed, delete_space=False) == (
        "Please send the invoice.\n\n> old text\n-- \nAnna"
    )


def test_delsp_joins_without_the_blank() -> None:
    assert unflowed("приш \nлите", delete_space=True) == "пришлите"


def test_a_stuffed_blank_goes() -> None:
    assert unflowed(" From here", delete_space=False) == "From here"


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "utf-8", "koi8-r", "utf-7", "idna", "punycode", "x"]),
)
def test_any_bytes_give_text(data: bytes, label: str) -> None:
    assert "\x00" not in decode_body(data, label).text
