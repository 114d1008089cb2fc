"""Prepare Jinja: translations per request, words for time, and inert text everywhere."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from flask import Flask, request, url_for

from web.access import sees_clients
from web.catalogue import LANGUAGES, translations
from web.context import current_moments, current_panel, current_visit
from web.inert import inert, one_line
from web.words import REASONS, WORDS


def prepare_templates(app: Flask) -> None:
    """Set up the environment of an app's templates."""
    # Before the first use of `app.jinja_env`, which is built from these options.
    app.jinja_options = {
        **app.jinja_options,
        "finalize": inert,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "extensions": ["jinja2.ext.i18n"],
    }
    environment = app.jinja_env
    environment.install_gettext_callables(  # type: ignore[attr-defined] # added by jinja2.ext.i18n
        _gettext, _ngettext, newstyle=True
    )
    environment.filters["one_line"] = one_line
    environment.globals.update(
        word=_word,
        reason=_reason,
        asset=_asset,
        languages=LANGUAGES,
        here_with=_here_with,
        panel=current_panel,
    )
    app.context_processor(_visit_values)


def _visit_values() -> dict[str, Any]:
    visit = current_visit()
    return {
        "say": current_moments(),
        "visit": visit,
        "sees_clients": sees_clients(visit.login),
    }


def _gettext(text: str) -> str:
    return translations(current_visit().language).gettext(text)


def _ngettext(one: str, many: str, number: int) -> str:
    return translations(current_visit().language).ngettext(one, many, number)


def _word(member: Any) -> str:
    """Return the word for a member of one of our closed sets, or for its value."""
    return _gettext(WORDS.get(member, str(member)))


def _reason(text: str) -> str:
    """Return the words for a reason that the ledger keeps, or the reason itself."""
    return _gettext(REASONS[text]) if text in REASONS else text


def _here_with(**changes: str) -> str:
    """Return a link to this page with some of its query replaced.

    Only the query is named: what a stranger wrote into the path or the query can't make it lead
    elsewhere.
    """
    return "?" + urlencode({**request.args, **changes})


def _asset(name: str) -> str:
    """Return the address of a static file; it changes with the content, so caches may keep it."""
    return url_for("static", filename=name, v=_fingerprint(name))


@cache
def _fingerprint(name: str) -> str:
    content = (files("web") / "static" / name).read_bytes()
    return hashlib.sha256(content).hexdigest()[:12]
