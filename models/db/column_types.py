"""Translate our values to columns that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator


class UtcInstant(TypeDecorator[datetime]):
    """Store an aware datetime as UTC, and give back aware UTC; a naive one is a bug of ours."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive datetimes; SQLite keeps no zone, so it gets plain UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"A naive datetime was about to be stored: {value!r}"
            raise ValueError(message)
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonText(str):
    """JSON that was written already, in another process perhaps; `AsJson` stores it as it is."""

    __slots__ = ()


class AsJson(TypeDecorator[Any]):
    """Store a typed value of ours as JSON text, checked on the way in and on the way out."""

    impl = Text
    cache_ok = True

    def __init__(self, value_type: Any) -> None:
        """Take the type whose values the column holds, e.g. `tuple[Defect, ...]`."""
        super().__init__()
        self.value_type = value_type
        self._adapter: TypeAdapter[Any] = TypeAdapter(value_type)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write compact JSON; None stays NULL."""
        return value if value is None or isinstance(value, JsonText) else self.write(value)

    def write(self, value: Any) -> str:
        """Return a value as the column holds it."""
        return self._adapter.dump_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Read the value back in its type."""
        return None if value is None else self._adapter.validate_json(value)
