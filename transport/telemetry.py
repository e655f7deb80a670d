"""What an application's telemetry watches, and where it is sent or shown."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from kit.db.database import Database
from kit.telemetry.metrics import Telemetry
from schema.schema import PLANNER

_NAME = "abruf"


def telemetry_of(database: Database, provider: TracerProvider | None = None) -> Telemetry:
    """Make the telemetry of an application over a database. provider: what takes its spans."""
    telemetry = Telemetry(provider.get_tracer(_NAME) if provider else None)
    for name, engine in (("reading and writing", database.engine), ("keys", database.keyless)):
        telemetry.gauge(
            f"abruf_pool_{name.partition(' ')[0]}_in_use",
            f"Database connections in use for {name}.",
            engine.pool.checkedout,  # type: ignore[attr-defined]
        )
    telemetry.registry.register(Plans(PLANNER.counted))
    return telemetry


class Plans(Collector):
    """How the planner has answered; its reasons name fields, so only their kinds are shown."""

    def __init__(self, counted: Mapping[str, int]) -> None:
        """Take what the planner counts."""
        self._counted = counted

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Give the counts of each kind."""
        kinds: Counter[str] = Counter()
        for reason, times in list(self._counted.items()):
            kinds[reason.partition(":")[0]] += times
        family = CounterMetricFamily("abruf_plans", "Answers of the planner.", labels=["kind"])
        for kind, times in kinds.items():
            family.add_metric([kind], times)
        yield family


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
def metrics_shown(registry: CollectorRegistry, host: str, port: int) -> Iterator[int]:
    """Serve the metrics on a port of their own meanwhile, and give it; 0 is any free one."""
    server, thread = start_http_server(port, host, registry)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
