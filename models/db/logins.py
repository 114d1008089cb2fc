"""Keep who may sign in, and the sessions they have opened."""

from datetime import datetime

from sqlalchemy import Connection, Row, delete, insert, select, update

from models.agency import Role
from models.db import schema
from models.ids import Address
from models.login import Login


def save_login(
    connection: Connection,
    *,
    email: Address,
    name: str,
    password_hash: str,
    roles: frozenset[Role],
    now: datetime,
) -> None:
    """Add a login, or give an existing one a new password and roles and end its sessions."""
    table = schema.login
    values = {"name": name, "password_hash": password_hash, "roles": roles}
    row = connection.execute(select(table.c.id).where(table.c.email == email)).one_or_none()
    if row is None:
        connection.execute(insert(table).values(email=email, created_at=now, **values))
        return
    connection.execute(update(table).where(table.c.id == row.id).values(**values))
    sessions = schema.web_session
    connection.execute(delete(sessions).where(sessions.c.login_id == row.id))


def login_by_email(connection: Connection, email: Address) -> Login | None:
    """Return the login of an address, or None."""
    table = schema.login
    row = connection.execute(select(table).where(table.c.email == email)).one_or_none()
    return None if row is None else _login_of(row)


def any_login(connection: Connection) -> bool:
    """Tell whether anybody can sign in at all."""
    return connection.execute(select(schema.login.c.id).limit(1)).first() is not None


def open_session(
    connection: Connection, *, login_id: int, token_hash: str, now: datetime, expires_at: datetime
) -> None:
    """Note a session under the hash of its token, and forget those that have expired."""
    table = schema.web_session
    connection.execute(delete(table).where(table.c.expires_at <= now))
    connection.execute(
        insert(table).values(
            token_hash=token_hash, login_id=login_id, created_at=now, expires_at=expires_at
        )
    )


def session_login(connection: Connection, token_hash: str, now: datetime) -> Login | None:
    """Return whose session a token opens; None when it is unknown, closed or expired."""
    table, login = schema.web_session, schema.login
    row = connection.execute(
        select(login)
        .join(table, table.c.login_id == login.c.id)
        .where(table.c.token_hash == token_hash, table.c.expires_at > now)
    ).one_or_none()
    return None if row is None else _login_of(row)


def close_session(connection: Connection, token_hash: str) -> None:
    """End a session; an unknown one is no error."""
    table = schema.web_session
    connection.execute(delete(table).where(table.c.token_hash == token_hash))


def _login_of(row: Row[tuple[object, ...]]) -> Login:
    return Login(
        id=row.id,
        email=row.email,
        name=row.name,
        password_hash=row.password_hash,
        roles=row.roles,
    )
