"""How the embedded IMAP server tells of changes (RFC 3501 section 7.4.1, RFC 2177)."""

import time

from sameday.demo.mail_store import MailStore
from tests.imap_wire import ANNA, MAY, Wire


def test_a_new_mail_is_told_with_the_next_command(reader: Wire, store: MailStore) -> None:
    store.append(ANNA, "INBOX", b"", MAY)
    assert reader.ask(b"NOOP")[:-1] == [b"* 2 EXISTS"]
    assert reader.ask(b"NOOP")[:-1] == []


def test_uid_fetch_reaches_a_mail_that_came_just_before(reader: Wire, store: MailStore) -> None:
    store.append(ANNA, "INBOX", b"", MAY)
    assert reader.ask(b"UID FETCH 2 UID")[:-1] == [b"* 2 EXISTS", b"* 2 FETCH (UID 2)"]


def test_numbers_shift_only_once_an_expunge_was_told(reader: Wire, store: MailStore) -> None:
    for _ in range(2):
        store.append(ANNA, "INBOX", b"", MAY)
    reader.ask(b"NOOP")
    store.expunge(ANNA, "INBOX", 1)
    store.append(ANNA, "INBOX", b"", MAY)
    assert reader.ask(b"FETCH 2:3 UID")[:-1] == [b"* 2 FETCH (UID 2)", b"* 3 FETCH (UID 3)"]
    assert reader.ask(b"NOOP")[:-1] == [b"* 1 EXPUNGE", b"* 3 EXISTS"]
    assert reader.ask(b"FETCH 1 UID")[:-1] == [b"* 1 FETCH (UID 2)"]


def test_a_mail_expunged_meanwhile_is_left_out_of_fetch(reader: Wire, store: MailStore) -> None:
    store.expunge(ANNA, "INBOX", 1)
    lines = reader.ask(b"FETCH 1 UID")
    assert lines == [b"a OK [EXPUNGEISSUED] Some of the messages are gone; FETCH completed"]


def test_a_mail_that_came_and_went_is_told_in_order(reader: Wire, store: MailStore) -> None:
    uid = store.append(ANNA, "INBOX", b"", MAY)
    store.set_flags(ANNA, "INBOX", 1, ["\\Answered"])
    store.expunge(ANNA, "INBOX", uid)
    assert reader.ask(b"NOOP")[:-1] == [
        b"* 2 EXISTS",
        b"* 1 FETCH (UID 1 FLAGS (\\Answered))",
        b"* 2 EXPUNGE",
    ]


def test_idle_pushes_what_happens_at_once(reader: Wire, store: MailStore) -> None:
    reader.send(b"a IDLE\r\n")
    assert reader.line() == b"+ idling"
    before = time.monotonic()
    store.append(ANNA, "INBOX", b"", MAY)
    assert reader.line() == b"* 2 EXISTS"
    # Fifty milliseconds are promised; a busy machine gets more.
    assert time.monotonic() - before < 2
    store.expunge(ANNA, "INBOX", 1)
    assert reader.line() == b"* 1 EXPUNGE"
    reader.send(b"DONE\r\n")
    assert reader.line() == b"a OK IDLE completed"


def test_idle_tells_first_what_happened_before(reader: Wire, store: MailStore) -> None:
    store.append(ANNA, "INBOX", b"", MAY)
    reader.send(b"a IDLE\r\nDONE\r\n")
    assert reader.reply() == [b"+ idling", b"* 2 EXISTS", b"a OK IDLE completed"]


def test_idle_ends_by_done_only(reader: Wire) -> None:
    reader.send(b"a IDLE\r\nb NOOP\r\n")
    assert reader.reply() == [b"+ idling", b"a BAD Expected DONE"]


def test_idle_without_a_folder_waits_for_nothing(wire: Wire) -> None:
    wire.log_in().send(b"a IDLE\r\nDONE\r\n")
    assert wire.reply() == [b"+ idling", b"a OK IDLE completed"]


def test_every_session_in_a_folder_hears_of_a_mail(
    reader: Wire, writer: Wire, store: MailStore
) -> None:
    for wire in (reader, writer):
        wire.send(b"a IDLE\r\n")
        assert wire.line() == b"+ idling"
    store.append(ANNA, "INBOX", b"", MAY)
    assert [wire.line() for wire in (reader, writer)] == [b"* 2 EXISTS"] * 2
