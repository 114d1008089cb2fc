"""Ask a token endpoint over HTTPS: the one door to urllib3.

Certificates are verified by the system's authorities, a redirect is never followed (it would carry
the secrets elsewhere), and neither a slow nor an endless answer holds the mailbox up.
"""

import ssl
import time
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.exceptions import SSLError as TlsFailure

from ingest.imap_errors import MailboxError, Misconfigured, TransientFailure
from ingest.oauth import HttpAnswer

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 20.0
_LONGEST_ANSWER_BYTES = 256 * 1024
_SECRET_FIELDS = ("client_secret", "refresh_token")


class TokenEndpoint:
    """Posts forms to token endpoints; may be shared by threads."""

    def __init__(self, *, read_seconds: float = _READ_SECONDS) -> None:
        """Prepare; nothing is connected yet. `read_seconds` bounds the whole answer."""
        self._read_seconds = read_seconds
        self._pool = urllib3.PoolManager(
            num_pools=4,
            retries=False,
            cert_reqs="CERT_REQUIRED",
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=read_seconds),
        )

    def post(self, url: str, form: Mapping[str, str]) -> HttpAnswer:
        """Return the answer to a form, without our secrets in it when it is a refusal.

        Raises TransientFailure when the endpoint can't be reached, Misconfigured when its
        certificate can't be trusted.
        """
        try:
            response = self._pool.request(
                "POST",
                url,
                body=urlencode(form).encode(),
                headers={
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Accept": "application/json",
                },
                redirect=False,
                preload_content=False,
            )
            try:
                body = self._read(response)
            finally:
                response.close()
        except (HTTPError, OSError) as error:
            raise _failure(error, url) from None
        if response.status != 200:
            body = _without_secrets(body, form)
        return HttpAnswer(
            status=response.status,
            body=body,
            retry_after=response.headers.get("Retry-After", ""),
        )

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        """Read the answer within its time and size; what is longer makes no sense anyway."""
        deadline = time.monotonic() + self._read_seconds
        body = b""
        while chunk := response.read1(8192):
            body += chunk
            if len(body) > _LONGEST_ANSWER_BYTES:
                break
            if time.monotonic() > deadline:
                raise TimeoutError
        return body


def name_of(url: str) -> str:
    """Return how messages call an endpoint: its host, never what stands behind it."""
    return f"the token endpoint {urlsplit(url).hostname}"


def _without_secrets(body: bytes, form: Mapping[str, str]) -> bytes:
    """Blank out what we sent: some endpoints quote the request when they refuse it."""
    for field in _SECRET_FIELDS:
        if form.get(field):
            body = body.replace(form[field].encode(), b"***")
    return body


def _failure(error: Exception, url: str) -> MailboxError:
    """Return what a failed request stands for; the cause is named, the request never is."""
    name = name_of(url)
    if isinstance(error, TlsFailure):
        cause = error.args[0] if error.args else error
        reason = getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or cause
        if isinstance(cause, ssl.SSLError):
            return Misconfigured(
                f"{name} can't be trusted: {reason}. Check oauth.token_url, and whether a proxy "
                "opens the connection; its authority must then be installed on this machine."
            )
    return TransientFailure(
        f"{name} can't be reached ({type(error).__name__}). It will be tried again by itself; "
        "check the network or a firewall if it stays."
    )
