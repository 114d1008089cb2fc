"""Let people in and out."""

import math
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from models.db import logins
from models.ids import Address
from models.login import Login
from web import sessions
from web.catalogue import N_
from web.context import current_panel, current_visit
from web.passwords import password_matches

_WRONG = N_("The address or the password is wrong.")
_LONGEST_ADDRESS = 320


def add_routes(app: Flask) -> None:
    """Add the pages to an app."""
    app.add_url_rule("/login", "login", _login, methods=["GET", "POST"])
    app.add_url_rule("/logout", "logout", _logout, methods=["POST"])


def local_path(asked: str) -> str:
    """Return a path of ours to go on to after signing in; "/" for anything that leads elsewhere.

    >>> local_path("/mailboxes?x=1"), local_path("//evil.example"), local_path("https://e.example")
    ('/mailboxes?x=1', '/', '/')
    """
    # Browsers read "\\" as "/" and skip control characters, so "/\\evil" and "/\t/evil" leave us.
    suspicious = "\\" in asked or any(ord(c) <= 32 or ord(c) == 127 for c in asked)
    if suspicious or not asked.startswith("/") or asked.startswith("//"):
        return "/"
    try:
        parts = urlsplit(asked)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else asked


def _login() -> BaseResponse | tuple[str, int] | str:
    target = local_path(request.values.get("next", "/"))
    if request.method == "POST":
        return _try_to_sign_in(target)
    if current_visit().login is not None:
        return redirect(target, 303)
    return _form(target)


def _try_to_sign_in(target: str) -> BaseResponse | tuple[str, int]:
    panel, now = current_panel(), current_visit().now
    email = request.form.get("email", "").strip().lower()[:_LONGEST_ADDRESS]
    remote = request.remote_addr or ""
    wait = panel.throttle.attempt(email, remote, now)
    if wait:
        return _form(target, email=email, wait=wait), 429
    login = _login_with(email, request.form.get("password", ""))
    if login is None:
        return _form(target, email=email, problem=_WRONG), 401
    panel.throttle.succeeded(email, remote)
    sessions.end_session(panel.store, request)
    token = sessions.start_session(panel.store, login, now)
    response = redirect(target, 303)
    sessions.give_cookie(response, token, secure=request.is_secure)
    return response


def _login_with(email: str, password: str) -> Login | None:
    with current_panel().store.read() as connection:
        login = logins.login_by_email(connection, Address(email))
    matched = password_matches(login.password_hash if login else None, password)
    return login if matched else None


def _form(target: str, *, email: str = "", problem: str = "", wait: timedelta = timedelta()) -> str:
    with current_panel().store.read() as connection:
        somebody = logins.any_login(connection)
    return render_template(
        "login.html",
        target=target,
        email=email,
        problem=problem,
        wait_minutes=math.ceil(wait / timedelta(minutes=1)),
        somebody=somebody,
    )


def _logout() -> BaseResponse:
    sessions.end_session(current_panel().store, request)
    response = redirect(url_for("login"), 303)
    sessions.take_cookie(response, secure=request.is_secure)
    return response
