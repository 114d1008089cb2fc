"""Bring a database to the version this program speaks, with Alembic."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from models.db.store import Store
from models.errors import StoreError


def migrate(store: Store) -> None:
    """Create or upgrade the tables; a database that is current is left untouched.

    Raises StoreError for a database written by a newer program.
    """
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    with store.read() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current is not None and current not in {s.revision for s in scripts.walk_revisions()}:
        where = store.engine.url.render_as_string(hide_password=True)
        message = (
            f"The database {where} was written by a newer Sameday (revision {current}). "
            "Update the program, or point database.url to another database."
        )
        raise StoreError(message)
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("models.db") / "migrations"))
    return config
