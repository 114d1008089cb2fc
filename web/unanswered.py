"""Show who waits: the first page, and the part of it that updates itself."""

import hashlib

from flask import Flask, Response, make_response, render_template, request

from models.db.panel import mailbox_health, waiting
from models.panel import WaitingRow
from web.board import (
    GROUP_WORDS,
    NOBODY,
    SHOW_WORDS,
    Filters,
    Group,
    Show,
    Today,
    arrange,
    is_promised,
)
from web.context import current_moments, current_panel, current_visit
from web.freshness import judge_freshness
from web.reasons import reason_line

_NAMES = {
    "Group": Group,
    "GROUP_WORDS": GROUP_WORDS,
    "NOBODY": NOBODY,
    "Show": Show,
    "SHOW_WORDS": SHOW_WORDS,
    "is_promised": is_promised,
    "reason_line": reason_line,
}


def add_routes(app: Flask) -> None:
    """Add the page to an app."""
    app.add_url_rule("/", "unanswered", _unanswered)


def _unanswered() -> Response | str:
    values = _values()
    if "fragment" not in request.args:
        return render_template("unanswered.html", **values)
    return _fragment(render_template("board.html", **values))


def _fragment(html: str) -> Response:
    """Return what updates itself, or 304 when the reader's copy says the same.

    The tag is a hash of what is shown: minutes are part of it, because "in 56 min" must not stay.
    """
    response = make_response(html)
    response.set_etag(hashlib.sha256(html.encode()).hexdigest()[:32])
    response.make_conditional(request)
    return response


def _values() -> dict[str, object]:
    panel, visit = current_panel(), current_visit()
    with panel.store.read() as connection:
        rows = waiting(connection)
        healths = mailbox_health(connection)
    today = Today(now=visit.now, calendar=panel.calendar)
    reader = visit.login.email if visit.login else None
    return {
        **_NAMES,
        "board": arrange(rows, _filters(), today, reader),
        "freshness": judge_freshness(healths, panel.agency.mailbox_addresses, visit.now),
        "lateness": _lateness,
    }


def _filters() -> Filters:
    args = request.args
    shows = {show.value: show for show in Show}
    return Filters(
        show=shows.get(args.get("show", "")),
        owner=args.get("owner", ""),
        page=args.get("page", 1, type=int),
    )


def _lateness(row: WaitingRow) -> str:
    """Return how late an overdue row is, counted in working time."""
    late = current_panel().calendar.business_time_between(
        row.obligation.due_at, current_visit().now
    )
    return current_moments().late(late)
