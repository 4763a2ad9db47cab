"""Prometheus metrics: HTTP durations as they happen, the hub's state as each scrape reads it."""

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import Scope

from web.api.routing import PREFIX
from web.store.figures import Figures

STREAM: Final = "/stream"
METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

# name of a figure → (metric, help, labels)
GAUGES: Final[dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "stations": ("v2ghub_stations", "Charging stations", ("connected",)),
    "open_transactions": ("v2ghub_open_transactions", "Transactions not ended", ("site",)),
    "power_w": ("v2ghub_power_w", "Newest site reading, W; grid: + is import", ("site", "part")),
    "reading_age_s": ("v2ghub_reading_age_s", "Site time since the newest reading", ("site",)),
    "plan_age_s": ("v2ghub_plan_age_s", "Site time since the newest plan was made", ("site",)),
    "plan_solve_s": ("v2ghub_plan_solve_s", "Duration of the newest plan's solve", ("site",)),
    "commands": ("v2ghub_commands", "Commands of the last site hour", ("status",)),
    "alarms": ("v2ghub_open_alarms", "Open alarms", ("site", "severity")),
    "outbox_unpublished": ("v2ghub_outbox_unpublished", "Outbox rows not yet hinted", ()),
    "outbox_unplanned": ("v2ghub_outbox_unplanned", "Outbox rows newer than the plan", ("site",)),
    "heartbeat_age_s": ("v2ghub_heartbeat_age_s", "Real time since a sign of life", ("process",)),
}


class Metrics:
    """One registry per app, so that two apps in one process do not share figures."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._duration = Histogram(
            "v2ghub_http_request_duration_seconds",
            "Duration of HTTP requests",
            ("method", "route", "status"),
            buckets=BUCKETS_S,
            registry=self._registry,
        )
        self._streams = Gauge("v2ghub_streams", "Open live streams", registry=self._registry)
        self._refused_logins = Counter(
            "v2ghub_refused_logins", "Wrong or limited logins", registry=self._registry
        )
        self._gauges = {
            figure: Gauge(name, text, labels, registry=self._registry)
            for figure, (name, text, labels) in GAUGES.items()
        }

    def observe(self, scope: Scope, status: int, duration_s: float) -> None:
        """Count a finished request under its route's template (below /api/v1), not its path; a
        stream has no duration worth knowing."""
        route = getattr(scope.get("route"), "path", "other").removeprefix(PREFIX)
        method = scope["method"] if scope["method"] in METHODS else "other"
        if route != STREAM:
            self._duration.labels(method, route, status).observe(duration_s)

    def login_refused(self) -> None:
        """Count a login that did not succeed."""
        self._refused_logins.inc()

    def exposition(self, figures: Figures, streams: int) -> bytes:
        """The text a scrape gets; figures that are gone since the last scrape go here, too."""
        self._streams.set(streams)
        for figure, gauge in self._gauges.items():
            gauge.clear()
            _fill(gauge, figures.get(figure, ()))
        return generate_latest(self._registry)


def _fill(gauge: Gauge, samples: Iterable[tuple[tuple[str, ...], float]]) -> None:
    for labels, value in samples:
        (gauge.labels(*labels) if labels else gauge).set(value)
