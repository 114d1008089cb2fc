"""A thousand letters that people really got go through a real Dovecot without losing one."""

import tarfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from models.db import schema
from sameday.service import Parts
from sameday.settings import settings_of
from tests.dovecot import PASSWORD
from tests.imap_servers import DovecotServer

CORPUS = Path(__file__).parents[3] / "shared/corpora/spamassassin/data.tar.gz"
COUNT = 1000
NOW = datetime.now(UTC)

pytestmark = [
    pytest.mark.dovecot,
    pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus spamassassin is not here"),
    pytest.mark.timeout(300),
]


def _ham() -> list[bytes]:
    """Return the first letters in the order of the archive, which is read but once."""
    letters: list[bytes] = []
    with tarfile.open(CORPUS) as archive:
        for member in archive:
            if "ham" in member.name and member.isfile():
                content = archive.extractfile(member)
                assert content is not None
                letters.append(content.read())
                if len(letters) == COUNT:
                    break
    return letters


def _parts(server: DovecotServer, folder: Path) -> Parts:
    values = {
        "agency": {"name": "Studio", "domains": ["studio.example"]},
        "mailboxes": [
            {
                "address": "hello@studio.example",
                "host": "127.0.0.1",
                "port": server.port,
                "tls": "none",
                "user": server.user,
                "password_env": "HELLO_PASSWORD",
                "backfill_days": 0,
            }
        ],
    }
    return Parts(settings_of(values, folder / "config.toml"))


def _contents(parts: Parts) -> list[tuple[object, ...]]:
    """Return all that a second sync must leave as it is."""
    tables = (schema.message, schema.placement, schema.obligation, schema.transition)
    with parts.store.read() as db:
        return [tuple(row) for table in tables for row in db.execute(select(table))]


def test_every_letter_is_stored_or_quarantined_with_a_reason(
    dovecot_server: DovecotServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELLO_PASSWORD", PASSWORD)
    letters = _ham()
    assert len(letters) == COUNT
    placed = [(letter, NOW - timedelta(minutes=n)) for n, letter in enumerate(letters)]
    dovecot_server.append_all("INBOX", placed)

    parts = _parts(dovecot_server, tmp_path)
    (first,) = parts.sync_all()
    assert first.problem == ""
    table = schema.placement.c
    with parts.store.read() as db:
        rows = db.execute(select(table.state, table.reason, table.message_id)).all()
    assert len(rows) == COUNT
    assert set(Counter(row.state.value for row in rows)) <= {"stored", "quarantined"}
    assert all(row.message_id is not None or row.reason for row in rows)
    assert first.quarantined <= COUNT // 100

    before = _contents(parts)
    (second,) = parts.sync_all()
    assert (second.read, second.problem) == (0, "")
    assert _contents(parts) == before
    parts.close()
