"""Set up an agency with mail in a real store, for tests of the panel."""

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask.testing import FlaskClient

from models.agency import Account, Agency, Person, Role
from models.db import ledger, logins
from models.db.messages import save_message, set_account
from models.db.obligations import store_difference
from models.db.store import Store
from models.ids import UNKNOWN_ACCOUNT, AccountId, Address, MessageKey, ThreadId
from models.mailboxes import FolderCursor, FolderRole, MailboxCounts, MonitoredFolder
from models.message import Correspondent
from models.obligation import ObligationState, Promise, PromiseOutcome, Reason
from sla.work_calendar import WorkCalendar, parse_hours
from tests.mails import obligation, raw_mail, read_mail
from web.app import create_app
from web.passwords import hash_password

ZONE = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 4, 21, 12, 4, tzinfo=ZONE).astimezone(UTC)
"""A Tuesday, two hours after opening."""
ANNA = Address("anna@studio.example")
BORIS = Address("boris@studio.example")
HELLO = Address("hello@studio.example")
PASSWORD = "correct horse battery"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
"""What a browser sends with our own forms."""

AGENCY = Agency(
    name="Studio",
    domains=frozenset({"studio.example"}),
    zone="Europe/Moscow",
    people=(
        Person(email=ANNA, name="Anna", roles=frozenset({Role.ACCOUNT_MANAGER})),
        Person(email=BORIS, name="Boris", roles=frozenset({Role.ACCOUNT_MANAGER})),
    ),
    accounts=(
        Account(id=AccountId("acme"), name="Acme & Sons", manager=ANNA),
        Account(id=AccountId("taiga"), name="Тайга", manager=BORIS),
    ),
    mailbox_addresses=frozenset({HELLO}),
)
CALENDAR = WorkCalendar(zone=ZONE, weekly=dict.fromkeys(range(5), parse_hours(["10:00-19:00"])))


def moscow(day: int, hour: int, minute: int = 0) -> datetime:
    """Return an instant of April 2026 by the agency's clock, in aware UTC."""
    return datetime(2026, 4, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


TONIGHT = moscow(21, 19)
"""Closing time of the day on which the clock stands."""


@dataclass(kw_only=True)
class Studio:
    """The agency's panel over a store, with a clock that stands still until it is moved."""

    store: Store
    agency: Agency = AGENCY
    now: datetime = NOW
    counts: tuple[MailboxCounts, ...] = ()
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def app(self) -> Flask:
        """Return the panel."""
        app = create_app(
            store=self.store,
            agency=self.agency,
            calendar=CALENDAR,
            clock=lambda: self.now,
            counts=lambda: self.counts,
        )
        app.testing = True
        return app

    def client(self, *roles: Role, email: str = "olga@studio.example") -> FlaskClient:
        """Return a browser that is signed in with these roles."""
        self.login(*roles, email=email)
        client = self.app().test_client()
        answer = sign_in(client, email=email)
        assert answer.status_code == 303, answer.text
        return client

    def login(self, *roles: Role, email: str = "olga@studio.example") -> None:
        """Let somebody sign in."""
        with self.store.write() as connection:
            logins.save_login(
                connection,
                email=Address(email),
                name="Olga",
                password_hash=hash_password(PASSWORD),
                roles=frozenset(roles),
                now=self.now,
            )

    def reads(
        self, mailbox: str = HELLO, *, at: datetime | None = None, problem: str = ""
    ) -> tuple[FolderCursor, ...]:
        """Say that a mailbox was read to the end at an instant; None for never."""
        found = [
            MonitoredFolder(name="INBOX", raw_name=b"INBOX", role=FolderRole.INBOX, reason=""),
            MonitoredFolder(name="Sent", raw_name=b"Sent", role=FolderRole.SENT, reason=""),
        ]
        with self.store.write() as connection:
            row = ledger.ensure_mailbox(connection, Address(mailbox))
            cursors = ledger.save_folders(connection, row, found, self.now)
            for cursor in cursors:
                if at is not None:
                    ledger.mark_pass_ok(connection, cursor.id, at)
            ledger.set_problem(connection, row, problem, self.now)
        return cursors

    def waits(
        self,
        *,
        account: str = "acme",
        subject: str = "Question",
        text: str = "When will it be ready?",
        author: Correspondent | None = None,
        due_at: datetime = TONIGHT,
        **changes: Any,
    ) -> ThreadId:
        """Store a client's mail with the obligation it opened; return its thread."""
        number = next(self._numbers)
        key = MessageKey(f"{number:04}{'0' * 28}")
        plain = read_mail(f"m{number}@acme.example", key=key)
        sender = author or Correspondent(address=Address("gleb@acme.example"), name="Gleb Orlov")
        mail = replace(
            plain, parsed=replace(plain.parsed, subject=subject), new_text=text, author=sender
        )
        whose = AccountId(account)
        owner = next((a.manager for a in self.agency.accounts if a.id == whose), None)
        opened_at = moscow(20, 16, 31)
        with self.store.write() as connection:
            _, thread = save_message(connection, mail, raw_mail(opened_at), opened_at)
            set_account(connection, key, whose)
            values: dict[str, Any] = {
                "opened_by": key,
                "account": whose,
                "thread": thread,
                "opened_at": opened_at,
                "first_due_at": due_at,
                "due_at": due_at,
                "owner": owner,
                "why": (Reason(code="due", at=due_at),),
            }
            store_difference(connection, thread, [obligation(**(values | changes))], self.now)
        return thread

    def joins(self, **changes: Any) -> ThreadId:
        """Add a mail to the first conversation; return its name, which joining may change."""
        number = next(self._numbers)
        plain = read_mail(
            f"m{number}@studio.example",
            key=f"{number:04}{'0' * 28}",
            references=("m0@acme.example",),
        )
        at = moscow(20, 17) + timedelta(minutes=number)
        with self.store.write() as connection:
            _, thread = save_message(connection, replace(plain, **changes), raw_mail(at), at)
        return thread


def sign_in(client: FlaskClient, *, email: str, password: str = PASSWORD, **form: str) -> Any:
    """Send the login form as a browser would."""
    return client.post(
        "/login", data={"email": email, "password": password, **form}, headers=SAME_ORIGIN
    )


def promise(due_at: datetime, outcome: PromiseOutcome = PromiseOutcome.IN_FORCE) -> dict[str, Any]:
    """Return the fields of an obligation whose due in force is our word."""
    made = Promise(
        message=MessageKey("0" * 32),
        made_at=moscow(20, 18),
        text="you will have it",
        due_at=due_at,
        outcome=outcome,
    )
    return {"state": ObligationState.PROMISED, "due_at": due_at, "promises": (made,)}


UNKNOWN = str(UNKNOWN_ACCOUNT)
STRANGER = Correspondent(address=Address("karim@delmon.example"), name="Karim")
