"""Build the panel: the Flask application with its routes, gates and templates."""

from collections.abc import Callable
from datetime import datetime

from flask import Flask, Response, redirect, request, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as BaseResponse

from models.agency import Agency
from models.db.store import Store
from models.mailboxes import MailboxCounts
from sla.work_calendar import WorkCalendar
from web import (
    conversation,
    errors,
    health,
    language,
    metrics,
    passwords,
    signing_in,
    unanswered,
)
from web.access import Decision, decide
from web.context import Panel, Visit, begin_visit, current_panel, current_visit, install_panel
from web.cross_site import cross_site_refusal
from web.locality import is_local
from web.security_headers import add_security_headers
from web.sessions import session_login
from web.templating import prepare_templates

_LARGEST_FORM_BYTES = 64 * 1024


def create_app(
    *,
    store: Store,
    agency: Agency,
    calendar: WorkCalendar,
    clock: Callable[[], datetime],
    counts: Callable[[], tuple[MailboxCounts, ...]] = tuple,
) -> Flask:
    """Return the panel as a WSGI application over a migrated store; `clock` gives aware UTC.

    `counts` gives what the watchers of this process have done, for /metrics.
    """
    app = Flask("web")
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_FORM_BYTES
    install_panel(
        app,
        Panel(store=store, agency=agency, calendar=calendar, clock=clock, counts=counts),
    )
    prepare_templates(app)
    app.before_request(_refuse_cross_site)
    app.before_request(_recognise)
    app.before_request(_gate)
    app.after_request(_finish)
    for pages in (signing_in, unanswered, conversation, health, metrics):
        pages.add_routes(app)
    errors.add_handlers(app)
    # Made now, so that the first stranger's login takes as long as every other.
    passwords.decoy_hash()
    return app


def _refuse_cross_site() -> None:
    refusal = cross_site_refusal(
        method=request.method,
        fetch_site=request.headers.get("Sec-Fetch-Site"),
        origin=request.headers.get("Origin"),
        host=request.host,
    )
    if refusal is not None:
        raise Forbidden(f"The request did not come from the panel's own page: {refusal}.")


def _recognise() -> None:
    panel = current_panel()
    now = panel.clock()
    begin_visit(
        Visit(
            now=now,
            language=language.choose(request, panel.agency.language),
            # Styles and scripts are for everybody: they need no look into the database.
            login=None
            if request.endpoint == "static"
            else session_login(panel.store, request, now),
        )
    )


def _gate() -> BaseResponse | None:
    if request.endpoint is None:
        return None  # No such route: Flask answers 404 by itself.
    match decide(request.endpoint, current_visit().login, is_local=is_local(request)):
        case Decision.ALLOW:
            return None
        case Decision.SIGN_IN:
            asked = request.full_path.rstrip("?") if request.method == "GET" else "/"
            return redirect(url_for("login", next=asked), 303)
        case Decision.REFUSE:
            raise Forbidden


def _finish(response: Response) -> Response:
    language.remember(request, response)
    return add_security_headers(response, request)
