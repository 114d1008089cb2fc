"""Give each test a fresh, migrated SQLite store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.db.migrating import migrate
from models.db.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Yield an empty store in a file."""
    opened = open_store("sqlite:///sameday.db", tmp_path)
    migrate(opened)
    yield opened
    opened.close()
