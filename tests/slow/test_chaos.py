"""A mailbox that is written to all the time, over a line that keeps breaking, is read as it is.

A writer appends, copies, moves, expunges, renames and makes folders anew, while a proxy resets,
closes, stalls, cuts and drips. When both are quiet, nothing is lost, nothing is there twice, and
nothing is there that never was (research/imap.md section 5, goal c).
"""

import imaplib
import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ingest import backoff, enumeration, imap_connection, sync
from ingest.imap_connection import ImapConnection
from ingest.imap_values import Secret
from ingest.stop_signal import StopSignal
from ingest.sync import MailboxSync
from ingest.watch import MailboxWatcher
from models.db import epochs, ledger, schema
from models.db.migrating import migrate
from models.db.store import Store, open_store
from models.ids import Address
from models.mailboxes import Mailbox, PlacementState, Tls
from tests.courier import CourierServer
from tests.dovecot import PASSWORD
from tests.imap_servers import AnyServer
from tests.plain_reader import PlainReader
from tests.slow.chaos_proxy import ChaosProxy
from tests.wire_log import ALLOWED_VERBS, WireLog
from tests.writing_client import WritingClient, done, quoted, uids_of

SECONDS = float(os.environ.get("SAMEDAY_CHAOS_SECONDS", "600"))
FASTER = 20
"""All that the code waits for is shortened by this, so that minutes show what hours would."""
SETTLING_SECONDS = 90.0
_STORM_SECONDS, _CALM_SECONDS = 10.0, 20.0
"""A calm is longer than it takes until failures are forgiven (five minutes, shortened)."""
_NAME = re.compile(rb"^Message-ID: <([^@]+)@", re.MULTILINE | re.IGNORECASE)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(SECONDS + 600)]


@dataclass
class Writer:
    """People who use the mailbox: knows what it ever put where."""

    client: WritingClient
    chance: random.Random
    prefix: str
    """What stands before the name of every folder but INBOX."""
    count: int = 0
    visible: set[str] = field(default_factory=set)
    """Names of mails that were ever in a folder that is read."""
    did: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.inbox, self.sent = "INBOX", f"{self.prefix}Sent"
        self.projects, self.attic = f"{self.prefix}Projects", f"{self.prefix}Attic"
        self.monitored = (self.inbox, self.sent, self.projects)
        with self.client.session() as client:
            for folder in (self.projects, self.attic):
                done(client.create(quoted(folder)))
                done(client.select(quoted(folder)))

    def act(self) -> None:
        """Do one thing."""
        actions: tuple[tuple[Callable[[], None], int], ...] = (
            (self.append, 12),
            (self.append_twice, 2),
            (self.move, 5),
            (self.put_away, 2),
            (self.expunge, 3),
            (self.rename, 1),
            (self.make_anew, 1),
        )
        (action,) = self.chance.choices(*zip(*actions, strict=True))
        action()
        self.did[action.__name__] += 1

    def append(self) -> None:
        """Let some new mails arrive."""
        folder = self.chance.choice(self.monitored)
        self._append(folder, [self._new() for _ in range(self.chance.choice((1, 1, 1, 2, 12)))])

    def append_twice(self) -> None:
        """Let one mail arrive in two folders, or twice in one."""
        name = self._new()
        for _ in range(2):
            self._append(self.chance.choice(self.monitored), [name])

    def move(self) -> None:
        """Move a mail between two folders that are read."""
        source, target = self.chance.sample(self.monitored, 2)
        self._take(source, target)

    def put_away(self) -> None:
        """Move a mail out of sight, or one back."""
        outward = (self.chance.choice(self.monitored), self.attic)
        self._take(*self.chance.choice((outward, outward[::-1])))

    def expunge(self) -> None:
        """Delete a mail."""
        self._take(self.chance.choice(self.monitored), "")

    def rename(self) -> None:
        """Rename a folder away, and make one of its name anew."""
        with self.client.session() as client:
            self.count += 1
            away = quoted(f"{self.prefix}Projects-{self.count}")
            done(client.rename(quoted(self.projects), away))
            self._create(client)

    def make_anew(self) -> None:
        """Delete a folder with all that it holds, and make one of its name."""
        with self.client.session() as client:
            done(client.delete(quoted(self.projects)))
            self._create(client)

    def held(self, folder: str) -> dict[int, str]:
        """Return the name of each mail by UID."""
        with self.client.folder(folder) as client:
            uids = uids_of(client)
            names: dict[int, str] = {}
            for uid in uids:
                answer = client.uid("FETCH", str(uid), "(BODY.PEEK[HEADER])")[1][0]
                found = _NAME.search(answer[1])
                assert found is not None
                names[uid] = found[1].decode()
        return names

    def _create(self, client: imaplib.IMAP4) -> None:
        # Cyrus makes the UIDVALIDITY of the second; a folder of the same second would be the same.
        time.sleep(1.1)
        done(client.create(quoted(self.projects)))

    def _new(self) -> str:
        self.count += 1
        return f"m{self.count:05}"

    def _append(self, folder: str, names: list[str]) -> None:
        now = datetime.now(UTC)
        self.visible.update(names)
        with self.client.session() as client:
            for name in names:
                date = imaplib.Time2Internaldate(now)
                done(client.append(quoted(folder), "", date, _letter(name)))

    def _take(self, source: str, target: str) -> None:
        """Move any mail of a folder to another, or nowhere; nothing happens in an empty folder."""
        with self.client.folder(source) as client:
            uids = uids_of(client)
            if not uids:
                return
            uid = str(self.chance.choice(uids))
            if target:
                done(client.uid("COPY", uid, quoted(target)))
            done(client.uid("STORE", uid, "+FLAGS", "(\\Deleted)"))
            done(client.expunge())


