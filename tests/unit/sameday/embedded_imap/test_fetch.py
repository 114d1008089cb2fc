"""What FETCH of the embedded IMAP server answers (RFC 3501 sections 6.4.5 and 7.4.2)."""

import locale
from datetime import UTC, datetime, timedelta, timezone

import pytest

from sameday.demo.imap_names import encode_name
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.imap_wire import ANNA, HEADER, MAIL, MAY, MESSAGE_ID, SENT, SUBJECT, Wire

NEWFOUNDLAND = timezone(timedelta(hours=-3.5))
KIRIBATI = timezone(timedelta(hours=14))


@pytest.mark.parametrize(
    ("items", "answer"),
    [
        (b"UID", b"(UID 1)"),
        (b"(FLAGS UID)", b"(FLAGS () UID 1)"),
        (b"INTERNALDATE", b'(INTERNALDATE " 6-May-2024 09:30:00 +0300")'),
        (b"rfc822.size", b"(RFC822.SIZE %d)" % len(MAIL)),
        (
            b"FAST",
            b'(FLAGS () INTERNALDATE " 6-May-2024 09:30:00 +0300" RFC822.SIZE %d)' % len(MAIL),
        ),
        (b"BODY.PEEK[]", b"(BODY[] {%d}\r\n%b)" % (len(MAIL), MAIL)),
        (b"RFC822.HEADER", b"(RFC822.HEADER {%d}\r\n%b)" % (len(HEADER), HEADER)),
        (b"BODY.PEEK[HEADER]", b"(BODY[HEADER] {%d}\r\n%b)" % (len(HEADER), HEADER)),
        (b"BODY.PEEK[TEXT]", b"(BODY[TEXT] {19}\r\nIt does not open.\r\n)"),
        (b"BODY.PEEK[]<0.5>", b"(BODY[]<0> {5}\r\nFrom:)"),
        (b"BODY.PEEK[TEXT]<3.4>", b"(BODY[TEXT]<3> {4}\r\ndoes)"),
        (b"BODY.PEEK[]<9999.4>", b"(BODY[]<9999> {0}\r\n)"),
        (
            b"BODY.PEEK[HEADER.FIELDS (Subject X-None)]",
            b"(BODY[HEADER.FIELDS (SUBJECT X-NONE)] {27}\r\n%b\r\n)" % SUBJECT,
        ),
        (
            b'BODY.PEEK[HEADER.FIELDS.NOT ("From" {7+}\r\nSubject)]',
            b"(BODY[HEADER.FIELDS.NOT (FROM SUBJECT)] {34}\r\n%b\r\n)" % MESSAGE_ID,
        ),
        (
            b"ENVELOPE",
            b'(ENVELOPE (NIL "Site is down" %b NIL NIL NIL NIL "<one@acme.example>"))'
            % b" ".join([b'(("Ivan" NIL "ivan" "acme.example"))'] * 3),
        ),
    ],
)
def test_fetch_answers_what_is_asked(reader: Wire, items: bytes, answer: bytes) -> None:
    reader.send(b"a FETCH 1 %b\r\nb LOGOUT\r\n" % items)
    assert reader.rest().startswith(b"* 1 FETCH %b\r\na OK FETCH completed\r\n" % answer)


@pytest.mark.parametrize(
    ("items", "answer"),
    [
        (b"BODYSTRUCTURE", b"a NO [CANNOT] "),
        (b"BODY", b"a NO [CANNOT] "),
        (b"BODY.PEEK[1.MIME]", b"a NO [CANNOT] "),
        (b"COLOUR", b"a BAD "),
        (b"BODY.PEEK[]<0>", b"a BAD "),
        (b"BODY.PEEK[]<0.0>", b"a BAD "),
        (b"BODY.PEEK[HEADER.FIELDS ()]", b"a BAD "),
        (b"BODY.PEEK[HEADER.FIELDS (A:B)]", b"a BAD "),
        (b"(UID", b"a BAD "),
        (b"UID FLAGS", b"a BAD "),
        (b"", b"a BAD "),
    ],
)
def test_fetch_says_what_it_can_not_read(reader: Wire, items: bytes, answer: bytes) -> None:
    assert reader.ask(b"FETCH 1 " + items)[-1].startswith(answer)


