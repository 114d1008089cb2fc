"""What SEARCH of the embedded IMAP server finds (RFC 3501 section 6.4.4)."""

from datetime import datetime, timedelta

import pytest

from sameday.demo.mail_store import MailStore
from tests.imap_wire import ANNA, MAY, MOSCOW, Wire


@pytest.mark.parametrize(
    ("keys", "uids"),
    [
        (b"ALL", [1, 2, 3]),
        (b"UID 2:*", [2, 3]),
        (b"UID 7:8", []),
        (b"1:2", [1, 2]),
        (b"SINCE 7-May-2024", [2, 3]),
        (b'BEFORE "07-may-2024"', [1]),
        (b"SINCE 7-May-2024 BEFORE 8-May-2024", [2]),
        (b"HEADER Message-ID <two@acme.example>", [2]),
        (b'CHARSET UTF-8 HEADER "message-id" ACME', [1, 2]),
        (b"HEADER Message-ID {0+}\r\n", [1, 2]),
        (b"UID 1:2 SINCE 1-Jan-2000 ALL", [1, 2]),
    ],
)
def test_mail_is_found(reader: Wire, store: MailStore, keys: bytes, uids: list[int]) -> None:
    # Half past midnight in Moscow: the day is that of the mail's own offset, not of UTC.
    midnight = datetime(2024, 5, 7, 0, 30, tzinfo=MOSCOW)
    store.append(ANNA, "INBOX", b"Message-Id:\r\n <two@acme.example>\r\n\r\n", midnight)
    store.append(ANNA, "INBOX", b"\r\nno header", midnight + timedelta(days=1))
    lines = reader.ask(b"UID SEARCH " + keys)
    assert lines[-2:] == [
        " ".join(["* SEARCH", *map(str, uids)]).encode(),
        b"a OK SEARCH completed",
    ]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (b"FROM ivan", b"a NO [CANNOT] "),
        (b"UNSEEN", b"a NO [CANNOT] "),
        (b"OR ALL ALL", b"a NO [CANNOT] "),
        (b"(ALL ALL)", b"a NO [CANNOT] "),
        (b"RETURN (ALL) ALL", b"a NO [CANNOT] "),
        (b"CHARSET KOI8-R ALL", b"a NO [BADCHARSET (UTF-8 US-ASCII)] "),
        (b"SINCE 31-Feb-2024", b"a BAD "),
        (b"SINCE 1-Mai-2024", b"a BAD "),
        (b"SINCE yesterday", b"a BAD "),
        (b"", b"a BAD "),
    ],
)
def test_other_ways_to_search_are_refused_clearly(reader: Wire, keys: bytes, answer: bytes) -> None:
    assert reader.ask(b"UID SEARCH " + keys)[-1].startswith(answer)


def test_search_answers_sequence_numbers_without_uid(reader: Wire, store: MailStore) -> None:
    store.skip_uids(ANNA, "INBOX", 70)
    store.append(ANNA, "INBOX", b"", MAY)
    reader.ask(b"NOOP")
    assert reader.ask(b"SEARCH UID 70")[0] == b"* SEARCH 2"
