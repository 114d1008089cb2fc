"""Answer what went wrong with a page that a person understands."""

import logging

from flask import Flask, render_template, request
from werkzeug.exceptions import Forbidden, HTTPException

from models.agency import Role
from models.errors import StoreError
from web.catalogue import N_
from web.context import current_visit

_LOG = logging.getLogger(__name__)

_TITLES = {
    403: N_("This page is not for you"),
    404: N_("There is no such page"),
    405: N_("This can’t be done here"),
    413: N_("That was too much to send"),
    503: N_("The data can’t be read right now"),
}
_ADVICE = {
    403: N_("If you need it for your work, ask your administrator for the role that opens it."),
    404: N_("The conversation may have been joined with another one: look in the list."),
    503: N_("Try again in a minute. If it stays so, tell your administrator."),
}
_OTHER_TITLE = N_("Something went wrong")
_OTHER_ADVICE = N_("It was noted in the log. Try again, and tell your administrator if it stays.")


def add_handlers(app: Flask) -> None:
    """Answer refused and failed requests of an app in the panel's own style."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(StoreError, _store_error)
    app.register_error_handler(500, _http_error)


def _http_error(error: HTTPException) -> tuple[str, int]:
    code = error.code or 500
    if code == 403 and request.endpoint != "logout" and _is_specialist_only():
        return render_template("specialist.html"), 403
    # Werkzeug's own descriptions speak to programmers; ours come with `Forbidden(...)` alone.
    own_words = isinstance(error, Forbidden) and error.description != Forbidden.description
    detail = (error.description or "") if own_words else ""
    return _page(code, detail), code


def _store_error(error: StoreError) -> tuple[str, int]:
    # The message names the database's place: for the log, not for whoever asked.
    _LOG.error("the panel could not answer %s: %s", request.path, error)
    return _page(503), 503


def _page(code: int, detail: str = "") -> str:
    return render_template(
        "error.html",
        code=code,
        title=_TITLES.get(code, _OTHER_TITLE),
        advice=_ADVICE.get(code, _OTHER_ADVICE),
        detail=detail,
    )


def _is_specialist_only() -> bool:
    login = current_visit().login
    return login is not None and login.roles == {Role.SPECIALIST}
