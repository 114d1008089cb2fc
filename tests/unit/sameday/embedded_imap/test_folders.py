"""Folders on the embedded IMAP server (RFC 3501 section 6.3, RFC 6154)."""

from collections.abc import Callable

import pytest

from sameday.demo.imap_names import decode_name, encode_name
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from tests.imap_wire import ANNA, MAIL, SECRET, SENT, Wire

EVERY_FOLDER = ["INBOX", "Clients", "Clients/Acme", SENT]


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (b'LIST "" "*"', EVERY_FOLDER),
        (b"LIST {0+}\r\n *", EVERY_FOLDER),
        (b'LIST "" %', ["INBOX", "Clients", SENT]),
        (b'LIST "" inbox', ["INBOX"]),
        (b'LIST "" "Clients/%"', ["Clients/Acme"]),
        (b"LIST Clients/ A*", ["Clients/Acme"]),
        (b'LIST "" "' + encode_name(SENT) + b'"', [SENT]),
        (b'LIST "" ("INBOX" "*cme") RETURN (CHILDREN)', ["INBOX", "Clients/Acme"]),
        (
            b'LIST "" * RETURN (SPECIAL-USE STATUS (MESSAGES))',
            EVERY_FOLDER,
        ),
        (b'LIST (SPECIAL-USE) "" *', [SENT]),
        (b'LIST "" nothing', []),
        (b'LSUB "" *', EVERY_FOLDER),
    ],
)
def test_folders_are_listed_by_pattern(
    reader: Wire, store: MailStore, command: bytes, names: list[str]
) -> None:
    store.add_folder(ANNA, "Clients/Acme")
    raw_names = [line.rpartition(b' "/" ')[2].strip(b'"') for line in reader.ask(command)[:-1]]
    listed = [decode_name(raw_name) for raw_name in raw_names]
    assert listed == names


def test_a_folder_is_listed_with_its_special_use(reader: Wire) -> None:
    line = reader.ask(b'LIST "" *')[1]
    assert line == b'* LIST (\\HasNoChildren \\Sent) "/" "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"'


def test_an_empty_pattern_asks_for_the_delimiter(reader: Wire) -> None:
    assert reader.ask(b'LIST "" ""')[0] == b'* LIST (\\Noselect) "/" ""'


def test_the_delimiter_is_the_store_s(store: MailStore) -> None:
    dotted = MailStore(delimiter=".")
    dotted.add_user(ANNA, SECRET)
    dotted.add_folder(ANNA, "INBOX.Sent")
    with EmbeddedImapServer(dotted) as server, Wire(server) as wire:
        lines = wire.log_in().ask(b'LIST "" *')
        assert lines[0] == b'* LIST (\\HasChildren) "." "INBOX"'
        assert wire.ask(b"NAMESPACE")[0] == b'* NAMESPACE (("" ".")) NIL NIL'


def test_a_user_sees_his_own_folders_only(store: MailStore) -> None:
    store.add_user("boris", "b")
    with EmbeddedImapServer(store) as server, Wire(server) as wire:
        wire.line()
        wire.ask(b"LOGIN boris b")
        assert wire.ask(b'LIST "" *')[:-1] == [b'* LIST (\\HasNoChildren) "/" "INBOX"']


def test_status_tells_numbers_without_opening(reader: Wire) -> None:
    lines = reader.ask(b"STATUS inbox (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN SIZE)")
    numbers = b"MESSAGES 1 RECENT 0 UIDNEXT 2 UIDVALIDITY 1000 UNSEEN 1 SIZE %d" % len(MAIL)
    assert lines[0] == b'* STATUS "INBOX" (%b)' % numbers


def test_examine_tells_what_a_reader_needs(wire: Wire) -> None:
    lines = wire.log_in().ask(b"EXAMINE INBOX")
    assert lines == [
        b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)",
        b"* OK [PERMANENTFLAGS ()] Flags that last",
        b"* 1 EXISTS",
        b"* 0 RECENT",
        b"* OK [UIDVALIDITY 1000] UIDs valid",
        b"* OK [UIDNEXT 2] Predicted next UID",
        b"a OK [READ-ONLY] EXAMINE completed",
    ]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"EXAMINE Nowhere", b"a NO [NONEXISTENT] "),
        (b"STATUS Nowhere (MESSAGES)", b"a NO [NONEXISTENT] "),
        (b"STATUS INBOX (COLOUR)", b"a BAD "),
        (b'EXAMINE "&?-"', b"a BAD "),
        (b"CREATE Inbox", b"a NO [ALREADYEXISTS] "),
        (b"CREATE a//b", b"a NO [CANNOT] "),
        (b"DELETE INBOX", b"a NO [CANNOT] "),
        (b"DELETE Nowhere", b"a NO [NONEXISTENT] "),
        (b"RENAME Nowhere Else", b"a NO [NONEXISTENT] "),
        (b"RENAME INBOX INBOX", b"a NO [ALREADYEXISTS] "),
    ],
)
def test_what_can_not_be_done_with_a_folder_is_refused(
    reader: Wire, command: bytes, answer: bytes
) -> None:
    assert reader.ask(command)[-1].startswith(answer)


def test_a_refused_examine_leaves_no_folder_open(reader: Wire) -> None:
    reader.ask(b"EXAMINE Nowhere")
    assert reader.ask(b"FETCH 1 UID") == [b"a BAD No folder is open"]


def test_folders_are_made_renamed_and_deleted(reader: Wire, store: MailStore) -> None:
    reader.ask(b'CREATE "Archive/"')
    reader.ask(b"RENAME Archive Old")
    assert [folder.name for folder in store.folders(ANNA)] == ["INBOX", "Old", SENT]
    reader.ask(b"DELETE Old")
    assert [folder.name for folder in store.folders(ANNA)] == ["INBOX", SENT]


@pytest.mark.parametrize(
    "deed",
    [
        pytest.param(lambda s: s.set_uidvalidity(ANNA, SENT, 5), id="UIDVALIDITY changed"),
        pytest.param(lambda s: s.delete_folder(ANNA, SENT), id="folder deleted"),
    ],
)
@pytest.mark.parametrize("is_idle", [False, True])
def test_a_session_ends_when_its_folder_is_no_more_what_it_was(
    server: EmbeddedImapServer,
    store: MailStore,
    deed: Callable[[MailStore], None],
    is_idle: bool,
) -> None:
    with Wire(server) as wire:
        wire.log_in(b"EXAMINE " + encode_name(SENT))
        if is_idle:
            wire.send(b"a IDLE\r\n")
            assert wire.line() == b"+ idling"
        deed(store)
        if not is_idle:
            wire.send(b"a NOOP\r\n")
        assert wire.rest().startswith(b"* BYE ")


def test_a_session_whose_folder_changed_may_open_it_again(reader: Wire, store: MailStore) -> None:
    store.set_uidvalidity(ANNA, "INBOX", 7777, first_uid=40)
    lines = reader.ask(b"EXAMINE INBOX")
    assert b"* OK [UIDVALIDITY 7777] UIDs valid" in lines
    assert reader.ask(b"UID FETCH 1:* UID")[:-1] == [b"* 1 FETCH (UID 40)"]
