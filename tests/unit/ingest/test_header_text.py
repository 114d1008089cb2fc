"""Prove how header fields become readable."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.header_text import decode_header

TEXT = "Смета на доработку сайта"


def _raw(data: bytes) -> str:
    """Return bytes as the standard parser hands them over."""
    return data.decode("ascii", "surrogateescape")


def _word(charset: str, data: bytes) -> str:
    return f"=?{charset}?B?{base64.b64encode(data).decode()}?="


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(_word("utf-8", TEXT.encode()), id="utf-8"),
        pytest.param(_word("win-1251", TEXT.encode("cp1251")), id="alias nobody registered"),
        pytest.param(_word("KOI8-R", TEXT.encode("koi8-r")), id="koi8-r"),
        pytest.param(_word("utf-8*ru", TEXT.encode()), id="language of RFC 2231"),
        pytest.param("=?utf-8?Q?" + "".join(f"={b:02X}" for b in TEXT.encode()) + "?=", id="Q"),
        pytest.param(
            f"{_word('utf-8', TEXT.encode()[:5])}\r\n {_word('utf-8', TEXT.encode()[5:])}",
            id="a letter cut in two between words",
        ),
        pytest.param(_raw(TEXT.encode()), id="raw utf-8"),
        pytest.param(_raw(TEXT.encode("cp1251")), id="raw windows-1251"),
        pytest.param(_raw(TEXT.encode("koi8-r")), id="raw koi8-r"),
        pytest.param(_word("utf-8", TEXT.encode("cp1251")), id="label lies"),
        pytest.param(_word("x-unknown", TEXT.encode("cp1251")), id="label unknown"),
        pytest.param(_word("utf-8", TEXT.encode()).rstrip("=?") + "?=", id="padding missing"),
    ],
)
def test_a_russian_subject_is_read(value: str) -> None:
    assert decode_header(value).text == TEXT


def test_the_charset_of_the_body_decides_before_guessing() -> None:
    assert decode_header(_raw("Grüße".encode("iso-8859-2")), "iso-8859-2").text == "Grüße"


def test_a_single_accent_is_read_as_latin() -> None:
    assert decode_header(_raw("Müller und Söhne".encode("cp1252"))).text == "Müller und Söhne"


def test_a_guess_is_told() -> None:
    assert decode_header(_raw(TEXT.encode("cp1251"))).guessed
    assert not decode_header(_word("utf-8", TEXT.encode())).guessed


def test_nul_becomes_visible() -> None:
    found = decode_header("a\x00b")
    assert (found.text, found.has_nul) == ("a\ufffdb", True)


def test_blanks_between_words_go_and_between_text_stay() -> None:
    assert decode_header("=?utf-8?Q?a?= =?utf-8?Q?b?= c").text == "ab c"


@given(st.text(max_size=200))
def test_any_value_gives_one_printable_line(value: str) -> None:
    text = decode_header(value.encode("utf-8", "replace").decode("ascii", "surrogateescape")).text
    assert "\n" not in text
    assert "\x00" not in text
