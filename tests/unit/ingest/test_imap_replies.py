"""Replies are cut where one mail ends, and numbers and dates that are junk count as missing."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ingest.imap_replies import fetch_replies, instant_of, joined_literals, size_in

_EAST = timezone(timedelta(hours=14))


def test_each_fetch_reply_keeps_its_literals() -> None:
    one = [(b"1 (UID 1 BODY[] {3}", b"9 ("), b" FLAGS ())"]
    two = [(b"1 (UID 2 A {1}", b"x"), (b" B {1}", b"y"), b")"]
    three = [b"3 (UID 3)"]
    assert list(fetch_replies([*one, *two, *three])) == [one, two, three]


def test_no_replies_are_none() -> None:
    assert list(fetch_replies([])) == []


def test_a_folder_name_in_a_literal_stays_with_its_line() -> None:
    lines = [b'() "/" INBOX', (b'() "/" {4}', b"Sent"), b"", b'() "/" Trash']
    assert joined_literals(lines) == [lines[:1], lines[1:3], lines[3:]]


@pytest.mark.parametrize(
    ("size", "read"), [(7, 7), (2**32 - 1, 2**32 - 1), (2**32, 0), (-1, 0), (b"7", 0), (None, 0)]
)
def test_a_size_that_is_junk_is_zero(size: object, read: int) -> None:
    assert size_in({b"RFC822.SIZE": size}) == read


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        (datetime(2026, 4, 24, 14, tzinfo=_EAST), datetime(2026, 4, 24, tzinfo=UTC)),
        (datetime(1, 1, 1, tzinfo=_EAST), None),
        (datetime(2026, 4, 24, 14), None),  # noqa: DTZ001 - the point is that it is naive
        (b"garbage", None),
        (None, None),
    ],
    ids=["aware", "beyond-the-calendar", "naive", "garbage", "missing"],
)
def test_a_date_that_is_junk_is_none(value: object, instant: datetime | None) -> None:
    assert instant_of(value) == instant
