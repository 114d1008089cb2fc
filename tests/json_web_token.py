"""Make access tokens that Dovecot validates by itself (RFC 7519, HS256)."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta

SECRET = b"a secret that only this test's server knows"


def json_web_token(
    user: str, issued_at: datetime, *, lifetime: timedelta, secret: bytes = SECRET
) -> str:
    """Return a signed token for a user; another `secret` makes its signature wrong."""
    issued = int(issued_at.timestamp())
    claims = {"sub": user, "iat": issued, "nbf": issued}
    claims["exp"] = issued + int(lifetime.total_seconds())
    signed = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(claims)}"
    signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_base64(signature)}"


def _encoded(fields: dict[str, object]) -> str:
    return _base64(json.dumps(fields).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
