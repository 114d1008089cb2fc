"""The store opens, upgrades, locks and complains in words a person understands."""

import sqlite3
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select

from models.db import schema
from models.db import store as store_module
from models.db.migrating import migrate
from models.db.store import Store, open_store
from models.errors import StoreError
from tests.mails import MONDAY_NOON


def test_the_migrations_make_exactly_the_tables_of_the_schema(store: Store) -> None:
    with store.write() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_migrating_a_current_database_changes_nothing(store: Store, tmp_path: Path) -> None:
    store.close()
    before = (tmp_path / "sameday.db").read_bytes()
    again = open_store("sqlite:///sameday.db", tmp_path)
    migrate(again)
    again.close()
    assert (tmp_path / "sameday.db").read_bytes() == before


def test_a_database_of_a_newer_program_is_refused(store: Store) -> None:
    with store.write() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer Sameday"):
        migrate(store)


def test_a_relative_path_lies_beside_the_config(tmp_path: Path) -> None:
    opened = open_store("sqlite:///here.db", tmp_path)
    migrate(opened)
    opened.close()
    assert (tmp_path / "here.db").exists()


@pytest.mark.parametrize("url", ["", "sqlite", "mysql+none://x/y", "://"])
def test_a_url_that_says_nothing_is_refused_with_an_example(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"sqlite:///sameday\.db"):
        open_store(url, tmp_path)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"absent/sameday\.db can't be used"):
        migrate(open_store("sqlite:///absent/sameday.db", tmp_path))


def test_a_database_locked_by_another_program_is_said_so(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_BUSY_TIMEOUT_MS", 10)
    other = sqlite3.connect(tmp_path / "sameday.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    mine = open_store("sqlite:///sameday.db", tmp_path)
    with pytest.raises(StoreError, match="locked by another program"), mine.write():
        pass
    other.close()
    mine.close()


def test_reading_goes_on_while_another_connection_writes(store: Store) -> None:
    with store.write() as writer, store.read() as reader:
        writer.execute(insert(schema.installation).values(name="a", value="b"))
        assert reader.execute(select(schema.installation)).all() == []


def test_what_fails_inside_a_transaction_leaves_no_trace(store: Store) -> None:
    def write_and_fail() -> None:
        with store.write() as db:
            db.execute(insert(schema.installation).values(name="a", value="b"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with store.read() as db:
        assert db.execute(select(schema.installation)).all() == []


def test_an_instant_comes_back_as_it_was_stored(store: Store) -> None:
    with store.write() as db:
        db.execute(insert(schema.mailbox).values(address="a", problem_since=MONDAY_NOON))
        assert db.execute(select(schema.mailbox.c.problem_since)).scalar_one() == MONDAY_NOON


def test_a_naive_datetime_is_never_stored(store: Store) -> None:
    naive = datetime(2026, 4, 20)  # noqa: DTZ001 - the point of the test
    with pytest.raises(Exception, match="naive"), store.write() as db:
        db.execute(insert(schema.mailbox).values(address="a", problem_since=naive))
