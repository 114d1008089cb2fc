"""`sameday reconcile` accounts for every mail on a server, and names each that is not."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, update

from models.db import ledger, schema
from models.db.reconciling import last_reconciled
from models.db.store import Store, open_store
from models.ids import Address
from sameday.cli import main
from sameday.demo.imap_faults import ClientCommand, Fault, OmitUids
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore
from sameday.reconciling import NightlyReconciliation
from sameday.service import Parts
from sameday.settings import load_settings
from tests.dovecot import PASSWORD
from tests.imap_servers import AnyServer

HELLO = Address("hello@studio.example")
CONFIG = """
[agency]
name = "Studio"
domains = ["studio.example"]
[[mailboxes]]
address = "hello@studio.example"
host = "127.0.0.1"
port = {port}
tls = "none"
user = "{user}"
password_env = "HELLO_PASSWORD"
"""

Command = Callable[..., Result]


def mail(name: str, *, days_ago: int = 1) -> tuple[bytes, datetime]:
    content = (
        f"Message-ID: <{name}@acme.example>\r\nFrom: Client <client@acme.example>\r\n"
        f"To: hello@studio.example\r\nSubject: {name}\r\n\r\nHello {name}\r\n"
    )
    return content.encode(), datetime.now(UTC) - timedelta(days=days_ago)


@pytest.fixture
def config(server: AnyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the settings for a mailbox with three mails in INBOX and one in Sent, all read."""
    monkeypatch.setenv("HELLO_PASSWORD", PASSWORD)
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(port=server.port, user=server.user), encoding="utf-8")
    server.append_all("INBOX", [mail("a"), mail("b"), mail("old", days_ago=200)])
    server.append_all("Sent", [mail("c")])
    return path


