"""Run the whole program on the sample agency, with a mail server of its own.

The store lies in a temporary folder; from there on everything is exactly what production runs.
"""

import os
import secrets
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import click

from ingest.imap_errors import MailboxError
from models.agency import Role
from models.db.logins import save_login
from models.db.messages import count_messages
from models.db.panel import waiting
from models.errors import SamedayError
from models.ids import Address
from sameday.console import mailbox_progress
from sameday.demo.arrivals import arrival
from sameday.demo.compose import PlacedMail, placed_mails
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from sameday.demo.sample_agency import SENT_FOLDERS, settings
from sameday.running import Service
from sameday.service import Parts, system_clock
from sameday.settings import settings_of
from web.passwords import hash_password

_PASSWORD_ENV = "SAMEDAY_DEMO_MAILBOX_PASSWORD"  # noqa: S105 - the name of a variable
_LOGIN = Address("olga@studio-north.example")
_POLL_SECONDS = 5.0
_ARRIVAL_SECONDS = 20.0
_FETCH_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Demo:
    """A demo that runs."""

    parts: Parts
    service: Service
    mail: MailStore
    password: str


def run_demo(port: int, wait: Callable[[], None]) -> None:
    """Start the demo, say where it is, let mail arrive until `wait` returns, and clear up."""
    with _started(port) as demo:
        click.echo(f"\nThe panel is at {demo.service.panel_url}")
        click.echo(f"Sign in as {_LOGIN} with the password {demo.password}")
        click.echo(f"New mail arrives every {_ARRIVAL_SECONDS:.0f} seconds. Ctrl-C ends the demo.")
        ended = threading.Event()
        postman = threading.Thread(target=_deliver, args=(demo, ended), daemon=True)
        postman.start()
        wait()
        ended.set()
        postman.join()
        click.echo("Clearing up.")


def check_demo() -> dict[str, Any]:
    """Start the demo, fetch the panel over HTTP as a person would, and return what was seen."""
    started_at = time.monotonic()
    with _started(port=0) as demo:
        page = _fetch_panel(demo)
        seconds = time.monotonic() - started_at
        with demo.parts.store.read() as db:
            rows = waiting(db)
            messages = count_messages(db)
    if rows and rows[0].author.address not in page and rows[0].subject not in page:
        message = "The panel does not show the first of those who wait. Please report this."
        raise SamedayError(message)
    return {
        "mailboxes": len(demo.parts.settings.mailboxes),
        "messages": messages,
        "obligations_open": len(rows),
        "overdue": sum(row.obligation.due_at < system_clock() for row in rows),
        "seconds_to_panel": round(seconds, 2),
    }


@contextmanager
def _started(port: int) -> Iterator[_Demo]:
    """Run the mail server, the sync, the schedule and the panel; leave nothing behind."""
    mailbox_password = secrets.token_urlsafe(12)
    mail = _filled_store(mailbox_password)
    with (
        tempfile.TemporaryDirectory(prefix="sameday-demo-") as folder,
        _environment(_PASSWORD_ENV, mailbox_password),
        EmbeddedImapServer(mail, port=0) as server,
        closing(_parts(Path(folder), server.port, port)) as parts,
    ):
        service = Service(parts, poll_seconds=_POLL_SECONDS)
        password = secrets.token_urlsafe(9)
        _add_login(parts, password)
        parts.follow_settings()
        with mailbox_progress() as progress:
            problems = [o.problem for o in parts.sync_all(progress) if o.problem]
        if problems:
            raise MailboxError("; ".join(problems))
        with service:
            yield _Demo(parts=parts, service=service, mail=mail, password=password)


def _filled_store(password: str) -> MailStore:
    mail = MailStore()
    for address, (sent_name, special_use) in SENT_FOLDERS.items():
        mail.add_user(address, password)
        mail.add_folder(address, sent_name, special_use)
    for placed in placed_mails(system_clock()):
        _append(mail, placed)
    return mail


def _append(mail: MailStore, placed: PlacedMail) -> None:
    folder = "INBOX" if placed.folder == "inbox" else SENT_FOLDERS[placed.mailbox][0]
    mail.append(placed.mailbox, folder, placed.content, placed.internaldate)


def _parts(folder: Path, imap_port: int, panel_port: int) -> Parts:
    """Return the production parts, by settings that could stand in a config.toml."""
    values = settings(
        imap_port=imap_port,
        database_url="sqlite:///demo.db",
        panel_bind=f"127.0.0.1:{panel_port}",
        password_env=_PASSWORD_ENV,
    )
    return Parts(settings_of(values, folder / "config.toml"))


def _add_login(parts: Parts, password: str) -> None:
    with parts.store.write() as db:
        save_login(
            db,
            email=_LOGIN,
            name="Olga Petrova",
            password_hash=hash_password(password),
            roles=frozenset({Role.CURATOR, Role.ADMIN}),
            now=parts.clock(),
        )


def _deliver(demo: _Demo, ended: threading.Event) -> None:
    """Let clients and colleagues go on writing."""
    index = 0
    while not ended.wait(_ARRIVAL_SECONDS):
        for placed in arrival(index, system_clock()):
            _append(demo.mail, placed)
        index += 1


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]


def _fetch_panel(demo: _Demo) -> str:
    """Sign in and return the home page."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    url = demo.service.panel_url
    form = urllib.parse.urlencode({"email": _LOGIN, "password": demo.password}).encode()
    # Says what a browser would say of a form of the panel's own page.
    request = urllib.request.Request(  # noqa: S310 - our own address on loopback
        url + "login", data=form, headers={"Sec-Fetch-Site": "same-origin"}
    )
    opener.open(request, timeout=_FETCH_SECONDS).close()
    with opener.open(url, timeout=_FETCH_SECONDS) as answer:
        page: str = answer.read().decode()
    return page
