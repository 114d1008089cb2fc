"""Run a token endpoint on loopback: a real HTTP server that gives, rotates and refuses tokens."""

import json
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is answered once, in the place of the truth."""

    status: int
    fields: dict[str, Any] = field(default_factory=dict)
    """Sent as JSON."""
    body: bytes | None = None
    """Sent instead of the fields."""
    headers: dict[str, str] = field(default_factory=dict)
    seconds_per_byte: float = 0.0


def access_token(number: int) -> str:
    """Return the name of the n-th access token, unless a test makes its own."""
    return f"access-{number}"


class FakeTokenEndpoint:
    """Gives one access token after the other; use it as a context manager.

    With `rotates`, each refresh token is good for one use, and the answer bears its successor:
    first-token, refresh-1, refresh-2, ... The one before is refused, as strict providers do.
    """

    def __init__(
        self,
        *,
        rotates: bool = True,
        token: Callable[[int], str] = access_token,
        tls: ssl.SSLContext | None = None,
        thinking_seconds: float = 0.0,
    ) -> None:
        """Prepare; `thinking_seconds` lets two askers meet."""
        self.scripted: deque[Answer] = deque()
        self.forms: list[dict[str, str]] = []
        """What was asked, in order."""
        self.in_force = "first-token"
        self._rotates = rotates
        self._token = token
        self._thinking_seconds = thinking_seconds
        self._given = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}/token"

    def __enter__(self) -> Self:
        """Start answering."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, form: dict[str, str]) -> Answer:
        """Return the answer to a form, and let it take effect."""
        with self._lock:
            self.forms.append(form)
            if self.scripted:
                return self.scripted.popleft()
            refreshes = form.get("grant_type") == "refresh_token"
            if refreshes and form.get("refresh_token") != self.in_force:
                return Answer(status=400, fields={"error": "invalid_grant"})
            self._given += 1
            fields = {
                "token_type": "Bearer",
                "access_token": self._token(self._given),
                "expires_in": 3600,
            }
            if refreshes and self._rotates:
                self.in_force = fields["refresh_token"] = f"refresh-{self._given}"
        time.sleep(self._thinking_seconds)
        return Answer(status=200, fields=fields)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                form = dict(parse_qsl(self.rfile.read(length).decode()))
                answer = endpoint.answer(form)
                body = json.dumps(answer.fields).encode() if answer.body is None else answer.body
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self._send(body, answer.seconds_per_byte)

            def _send(self, body: bytes, seconds_per_byte: float) -> None:
                if not seconds_per_byte:
                    self.wfile.write(body)
                    return
                try:
                    for byte in body:
                        time.sleep(seconds_per_byte)
                        self.wfile.write(bytes([byte]))
                except OSError:
                    return  # the client has given up, which is what the test is about

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Write nothing: the output belongs to the tests."""

        return Handler
