"""The administrator's path on a real Dovecot: init, check, sync, export, and what goes wrong."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from tests.dovecot import PASSWORD, Dovecot, free_port
from tests.wire_log import ALLOWED_VERBS, WireLog

pytestmark = pytest.mark.dovecot

MONDAY = datetime(2026, 4, 20, tzinfo=UTC)
NINE_IN_MOSCOW = MONDAY.replace(hour=6)

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
port = {port}
tls = "none"
user = "{user}"
password_env = "HELLO_PASSWORD"
backfill_days = 0
[database]
url = "sqlite:///sameday.db"
[panel]
bind = "127.0.0.1:{panel_port}"
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that runs `sameday` in the test's folder."""

    def run_sameday(
        *arguments: str, password: str = PASSWORD, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sameday", *arguments],
            cwd=tmp_path,
            env={"HELLO_PASSWORD": password, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    return run_sameday


@pytest.fixture
def write_config(tmp_path: Path) -> Callable[..., None]:
    """Return a function that writes config.toml."""

    def write(port: int, user: str, panel_port: int = 0) -> None:
        text = CONFIG.format(port=port, user=user, panel_port=panel_port or free_port())
        (tmp_path / "config.toml").write_text(text)

    return write


@pytest.fixture
def user(fresh_users: Iterator[str]) -> str:
    """Return a user of the session's Dovecot that nobody has touched."""
    return next(fresh_users)


def _mail(
    name: str, author: str, to: str, text: str, *, answers: str = "", subject: str = "Сайт"
) -> bytes:
    reference = f"In-Reply-To: <{answers}>\r\nReferences: <{answers}>\r\n" if answers else ""
    return (
        f"Message-ID: <{name}>\r\nFrom: {author}\r\nTo: {to}\r\nSubject: {subject}\r\n{reference}"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"{text}\r\n"
    ).encode()


def _rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _load_conversations(server: Dovecot, user: str) -> None:
    """One question answered in time, one still open, and a reply seen in Sent only."""
    ours, theirs = "hello@studio.example", "ceo@acme.example"
    server.append_all(
        user,
        "INBOX",
        [
            (_mail("q1@acme", theirs, ours, "Когда будет готов макет?"), NINE_IN_MOSCOW),
            (
                _mail(
                    "q2@acme", theirs, ours, "How much does a landing page cost?", subject="Fair"
                ),
                NINE_IN_MOSCOW + timedelta(hours=1),
            ),
        ],
    )
    server.append(
        user,
        "Sent",
        _mail(
            "a1@studio",
            "anna@studio.example",
            theirs,
            "Здравствуйте! Макет готов, ссылка во вложении.",
            answers="q1@acme",
        ),
        NINE_IN_MOSCOW + timedelta(hours=3),
    )


def test_from_a_config_to_what_is_owed(
    run: Run, write_config: Callable[..., None], real_dovecot: Dovecot, user: str
) -> None:
    _load_conversations(real_dovecot, user)
    with WireLog(real_dovecot.port) as wire:
        write_config(wire.port, user)
        checked = run("check")
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert "login         ok" in checked.stdout
        assert "Sent (marked \\Sent by the server" in checked.stdout
        synced = run("sync", "--once")
        assert synced.returncode == 0, synced.stdout + synced.stderr
        assert "hello@studio.example: 3 new" in synced.stdout
        assert "hello@studio.example: 0 new" in run("sync", "--once").stdout
    assert wire.verbs <= ALLOWED_VERBS

    messages = {row["message_id"]: row for row in _rows(run("export", "messages"))}
    assert messages["q1@acme"]["direction"] == "inbound"
    assert messages["a1@studio"]["direction"] == "outbound"
    assert messages["q1@acme"]["arrived_at"] == "2026-04-20T06:00:00+00:00"
    assert messages["q1@acme"]["copies"][0]["mailbox"] == "hello@studio.example"
    assert messages["q2@acme"]["verdicts"]["needs_answer"] is True

    threads = _rows(run("export", "threads"))
    assert sorted(row["messages"] for row in threads) == [["q1@acme", "a1@studio"], ["q2@acme"]]
    assert {row["account"] for row in threads} == {"acme"}

    owed = {row["opened_by"]: row for row in _rows(run("export", "obligations"))}
    assert owed["q1@acme"]["state"] == "answered"
    assert owed["q1@acme"]["answered_by"] == "a1@studio"
    assert owed["q1@acme"]["answer_business_minutes"] == 120
    assert owed["q2@acme"]["state"] == "open"
    assert owed["q2@acme"]["due_at"] == "2026-04-20T16:00:00+00:00"
    assert owed["q2@acme"]["breached"] is True
    assert owed["q2@acme"]["owner"] == "anna@studio.example"
    assert owed["q2@acme"]["why"]


def test_as_of_shows_what_was_owed_then(
    run: Run, write_config: Callable[..., None], real_dovecot: Dovecot, user: str
) -> None:
    _load_conversations(real_dovecot, user)
    write_config(real_dovecot.port, user)
    run("sync", "--once")
    rows = _rows(run("export", "obligations", "--as-of", "2026-04-20T09:30"))
    assert [(row["opened_by"], row["state"], row["breached"]) for row in rows] == [
        ("q1@acme", "open", False)
    ]


def test_a_changed_setting_judges_history_again(
    run: Run,
    write_config: Callable[..., None],
    real_dovecot: Dovecot,
    user: str,
    tmp_path: Path,
) -> None:
    _load_conversations(real_dovecot, user)
    write_config(real_dovecot.port, user)
    run("sync", "--once")
    config = tmp_path / "config.toml"
    config.write_text(config.read_text().replace('domains = ["acme.example"]', "domains = []"))
    assert {row["account"] for row in _rows(run("export", "threads"))} == {"unknown"}


def test_a_wrong_password_is_one_sentence(
    run: Run, write_config: Callable[..., None], real_dovecot: Dovecot, user: str
) -> None:
    write_config(real_dovecot.port, user)
    for command in (["check"], ["sync", "--once"]):
        done = run(*command, password="wrong")
        assert done.returncode == 1
        assert "Check the user and the password" in done.stdout
        assert "Traceback" not in done.stderr


def test_a_server_that_is_not_there_is_named(run: Run, write_config: Callable[..., None]) -> None:
    port = free_port()
    write_config(port, "u0")
    done = run("check")
    assert done.returncode == 1
    assert f"127.0.0.1:{port} can't be reached" in done.stdout


def test_a_missing_password_names_the_variable(run: Run, write_config: Callable[..., None]) -> None:
    write_config(free_port(), "u0")
    done = run("sync", "--once", password="")
    assert done.returncode == 1
    assert "HELLO_PASSWORD is not set" in done.stdout


def test_a_missing_sent_folder_is_named_and_the_rest_is_read(
    run: Run,
    write_config: Callable[..., None],
    real_dovecot: Dovecot,
    user: str,
    tmp_path: Path,
) -> None:
    _load_conversations(real_dovecot, user)
    write_config(real_dovecot.port, user)
    config = tmp_path / "config.toml"
    config.write_text(
        config.read_text().replace("backfill_days", 'sent = "Gesendet"\nbackfill_days')
    )
    checked = run("check")
    assert checked.returncode == 1
    assert "'Gesendet'" in checked.stdout
    assert "The server has: 'Sent', 'Drafts', 'INBOX'" in checked.stdout
    synced = run("sync", "--once")
    assert synced.returncode == 1
    assert "2 new, PROBLEM: the folder `sent = 'Gesendet'` is not there" in synced.stdout


def test_the_service_reads_new_mail_and_serves_the_panel_until_it_is_told_to_end(
    run: Run,
    write_config: Callable[..., None],
    real_dovecot: Dovecot,
    user: str,
    tmp_path: Path,
) -> None:
    _load_conversations(real_dovecot, user)
    port = free_port()
    write_config(real_dovecot.port, user, panel_port=port)
    password = "correct horse battery"
    added = run(
        "user",
        "add",
        "olga@studio.example",
        "--role",
        "curator",
        "--password-stdin",
        stdin=password,
    )
    assert added.returncode == 0, added.stderr
    with subprocess.Popen(
        [sys.executable, "-m", "sameday", "run"],
        cwd=tmp_path,
        env={"HELLO_PASSWORD": PASSWORD, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as service:
        assert service.stdout is not None
        assert f"http://127.0.0.1:{port}/" in service.stdout.readline()
        panel = _signed_in(f"http://127.0.0.1:{port}/", "olga@studio.example", password)
        _until_shown(panel, f"http://127.0.0.1:{port}/", "Fair")
        late = _mail(
            "q3@acme", "ceo@acme.example", "hello@studio.example", "Где отчёт?", subject="Late"
        )
        real_dovecot.append(user, "INBOX", late, datetime.now(UTC))
        _until_shown(panel, f"http://127.0.0.1:{port}/", "Late")
        service.send_signal(signal.SIGTERM)
        _rest, errors = service.communicate(timeout=30)
    assert service.returncode == 0, errors
    assert "Traceback" not in errors


def _signed_in(url: str, email: str, password: str) -> urllib.request.OpenerDirector:
    """Return a browser of sorts that is signed in to the panel."""
    panel = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    form = urllib.parse.urlencode({"email": email, "password": password}).encode()
    request = urllib.request.Request(
        url + "login", data=form, headers={"Sec-Fetch-Site": "same-origin"}
    )
    panel.open(request, timeout=10).close()
    return panel


def _until_shown(panel: urllib.request.OpenerDirector, url: str, words: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        with panel.open(url, timeout=10) as page:
            if words in page.read().decode():
                return
        assert time.monotonic() < deadline, f"{words!r} did not appear on the panel"
        time.sleep(0.2)


def test_a_locked_database_is_said_so(
    run: Run, write_config: Callable[..., None], tmp_path: Path
) -> None:
    write_config(free_port(), "u0")
    run("export", "messages")
    other = sqlite3.connect(tmp_path / "sameday.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    done = run("sync", "--once")
    other.close()
    assert done.returncode == 2
    assert "is locked by another program" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_occupied_port_is_named(run: Run, write_config: Callable[..., None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as occupant:
        port = occupant.getsockname()[1]
        write_config(free_port(), "u0", panel_port=port)
        done = run("run")
    assert done.returncode == 2
    assert f"can't listen on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check"], "config.toml is not there"),
        (["check", "--config", "/"], "is a directory"),
        (["sync"], "--once"),
        (["export", "nothing"], "No such command"),
        (["nothing"], "No such command"),
    ],
)
def test_wrong_usage_ends_with_two(run: Run, arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_init_writes_a_config_once(run: Run, tmp_path: Path) -> None:
    assert run("init").returncode == 0
    assert (tmp_path / "config.toml").exists()
    again = run("init")
    assert again.returncode == 2
    assert "is there already" in again.stderr