def _letter(name: str) -> bytes:
    """Return the same bytes for the same name, some few and some many."""
    size = random.Random(name).choice((10, 500, 5_000, 40_000))
    words = f"text of {name} " * (size // 15 + 1)
    lines = "\r\n".join(words[at : at + 70] for at in range(0, len(words), 70))
    return (
        f"Message-ID: <{name}@acme.example>\r\nFrom: Client <client@acme.example>\r\n"
        f"To: u0@studio.example\r\nSubject: {name}\r\n\r\n{lines}\r\n"
    ).encode()


# --- what we have, against what there is --------------------------------------------------------


def _stored(store: Store) -> list[tuple[str, str]]:
    with store.read() as db:
        rows = db.execute(select(schema.message.c.subject, schema.message.c.new_text)).all()
    return [(row.subject, row.new_text) for row in rows]


def _ledger(store: Store, folder: str) -> dict[int, str]:
    """Return what a folder holds by the ledger; what is not stored goes by its state."""
    placement, message = schema.placement.c, schema.message.c
    with store.read() as db:
        rows = db.execute(
            select(placement.uid, placement.state, placement.reason, message.subject)
            .select_from(schema.placement)
            .join(schema.folder)
            .outerjoin(schema.message, message.id == placement.message_id)
            .where(
                schema.folder.c.raw_name == folder.encode(),
                placement.epoch == schema.folder.c.epoch,
                placement.state != PlacementState.GONE,
            )
        ).all()
    return {
        row.uid: row.subject if row.state is PlacementState.STORED else f"{row.state} {row.reason}"
        for row in rows
    }


def _complaints(store: Store, writer: Writer) -> list[str]:
    """Return what is lost, twice, invented or put down wrongly."""
    found: list[str] = []
    stored = Counter(name for name, _text in _stored(store))
    for folder in writer.monitored:
        held, ledger = writer.held(folder), _ledger(store, folder)
        found += [f"lost: {name} in {folder}" for name in held.values() if name not in stored]
        for uid in sorted(held.keys() | ledger.keys()):
            if held.get(uid) != ledger.get(uid):
                there, here = held.get(uid), ledger.get(uid)
                found.append(f"ledger of {folder}, UID {uid}: there {there}, here {here}")
    found += [f"twice: {name}" for name, times in stored.items() if times > 1]
    found += [f"phantom: {name}" for name in stored if name not in writer.visible]
    found += [f"mixed up: {name}" for name, text in _stored(store) if f"text of {name}" not in text]
    return found


# --- the run ------------------------------------------------------------------------------------


@pytest.fixture
def _time_flies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten every pause and patience in proportion."""
    for module in (backoff, epochs, ledger, sync):
        for name, value in vars(module).items():
            if isinstance(value, timedelta):
                monkeypatch.setattr(module, name, value / FASTER)
    for name in ("_CONNECT_SECONDS", "_READ_SECONDS", "_COMMAND_SECONDS"):
        value = getattr(imap_connection, name)
        monkeypatch.setattr(imap_connection, name, value / FASTER)
    # Six hours shortened would be longer than most runs.
    monkeypatch.setattr(enumeration, "_SWEEP_EVERY", timedelta(seconds=5))


@pytest.fixture(
    params=[
        pytest.param("dovecot", marks=pytest.mark.dovecot),
        pytest.param("cyrus", marks=pytest.mark.chroot),
        pytest.param("courier", marks=pytest.mark.chroot),
    ]
)
def server(request: pytest.FixtureRequest) -> AnyServer:
    """Return a running server with an empty mailbox."""
    made: AnyServer
    if request.param == "dovecot":
        made = request.getfixturevalue("dovecot_server")
    elif request.param == "cyrus":
        made = request.getfixturevalue("fresh_cyrus")()
    else:
        made = request.getfixturevalue("fresh_courier")(True)
    return made


@contextmanager
def _watching(port: int, user: str, store: Store, *folders: str) -> Iterator[None]:
    """Run a watcher as the service does."""
    mailbox = Mailbox(
        address=Address("u0@studio.example"),
        host="127.0.0.1",
        port=port,
        tls=Tls.NONE,
        user=user,
        folders=folders,
    )
    watched = MailboxSync(
        store=store,
        mailbox=mailbox,
        reader=PlainReader(),
        connect=lambda: ImapConnection.connect(mailbox, Secret(value=PASSWORD)),
        clock=_clock,
    )
    stop = StopSignal()
    watcher = MailboxWatcher(
        watched, after_pass=lambda _report: None, clock=_clock, stop=stop, poll_seconds=60 / FASTER
    )
    watcher.start()
    try:
        yield
        assert watcher.is_alive()
    finally:
        stop.set()
        watcher.join(15)
        stop.close()


def _clock() -> datetime:
    return datetime.now(UTC)


def _write_and_disturb(writer: Writer, proxy: ChaosProxy) -> None:
    """Go on for the time that is set, storm and calm in turn."""
    began = time.monotonic()
    while (passed := time.monotonic() - began) < SECONDS:
        stormy = passed % (_STORM_SECONDS + _CALM_SECONDS) < _STORM_SECONDS
        (proxy.rage if stormy else proxy.calm_down)()
        writer.act()
        time.sleep(writer.chance.expovariate(4))
    proxy.calm_down()


def _settled(store: Store, writer: Writer) -> list[str]:
    """Return the complaints that are left when the watcher had time to make all good."""
    deadline = time.monotonic() + SETTLING_SECONDS
    while (complaints := _complaints(store, writer)) and time.monotonic() < deadline:
        time.sleep(1)
    return complaints


@pytest.mark.usefixtures("_time_flies")
def test_nothing_is_lost_doubled_or_invented_in_a_storm(server: AnyServer, tmp_path: Path) -> None:
    chance = random.Random(20260424)
    prefix = "INBOX." if isinstance(server, CourierServer) else ""
    writer = Writer(WritingClient(server.port, server.user), chance, prefix)
    store = open_store("sqlite:///sameday.db", tmp_path)
    migrate(store)
    began = time.monotonic()
    with (
        WireLog(server.port) as wire,
        ChaosProxy(wire.port, chance, every_seconds=1.5, stall_seconds=80 / FASTER) as proxy,
        _watching(proxy.port, server.user, store, writer.projects),
    ):
        _write_and_disturb(writer, proxy)
        complaints = _settled(store, writer)
        seconds = time.monotonic() - began
    with store.read() as db:
        problem = db.execute(select(schema.mailbox.c.problem)).scalar_one()
    logins = sum(verb in {"LOGIN", "AUTHENTICATE"} for verb, _arguments in wire.commands)
    known = len(_stored(store))
    store.close()
    print(  # noqa: T201 - what the run was worth; pytest shows it with -s, or when it fails
        f"{seconds:.0f} s, {writer.count} mails, {known} known, {logins} logins, "
        f"did {dict(writer.did)}, suffered {dict(proxy.happened)}; {problem}"
    )
    assert complaints == []
    # The folder that the writer makes anew is read more seldom, and that is said.
    assert problem == "" or "renumbers" in problem
    # One in ten seconds, shortened like all other times.
    assert logins <= max(1, seconds * FASTER / 10)
    assert wire.verbs <= ALLOWED_VERBS
    assert len(proxy.happened) > 3
