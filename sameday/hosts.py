"""Tell this machine from others: only here may a connection go without TLS."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Return True for a name or address that never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
