"""Keep the refresh token that is in force for each sign-in: encrypted, and never an older one.

Providers may replace a refresh token with each use and forget the one before. The row holds the
last one; it is replaced only by a writer who has used exactly that one (row 18 of research/imap.md
section 3).
"""

from datetime import datetime

from sqlalchemy import Connection, insert, or_, select, update

from models.db import schema
from models.oauth_token import StoredToken


def stored_token(connection: Connection, sign_in: str) -> StoredToken | None:
    """Return the token in force for a sign-in; None before the first one was stored."""
    table = schema.oauth_token
    row = connection.execute(select(table).where(table.c.sign_in == sign_in)).one_or_none()
    return None if row is None else StoredToken(encrypted=row.refresh_token, version=row.version)


def store_first(connection: Connection, sign_in: str, encrypted: bytes, now: datetime) -> None:
    """Store the token that a person got by signing in, unless one is stored already.

    One that is stored already descends from this one, so it can only be newer.
    """
    if stored_token(connection, sign_in) is None:
        connection.execute(
            insert(schema.oauth_token).values(
                sign_in=sign_in, refresh_token=encrypted, version=1, written_at=now
            )
        )


def claim(
    connection: Connection, sign_in: str, *, version: int, now: datetime, until: datetime
) -> bool:
    """Reserve the use of a token; False when another has reserved it or it is not in force."""
    table = schema.oauth_token
    changed = connection.execute(
        update(table)
        .where(
            table.c.sign_in == sign_in,
            table.c.version == version,
            or_(table.c.claimed_until.is_(None), table.c.claimed_until <= now),
        )
        .values(claimed_until=until)
    )
    return changed.rowcount == 1


def release(connection: Connection, sign_in: str, *, version: int) -> None:
    """Give a reserved token back as it was; nothing happens when it is no longer in force."""
    table = schema.oauth_token
    connection.execute(
        update(table)
        .where(table.c.sign_in == sign_in, table.c.version == version)
        .values(claimed_until=None)
    )


def rotate(
    connection: Connection, sign_in: str, *, used_version: int, encrypted: bytes, now: datetime
) -> bool:
    """Replace the token that was used by its successor; False when it is no longer in force."""
    table = schema.oauth_token
    changed = connection.execute(
        update(table)
        .where(table.c.sign_in == sign_in, table.c.version == used_version)
        .values(
            refresh_token=encrypted, version=used_version + 1, written_at=now, claimed_until=None
        )
    )
    return changed.rowcount == 1
