"""Worker processes read as this one does; a mail that kills or stalls them stops no other.

These start real processes, which takes a second or two each.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from classify.mail import OutboundMail
from ingest.batch_reading import Reading, read_batch
from ingest.reading_pool import MailWorker, ReadingPool
from models.message import RawMail, ReadMail
from models.verdict import OutboundVerdicts, ReplyKind
from tests.plain_reader import PlainReader

NOW = datetime(2026, 4, 24, 9, 0, tzinfo=UTC)


class FragileReader(PlainReader):
    """Dies of a mail that says KILL, and never comes back from one that says HANG."""

    def read(self, raw: RawMail) -> ReadMail:
        """Read one mail."""
        if b"KILL" in raw.content:
            os._exit(1)
        if b"HANG" in raw.content:
            time.sleep(600)
        return super().read(raw)

    def outbound(self, mail: OutboundMail) -> OutboundVerdicts:
        """Judge one mail."""
        return OutboundVerdicts(reply_kind=ReplyKind.FULL, reply_kind_source=mail.new_text)


def build() -> MailWorker:
    """Return the reader of a process."""
    return FragileReader()


def fail_to_build() -> MailWorker:
    """Let processes die at their start; the reader here is fine."""
    if os.environ.get("SAMEDAY_TEST_PROCESS") != str(os.getpid()):
        os._exit(3)
    return FragileReader()


def _mail(name: str, text: str = "Hello") -> RawMail:
    content = f"Message-ID: <{name}@x.example>\r\nSubject: {name}\r\n\r\n{text}\r\n".encode()
    return RawMail(content=content, size_bytes=len(content), internaldate=NOW)


@contextmanager
def _pool(workers: int = 1, batch_seconds: float = 30.0) -> Iterator[ReadingPool]:
    pool = ReadingPool(build, workers, batch_seconds=batch_seconds)
    try:
        yield pool
    finally:
        pool.close()


def _defects(reading: Reading) -> str:
    assert reading.packed is not None
    return str(reading.packed.columns["defects"])


def test_processes_read_as_this_one_does() -> None:
    mails = [_mail(f"m{number}") for number in range(30)]
    with _pool(workers=2) as pool:
        jobs = [pool.submit(mails[start : start + 10], NOW) for start in (0, 10, 20)]
        found = [reading for job in jobs for reading in job.result()]
    assert found == read_batch(PlainReader(), mails, NOW)


def test_a_mail_that_kills_its_process_is_stored_as_unreadable_and_the_others_are_read() -> None:
    mails = [_mail("a"), _mail("b", "KILL"), _mail("c"), _mail("d")]
    with _pool() as pool:
        found = pool.submit(mails, NOW).result()
    assert ["reading.failed" in _defects(reading) for reading in found] == [
        False,
        True,
        False,
        False,
    ]


def test_a_mail_that_hangs_is_given_up_after_a_time() -> None:
    with _pool(batch_seconds=1.0) as pool:
        found = pool.submit([_mail("a", "HANG"), _mail("b")], NOW).result()
    assert ["reading.failed" in _defects(reading) for reading in found] == [True, False]


def test_where_no_process_starts_the_mail_is_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMEDAY_TEST_PROCESS", str(os.getpid()))
    pool = ReadingPool(fail_to_build, 1)
    try:
        (reading,) = pool.submit([_mail("a")], NOW).result()
    finally:
        pool.close()
    assert "reading.failed" not in _defects(reading)


def test_replies_are_judged_in_the_processes() -> None:
    mails = [OutboundMail(subject="Re", new_text=f"t{number}", sent_at=NOW) for number in range(7)]
    with _pool() as pool:
        found = pool.outbound(mails)
    assert {mail.new_text: verdicts.reply_kind_source for mail, verdicts in found.items()} == {
        f"t{number}": f"t{number}" for number in range(7)
    }


def test_closing_leaves_no_process_behind() -> None:
    with _pool() as pool:
        pool.submit([_mail("a")], NOW).result()
        (pid,) = pool.process_ids
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
