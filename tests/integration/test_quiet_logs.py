"""A verbose sync over mail logs what was done and none of the mail."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from models.db import messages
from sameday.cli import main
from sameday.demo.imap_faults import ClientCommand, Fault, OmitUids
from sameday.demo.imap_server import EmbeddedImapServer
from sameday.demo.mail_store import MailStore

USER, PASSWORD = "hello@studio.example", "correct-horse-battery"
CONFIG = """
[agency]
name = "Studio"
domains = ["studio.example"]
[[mailboxes]]
address = "hello@studio.example"
host = "127.0.0.1"
port = {port}
tls = "none"
password_env = "HELLO_PASSWORD"
backfill_days = 0
"""
CONFIDENTIAL = (
    "From: Gleb Orlov <gleb@acme.example>\r\nTo: hello@studio.example\r\n"
    "Subject: Confidential turnover\r\nMessage-ID: <{n}@acme.example>\r\n\r\n"
    "The merger happens tomorrow, tell nobody about Wintermute.\r\n"
)
MERGER = (
    "From: =?utf-8?b?0JPQu9C10LE=?= <gleb@taiga.example>\r\nTo: hello@studio.example\r\n"
    "Subject: Слияние\r\nMessage-ID: <{n}@taiga.example>\r\n"
    "Content-Type: text/plain; charset=koi8-r-nonsense\r\n\r\nПлатёжка ушла вчера.\r\n"
)
WORDS = re.compile(r"\w{4,}")
HARMLESS = {"from", "message", "subject", "text", "plain", "content", "type"}


def omit_the_first(command: ClientCommand) -> Fault | None:
    return OmitUids(uids=frozenset({1})) if b"BODY.PEEK" in command.arguments else None


def test_a_verbose_log_holds_no_word_address_or_secret_of_the_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELLO_PASSWORD", PASSWORD)
    mail = MailStore()
    mail.add_user(USER, PASSWORD)
    mail.add_folder(USER, "Sent", "\\Sent")
    contents = [text.format(n=n) for n in range(4) for text in (CONFIDENTIAL, MERGER)]
    for content in contents:
        mail.append(USER, "INBOX", content.encode(), datetime.now(UTC))
    refuse_every_other(monkeypatch)
    config = tmp_path / "config.toml"
    with EmbeddedImapServer(mail, script=omit_the_first) as server:
        config.write_text(CONFIG.format(port=server.port), encoding="utf-8")
        result = CliRunner().invoke(main, ["-v", "sync", "--once", "--config", str(config)])
    structlog.reset_defaults()
    events = [json.loads(line)["event"] for line in result.stderr.splitlines()]
    assert {"mail_not_fetched", "mail_not_stored"} <= set(events)
    words = {w.lower() for content in contents for w in WORDS.findall(content)} - HARMLESS
    logged = result.stderr.lower()
    assert [word for word in sorted(words | {PASSWORD, "@"}) if word in logged] == []


def refuse_every_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the database refuse some mails with an error that quotes them."""
    really = messages.save_messages

    def save(connection, mails):  # type: ignore[no-untyped-def] # stands in for the real one
        if any("acme.example" in str(mail.columns) for mail in mails):
            message = f"refused: {mails[0].columns}"
            raise ValueError(message)
        return really(connection, mails)

    monkeypatch.setattr(messages, "save_messages", save)
