"""`sameday import` brings files into the store by the same reading as a server's mail."""

import json
import mailbox
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sameday.cli import main
from tests.dovecot import PASSWORD
from tests.imap_servers import AnyServer

CONFIG = """
[agency]
name = "Studio"
domains = ["studio.example"]
zone = "Europe/Moscow"
[[accounts]]
id = "acme"
name = "Acme"
domains = ["acme.example"]
[[mailboxes]]
address = "hello@studio.example"
host = "127.0.0.1"
port = {port}
tls = "none"
user = "{user}"
password_env = "HELLO_PASSWORD"
backfill_days = 0
"""

Command = Callable[..., Result]


def mail(name: str, *, text: str = "When will it be ready?", date: str = "") -> bytes:
    when = date or "Mon, 20 Apr 2026 10:00:00 +0300"
    return (
        f"Message-ID: <{name}@acme.example>\nFrom: Client <client@acme.example>\n"
        f"To: hello@studio.example\nSubject: {name}\nDate: {when}\n\n{text}\n"
    ).encode()


def reply(name: str, to: str) -> bytes:
    return (
        f"Message-ID: <{name}@studio.example>\nFrom: Anna <anna@studio.example>\n"
        f"To: client@acme.example\nSubject: Re: {to}\nIn-Reply-To: <{to}@acme.example>\n"
        "Date: Mon, 20 Apr 2026 12:00:00 +0300\n\nThe site is online, here is the link.\n"
    ).encode()


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command line on a folder with settings; no server is there."""
    monkeypatch.setenv("HELLO_PASSWORD", PASSWORD)
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(port=1, user="u0"), encoding="utf-8")

    def run(*words: object) -> Result:
        return CliRunner().invoke(main, [*map(str, words), "--config", str(config)])

    return run


def imported(command: Command, *paths: Path, folder: str = "INBOX") -> Result:
    return command("import", *paths, "--mailbox", "Hello@studio.example", "--folder", folder)


def exported(command: Command, what: str) -> list[dict[str, Any]]:
    result = command("export", what)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_mbox_maildir_and_eml_are_one_message_each_with_its_copy(
    command: Command, tmp_path: Path
) -> None:
    box = mailbox.mbox(tmp_path / "archive.mbox")
    box.add(mail("a", text="From here on:\nwhen will it be ready?"))
    box.add(mail("b"))
    box.close()
    maildir = mailbox.Maildir(tmp_path / "maildir")
    maildir.add(mail("b"))
    maildir.add(mail("c"))
    (tmp_path / "eml").mkdir()
    (tmp_path / "eml/d.eml").write_bytes(mail("d"))
    result = imported(command, tmp_path / "archive.mbox", tmp_path / "maildir", tmp_path / "eml")
    assert (result.exit_code, result.output) == (
        0,
        "hello@studio.example, INBOX: 4 new, 1 known already\n",
    )
    rows = {row["subject"]: row for row in exported(command, "messages")}
    assert set(rows) == {"a", "b", "c", "d"}
    assert rows["a"]["copies"] == [
        {"mailbox": "hello@studio.example", "folder": "INBOX", "uid": 1, "internaldate": None}
    ]
    assert rows["a"]["arrived_at"] == "2026-04-20T07:00:00+00:00"


def test_importing_the_same_files_again_changes_nothing(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "a.eml").write_bytes(mail("a"))
    (folder / "undated.eml").write_bytes(mail("undated", date="yesterday"))
    imported(command, folder)
    before = [exported(command, what) for what in ("messages", "threads", "obligations")]
    result = imported(command, folder)
    assert "0 new, 2 known already" in result.output
    after = [exported(command, what) for what in ("messages", "threads", "obligations")]
    assert after == before


def test_what_can_not_be_read_is_named_and_the_rest_is_imported(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "a.eml").write_bytes(mail("a"))
    (tmp_path / "empty.eml").write_bytes(b"")
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    result = imported(command, tmp_path / "empty.eml", tmp_path / "photo.png", tmp_path / "a.eml")
    assert result.exit_code == 1
    assert "empty.eml is empty" in result.output
    assert "photo.png is no mail" in result.output
    assert "1 new, 2 could not be read" in result.output
    assert [row["subject"] for row in exported(command, "messages")] == ["a"]


def test_a_stranger_s_address_is_refused(command: Command, tmp_path: Path) -> None:
    result = command("import", tmp_path, "--mailbox", "ceo@acme.example", "--folder", "INBOX")
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 20 Apr 2026 10:00:00 +0300", "2026-04-20T07:00:00+00:00"),
        ("Mon, 20 Apr 1970 10:00:00 +0300", "2026-04-24T09:00:00+00:00"),
        ("Mon, 20 Apr 2099 10:00:00 +0300", "2026-04-24T09:00:00+00:00"),
    ],
    ids=["a plausible date", "before mail", "in the future"],
)
def test_a_date_that_can_not_be_is_replaced_by_the_delivery_of_the_mbox(
    command: Command, tmp_path: Path, date: str, expected: str
) -> None:
    box = tmp_path / "archive.mbox"
    box.write_bytes(b"From x Fri Apr 24 09:00:00 2026\n" + mail("a", date=date))
    imported(command, box)
    assert [row["arrived_at"] for row in exported(command, "messages")] == [expected]


def test_who_waits_in_imported_mail_has_waited_too_long(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(mail("a"))
    imported(command, tmp_path / "a.eml")
    (row,) = exported(command, "obligations")
    assert (row["state"], row["breached"]) == ("open", True)
    assert row["breached_at"] == row["first_due_at"]


def test_an_imported_answer_closes_what_an_imported_mail_opened(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "a.eml").write_bytes(mail("a"))
    (tmp_path / "r.eml").write_bytes(reply("r", "a"))
    imported(command, tmp_path / "r.eml", folder="Отправленные")
    imported(command, tmp_path / "a.eml")
    (row,) = exported(command, "obligations")
    assert (row["state"], row["breached"]) == ("answered", False)


def test_an_import_meets_no_uid_of_the_watched_folder_and_the_server_dates_the_mail(
    server: AnyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELLO_PASSWORD", PASSWORD)
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(port=server.port, user=server.user), encoding="utf-8")
    arrived = datetime(2026, 4, 21, 9, tzinfo=UTC)
    content = mail("a").replace(b"\n", b"\r\n")
    server.append_all("INBOX", [(content, arrived), (mail("b").replace(b"\n", b"\r\n"), arrived)])
    (tmp_path / "a.eml").write_bytes(mail("a"))
    (tmp_path / "b.eml").write_bytes(mail("b"))

    def run(*words: object) -> Result:
        return CliRunner().invoke(main, [*map(str, words), "--config", str(config)])

    imported(run, tmp_path / "a.eml")
    assert run("sync", "--once").exit_code == 0
    imported(run, tmp_path / "b.eml")
    assert run("sync", "--once").exit_code == 0
    rows = exported(run, "messages")
    assert {row["arrived_at"] for row in rows} == {arrived.isoformat()}
    copies = [
        sorted((c["uid"], c["internaldate"]) for c in row["copies"] if c["internaldate"])
        for row in rows
    ]
    assert sorted(copies) == [[(1, arrived.isoformat())], [(2, arrived.isoformat())]]
    assert [len(row["copies"]) for row in rows] == [2, 2]
    assert run("reconcile").exit_code == 0
