"""What a pass over a mailbox promises holds on Cyrus and on Courier too, with their own ways.

Both run in chroots that are built for this file, where that is possible. The core is that of
tests/integration/test_sync.py; Courier's ways are described in research/imap.md section 0.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import select

from ingest.imap_connection import ImapConnection
from ingest.imap_values import FetchedMail, Secret
from ingest.sync import MailboxSync
from models.db import schema
from models.db.store import Store
from models.ids import Address
from models.mailboxes import Mailbox, Tls
from tests.courier import CourierServer
from tests.cyrus import CyrusServer
from tests.dovecot import PASSWORD
from tests.imap_servers import AnyServer
from tests.integration import test_sync
from tests.plain_reader import PlainReader
from tests.wire_log import ALLOWED_VERBS, WireLog

NOW = datetime(2026, 4, 24, 9, 0, tzinfo=UTC)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.chroot,
    # The first test of a server builds its chroot.
    pytest.mark.timeout(900),
]

CORE: tuple[Callable[[AnyServer, Store], None], ...] = (
    test_sync.test_everything_in_inbox_and_sent_is_read_once,
    test_sync.test_only_verbs_that_read_leave_for_the_server,
    test_sync.test_reading_leaves_every_flag_as_it_was,
    test_sync.test_a_mail_in_two_folders_is_one_message_with_two_copies,
    test_sync.test_mail_beyond_the_backfill_is_accounted_for_and_not_fetched,
    test_sync.test_an_expunged_mail_is_noted_by_the_sweep_and_stays_stored,
    test_sync.test_a_mail_larger_than_the_first_bytes_is_read_by_its_text,
    test_sync.test_a_pass_makes_the_mailbox_fresh_as_of_its_beginning,
    test_sync.test_a_mailbox_without_its_sent_folder_is_said_so_and_never_fresh,
    test_sync.test_new_mail_rings,
    test_sync.test_mail_that_came_between_the_pass_and_the_wait_is_not_waited_for,
    test_sync.test_the_stop_signal_ends_the_wait,
    test_sync.test_a_wrong_user_is_a_refused_login,
    test_sync.test_a_mail_without_an_id_is_kept_by_its_content,
)


@pytest.fixture(params=["cyrus", "courier"])
def server(request: pytest.FixtureRequest) -> AnyServer:
    """Return a running server whose user has an empty INBOX and an empty Sent."""
    if request.param == "cyrus":
        cyrus: CyrusServer = request.getfixturevalue("fresh_cyrus")()
        return cyrus
    courier: CourierServer = request.getfixturevalue("fresh_courier")(True)
    return courier


@pytest.fixture
def courier(fresh_courier: Callable[[bool], CourierServer]) -> CourierServer:
    """Return Courier with a user who has opened his folders with a mail program."""
    return fresh_courier(True)


@pytest.fixture
def unopened(fresh_courier: Callable[[bool], CourierServer]) -> CourierServer:
    """Return Courier with a user whose folders nobody ever opened for writing."""
    return fresh_courier(False)


def _sync(
    server: AnyServer,
    store: Store,
    *folders: str,
    port: int = 0,
    clock: Callable[[], datetime] = lambda: NOW,
) -> MailboxSync:
    mailbox = Mailbox(
        address=Address("u0@studio.example"),
        host="127.0.0.1",
        port=port or server.port,
        tls=Tls.NONE,
        user=server.user,
        folders=folders,
    )
    return MailboxSync(
        store=store,
        mailbox=mailbox,
        reader=PlainReader(),
        connect=lambda: ImapConnection.connect(mailbox, Secret(value=PASSWORD)),
        clock=clock,
    )


def _mail(name: str) -> tuple[bytes, datetime]:
    content = (
        f"Message-ID: <{name}@acme.example>\r\nFrom: Client <client@acme.example>\r\n"
        f"To: u0@studio.example\r\nSubject: {name}\r\n\r\nHello\r\n"
    )
    return content.encode(), NOW


def _run(sync: MailboxSync) -> int:
    """Run one pass on a connection of its own; return how many mails were read."""
    try:
        return sync.run_pass().read
    finally:
        sync.disconnect()


def _subjects(store: Store) -> list[str]:
    with store.read() as db:
        return sorted(db.execute(select(schema.message.c.subject)).scalars())


def _named(core: Callable[[AnyServer, Store], None]) -> str:
    return core.__name__.removeprefix("test_")


@pytest.mark.parametrize("core", CORE, ids=_named)
def test_the_core_of_a_pass_holds(
    server: AnyServer, store: Store, core: Callable[[AnyServer, Store], None]
) -> None:
    core(server, store)


def test_new_uids_for_the_same_mail_are_no_new_mail(server: AnyServer, store: Store) -> None:
    server.append_all("Sent", [_mail("a"), _mail("b")])
    sync = _sync(server, store)
    _run(sync)
    server.renumber("Sent", 77_777)
    _run(sync)
    _run(sync)
    assert _subjects(store) == ["a", "b"]
    with store.read() as db:
        table = schema.folder.c
        epoch = db.execute(select(table.epoch).where(table.role == "sent")).scalar_one()
    assert epoch == 2


@pytest.mark.parametrize("name", ["Проекты", "проекты"])
def test_a_further_folder_is_read_when_it_is_named(
    server: AnyServer, store: Store, name: str
) -> None:
    server.add_folder("Проекты")
    server.append_all("Проекты", [_mail("a")])
    below_inbox = "INBOX." if isinstance(server, CourierServer) else ""
    _run(_sync(server, store, below_inbox + name))
    assert _subjects(store) == ["a"]


# --- Courier's ways -----------------------------------------------------------------------------


def _run_later(sync: MailboxSync) -> int:
    """Run a pass when Courier has another UIDVALIDITY: it is made of the second."""
    time.sleep(1.1)
    return _run(sync)


def _epoch(store: Store) -> int:
    """Return how often INBOX was renumbered, and one more."""
    table = schema.folder.c
    with store.read() as db:
        return int(db.execute(select(table.epoch).where(table.role == "inbox")).scalar_one())


def test_a_folder_whose_uidvalidity_is_new_at_each_look_gives_each_mail_once(
    unopened: CourierServer, store: Store
) -> None:
    for name in ("a", "b", "c"):
        unopened.deliver("INBOX", *_mail(name))
    sync = _sync(unopened, store)
    assert [_run_later(sync) for _ in range(6)] == [3, 0, 0, 0, 0, 0]
    assert _subjects(store) == ["a", "b", "c"]
    # Otherwise the server was stable, and nothing was shown.
    assert _epoch(store) > 2


def test_new_mail_in_a_folder_of_unstable_uids_is_read(
    unopened: CourierServer, store: Store
) -> None:
    unopened.deliver("INBOX", *_mail("a"))
    minutes = count(step=6)
    # Such a folder is looked at every five minutes only.
    sync = _sync(unopened, store, clock=lambda: NOW + timedelta(minutes=next(minutes)))
    for name in ("b", "c", "d", "e", "f"):
        _run_later(sync)
        unopened.deliver("INBOX", *_mail(name))
    _run_later(sync)
    assert _subjects(store) == ["a", "b", "c", "d", "e", "f"]
    assert _epoch(store) > 2


def test_looking_at_unstable_uids_fetches_no_mail_twice(
    unopened: CourierServer, store: Store
) -> None:
    """Otherwise a mailbox of years would be fetched anew at each look."""
    for index in range(20):
        unopened.deliver("INBOX", *_mail(f"m{index:02}"))
    with WireLog(unopened.port) as wire:
        sync = _sync(unopened, store, port=wire.port)
        _run_later(sync)
        wire.commands.clear()
        for _ in range(4):
            _run_later(sync)
    fetched = [arguments for _verb, arguments in wire.commands if "BODY.PEEK[]" in arguments]
    assert fetched == []
    assert wire.verbs <= ALLOWED_VERBS
    assert _epoch(store) > 2


def test_a_folder_is_stable_again_when_somebody_has_opened_it(
    unopened: CourierServer, store: Store
) -> None:
    unopened.deliver("INBOX", *_mail("a"))
    sync = _sync(unopened, store)
    _run_later(sync)
    unopened.open_as_a_person_would("INBOX")
    _run_later(sync)
    epoch = _epoch(store)
    _run_later(sync)
    unopened.deliver("INBOX", *_mail("b"))
    _run_later(sync)
    assert (_epoch(store), _subjects(store)) == (epoch, ["a", "b"])


def test_the_letter_that_courier_makes_up_for_a_vanished_one_is_not_stored(
    courier: CourierServer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`Subject: message unavailable`, from root, dated now: a client who does not exist."""
    for name in ("a", "b", "c"):
        courier.deliver("INBOX", *_mail(name))
    whole = ImapConnection.fetch
    left = [0]

    def too_late(
        connection: ImapConnection, uids: Sequence[int], first_bytes: int
    ) -> dict[int, FetchedMail]:
        if left:
            courier.delete_file("INBOX", left.pop())
        return whole(connection, uids, first_bytes)

    monkeypatch.setattr(ImapConnection, "fetch", too_late)
    sync = _sync(courier, store)
    sync.run_pass()
    sync.run_pass(retry_at_once=True)
    sync.disconnect()
    assert not left
    assert _subjects(store) == ["b", "c"]
    with store.read() as db:
        states = db.execute(select(schema.placement.c.state)).scalars().all()
    assert sorted(state.value for state in states) == ["gone", "stored", "stored"]
