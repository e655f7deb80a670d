"""Metrics and spans of one application. Labels and names are ours: nothing of a client's text."""

import logging
from collections.abc import Callable
from time import perf_counter

from opentelemetry.trace import (
    NonRecordingSpan,
    NoOpTracer,
    Span,
    SpanContext,
    SpanKind,
    TraceFlags,
    Tracer,
    set_span_in_context,
)
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    Summary,
)

from kit.telemetry.names import Labels, NamedOperation
from kit.telemetry.trace import Trace

_log = logging.getLogger("abruf")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_COSTS = (1, 5, 10, 25, 50, 100, 250, 500, 1_000)
_COUNTS = (1, 2, 5, 10, 20, 50, 100, 250, 1_000)
OK = "OK"
SLOW_S = 1.0
"""From when an operation is told as a slow one."""
_SLOW = "slow operation"
_LASTING = "subscription"
"""Operations of this type last as long as their client listens."""


class Telemetry:
    """What one application tells those who run it. Its registry is its own."""

    def __init__(self, tracer: Tracer | None = None, slow_s: float = SLOW_S) -> None:
        """Take what makes spans, none are made without, and from when an operation is slow."""
        self.tracer, self._slow_s, self._labels = tracer or NoOpTracer(), slow_s, Labels()
        self.registry = own = CollectorRegistry()
        self._ended = Counter(
            "abruf_operations", "Operations that ended.", ["type", "outcome"], registry=own
        )
        self._refused = Counter(
            "abruf_refused_requests", "Requests that were no operation.", ["status"], registry=own
        )
        self._seconds = _histogram("abruf_operation_seconds", "Time to answer.", _SECONDS, own)
        self._cost = _histogram("abruf_operation_cost", "Requested points.", _COSTS, own)
        self._statements = _histogram(
            "abruf_operation_statements", "SQL statements of an operation.", _COUNTS, own
        )
        self._named = Summary(
            "abruf_named_operation_seconds",
            "Time to answer operations of registered documents, by name.",
            ["operation"],
            registry=own,
        )
        self._batches = Histogram(
            "abruf_loader_keys", "Keys of a loader's batch.", buckets=_COUNTS, registry=own
        )
        self._kinds: dict[str, tuple[Histogram, ...]] = {}
        self.sockets = Gauge("abruf_sockets", "WebSockets that are open.", registry=own)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=own)

    def build(self, **known: str) -> None:
        """Show what runs, such as its version."""
        Info("abruf_build", "What runs.", registry=self.registry).info(known)

    def gauge(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Show a number that is asked for when metrics are read."""
        Gauge(name, description, registry=self.registry).set_function(value)

    def refused(self, status: int, code: str) -> None:
        """Note a request that was refused before GraphQL."""
        self._refused.labels(status).inc()
        _log.info("refused", extra={"fields": {"status": status, "outcome": code}})

    def begin(self, request: Trace) -> "RunningOperation":
        """Start an operation; its span belongs to the client's."""
        parent = None
        if request.trace_id and request.parent_id:
            flags = TraceFlags(TraceFlags.SAMPLED if request.sampled else TraceFlags.DEFAULT)
            ids = int(request.trace_id, 16), int(request.parent_id, 16)
            remote = SpanContext(*ids, is_remote=True, trace_flags=flags)
            parent = set_span_in_context(NonRecordingSpan(remote))
        span = self.tracer.start_span("operation", parent, SpanKind.SERVER)
        if span.is_recording():
            own = span.get_span_context()
            request.trace_id, request.span_id = f"{own.trace_id:032x}", f"{own.span_id:016x}"
        return RunningOperation(self, request, span)

    def _of(self, kind: str) -> tuple[Histogram, ...]:
        """Find the histograms of one type of operation; finding them again costs time."""
        found = self._kinds.get(kind)
        if found is None:
            every = (self._seconds, self._statements, self._cost)
            found = self._kinds[kind] = tuple(it.labels(kind) for it in every)
        return found

    def ended(
        self, request: Trace, kind: str, outcome: str, seconds: float, named: NamedOperation
    ) -> None:
        """Count an operation and write its line; a slow one's also where others have none."""
        took, sent, cost = self._of(kind)
        self._ended.labels(kind, outcome).inc()
        took.observe(seconds)
        sent.observe(request.statements)
        if request.cost is not None:
            cost.observe(request.cost)
        for keys in request.batches:
            self._batches.observe(keys)
        self._named.labels(self._labels.of(named)).observe(seconds)
        is_slow = seconds >= self._slow_s and kind != _LASTING
        level = logging.WARNING if is_slow else logging.INFO
        if _log.isEnabledFor(level):
            fields = {
                "type": kind,
                "operation": named.shown,
                "document": named.digest,
                "outcome": outcome,
                "ms": round(seconds * 1_000, 1),
                "cost": request.cost,
                "plan": request.plan,
                "statements": request.statements,
            }
            known = {name: it for name, it in fields.items() if it is not None}
            _log.log(level, _SLOW if is_slow else "operation", extra={"fields": known})


class RunningOperation:
    """One operation that runs."""

    def __init__(self, telemetry: Telemetry, request: Trace, span: Span) -> None:
        """Take what has been started."""
        self._telemetry, self._request, self._span = telemetry, request, span
        self._started = perf_counter()

    def end(self, kind: str, outcome: str, named: NamedOperation) -> None:
        """Tell what it was and how it ended: a code of ours, or OK."""
        seconds = perf_counter() - self._started
        if self._span.is_recording():
            self._span.update_name(kind)
            name = {} if named.shown is None else {"graphql.operation.name": named.shown}
            self._span.set_attributes(
                {
                    **name,
                    "graphql.operation.type": kind,
                    "abruf.outcome": outcome,
                    "abruf.request_id": self._request.request_id,
                    "abruf.statements": self._request.statements,
                }
            )
        self._span.end()
        self._telemetry.ended(self._request, kind, outcome, seconds, named)


def _histogram(
    name: str, description: str, buckets: tuple[float, ...], registry: CollectorRegistry
) -> Histogram:
    return Histogram(name, description, ["type"], buckets=buckets, registry=registry)
