"""Spans of what follows from requests, with links back to each of them."""

from collections.abc import Iterable

from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags, Tracer

from kit.telemetry.trace import ids_of_span


def record_span(
    tracer: Tracer, name: str, began_ns: int, written_by: Iterable[str | None], outcome: str
) -> None:
    """Record what began at an instant (nanoseconds since 1970) and has just ended.

    written_by: `traceparent`s of the requests that it follows from, of which each is linked once.
    outcome: a word of ours.
    """
    found = [ids_of_span(it) for it in dict.fromkeys(written_by) if it]
    flags = TraceFlags(TraceFlags.SAMPLED)
    links = [Link(SpanContext(*it, is_remote=True, trace_flags=flags)) for it in found if it]
    span = tracer.start_span(name, kind=SpanKind.CONSUMER, links=links, start_time=began_ns)
    span.set_attribute("abruf.outcome", outcome)
    span.end()
