"""An mbox is split into its mails while it is read."""

import io
import tracemalloc
from datetime import UTC, datetime
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.mbox import begins_mbox, split_mbox

FIRST = b"From anna@studio.example Fri Apr 24 09:00:00 2026\n"
SECOND = b"From MAILER-DAEMON Sat Apr 25 10:00:00 2026\n"
LARGEST = 1000


def contents(file: bytes, largest_bytes: int = LARGEST) -> list[bytes]:
    return [mail.content for mail in split_mbox(io.BytesIO(file), "box", largest_bytes)]


def test_mails_come_in_order_and_are_named_by_their_number() -> None:
    file = io.BytesIO(FIRST + b"Subject: a\n\nHello\n\n" + SECOND + b"Subject: b\n\nBye\n")
    mails = list(split_mbox(file, "archive.mbox", LARGEST))
    assert [mail.content for mail in mails] == [
        b"Subject: a\n\nHello\n\n",
        b"Subject: b\n\nBye\n",
    ]
    assert [mail.source for mail in mails] == ["archive.mbox, mail 1", "archive.mbox, mail 2"]


@pytest.mark.parametrize(
    ("quoted", "meant"),
    [
        (b">From here on\n", b"From here on\n"),
        (b">>From here on\n", b">From here on\n"),
        (b"> From here on\n", b"> From here on\n"),
        (b">From: Anna\n", b">From: Anna\n"),
        (b"see >From here\n", b"see >From here\n"),
    ],
    ids=["mboxo and mboxrd", "mboxrd", "a reply's quotation", "a quoted header", "in a line"],
)
def test_a_quoted_from_line_is_what_was_written(quoted: bytes, meant: bytes) -> None:
    assert contents(FIRST + b"Subject: a\n\n" + quoted) == [b"Subject: a\n\n" + meant]


@pytest.mark.parametrize(
    "body",
    [
        b"Hello\n\nFrom now on we pay monthly.\nThanks\n",
        b"Hello\nFrom: a header that somebody pasted\nTo: nobody\n",
        b"Hello\nFrom Monday: closed\nNote: really\n",
    ],
    ids=["a sentence after a blank line", "a pasted header", "a sentence in the middle"],
)
def test_a_sentence_that_begins_with_from_does_not_end_the_mail(body: bytes) -> None:
    assert contents(FIRST + b"Subject: a\n\n" + body) == [b"Subject: a\n\n" + body]


@pytest.mark.parametrize(
    "line",
    [
        b"From anna@studio.example Sat Apr 25 10:00:00 2026\n",
        b"From - Sat Apr 25 10:00:00 2026\r\n",
        b"From 1776000000@xxx Sat Apr 25 10:00:00 +0000 2026\n",
        b"From anna@studio.example  Sat Apr  5 10:00 2026\n",
        b"From nobody\n",
    ],
    ids=["plain", "thunderbird", "takeout", "without seconds", "without a date"],
)
def test_each_programs_from_line_begins_a_mail(line: bytes) -> None:
    assert len(contents(FIRST + b"Subject: a\n\nHello\n\n" + line + b"Subject: b\n\nBye\n")) == 2


def test_a_dated_from_line_needs_no_blank_line_before_it() -> None:
    assert len(contents(FIRST + b"Subject: a\n\nHello\n" + SECOND + b"Subject: b\n\nBye\n")) == 2


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (FIRST, datetime(2026, 4, 24, 9, tzinfo=UTC)),
        (
            b"From x Fri Apr 24 09:00:00 +0300 2026\n",
            datetime(2026, 4, 24, 6, tzinfo=UTC),
        ),
        (
            b"From x Fri Apr 24 09:00:00 2026 -0230\n",
            datetime(2026, 4, 24, 11, 30, tzinfo=UTC),
        ),
        (b"From x Fri Apr 24 09:00:00 MSK 2026\n", datetime(2026, 4, 24, 9, tzinfo=UTC)),
        (b"From x Fri Apr 31 09:00:00 2026\n", None),
        (b"From x Fri Foo 24 09:00:00 2026\n", None),
        (b"From x Fri Jan  1 00:00:00 +9999 0001\n", None),
    ],
    ids=["utc", "offset", "late offset", "zone name", "no such day", "no such month", "nonsense"],
)
def test_the_from_line_tells_the_delivery(line: bytes, expected: datetime | None) -> None:
    (mail,) = split_mbox(io.BytesIO(line + b"Subject: a\n\n"), "box", LARGEST)
    assert mail.delivered_at == expected


def test_of_a_huge_mail_only_the_beginning_is_kept_and_the_size_is_known() -> None:
    file = io.BytesIO(FIRST + b"Subject: a\n\n" + b"x" * 300_000 + b"\n" + SECOND + b"B: b\n\n")
    first, second = split_mbox(file, "box", LARGEST)
    assert len(first.content) == LARGEST
    assert first.size_bytes == 12 + 300_001
    assert not first.raw(LARGEST).complete
    assert second.content == b"B: b\n\n"


def test_a_long_line_that_is_read_in_pieces_is_not_taken_for_lines() -> None:
    line = b"x" * (64 * 1024) + b"From anna@studio.example Fri Apr 24 09:00:00 2026\n"
    assert len(contents(FIRST + b"Subject: a\n\n" + line + b"B: b\n")) == 1


@pytest.mark.parametrize("start", [b"\nFrom x\n", b"\r\n\r\nFrom x\n", b"From x\n"])
def test_blank_lines_may_come_before_the_first_mail(start: bytes) -> None:
    assert begins_mbox(start)
    assert contents(start + b"Subject: a\n\nHello\n") == [b"Subject: a\n\nHello\n"]


@pytest.mark.parametrize("start", [b"", b"\n\n", b"From: anna@studio.example\n", b"Subject: a\n"])
def test_what_is_no_mbox_is_not_taken_for_one(start: bytes) -> None:
    assert not begins_mbox(start)


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [b"", b"Hello", b"From here", b">From there", b">>From", b"From x: y", b"Note: z"]
            )
        ),
        min_size=1,
    )
)
def test_what_mboxrd_wrote_comes_back(bodies: list[list[bytes]]) -> None:
    def quoted(line: bytes) -> bytes:
        return b">" + line if line.lstrip(b">").startswith(b"From ") else line

    file = b"".join(
        FIRST + b"Subject: a\n\n" + b"".join(quoted(line) + b"\n" for line in body) + b"\n"
        for body in bodies
    )
    expected = [b"Subject: a\n\n" + b"".join(line + b"\n" for line in b) + b"\n" for b in bodies]
    assert contents(file) == expected


@given(st.binary(max_size=400))
def test_any_bytes_are_split_without_an_error_and_nothing_is_lost(junk: bytes) -> None:
    mails = list(split_mbox(io.BytesIO(FIRST + b"Subject: a\n\n" + junk), "box", 10_000))
    assert mails[0].content.startswith(b"Subject: a\n")


class LongFile(io.RawIOBase):
    """A file of 10,000 mails that lies nowhere; only its lines can be asked for."""

    def __init__(self) -> None:
        mail = [FIRST, b"Subject: a\n", b"\n", *[b"x" * 70 + b"\n"] * 10, b"\n"]
        self._lines = (line for _ in range(10_000) for line in mail)

    def readline(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002 - lines are short here
        return next(self._lines, b"")


def test_a_long_file_is_split_in_little_memory() -> None:
    tracemalloc.start()
    count = sum(1 for _ in split_mbox(cast("BinaryIO", LongFile()), "box", LARGEST))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 10_000
    assert peak_bytes < 200_000
