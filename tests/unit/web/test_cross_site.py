"""Requests that another site made a browser send."""

import pytest

from web.cross_site import cross_site_refusal


@pytest.mark.parametrize(
    ("fetch_site", "origin"),
    [
        ("same-origin", None),
        ("none", None),
        (None, "https://panel.example:8025"),
        (None, "HTTPS://Panel.Example:8025"),
    ],
    ids=["our own page", "the person himself", "older browser", "capitals"],
)
def test_our_own_forms_pass(fetch_site: str | None, origin: str | None) -> None:
    refusal = cross_site_refusal(
        method="POST", fetch_site=fetch_site, origin=origin, host="panel.example:8025"
    )
    assert refusal is None


@pytest.mark.parametrize(
    ("fetch_site", "origin"),
    [
        ("cross-site", "https://panel.example:8025"),
        ("same-site", "https://panel.example:8025"),
        (None, "https://evil.example"),
        (None, "https://panel.example"),
        (None, "null"),
        (None, None),
    ],
    ids=["cross-site", "a neighbour", "other host", "other port", "opaque", "says nothing"],
)
def test_everything_else_is_refused(fetch_site: str | None, origin: str | None) -> None:
    refusal = cross_site_refusal(
        method="POST", fetch_site=fetch_site, origin=origin, host="panel.example:8025"
    )
    assert refusal


def test_anybody_may_link_to_a_page() -> None:
    refusal = cross_site_refusal(
        method="GET", fetch_site="cross-site", origin=None, host="panel.example"
    )
    assert refusal is None
