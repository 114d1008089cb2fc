"""Show how complete the data is: to people as a page, to monitoring as JSON."""

import logging
from itertools import groupby

from flask import Flask, Response, jsonify, render_template

from models.db.folder_queries import folder_health
from models.db.messages import count_messages
from models.db.panel import mailbox_health
from models.db.panel_queries import quarantined
from models.db.reconciling import last_reconciled
from models.errors import StoreError
from web.context import current_panel, current_visit
from web.freshness import Freshness, judge_freshness

_LOG = logging.getLogger(__name__)
_QUARANTINED_SHOWN = 200


def add_routes(app: Flask) -> None:
    """Add the page and the probe to an app."""
    app.add_url_rule("/mailboxes", "mailboxes", _mailboxes)
    app.add_url_rule("/healthz", "healthz", _healthz)


def _mailboxes() -> str:
    panel = current_panel()
    with panel.store.read() as connection:
        healths = mailbox_health(connection)
        unread = quarantined(connection, _QUARANTINED_SHOWN)
        messages = count_messages(connection)
        folders = folder_health(connection)
        reconciled = last_reconciled(connection)
    return render_template(
        "mailboxes.html",
        freshness=judge_freshness(healths, panel.agency.mailbox_addresses, current_visit().now),
        quarantined=unread,
        quarantined_count=sum(health.quarantined for health in healths),
        messages=messages,
        folders={
            address: tuple(found)
            for address, found in groupby(folders, key=lambda folder: folder.mailbox)
        },
        reconciled=reconciled,
    )


def _healthz() -> tuple[Response, int]:
    """Answer 200 when everything watched is fresh, 503 otherwise; no names, only numbers."""
    try:
        freshness = _freshness()
    except StoreError as error:
        _LOG.error("the health probe could not read the database: %s", error)
        return jsonify(status="degraded", database=False), 503
    status = "ok" if freshness.complete else "degraded"
    as_of = freshness.data_as_of
    return jsonify(
        status=status,
        database=True,
        mailboxes={"fresh": freshness.fresh_count, "watched": len(freshness.watched)},
        data_as_of=as_of.isoformat() if as_of else None,
    ), 200 if freshness.complete else 503


def _freshness() -> Freshness:
    panel = current_panel()
    with panel.store.read() as connection:
        healths = mailbox_health(connection)
    return judge_freshness(healths, panel.agency.mailbox_addresses, current_visit().now)
