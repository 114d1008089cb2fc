"""The program itself, killed by the system again and again while mail arrives, loses nothing."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models.db.store import open_store
from tests.dovecot import PASSWORD
from tests.end_state import EndState, differences, end_state
from tests.imap_servers import DovecotServer

KILLS = 30
_AT_FIRST = 300
"""Mails that are there already: enough for several kills on the way through them."""
LONG_AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
"""When all that is owed is decided, so that it does not matter at which minute we look."""

CONFIG = """
[agency]
name = "Studio"
domains = ["studio.example"]
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
port = {port}
tls = "none"
user = "{user}"
password_env = "HELLO_PASSWORD"
"""

pytestmark = [pytest.mark.slow, pytest.mark.dovecot, pytest.mark.timeout(900)]


def _question(number: int) -> tuple[bytes, datetime]:
    return _letter(f"q{number}", "ceo@acme.example", "hello@studio.example", number)


def _answer(number: int) -> tuple[bytes, datetime]:
    named = f"References: <q{number}@x.example>\r\n"
    return _letter(f"a{number}", "anna@studio.example", "ceo@acme.example", number + 60, named)


def _letter(
    name: str, author: str, to: str, minutes: int, more: str = ""
) -> tuple[bytes, datetime]:
    content = (
        f"Message-ID: <{name}@x.example>\r\nFrom: {author}\r\nTo: {to}\r\n{more}"
        f"Subject: Site\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"Когда будет готов макет {name}?\r\n"
    )
    return content.encode(), LONG_AGO + timedelta(minutes=minutes)


@contextmanager
def _mail_arrives(server: DovecotServer) -> Iterator[None]:
    """Let a question come every moment, and to every third one an answer."""
    over = threading.Event()

    def deliver() -> None:
        number = _AT_FIRST
        while not over.wait(0.05):
            number += 1
            server.append_all("INBOX", [_question(number)])
            if number % 3 == 0:
                server.append_all("Sent", [_answer(number)])

    thread = threading.Thread(target=deliver, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def _folder(at: Path, server: DovecotServer) -> Path:
    at.mkdir()
    (at / "config.toml").write_text(CONFIG.format(port=server.port, user=server.user))
    return at


def _start(folder: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "sameday", "sync", "--once", "--config", "config.toml"]
    with (folder / "output.log").open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "HELLO_PASSWORD": PASSWORD},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # A session of its own, so that whatever it leaves behind can be told.
            start_new_session=True,
        )


def _to_the_end(folder: Path) -> EndState:
    assert _start(folder).wait(timeout=300) == 0, (folder / "output.log").read_text()[-2000:]
    store = open_store("sqlite:///sameday.db", folder)
    try:
        return end_state(store)
    finally:
        store.close()


def _is_left(session: int) -> bool:
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return False
    return True


def test_thirty_kills_leave_what_one_undisturbed_run_leaves(
    dovecot_server: DovecotServer, tmp_path: Path
) -> None:
    chance = random.Random(20260424)
    dovecot_server.append_all("INBOX", [_question(number) for number in range(_AT_FIRST)])
    killed = _folder(tmp_path / "killed", dovecot_server)
    kills, sessions = 0, []
    with _mail_arrives(dovecot_server):
        while kills < KILLS:
            process = _start(killed)
            sessions.append(process.pid)
            # It takes a second and more until the program has come to its work.
            time.sleep(chance.uniform(1.0, 3.5))
            process.kill()
            kills += process.wait() == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while any(map(_is_left, sessions)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(_is_left, sessions)), "a killed program left processes behind"

    found = _to_the_end(killed)
    expected = _to_the_end(_folder(tmp_path / "undisturbed", dovecot_server))
    assert [
        row for kind in KINDS for row in differences(_only(expected, kind), _only(found, kind))
    ] == []
    twice = [row for row, times in Counter(found["journal"]).items() if times > 1]
    assert twice == []


KINDS = ("messages", "threads", "obligations", "problems")
"""What depends on the mail alone; the ledger and the journal also tell when we looked."""


def _only(state: EndState, kind: str) -> EndState:
    return {kind: state[kind]}
