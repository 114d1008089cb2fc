"""Give each test a studio with an empty, migrated SQLite store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.db.migrating import migrate
from models.db.store import open_store
from tests.panel_studio import Studio


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """Yield the studio; nothing waits and nothing was read yet."""
    store = open_store("sqlite:///sameday.db", tmp_path)
    migrate(store)
    yield Studio(store=store)
    store.close()