def test_uid_fetch_always_tells_the_uid(reader: Wire) -> None:
    assert reader.ask(b"UID FETCH 1 (FLAGS)")[0] == b"* 1 FETCH (UID 1 FLAGS ())"


@pytest.mark.parametrize(
    ("uids", "numbers"),
    [
        (b"1:*", [1, 2, 3, 4]),
        (b"*", [4]),
        (b"3:2", [2]),
        (b"100:*", [4]),
        (b"*:100", [4]),
        (b"2,1,2,1:3", [1, 2]),
        (b"9,1:2", [1, 2, 4]),
        (b"10:20", []),
        (b"4294967295", []),
    ],
)
def test_uid_sets_name_the_mails_that_exist(
    reader: Wire, store: MailStore, uids: bytes, numbers: list[int]
) -> None:
    store.append(ANNA, "INBOX", b"", MAY)
    for uid in (7, 9):
        store.skip_uids(ANNA, "INBOX", uid)
        store.append(ANNA, "INBOX", b"", MAY)
    reader.ask(b"NOOP")
    lines = reader.ask(b"UID FETCH %b UID" % uids)[:-1]
    assert [int(line.split()[1]) for line in lines] == numbers


@pytest.mark.parametrize("numbers", [b"0", b"2", b"1:2", b"1:2:3", b"1,", b"x", b"-1", b"1:"])
def test_sequence_numbers_that_do_not_exist_are_bad(reader: Wire, numbers: bytes) -> None:
    assert reader.ask(b"FETCH %b UID" % numbers)[-1].startswith(b"a BAD")


def test_an_empty_folder_has_no_last_message(wire: Wire) -> None:
    wire.log_in(b"EXAMINE " + encode_name(SENT))
    assert wire.ask(b"FETCH * UID")[-1].startswith(b"a BAD")
    assert wire.ask(b"UID FETCH 1:* UID") == [b"a OK FETCH completed"]


def test_reading_under_examine_marks_nothing(reader: Wire, store: MailStore) -> None:
    reader.ask(b"FETCH 1 BODY[]")
    assert store.mail(ANNA, "INBOX", 1).flags == frozenset()


def test_reading_under_select_marks_as_seen_and_says_so_once(
    writer: Wire, store: MailStore
) -> None:
    assert writer.ask(b"FETCH 1 BODY[TEXT]<0.2>")[1] == b"It FLAGS (\\Seen))"
    assert writer.ask(b"FETCH 1 BODY[TEXT]<0.2>")[1] == b"It)"
    assert store.mail(ANNA, "INBOX", 1).flags == {"\\Seen"}


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2023, 12, 31, 23, 59, 59, tzinfo=UTC), b'"31-Dec-2023 23:59:59 +0000"'),
        (
            datetime(2024, 2, 1, tzinfo=NEWFOUNDLAND),
            b'" 1-Feb-2024 00:00:00 -0330"',
        ),
        (
            datetime(9999, 8, 1, tzinfo=KIRIBATI),
            b'" 1-Aug-9999 00:00:00 +1400"',
        ),
    ],
)
def test_internaldate_keeps_its_own_offset(
    reader: Wire, store: MailStore, moment: datetime, written: bytes
) -> None:
    store.append(ANNA, "INBOX", b"", moment)
    line = reader.ask(b"UID FETCH 2 INTERNALDATE")[1]
    assert line == b"* 2 FETCH (UID 2 INTERNALDATE %b)" % written


def test_months_are_english_in_any_locale(reader: Wire) -> None:
    before = locale.setlocale(locale.LC_TIME)
    try:
        for name in ("ru_RU.UTF-8", "de_DE.UTF-8", "C"):
            try:
                locale.setlocale(locale.LC_TIME, name)
            except locale.Error:
                continue
            assert b"-May-" in reader.ask(b"FETCH 1 INTERNALDATE")[0]
    finally:
        locale.setlocale(locale.LC_TIME, before)


def test_a_window_of_many_mails_costs_what_it_holds(
    server: EmbeddedImapServer, store: MailStore
) -> None:
    for _ in range(20_000):
        store.append(ANNA, SENT, b"", MAY)
    with Wire(server) as wire:
        wire.log_in(b"EXAMINE " + encode_name(SENT))
        found = sum(
            len(wire.ask(b"UID FETCH %d:%d (UID RFC822.SIZE)" % (low, low + 499))) - 1
            for low in range(1, 20_001, 500)
        )
    assert found == 20_000
