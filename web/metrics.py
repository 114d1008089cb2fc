"""Show the numbers to Prometheus: the one door to prometheus-client.

Each scrape builds its own registry from the store and the watchers' counts, so that nothing is
shared between two panels in one process, and nothing is shown that is no longer true. Mailboxes are
named, clients never.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from models.db.messages import count_messages
from models.db.panel import mailbox_health
from models.db.panel_queries import count_waiting
from models.db.reconciling import Reconciled, last_reconciled
from models.db.store import Store
from models.ids import Address
from models.mailboxes import MailboxCounts
from web.context import current_panel, current_visit
from web.freshness import Freshness, judge_freshness


def add_routes(app: Flask) -> None:
    """Add the page to an app."""
    app.add_url_rule("/metrics", "metrics", _metrics)


def _metrics() -> Response:
    panel, visit = current_panel(), current_visit()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(
        _Numbers(
            known=_known(panel.store, panel.agency.mailbox_addresses, visit.now),
            counts=panel.counts(),
        )
    )
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What the store knows at one instant."""

    now: datetime
    freshness: Freshness
    reconciled: dict[Address, Reconciled]
    messages: int
    waiting: int
    overdue: int


def _known(store: Store, watched: frozenset[Address], now: datetime) -> _Known:
    with store.read() as connection:
        waiting, overdue = count_waiting(connection, now)
        return _Known(
            now=now,
            freshness=judge_freshness(mailbox_health(connection), watched, now),
            reconciled=last_reconciled(connection),
            messages=count_messages(connection),
            waiting=waiting,
            overdue=overdue,
        )


class _Numbers(Collector):
    """Words what is known as Prometheus wants it."""

    def __init__(self, *, known: _Known, counts: tuple[MailboxCounts, ...]) -> None:
        self._known = known
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        """Yield every number."""
        known = self._known
        yield GaugeMetricFamily(
            "sameday_messages_stored", "Messages, whatever their copies.", known.messages
        )
        yield GaugeMetricFamily(
            "sameday_obligations_waiting", "Requests that nobody has answered.", known.waiting
        )
        yield GaugeMetricFamily(
            "sameday_obligations_overdue", "Those past the deadline in force.", known.overdue
        )
        yield from self._health()
        yield from self._reconciled()
        yield from self._work()

    def _health(self) -> Iterator[Metric]:
        watched = self._known.freshness.watched
        yield _gauge(
            "sameday_mailbox_fresh",
            "1 when silence in the mailbox can be trusted.",
            {r.health.address: not r.is_blind_spot for r in watched},
        )
        yield _gauge(
            "sameday_mailbox_last_complete_pass_age_seconds",
            "Time since every folder was known to the end; absent before the first time.",
            {
                r.health.address: (self._known.now - r.health.last_ok_at).total_seconds()
                for r in watched
                if r.health.last_ok_at is not None
            },
        )
        yield _gauge(
            "sameday_backfill_pending_mails",
            "Mails that are known and not read yet.",
            {r.health.address: r.health.pending for r in watched},
        )
        yield _gauge(
            "sameday_quarantined_mails",
            "Mails that could not be read.",
            {r.health.address: r.health.quarantined for r in watched},
        )

    def _reconciled(self) -> Iterator[Metric]:
        found = self._known.reconciled
        yield _gauge(
            "sameday_reconciled_age_seconds",
            "Time since the mailbox was last compared with its server.",
            {a: (self._known.now - r.made_at).total_seconds() for a, r in found.items()},
        )
        yield _gauge(
            "sameday_unaccounted_mails",
            "Mails of which that comparison did not know what became.",
            {a: r.held - r.accounted for a, r in found.items()},
        )

    def _work(self) -> Iterator[Metric]:
        yield _counter(
            "sameday_mails_read",
            "Mails read and stored since the service started.",
            {c.address: c.mails_read for c in self._counts},
        )
        yield _counter(
            "sameday_logins",
            "Logins since the service started.",
            {c.address: c.logins for c in self._counts},
        )
        yield _gauge(
            "sameday_open_connections",
            "Connections that are open now.",
            {c.address: c.open_connections for c in self._counts},
        )
        failures = CounterMetricFamily(
            "sameday_failures", "Failures since the service started.", labels=("mailbox", "kind")
        )
        for counts in self._counts:
            for kind, times in counts.failures.items():
                failures.add_metric([counts.address, kind], times)
        yield failures


def _gauge(name: str, meaning: str, values: Mapping[Address, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=("mailbox",))
    for address, value in sorted(values.items()):
        family.add_metric([address], float(value))
    return family


def _counter(name: str, meaning: str, values: Mapping[Address, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, meaning, labels=("mailbox",))
    for address, value in sorted(values.items()):
        family.add_metric([address], value)
    return family
