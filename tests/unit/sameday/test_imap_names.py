"""Names of folders on the wire of IMAP, and the patterns of LIST."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.imap_utf7 import decode as client_decodes
from imapclient.imap_utf7 import encode as client_encodes

from sameday.demo.imap_names import decode_name, encode_name, name_matches

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(NAMES)
def test_a_name_survives_the_wire(name: str) -> None:
    assert decode_name(encode_name(name)) == name


@given(NAMES)
def test_a_name_is_written_and_read_as_the_client_does(name: str) -> None:
    assert (encode_name(name), client_decodes(encode_name(name))) == (client_encodes(name), name)


@pytest.mark.parametrize(
    "raw", [b"&", b"a&b", b"&?-", b"&AAA", b"&BB4-&2D0-", "Я".encode(), b"a\0"]
)
def test_what_is_no_modified_utf_7_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="modified UTF-7"):
        decode_name(raw)


@given(st.text("ab/*%", max_size=8), st.text("ab/", max_size=8))
def test_list_patterns_mean_what_a_regular_expression_would(pattern: str, name: str) -> None:
    meaning = "".join({"*": ".*", "%": "[^/]*"}.get(letter, letter) for letter in pattern)
    assert name_matches(name, pattern, "/") == bool(re.fullmatch(meaning, name))
