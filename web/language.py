"""Choose the language of a page: what the reader clicked, else what he clicked before."""

from typing import Final

from flask import Request, Response

from web.catalogue import DEFAULT_LANGUAGE, LANGUAGES

_COOKIE: Final = "sameday-lang"
_REMEMBERED_SECONDS: Final = 365 * 24 * 3600


def choose(request: Request, agency_default: str) -> str:
    """Return the language for a request: `?lang=`, the cookie, or the agency's own."""
    asked = (request.args.get("lang"), request.cookies.get(_COOKIE), agency_default)
    return next((language for language in asked if language in LANGUAGES), DEFAULT_LANGUAGE)


def remember(request: Request, response: Response) -> None:
    """Keep what the reader clicked for his next visits."""
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        response.set_cookie(
            _COOKIE,
            asked,
            max_age=_REMEMBERED_SECONDS,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
