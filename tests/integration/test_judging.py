"""Stored mail becomes obligations: by settings, by what the mailboxes have shown, by time."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from models.db import ledger, messages, schema
from models.db.obligations import obligations_of
from models.ids import Address
from models.mailboxes import FolderCursor, FolderRole, ListedMail, MonitoredFolder
from models.message import RawMail
from models.obligation import Obligation, ObligationState
from sameday.judging import Judge
from sameday.service import Parts
from sameday.settings import settings_of

MONDAY_10 = datetime(2026, 4, 20, 7, 0, tzinfo=UTC)
"""Ten o'clock in Moscow."""
CLOSING = MONDAY_10.replace(hour=16)

CONFIG = """
[agency]
name = "Studio"
domains = ["studio.example"]
zone = "Europe/Moscow"
[[people]]
email = "anna@studio.example"
name = "Anna"
roles = ["account_manager"]
[[accounts]]
id = "acme"
name = "Acme"
domains = ["acme.example"]
manager = "anna@studio.example"
[[mailboxes]]
address = "hello@studio.example"
host = "127.0.0.1"
tls = "none"
password_env = "NONE"
"""

CLIENT, US = "ceo@acme.example", "anna@studio.example"


@dataclass
class Office:
    """A database with one mailbox, a clock that a test sets, and mail put straight into it."""

    folder: Path
    parts: Parts = field(init=False)
    now: datetime = MONDAY_10
    uid: int = 0
    cursors: dict[FolderRole, FolderCursor] = field(default_factory=dict)

    def open(self, config: str = CONFIG) -> None:
        """Open the database by other settings."""
        values: dict[str, Any] = tomllib.loads(config)
        self.parts = Parts(settings_of(values, self.folder / "config.toml"), lambda: self.now)

    def prepare_folders(self) -> None:
        with self.parts.store.write() as db:
            mailbox = ledger.ensure_mailbox(db, Address("hello@studio.example"))
            found = [
                MonitoredFolder(name=role.value, raw_name=role.value.encode(), role=role, reason="")
                for role in (FolderRole.INBOX, FolderRole.SENT)
            ]
            cursors = ledger.save_folders(db, mailbox, found, self.now)
        self.cursors = {cursor.role: cursor for cursor in cursors}

    def arrives(
        self,
        name: str,
        author: str,
        to: str,
        text: str,
        at: datetime,
        *,
        answers: str = "",
        headers: str = "",
    ) -> None:
        """Store a mail as a pass would, in INBOX, or in Sent when it is ours."""
        reference = f"In-Reply-To: <{answers}@x.example>\r\n" if answers else ""
        content = (
            f"Message-ID: <{name}@x.example>\r\nFrom: {author}\r\nTo: {to}\r\n"
            f"Subject: Site\r\n{reference}{headers or 'Content-Type: text/plain; charset=utf-8'}"
            f"\r\n\r\n{text}\r\n"
        ).encode()
        role = FolderRole.SENT if author == US else FolderRole.INBOX
        self.now = max(self.now, at)
        self.uid += 1
        raw = RawMail(content=content, size_bytes=len(content), internaldate=at)
        read = self.parts.reader.read(raw)
        listed = [ListedMail(uid=self.uid, size_bytes=len(content), internaldate=at)]
        with self.parts.store.write() as db:
            cursor = self.cursors[role]
            window = (1 if cursor.untouched else cursor.high + 1, self.uid)
            self.cursors[role] = ledger.discover(
                db, cursor, listed, window=window, horizon=None, now=at
            )
            pk, _ = messages.save_message(db, read, raw, at)
            ledger.mark_stored(db, cursor, self.uid, pk)

    def looked(self, at: datetime, *roles: FolderRole) -> None:
        """Say that folders were read to the end at an instant."""
        with self.parts.store.write() as db:
            for role in roles or (FolderRole.INBOX, FolderRole.SENT):
                ledger.mark_pass_ok(db, self.cursors[role].id, at)

    def owed(self) -> list[Obligation]:
        """Judge what changed, and return everything that is stored."""
        self.parts.judge.judge_stale()
        with self.parts.store.read() as db:
            return [o for t in messages.all_threads(db) for o in obligations_of(db, t)]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Yield an empty office at ten on a Monday."""
    made = Office(folder=tmp_path)
    made.open()
    made.prepare_folders()
    yield made
    made.parts.close()


def _ask(office: Office, at: datetime = MONDAY_10) -> None:
    office.arrives("q", CLIENT, "hello@studio.example", "Когда будет готов макет?", at)


def _answer(office: Office, at: datetime, text: str = "Макет готов, ссылка во вложении.") -> None:
    office.arrives("a", US, CLIENT, text, at, answers="q")


def test_a_question_waits_until_the_evening(office: Office) -> None:
    _ask(office)
    (owed,) = office.owed()
    assert (owed.state, owed.account, owed.owner) == (ObligationState.OPEN, "acme", US)
    assert owed.due_at == CLOSING


def test_an_answer_in_sent_closes_it(office: Office) -> None:
    _ask(office)
    _answer(office, MONDAY_10 + timedelta(hours=2))
    (owed,) = office.owed()
    assert owed.state is ObligationState.ANSWERED
    assert owed.answer_business_minutes == 120


def test_an_answer_seen_before_its_question_closes_it_too(office: Office) -> None:
    _answer(office, MONDAY_10 + timedelta(hours=2))
    office.owed()
    _ask(office)
    assert [o.state for o in office.owed()] == [ObligationState.ANSWERED]


def test_a_holding_reply_with_a_day_moves_the_deadline(office: Office) -> None:
    _ask(office)
    _answer(office, MONDAY_10 + timedelta(hours=1), "Добрый день! Ответим в среду до 15:00.")
    (owed,) = office.owed()
    assert owed.state is ObligationState.PROMISED
    assert owed.due_at == datetime(2026, 4, 22, 12, 0, tzinfo=UTC)


def test_silence_is_no_breach_while_sent_was_not_read(office: Office) -> None:
    _ask(office)
    office.now = CLOSING + timedelta(hours=1)
    office.looked(office.now, FolderRole.INBOX)
    office.looked(CLOSING - timedelta(hours=1), FolderRole.SENT)
    office.owed()
    office.parts.judge.tick()
    assert [o.breached for o in office.owed()] == [False]


def test_a_breach_is_dated_by_its_deadline_once_both_folders_were_read(office: Office) -> None:
    _ask(office)
    office.owed()
    office.now = CLOSING + timedelta(hours=1)
    office.looked(office.now)
    changes = office.parts.judge.tick()
    assert [(c.what, c.effective_at) for c in changes] == [("breached", CLOSING)]
    assert office.parts.judge.tick() == ()


def test_a_late_answer_proves_the_breach_by_itself(office: Office) -> None:
    _ask(office)
    office.now = CLOSING + timedelta(hours=2)
    _answer(office, CLOSING + timedelta(hours=1))
    (owed,) = office.owed()
    assert (owed.state, owed.breached) == (ObligationState.ANSWERED_LATE, True)


def test_an_answer_that_bounced_leaves_the_question_open(office: Office) -> None:
    _ask(office)
    _answer(office, MONDAY_10 + timedelta(hours=1))
    assert [o.state for o in office.owed()] == [ObligationState.ANSWERED]
    report = (
        "--b\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {CLIENT}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <a@x.example>\r\n"
        f"From: {US}\r\nTo: {CLIENT}\r\n\r\n--b--"
    )
    office.now = MONDAY_10 + timedelta(hours=2)
    office.arrives(
        "dsn",
        "MAILER-DAEMON@mx.example",
        US,
        report,
        office.now,
        headers='Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    )
    (owed,) = office.owed()
    assert (owed.state, owed.bounced, owed.due_at) == (ObligationState.OPEN, True, CLOSING)


def test_a_private_address_in_the_thread_is_answered_like_the_client(office: Office) -> None:
    _ask(office)
    _answer(office, MONDAY_10 + timedelta(minutes=30))
    later = MONDAY_10 + timedelta(hours=1)
    office.now = later + timedelta(hours=2)
    office.arrives("p", "ceo@mail.example", US, "А когда счёт?", later, answers="a")
    office.arrives("r", US, "ceo@mail.example", "Счёт во вложении.", office.now, answers="p")
    owed = office.owed()
    assert [(o.account, o.state.value) for o in owed] == [("acme", "answered")] * 2


def test_a_changed_calendar_moves_deadlines_that_were_set_before(office: Office) -> None:
    office.parts.follow_settings()
    _ask(office)
    office.owed()
    office.parts.close()
    office.open(CONFIG + '[calendar.overrides]\n2026-04-20 = ["10:00-15:00"]\n')
    office.parts.follow_settings()
    assert [o.due_at for o in office.owed()] == [MONDAY_10.replace(hour=12)]


def test_a_new_alias_turns_a_stranger_into_a_colleague(office: Office) -> None:
    office.parts.follow_settings()
    _ask(office)
    office.arrives(
        "s", "anna.home@mail.example", CLIENT, "Макет готов, вот он.", MONDAY_10, answers="q"
    )
    office.now = MONDAY_10 + timedelta(hours=1)
    assert ObligationState.OPEN in [o.state for o in office.owed()]
    office.parts.close()
    office.open(
        CONFIG.replace('name = "Anna"', 'name = "Anna"\naliases = ["anna.home@mail.example"]')
    )
    office.parts.follow_settings()
    with office.parts.store.read() as db:
        directions = db.execute(select(schema.message.c.direction)).scalars().all()
    assert {d.value for d in directions} == {"inbound", "outbound"}


def test_unchanged_settings_read_nothing_again(office: Office) -> None:
    _ask(office)
    assert office.parts.follow_settings() == 1
    assert office.parts.follow_settings() == 0


def test_judging_again_changes_and_journals_nothing(office: Office) -> None:
    _ask(office)
    _answer(office, MONDAY_10 + timedelta(hours=1))
    office.now = MONDAY_10 + timedelta(hours=2)
    before = office.owed()

    def journal() -> int:
        with office.parts.store.read() as db:
            return len(db.execute(select(schema.transition)).all())

    count = journal()
    office.parts.judge_all_again()
    assert office.owed() == before
    assert journal() == count


def test_a_reply_that_can_not_be_judged_in_context_stops_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ask(office)
    _answer(office, MONDAY_10 + timedelta(hours=1))

    def fail(_classifier: object, _mail: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("classify.classifier.Classifier.outbound", fail)
    assert [o.opened_at for o in office.owed()] == [MONDAY_10]


def test_mail_that_comes_while_a_thread_is_judged_is_judged_after_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ask(office)
    whole, left = Judge._known_replies, [True]

    def answer_meanwhile(judge: Judge, threads: Any) -> Any:
        if left:
            left.pop()
            _answer(office, MONDAY_10 + timedelta(hours=1))
        return whole(judge, threads)

    monkeypatch.setattr(Judge, "_known_replies", answer_meanwhile)
    assert [o.state for o in office.owed()] == [ObligationState.ANSWERED]


def test_the_past_is_shown_as_it_was(office: Office) -> None:
    _ask(office)
    _answer(office, MONDAY_10 + timedelta(hours=2))
    office.owed()
    with office.parts.store.read() as db:
        (name,) = [t for t in messages.all_threads(db) if messages.thread_messages(db, t)]
        thread = messages.thread_messages(db, name)

    def then(at: datetime) -> list[ObligationState]:
        return [o.state for o in office.parts.judge.obligations_of(thread, name, at)]

    assert then(MONDAY_10 - timedelta(seconds=1)) == []
    assert then(MONDAY_10 + timedelta(hours=1)) == [ObligationState.OPEN]
    assert then(MONDAY_10 + timedelta(hours=2)) == [ObligationState.ANSWERED]