@pytest.fixture
def command(config: Path) -> Command:
    """Run a command line."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, [*words, "--config", str(config)])

    assert run("sync", "--once").exit_code == 0
    return run


@pytest.fixture
def ledger_store(config: Path) -> Iterator[Store]:
    """Yield the store of the command line."""
    store = open_store("sqlite:///sameday.db", config.parent)
    yield store
    store.close()


def test_after_a_sync_every_mail_is_accounted_for(command: Command) -> None:
    result = command("reconcile")
    assert result.exit_code == 0, result.output
    assert result.output == (
        f"{HELLO}, INBOX: server holds 3, accounted for 3: stored 2, pending 0, "
        "ignored 1 (1 older than backfill_days), quarantined 0\n"
        f"{HELLO}, Sent: server holds 1, accounted for 1: stored 1, pending 0, "
        "ignored 0, quarantined 0\n"
        f"{HELLO}: 4 of 4 accounted for\n"
    )


def test_before_the_first_sync_every_mail_is_pending_or_ignored(config: Path) -> None:
    result = CliRunner().invoke(main, ["reconcile", "--config", str(config)])
    assert result.exit_code == 0, result.output
    assert "INBOX: server holds 3, accounted for 3: stored 0, pending 2, ignored 1" in result.output


def test_new_mail_is_pending_and_no_alarm(server: AnyServer, command: Command) -> None:
    server.append_all("INBOX", [mail("new")])
    result = command("reconcile")
    assert result.exit_code == 0, result.output
    assert "server holds 4, accounted for 4: stored 2, pending 1" in result.output


def test_a_mail_that_no_listing_showed_is_named_and_read_by_the_next_sync(
    command: Command, ledger_store: Store
) -> None:
    with ledger_store.write() as db:
        db.execute(delete(schema.placement).where(schema.placement.c.uid == 2))
    result = command("reconcile")
    assert result.exit_code == 1
    assert "INBOX: server holds 3, accounted for 2" in result.output
    assert "UID 2 is on the server and has no row in the ledger." in result.output
    assert "run: sameday sync --once" in result.output
    command("sync", "--once")
    assert command("reconcile").exit_code == 0


def test_a_mail_deleted_on_the_server_is_named_and_no_alarm(
    server: AnyServer, command: Command
) -> None:
    server.expunge("INBOX", 2)
    result = command("reconcile")
    assert result.exit_code == 0, result.output
    assert "UID 2 is gone on the server." in result.output
    assert "INBOX: server holds 2, accounted for 2" in result.output
    assert "gone" not in command("reconcile").output


def test_a_quarantined_mail_is_accounted_for_and_an_alarm(
    command: Command, ledger_store: Store
) -> None:
    with ledger_store.write() as db:
        mailbox = ledger.ensure_mailbox(db, HELLO)
        inbox = ledger.folder_cursors(db, mailbox)[0]
        for _ in range(ledger.QUARANTINE_AFTER_ATTEMPTS):
            ledger.mark_failed(db, inbox, 1, "the reply makes no sense.", datetime.now(UTC))
    result = command("reconcile")
    assert result.exit_code == 1
    assert "accounted for 3: stored 1, pending 0" in result.output
    assert "quarantined 1" in result.output
    assert "UID 1 could not be read: the reply makes no sense." in result.output


def test_a_broken_original_is_named(command: Command, ledger_store: Store) -> None:
    with ledger_store.write() as db:
        db.execute(update(schema.raw_mail).values(content=b"broken"))
    result = command("reconcile")
    assert result.exit_code == 1
    assert "UID 1 is stored, and its original is missing or broken." in result.output
    assert f"{HELLO}: 1 of 4 accounted for" in result.output


def test_after_a_renumbering_all_is_accounted_for_anew(server: AnyServer, command: Command) -> None:
    server.renumber("INBOX", 77_777)
    result = command("reconcile")
    assert result.exit_code == 0, result.output
    assert f"{HELLO}: 4 of 4 accounted for" in result.output


def test_a_mailbox_that_can_not_be_reached_is_a_found_problem(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HELLO_PASSWORD")
    result = command("reconcile")
    assert result.exit_code == 1
    assert "PROBLEM:" in result.output


def test_the_nightly_job_keeps_what_it_found_for_the_panel(command: Command, config: Path) -> None:
    parts = Parts(load_settings(config))
    NightlyReconciliation(parts)()
    with parts.store.read() as db:
        found = last_reconciled(db)[HELLO]
    parts.close()
    assert (found.held, found.accounted, found.quarantined) == (4, 4, 0)
    assert found.findings == ()
    assert found.problem == ""


def test_a_nightly_job_that_was_stopped_keeps_nothing(command: Command, config: Path) -> None:
    parts = Parts(load_settings(config))
    nightly = NightlyReconciliation(parts)
    nightly.stop()
    nightly()
    with parts.store.read() as db:
        assert last_reconciled(db) == {}
    parts.close()


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (b"RFC822.SIZE", "UID 2 is on the server and has no row in the ledger."),
        (b"UID", "The server says that there are 3 mails and lists 2 of them."),
    ],
    ids=["left out of one listing", "left out of all"],
)
def test_a_mail_that_the_server_leaves_out_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, items: bytes, expected: str
) -> None:
    monkeypatch.setenv("HELLO_PASSWORD", PASSWORD)
    store = MailStore()
    store.add_user("u0", PASSWORD)
    store.add_folder("u0", "Sent", "\\Sent")
    for name in ("a", "b", "c"):
        store.append("u0", "INBOX", *mail(name))

    def leave_out(command: ClientCommand) -> Fault | None:
        return OmitUids(uids=frozenset({2})) if items in command.arguments else None

    path = tmp_path / "config.toml"
    with EmbeddedImapServer(store, script=leave_out) as server:
        path.write_text(CONFIG.format(port=server.port, user="u0"), encoding="utf-8")
        result = CliRunner().invoke(main, ["reconcile", "--config", str(path)])
    assert result.exit_code == 1
    assert "INBOX: server holds 3, accounted for 2" in result.output
    assert expected in result.output
