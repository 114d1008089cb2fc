"""Judge mails from standard input: `sameday classify inbound|outbound`, without a database."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from classify.classifier import Classifier
from classify.mail import InboundMail, OutboundMail
from ingest.new_text import label_lines, new_text
from models.errors import ConfigurationError
from models.message import ParsedMail
from sameday.commands.options import takes_config
from sameday.exporting import as_line
from sameday.service import system_clock
from sameday.settings import load_settings, settings_of
from sla.work_calendar import WorkCalendar

Row = dict[str, Any]

_DEFAULTS: Row = {
    "agency": {"name": "-", "domains": ["agency.invalid"]},
    "mailboxes": [{"address": "a@agency.invalid", "host": "localhost", "password_env": "NONE"}],
}
"""Settings for a folder without config.toml: only the default calendar of it is used."""


@click.group()
def classify() -> None:
    """Read JSON Lines on standard input and print the verdicts on each mail."""


@classify.command()
@takes_config
def inbound(config: Path) -> None:
    """Say what clients' mails ask: reads {id, subject, body}, one object a line."""
    classifier = Classifier(_calendar(config))
    _answer_each(lambda row: _inbound_row(classifier, row))


@classify.command()
@takes_config
def outbound(config: Path) -> None:
    """Say what our mails do and promise: reads {id, subject, body, sent_at, client_message}."""
    classifier = Classifier(_calendar(config))
    _answer_each(lambda row: _outbound_row(classifier, row))


def _calendar(config: Path) -> WorkCalendar:
    """Return the configured calendar; without a config file the default one."""
    if config.exists():
        return load_settings(config).calendar
    return settings_of(_DEFAULTS, config).calendar


def _answer_each(judge: Callable[[Row], Row]) -> None:
    for number, row in _rows():
        try:
            answer = judge(row)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            message = f"line {number} of the input: {type(error).__name__}: {error}"
            raise ConfigurationError(message) from error
        click.echo(as_line(answer))


def _rows() -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            message = f"line {number} of the input is not JSON: {error}"
            raise ConfigurationError(message) from error
        if not isinstance(row, dict) or "id" not in row:
            message = f'line {number} of the input is not an object with an "id"'
            raise ConfigurationError(message)
        yield number, row


def _inbound_row(classifier: Classifier, row: Row) -> Row:
    verdicts = classifier.inbound(
        InboundMail(subject=_text(row, "subject"), new_text=_own_words(row, "body"))
    )
    return {
        "id": row["id"],
        "tags": [verdict.what for verdict in verdicts.tags],
        "confidences": {
            verdict.what: round(verdict.confidence, 3)
            for verdict in (*verdicts.tags, verdicts.needs_answer)
        },
        "needs_answer": verdicts.needs_answer.holds,
        "questions": [{"text": question.text} for question in verdicts.questions],
        "chaser": verdicts.chaser.holds,
        "withdrawn": verdicts.withdrawn.holds,
        "tone": verdicts.tone.value,
        "language": verdicts.language.value,
    }


def _outbound_row(classifier: Classifier, row: Row) -> Row:
    verdicts = classifier.outbound(
        OutboundMail(
            subject=_text(row, "subject"),
            new_text=_own_words(row, "body"),
            sent_at=_sent_at(row),
            client_text=_client_text(row),
        )
    )
    return {
        "id": row["id"],
        "kind": verdicts.reply_kind.value,
        "promises": [
            {"text": promise.text, "due_at": promise.due_at.isoformat()}
            for promise in verdicts.promises
        ],
    }


def _text(row: Row, key: str) -> str:
    value = row.get(key) or ""
    if not isinstance(value, str):
        message = f'"{key}" is not text'
        raise TypeError(message)
    return value


def _own_words(row: Row, key: str) -> str:
    """Return what the author wrote himself, as for a mail that came over IMAP."""
    parsed = ParsedMail(message_id=None, subject=_text(row, "subject"), text=_text(row, key))
    return new_text(label_lines(parsed))


def _client_text(row: Row) -> str:
    value = row.get("client_message") or ""
    if isinstance(value, dict):
        return _own_words(value, "body")
    return _own_words({"body": value}, "body")


def _sent_at(row: Row) -> datetime:
    value = row.get("sent_at")
    if not value:
        return system_clock()
    instant = datetime.fromisoformat(value)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
