"""Killed at any step and started again, a sync ends in the state of one that was never killed.

After mbsync's run-tests.pl, which dies at each write of its journal: here each IMAP command, each
SQL statement and each commit is a step (DESIGN.md section 5, invariant 3).
"""

import shutil
import sqlite3
import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from ingest.reading import Reader
from models.db.migrating import migrate
from models.db.store import Store, open_store
from models.message import RawMail, ReadMail
from sameday.demo.imap_faults import ClientCommand, Fault, HangUp
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from sameday.service import Parts
from sameday.settings import Settings, settings_of
from tests.end_state import EndState, differences, end_state

USER, PASSWORD = "hello", "pw"
MONDAY_10 = datetime(2026, 4, 20, 7, 0, tzinfo=UTC)
"""Ten o'clock in Moscow."""
ANNA, CEO, HELLO = "anna@studio.example", "ceo@acme.example", "hello@studio.example"
DATABASE = "sameday.db"

SETTINGS: dict[str, Any] = {
    "agency": {"name": "Studio", "domains": ["studio.example"], "zone": "Europe/Moscow"},
    "people": [{"email": ANNA, "name": "Anna", "roles": ["account_manager"]}],
    "accounts": [{"id": "acme", "name": "Acme", "domains": ["acme.example"], "manager": ANNA}],
}


# --- the mail -----------------------------------------------------------------------------------


