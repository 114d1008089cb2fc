"""Remember who signed in: a random token in a cookie, its hash in the database."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from flask import Request
from werkzeug.wrappers import Response

from models.db import logins
from models.db.store import Store
from models.login import Login

LIFETIME: Final = timedelta(days=7)
_TOKEN_BYTES: Final = 32


def cookie_name(*, secure: bool) -> str:
    """Return the cookie's name; with TLS the prefix binds it to this very host."""
    return "__Host-sameday" if secure else "sameday"


def start_session(store: Store, login: Login, now: datetime) -> str:
    """Open a session and return its token, which is kept nowhere here."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with store.write() as connection:
        logins.open_session(
            connection,
            login_id=login.id,
            token_hash=_hash_of(token),
            now=now,
            expires_at=now + LIFETIME,
        )
    return token


def session_login(store: Store, request: Request, now: datetime) -> Login | None:
    """Return who sent a request; None for a stranger or an expired session."""
    token = _token_of(request)
    if not token:
        return None
    with store.read() as connection:
        return logins.session_login(connection, _hash_of(token), now)


def end_session(store: Store, request: Request) -> None:
    """Close the session a request belongs to, if there is one."""
    token = _token_of(request)
    if token:
        with store.write() as connection:
            logins.close_session(connection, _hash_of(token))


def give_cookie(response: Response, token: str, *, secure: bool) -> None:
    """Hand the token to the browser, out of reach of scripts and of other sites' forms."""
    response.set_cookie(
        cookie_name(secure=secure),
        token,
        max_age=LIFETIME,
        path="/",
        secure=secure,
        httponly=True,
        samesite="Lax",
    )


def take_cookie(response: Response, *, secure: bool) -> None:
    """Make the browser forget the token."""
    response.delete_cookie(
        cookie_name(secure=secure), path="/", secure=secure, httponly=True, samesite="Lax"
    )


def _token_of(request: Request) -> str:
    return request.cookies.get(cookie_name(secure=request.is_secure), "")


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
