"""Attachments are listed from the structure a server gives, and nonsense lists nothing."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.response_parser import parse_fetch_response

from ingest.body_structure import attachments_in
from models.message import Attachment

PDF = (
    b'("application" "pdf" ("name" "=?utf-8?B?0YHQvNC10YLQsC5wZGY=?=") NIL NIL "base64" 4000 NIL '
    b'("attachment" ("filename" "=?utf-8?B?0YHQvNC10YLQsC5wZGY=?=")) NIL NIL)'
)
TEXT = b'("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 20 2 NIL NIL NIL NIL)'
HTML = b'("text" "html" ("charset" "utf-8") NIL NIL "7bit" 90 2 NIL NIL NIL NIL)'
LONG_NAME = (
    b'("image" "png" NIL NIL NIL "base64" 400 NIL '
    b'("inline" ("filename*0*" "utf-8\'\'%D0%BC%D0%B0" "filename*1*" "%D0%BA%D0%B5%D1%82.png"))'
    b" NIL NIL)"
)


def _listed(structure: bytes) -> Sequence[Attachment]:
    (answer,) = parse_fetch_response([b"1 (UID 7 BODYSTRUCTURE " + structure + b")"]).values()
    return attachments_in(answer[b"BODYSTRUCTURE"])


def test_names_types_and_decoded_sizes_are_listed() -> None:
    structure = b"(" + TEXT + PDF + LONG_NAME + b' "mixed" ("boundary" "b") NIL NIL NIL)'
    assert _listed(structure) == (
        Attachment(name="смета.pdf", content_type="application/pdf", size_bytes=3000),
        Attachment(name="макет.png", content_type="image/png", size_bytes=300),
    )


def test_the_mails_own_text_is_no_attachment_and_nesting_does_not_matter() -> None:
    inner = b"(" + TEXT + HTML + b' "alternative" ("boundary" "a") NIL NIL NIL)'
    structure = b"(" + inner + PDF + b' "mixed" ("boundary" "b") NIL NIL NIL)'
    assert [a.name for a in _listed(structure)] == ["смета.pdf"]


def test_a_mail_of_one_part_has_none() -> None:
    assert _listed(TEXT) == ()


@pytest.mark.parametrize("structure", [None, (), b"text", 7, ("a",), ((),), [[]]], ids=str)
def test_nonsense_lists_nothing(structure: object) -> None:
    assert attachments_in(structure) == ()


_anything = st.recursive(
    st.none() | st.binary(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=9) | st.lists(inner, max_size=9).map(tuple),
    max_leaves=40,
)


@given(structure=_anything)
def test_no_structure_makes_it_raise(structure: object) -> None:
    attachments_in(structure)