def _letter(
    name: str, author: str, to: str, text: str, *, answers: str = "", kind: str = "text/plain"
) -> bytes:
    named = "".join(f" <{other}@x.example>" for other in answers.split())
    reference = f"References:{named}\r\n" if named else ""
    return (
        f"Message-ID: <{name}@x.example>\r\nFrom: {author}\r\nTo: {to}\r\n{reference}"
        f"Subject: Site\r\nContent-Type: {kind}; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


def _asked(name: str, text: str, *, answers: str = "", author: str = CEO) -> bytes:
    return _letter(name, author, HELLO, text, answers=answers)


def _told(name: str, text: str, *, answers: str, to: str = CEO) -> bytes:
    return _letter(name, ANNA, to, text, answers=answers)


def _bounce(name: str, of: str) -> bytes:
    lines = [
        f"Message-ID: <{name}@x.example>",
        "From: MAILER-DAEMON@mx.example",
        f"To: {ANNA}",
        "Subject: Undelivered Mail Returned to Sender",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "The mail could not be delivered.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example",
        "",
        "Final-Recipient: rfc822; boss@beta.example",
        "Action: failed",
        "Status: 5.1.1",
        "--b",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: <{of}@x.example>",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


# --- what happens, and when ---------------------------------------------------------------------


def _history(mail: MailStore, now: datetime) -> None:
    """Add threads, a copy of a mail in another folder, a bounce, and a mail that is too old."""

    def put(folder: str, content: bytes, **before: float) -> None:
        mail.append(USER, folder, content, now - timedelta(**before))

    put("INBOX", _asked("old", "Пришлите договор, пожалуйста."), days=100)
    put("INBOX", _asked("q1", "Когда будет готов макет?"), days=4)
    put("Sent", _told("a1", "Макет готов, ссылка во вложении.", answers="q1"), days=4, hours=-2)
    put("INBOX", _asked("q2", "Сколько стоит поддержка сайта?", author="boss@beta.example"), days=3)
    put("Sent", _told("p2", "Посчитаем и ответим завтра до 15:00.", answers="q2"), days=3, hours=-1)
    put("INBOX", _asked("copy", "Вот наши логотипы, что ещё нужно?"), hours=20)
    put("Sent", _asked("copy", "Вот наши логотипы, что ещё нужно?"), hours=19)
    put("INBOX", _asked("q3", "Пришлите счёт.", author="boss@beta.example"), hours=6)
    put("Sent", _told("lost", "Счёт во вложении.", answers="q3", to="boss@beta.example"), hours=5)
    put("INBOX", _bounce("b1", of="lost"), hours=5)
    put("INBOX", _asked("apart", "Сайт снова не открывается.", answers="missing"), minutes=50)
    put("INBOX", _asked("later", "Есть новости?", answers="elsewhere"), minutes=30)
    put("INBOX", _letter("news", "news@shop.example", HELLO, "Скидки! Unsubscribe"), minutes=9)


def _new_mail(mail: MailStore, now: datetime) -> None:
    """Add an answer, a question, and a mail that makes one thread of two."""
    mail.append(USER, "Sent", _told("a3", "Логотипы получили, всё есть.", answers="copy"), now)
    mail.append(USER, "INBOX", _asked("q4", "Можно поменять баннер сегодня?"), now)
    mail.append(USER, "INBOX", _asked("bridge", "Ау?", answers="missing elsewhere"), now)


def _expunge(mail: MailStore, _now: datetime) -> None:
    """Delete one mail, and move one to a folder that nobody reads."""
    first, second, *_rest = mail.uids(USER, "INBOX")[1:]
    mail.expunge(USER, "INBOX", first)
    mail.move(USER, "INBOX", second, "Archive")


def _renumber(mail: MailStore, now: datetime) -> None:
    """Let UIDs mean something else, and a mail come meanwhile."""
    mail.set_uidvalidity(USER, "INBOX", 77_777)
    mail.append(USER, "INBOX", _asked("q5", "Ответите сегодня?", answers="q4"), now)


HAPPENINGS: tuple[tuple[timedelta, Callable[[MailStore, datetime], None]], ...] = (
    (timedelta(), _history),
    (timedelta(hours=1), _new_mail),
    # Past closing time, and past the time of a sweep.
    (timedelta(hours=10), _expunge),
    (timedelta(days=1), _renumber),
)


# --- dying ---------------------------------------------------------------------------------------


class _Killed(BaseException):
    """Nothing of ours catches it."""


@dataclass
class Steps:
    """Counts the steps of a run, and lets it die at one of them."""

    disk: Path
    """Where the database lies."""
    fatal: int = 0
    """The first is 1; 0: never."""
    remains: Path = Path()
    """Receives what the disk holds at the moment of death."""
    taken: list[str] = field(default_factory=list)

    @property
    def is_dead(self) -> bool:
        return bool(self.fatal) and len(self.taken) >= self.fatal

    def command(self, command: ClientCommand) -> Fault | None:
        """Count in the server's thread; the client finds the line dead, and then can do nothing."""
        try:
            self.take(f"IMAP {command.verb}")
        except _Killed:
            return HangUp(reset=True)
        return None

    def take(self, step: str) -> None:
        if not self.is_dead:
            self.taken.append(step)
            if len(self.taken) != self.fatal:
                return
            _copy_disk(self.disk, self.remains)
        raise _Killed


def _copy_disk(disk: Path, target: Path) -> None:
    """Copy a database as it lies there, maybe with half of a transaction in its journal."""
    target.mkdir()
    for name in (DATABASE, f"{DATABASE}-wal"):
        if (disk / name).exists():
            shutil.copy(disk / name, target / name)


# --- living -------------------------------------------------------------------------------------


def _reading_each_mail_once() -> Callable[[Reader, RawMail], ReadMail]:
    """Return Reader.read with a memory: reading is pure, and the slowest part of a life."""
    known: dict[bytes, ReadMail] = {}
    whole = Reader.read

    def read(reader: Reader, raw: RawMail) -> ReadMail:
        if raw.content not in known:
            known[raw.content] = whole(reader, raw)
        return known[raw.content]

    return read


def _mail_after(happenings: int) -> MailStore:
    """Return the server's mail after the first so many happenings."""
    mail = MailStore(first_uidvalidity=1000)
    mail.add_user(USER, PASSWORD)
    mail.add_folder(USER, "Sent", "\\Sent")
    mail.add_folder(USER, "Archive")
    for offset, happen in HAPPENINGS[:happenings]:
        happen(mail, MONDAY_10 + offset)
    return mail


class Lives:
    """Lives on one engine, so that each statement is compiled once for all of them.

    Nothing else outlasts a life: its connections, its objects and its disk are its own.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._steps = Steps(Path())
        self._engine = open_store(f"sqlite:///{DATABASE}", Path()).engine
        event.listen(self._engine, "do_connect", self._connect)
        event.listen(self._engine, "before_cursor_execute", self._statement)
        event.listen(self._engine, "commit", self._commit)
        monkeypatch.setattr("sameday.service.open_store", lambda *_: Store(self._engine))

    def live(self, mail: MailStore, now: datetime, steps: Steps) -> bool:
        """Do what one `sameday sync --once` does; tell whether it came to its end."""
        self._steps = steps
        with EmbeddedImapServer(mail, script=steps.command) as server:
            parts = Parts(_settings(steps.disk, server.port), lambda: now)
            try:
                outcomes = parts.sync_all()
            except _Killed:
                return False
            finally:
                parts.close()
        assert steps.is_dead or [outcome.problem for outcome in outcomes] == [""]
        return not steps.is_dead

    def _statement(self, *arguments: Any) -> None:
        self._steps.take(f"SQL {str(arguments[2]).split(maxsplit=1)[0]}")

    def _commit(self, _connection: object) -> None:
        self._steps.take("COMMIT")

    def _connect(self, _dialect: object, _record: object, where: list[str], _how: object) -> None:
        where[0] = str(self._steps.disk / DATABASE)


@pytest.fixture
def lives(monkeypatch: pytest.MonkeyPatch) -> Lives:
    """Spare some thousand short lives what is the same in all of them."""
    trusted = ssl.create_default_context()
    monkeypatch.setattr("ssl.create_default_context", lambda: trusted)
    monkeypatch.setattr(Reader, "read", _reading_each_mail_once())
    # The database that a life begins with is of the newest form already.
    monkeypatch.setattr("sameday.service.migrate", lambda _store: None)
    monkeypatch.setenv("HELLO_PASSWORD", PASSWORD)
    return Lives(monkeypatch)


def _settings(folder: Path, port: int) -> Settings:
    mailbox = {
        "address": HELLO,
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "user": USER,
        "password_env": "HELLO_PASSWORD",
    }
    values = {**SETTINGS, "database": {"url": f"sqlite:///{DATABASE}"}, "mailboxes": [mailbox]}
    return settings_of(values, folder / "config.toml")


def _state(disk: Path) -> EndState:
    store = open_store(f"sqlite:///{DATABASE}", disk)
    try:
        return end_state(store)
    finally:
        store.close()


def _content(disk: Path) -> str:
    """Return all that a database says, after SQLite has undone what was not committed."""
    with closing(sqlite3.connect(disk / DATABASE)) as database:
        return "\n".join(database.iterdump())


def _empty_disk(disk: Path) -> None:
    disk.mkdir()
    store = open_store(f"sqlite:///{DATABASE}", disk)
    migrate(store)
    store.close()


# --- the test -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "happening", range(len(HAPPENINGS)), ids=[happen.__name__ for _at, happen in HAPPENINGS]
)
def test_dying_at_any_step_changes_nothing_of_what_is_known_in_the_end(
    lives: Lives, tmp_path: Path, happening: int
) -> None:
    """One life per step, each begun where the happening finds us, and followed by a second one.

    Both must leave what a single life leaves. What happens later then meets the same database and
    the same server, so it need not be played again. Neither need a second life that begins with
    the same as an earlier one: most steps lie inside of a transaction, and leave nothing.
    """
    disk = tmp_path / "before"
    _empty_disk(disk)
    for earlier, (offset, _happen) in enumerate(HAPPENINGS[:happening], start=1):
        assert lives.live(_mail_after(earlier), MONDAY_10 + offset, Steps(disk))
    mail, now = _mail_after(happening + 1), MONDAY_10 + HAPPENINGS[happening][0]
    _copy_disk(disk, tmp_path / "undisturbed")
    undisturbed = Steps(tmp_path / "undisturbed")
    assert lives.live(mail, now, undisturbed)
    expected = _state(undisturbed.disk)

    divergent: dict[str, list[str]] = {}
    begun: set[str] = set()
    for fatal, step in enumerate(undisturbed.taken, start=1):
        _copy_disk(disk, tmp_path / "first")
        first = Steps(tmp_path / "first", fatal=fatal, remains=tmp_path / "second")
        assert not lives.live(mail, now, first)
        assert first.taken == undisturbed.taken[:fatal]
        content = _content(first.remains)
        if content not in begun:
            assert lives.live(mail, now, Steps(first.remains))
            if different := differences(expected, _state(first.remains)):
                divergent[f"step {fatal}, {step}"] = different
        begun.add(content)
        shutil.rmtree(first.disk)
        shutil.rmtree(first.remains)
    assert divergent == {}


def test_the_lives_have_all_kinds_of_steps_and_leave_all_kinds_of_rows(
    lives: Lives, tmp_path: Path
) -> None:
    """Otherwise the test above would prove little."""
    steps = Steps(tmp_path / "disk")
    _empty_disk(steps.disk)
    for count, (offset, _happen) in enumerate(HAPPENINGS, start=1):
        assert lives.live(_mail_after(count), MONDAY_10 + offset, steps)
    kinds = set(steps.taken)
    assert {"COMMIT", "SQL INSERT", "SQL UPDATE", "SQL DELETE", "IMAP UID FETCH"} <= kinds
    state = _state(steps.disk)
    assert all(state.values())
    words = "\n".join(state["placements"] + state["journal"])
    for word in (
        "'stored'",
        "'gone'",
        "'ignored'",
        "'opened'",
        "'answered'",
        "'breached'",
        "'removed'",
    ):
        assert word in words
