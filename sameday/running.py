"""Keep the service going until told to stop: a watcher per mailbox, the schedule, the panel."""

import socket
import threading
from datetime import time
from types import TracebackType
from typing import Any, Self

import structlog
from waitress import create_server, wasyncore

from ingest.stop_signal import StopSignal
from ingest.sync import PassReport
from ingest.watch import MailboxWatcher
from models.errors import ConfigurationError
from sameday.jobs import Schedule
from sameday.reconciling import NightlyReconciliation
from sameday.service import Parts
from web.app import create_app

_POLL_SECONDS = 60.0
_TICK_SECONDS = 15.0
_JOIN_SECONDS = 5.0
_GOODBYE_SECONDS = 2.0
_RECONCILES_AT = time(3, 30)
"""By the agency's clock: nobody works, and most backups are over."""

_log = structlog.get_logger(__name__)


class Service:
    """What `sameday run` and the demo keep going; use it as a context manager."""

    def __init__(self, parts: Parts, *, poll_seconds: float = _POLL_SECONDS) -> None:
        """Bind the panel's address at once, so that an occupied port is told before any work."""
        self._parts = parts
        self._stop = StopSignal()
        self._judging = threading.Lock()
        self._schedule = Schedule(self._judge, every_seconds=_TICK_SECONDS)
        self._reconciliation = NightlyReconciliation(parts)
        self._schedule.add_nightly(
            self._reconciliation, at=_RECONCILES_AT, zone=parts.settings.calendar.zone
        )
        self._watchers = [
            MailboxWatcher(
                parts.mailbox_sync(watched),
                after_pass=self._after_pass,
                clock=parts.clock,
                stop=self._stop,
                poll_seconds=poll_seconds,
            )
            for watched in parts.settings.mailboxes
        ]
        app = create_app(
            store=parts.store,
            agency=parts.settings.agency,
            calendar=parts.settings.calendar,
            clock=parts.clock,
            counts=parts.counters.snapshot,
        )
        listener = _listen(parts.settings.panel_host, parts.settings.panel_port)
        self._connections: dict[int, Any] = {}
        self._server = create_server(
            app,
            map=self._connections,
            sockets=[listener],
            threads=8,
            ident="sameday",
            # Left in sight: nobody believes what they say, but that they are there tells a proxy
            # from a program on this machine (web.locality).
            clear_untrusted_proxy_headers=False,
        )
        host, port = listener.getsockname()[:2]
        self.panel_url = f"http://{host}:{port}/" if ":" not in host else f"http://[{host}]:{port}/"
        self._web = threading.Thread(target=self._serve, name="panel", daemon=True)

    def __enter__(self) -> Self:
        """Start everything."""
        self._schedule.start()
        for watcher in self._watchers:
            watcher.start()
        self._web.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop everything and wait for it; what was begun in the database is finished or undone."""
        self._stop.set()
        self._reconciliation.stop()
        self._schedule.stop()
        self._stop_panel()
        self._stop_watchers()

    def _stop_watchers(self) -> None:
        """Let who waits say goodbye to the server, then cut passes that would go on for long."""
        for watcher in self._watchers:
            watcher.join(_GOODBYE_SECONDS / len(self._watchers))
        for watcher in self._watchers:
            if watcher.is_alive():
                watcher.break_off()
        for watcher in self._watchers:
            watcher.join(_JOIN_SECONDS)

    def _stop_panel(self) -> None:
        """Let answers that are under way go out, then close every connection."""
        self._server.task_dispatcher.shutdown(timeout=_JOIN_SECONDS)
        wasyncore.close_all(self._connections, ignore_all=True)
        self._web.join(_JOIN_SECONDS)

    def _serve(self) -> None:
        try:
            self._server.run()
        except (OSError, ValueError) as error:
            # When we stop, its sockets are closed under the loop.
            if not self._stop.is_set:
                _log.error("panel_stopped", error=str(error))

    def _after_pass(self, report: PassReport) -> None:
        """Judge what a pass brought at once; the schedule would do it later anyway."""
        if report.read:
            self._judge()

    def _judge(self) -> None:
        """Fold what changed and notice what fell due, one thread at a time."""
        with self._judging:
            self._parts.judge.judge_stale()
            self._parts.judge.tick()


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; ConfigurationError names an address that can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        message = (
            f"The panel can't listen on {host}:{port}: {error.strerror}. "
            "Stop the program that uses it, or set another panel.bind in the config."
        )
        raise ConfigurationError(message) from error
    return listener
