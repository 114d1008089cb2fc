"""Refuse requests that another site made a browser send (CSRF), from what browsers say of them."""

from typing import Final
from urllib.parse import urlsplit

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""They change nothing here, so anybody may link to them."""


def cross_site_refusal(
    *, method: str, fetch_site: str | None, origin: str | None, host: str
) -> str | None:
    """Return why a request is refused, or None when it comes from our own pages.

    `fetch_site` is Sec-Fetch-Site, which pages can't forge and browsers send on trustworthy
    connections; `origin` is what they send with every POST elsewhere. A program that sends neither
    could be any page in an old browser, so it is told to name its origin.
    """
    if method in SAFE_METHODS:
        return None
    if fetch_site is not None:
        # "none" is the person's own doing, e.g. a reload of a form.
        allowed = fetch_site in {"same-origin", "none"}
        return None if allowed else f"Sec-Fetch-Site is {fetch_site}"
    if origin is None:
        return "neither Sec-Fetch-Site nor Origin was sent; send Origin with the panel's address"
    if urlsplit(origin).netloc.lower() != host.lower():
        return "Origin is not the panel's address"
    return None
