"""Tell Alembic what the tables should be; it is always handed an open connection."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Enum

from models.db.column_types import AsJson, UtcInstant
from models.db.schema import metadata


def render_plainly(kind: str, item: Any, _autogenerate_context: object) -> str | Literal[False]:
    """Write our column types as the plain ones below them: old migrations must outlive our code."""
    if kind != "type":
        return False
    if isinstance(item, UtcInstant):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, AsJson):
        return "sa.Text()"
    if isinstance(item, Enum):
        return f"sa.String({item.length})"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render_plainly,
)
with context.begin_transaction():
    context.run_migrations()
