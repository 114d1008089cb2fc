"""Tell a program on this machine from everybody else, also behind a reverse proxy."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from flask import Request

# A proxy on this machine connects from loopback for the whole world. It gives itself away by what
# it adds, or by the name that the world called; `docs/operations.md` says what it must send.
_PROXY_HEADERS: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


def is_local(request: Request) -> bool:
    """Tell whether a request comes from loopback, was meant for it, and passed through no proxy.

    What it was meant for counts too, so that a stranger's page in a browser on this machine can't
    ask under a name of its own that leads here (DNS rebinding).
    """
    return (
        _is_loopback(request.remote_addr or "")
        and _is_loopback(urlsplit(f"//{request.host}").hostname or "")
        and not any(name in request.headers for name in _PROXY_HEADERS)
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
