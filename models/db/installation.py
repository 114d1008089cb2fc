"""Remember a few facts about this installation by name."""

from sqlalchemy import Connection, insert, select, update

from models.db import schema


def read_value(connection: Connection, name: str) -> str | None:
    """Return what was noted under a name; None when nothing was."""
    table = schema.installation
    return connection.execute(
        select(table.c.value).where(table.c.name == name)
    ).scalar_one_or_none()


def write_value(connection: Connection, name: str, value: str) -> None:
    """Note a value under a name, in the place of an earlier one."""
    table = schema.installation
    changed = connection.execute(update(table).where(table.c.name == name).values(value=value))
    if changed.rowcount == 0:
        connection.execute(insert(table).values(name=name, value=value))
