"""What other clients change on the embedded IMAP server."""

from datetime import UTC, datetime

import pytest

from sameday.demo.imap_names import encode_name
from sameday.demo.mail_store import MailStore
from tests.imap_wire import ANNA, MAIL, MAY, SENT, Wire


@pytest.mark.parametrize(
    "command",
    [
        b"STORE 1 +FLAGS (\\Seen)",
        b"UID STORE 1 FLAGS.SILENT ()",
        b"COPY 1 INBOX",
        b"UID COPY 1 INBOX",
        b"MOVE 1 INBOX",
        b"UID MOVE 1 INBOX",
        b"EXPUNGE",
        b"UID EXPUNGE 1",
    ],
)
def test_nothing_is_written_under_examine(reader: Wire, store: MailStore, command: bytes) -> None:
    store.set_flags(ANNA, "INBOX", 1, ["\\Deleted"])
    assert reader.ask(command)[-1].startswith(b"a NO [READ-ONLY]")
    assert store.uids(ANNA, "INBOX") == (1,)
    assert store.mail(ANNA, "INBOX", 1).flags == {"\\Deleted"}


def test_closing_under_examine_expunges_nothing(reader: Wire, store: MailStore) -> None:
    store.set_flags(ANNA, "INBOX", 1, ["\\Deleted"])
    assert reader.ask(b"CLOSE") == [b"a OK CLOSE completed"]
    assert store.uids(ANNA, "INBOX") == (1,)


@pytest.mark.parametrize(
    ("command", "flags"),
    [
        (b"STORE 1 FLAGS (\\seen $Label)", {"\\Seen", "$Label"}),
        (b"STORE 1 +FLAGS \\Seen \\Deleted", {"\\Answered", "\\Seen", "\\Deleted"}),
        (b"UID STORE 1 -FLAGS (\\ANSWERED \\Seen)", set()),
        (b"STORE 1 FLAGS ()", set()),
    ],
)
def test_flags_are_set_added_and_taken(
    writer: Wire, store: MailStore, command: bytes, flags: set[str]
) -> None:
    store.set_flags(ANNA, "INBOX", 1, ["\\Answered"])
    assert writer.ask(command)[-2].startswith(b"* 1 FETCH (UID 1 FLAGS (")
    assert store.mail(ANNA, "INBOX", 1).flags == flags


def test_the_silent_store_tells_others_only(reader: Wire, writer: Wire) -> None:
    assert writer.ask(b"STORE 1 +FLAGS.SILENT (\\Seen)") == [b"a OK STORE completed"]
    assert writer.ask(b"NOOP") == [b"a OK Completed"]
    assert reader.ask(b"NOOP")[0] == b"* 1 FETCH (UID 1 FLAGS (\\Seen))"


def test_a_copy_keeps_date_and_flags_and_says_its_uid(writer: Wire, store: MailStore) -> None:
    store.set_flags(ANNA, "INBOX", 1, ["\\Seen"])
    reply = writer.ask(b"UID COPY 1:5 " + encode_name(SENT))[-1]
    assert reply == b"a OK [COPYUID 1001 1 1] COPY completed"
    copy = store.mail(ANNA, SENT, 1)
    assert (copy.content, copy.internaldate, copy.flags) == (MAIL, MAY, frozenset({"\\Seen"}))
    assert store.uids(ANNA, "INBOX") == (1,)


def test_a_move_tells_the_new_uid_and_then_the_loss(writer: Wire, store: MailStore) -> None:
    assert writer.ask(b"MOVE 1 " + encode_name(SENT)) == [
        b"* OK [COPYUID 1001 1 1] Moved",
        b"* 1 EXPUNGE",
        b"a OK MOVE completed",
    ]
    assert (store.uids(ANNA, "INBOX"), store.uids(ANNA, SENT)) == ((), (1,))


def test_a_copy_to_nowhere_suggests_to_make_the_folder(writer: Wire) -> None:
    assert writer.ask(b"COPY 1 Nowhere")[-1].startswith(b"a NO [TRYCREATE]")


def test_expunge_removes_what_is_flagged_deleted(writer: Wire, store: MailStore) -> None:
    for flags in ([], ["\\Deleted"], ["\\Deleted"]):
        store.append(ANNA, "INBOX", b"", MAY, flags)
    writer.ask(b"NOOP")
    assert writer.ask(b"UID EXPUNGE 1:3")[:-1] == [b"* 3 EXPUNGE"]
    assert writer.ask(b"EXPUNGE")[:-1] == [b"* 3 EXPUNGE"]
    assert store.uids(ANNA, "INBOX") == (1, 2)


def test_closing_a_folder_open_for_writing_expunges_without_a_word(
    writer: Wire, store: MailStore
) -> None:
    store.set_flags(ANNA, "INBOX", 1, ["\\Deleted"])
    assert writer.ask(b"CLOSE") == [b"a OK CLOSE completed"]
    assert store.uids(ANNA, "INBOX") == ()


def test_unselect_expunges_nothing(writer: Wire, store: MailStore) -> None:
    store.set_flags(ANNA, "INBOX", 1, ["\\Deleted"])
    assert writer.ask(b"UNSELECT") == [b"a OK UNSELECT completed"]
    assert store.uids(ANNA, "INBOX") == (1,)


@pytest.mark.parametrize("mark", [b"", b"+"])
def test_an_appended_mail_is_stored_with_date_and_flags(
    reader: Wire, store: MailStore, mark: bytes
) -> None:
    head = b'APPEND %b (\\Seen) "29-Feb-2024 01:02:03 -0530" {5%b}\r\n' % (encode_name(SENT), mark)
    lines = reader.ask(head + b"A: 1\n")
    assert lines[-1] == b"a OK [APPENDUID 1001 1] APPEND completed"
    assert bool(lines[:-1]) == (mark == b"")
    mail = store.mail(ANNA, SENT, 1)
    assert (mail.content, mail.flags) == (b"A: 1\n", frozenset({"\\Seen"}))
    assert mail.internaldate.isoformat() == "2024-02-29T01:02:03-05:30"


def test_an_appended_mail_without_a_date_is_of_now(reader: Wire, store: MailStore) -> None:
    before = datetime.now(UTC)
    reader.ask(b"APPEND INBOX {4+}\r\nA: 1")
    assert before <= store.mail(ANNA, "INBOX", 2).internaldate <= datetime.now(UTC)


def test_the_one_who_appends_to_his_open_folder_hears_of_it(reader: Wire) -> None:
    assert reader.ask(b"APPEND INBOX {4+}\r\nA: 1")[0] == b"* 2 EXISTS"


def test_an_append_to_nowhere_suggests_to_make_the_folder(reader: Wire) -> None:
    assert reader.ask(b"APPEND Nowhere {4+}\r\nA: 1")[-1].startswith(b"a NO [TRYCREATE]")
