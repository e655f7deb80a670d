"""What an application's telemetry watches, and where it is sent or shown."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import CollectorRegistry, make_wsgi_app, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import migrations
from kit.config import listening
from kit.db.database import Database
from kit.db.pool import HoldingPool
from kit.telemetry.metrics import SLOW_S, Telemetry
from kit.telemetry.version import VERSION
from schema.schema import PLANNER
from transport.endpoint import Endpoint
from workers.access.keys import Uses
from workers.running.chores import Chores
from workers.running.dues import Dues
from workers.running.followers import COUNT_PARKED, TELL_FOLLOWERS, Followers

_NAME = "abruf"


def telemetry_of(
    database: Database, provider: TracerProvider | None = None, slow_s: float = SLOW_S
) -> Telemetry:
    """Make the telemetry of an application over a database. provider: what takes its spans."""
    telemetry = Telemetry(provider.get_tracer(_NAME) if provider else None, slow_s)
    telemetry.build(version=VERSION, revision=migrations.newest() or "")
    for name, engine in (("reading and writing", database.engine), ("keys", database.keyless)):
        of, pool = f"abruf_pool_{name.partition(' ')[0]}", cast("HoldingPool", engine.pool)
        telemetry.gauge(f"{of}_in_use", f"Database connections in use for {name}.", pool.checkedout)
        telemetry.gauge(f"{of}_size", f"Database connections that {name} may use.", pool.size)
        telemetry.gauge(f"{of}_waiting", f"Who waits for a connection for {name}.", pool.waiting)
    plans = Tallies("abruf_plans", "Answers of the planner.", PLANNER.counted)
    telemetry.registry.register(plans)
    return telemetry


def watch(telemetry: Telemetry, endpoint: Endpoint, uses: Uses) -> None:
    """Show what waits in an application, and what it lags behind."""
    waiting = "Operations that wait for their turn."
    telemetry.gauge("abruf_turns_waiting", waiting, lambda: endpoint.lanes.waiting)
    unread = "Seconds for which the journal has had something that followers have not got."
    telemetry.gauge("abruf_journal_lag_seconds", unread, endpoint.process.following.lag)
    answers, kept = endpoint.process.answers, "Bytes of answers that are kept."
    telemetry.gauge("abruf_kept_answers_bytes", kept, lambda: answers.weight)
    telemetry.registry.register(Tallies("abruf_answers", "Answers that last.", answers.counted))
    written = "Seconds since the last uses of keys were written."
    telemetry.gauge("abruf_key_uses_age_seconds", written, uses.age)


class Tallies(Collector):
    """How something has gone; the planner's reasons name fields, so only their kinds are shown."""

    def __init__(self, name: str, text: str, counted: Mapping[str, int]) -> None:
        """Take how it is called, and its counts."""
        self._name, self._text, self._counted = name, text, counted

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Give the counts of each kind."""
        kinds: Counter[str] = Counter()
        for reason, times in list(self._counted.items()):
            kinds[reason.partition(":")[0]] += times
        family = CounterMetricFamily(self._name, self._text, labels=["kind"])
        for kind, times in kinds.items():
            family.add_metric([kind], times)
        yield family


_OF_FOLLOWERS = (
    (
        TELL_FOLLOWERS,
        "behind_entries",
        "Entries that followers were not told of when it was looked last.",
    ),
    (
        COUNT_PARKED,
        "parked_lanes",
        "Objects of which followers are told nothing until staff decides.",
    ),
)
"""Chore -> under which name it is shown what of it waits for followers."""


class Worked(Collector):
    """What a worker has done, and what it lags behind."""

    def __init__(
        self,
        followers: Followers,
        chores: Chores,
        dues: Dues,
        attempts: Mapping[str, Mapping[str, int]],
    ) -> None:
        """Take who counts. attempts: what is sent, a webhook or a mail -> outcome -> how often."""
        self._followers, self._chores, self._dues = followers, chores, dues
        self._attempts = attempts

    def collect(self) -> Iterator[Metric]:
        """Give what was counted, and what waits."""
        text = "Entries of the journal, by what became of them."
        labels = "follower", "outcome"
        yield _counted("abruf_follower_entries", text, labels, self._followers.counted)
        text = "Steps of what is done where there is something to do."
        yield _counted("abruf_chore_steps", text, ("chore", "outcome"), self._chores.counted)
        text = "What was due, by what became of it."
        yield _counted("abruf_due", text, ("kind", "outcome"), self._dues.counted)
        text = "Messages to endpoints and mails that were sent or tried, by what became of them."
        counts = {(to, it): n for to, some in self._attempts.items() for it, n in [*some.items()]}
        yield _counted("abruf_sent", text, ("what", "outcome"), counts)
        yield from self._waiting()
        text = "Seconds for which the oldest entry that followers were not told of has been found."
        lags = GaugeMetricFamily("abruf_follower_lag_seconds", text, labels=["follower"])
        found = self._chores.lags(TELL_FOLLOWERS)
        for name in self._followers.every:
            lags.add_metric([name], found.get(name, 0.0))
        yield lags
        text = "Seconds for which the oldest of what waits to be done has done so."
        lag = GaugeMetricFamily("abruf_chore_lag_seconds", text, labels=["chore"])
        for name, seconds in self._chores.ages().items():
            lag.add_metric([name], seconds)
        yield lag

    def _waiting(self) -> Iterator[Metric]:
        """Give what waits, 0 where nothing does."""
        found, followers = self._chores.waiting(), self._followers.every
        for chore, metric, text in _OF_FOLLOWERS:
            family = GaugeMetricFamily(f"abruf_follower_{metric}", text, labels=["follower"])
            for name in followers:
                family.add_metric([name], found.get((chore, name), 0))
            yield family
        text = "What was due and not done when it was looked last."
        waiting = GaugeMetricFamily("abruf_due_waiting", text, labels=["kind"])
        of_followers = {chore for chore, _, _ in _OF_FOLLOWERS}
        others = {name: it for (chore, name), it in found.items() if chore not in of_followers}
        for name, amount in {**dict.fromkeys(self._dues.kinds, 0), **others}.items():
            waiting.add_metric([name], amount)
        yield waiting


def _counted(
    name: str, text: str, labels: Sequence[str], counts: Mapping[tuple[str, str], int]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, times in list(counts.items()):
        family.add_metric(values, times)
    return family


def exporting(endpoint: str | None) -> TracerProvider | None:
    """Return what sends spans to an OTLP collector, None without one.

    OpenTelemetry reads everything else (OTEL_EXPORTER_OTLP_..., OTEL_TRACES_SAMPLER) by itself.
    """
    if not endpoint:
        return None
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: _NAME}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


@contextmanager
def metrics_shown(
    registry: CollectorRegistry, host: str, port: int, is_ready: Callable[[], bool] | None = None
) -> Iterator[int]:
    """Serve the metrics on a port of their own meanwhile, and give it; 0 is any free one.

    is_ready: what `/readyz` answers there, asked in a thread; None where it is asked elsewhere.
    """
    with listening(host, port, "ABRUF_METRICS_PORT"):
        server, thread = start_http_server(port, host, registry)
    if is_ready is not None:
        server.set_app(_with_health(make_wsgi_app(registry), is_ready))
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _with_health(metrics: Any, is_ready: Callable[[], bool]) -> Callable[..., Any]:
    """Return what answers `/livez` and `/readyz`, and any other path with the metrics."""

    def answer(environ: Mapping[str, Any], start: Callable[..., Any]) -> Any:
        path = environ.get("PATH_INFO")
        if path not in {"/livez", "/readyz"}:
            return metrics(environ, start)
        fits = path == "/livez" or is_ready()
        status = "200 OK" if fits else "503 Service Unavailable"
        start(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [b"ready\n" if fits else b"not ready\n"]

    return answer
