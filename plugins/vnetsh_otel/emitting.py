"""The process that sends spans: what the environment says (`OTEL_…`) is OpenTelemetry's, and is done by its SDK."""

from __future__ import annotations

import json
import os
import signal
import sys
from importlib.metadata import entry_points

from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from vnetsh_otel.spans import Span

PATIENCE = 60
"""Seconds after which it ends, whatever a collector does."""


def main() -> None:
    """Send the spans that standard input has."""
    signal.alarm(PATIENCE)
    span = Span.of(json.load(sys.stdin))
    provider = TracerProvider(resource=resource())
    size = count(span)
    for exporter in exporters():
        provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=max(2048, size)))
    emit(span, provider.get_tracer("vnetsh"), parent())
    provider.shutdown()


def resource() -> Resource:
    """What the spans are of: `vnetsh`, where the environment names no other service."""
    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    return Resource.create({} if named else {SERVICE_NAME: "vnetsh"})


def exporters() -> list[SpanExporter]:
    """Those that the environment names; OTLP over HTTP where it names only where to."""
    found = []
    names = os.environ.get("OTEL_TRACES_EXPORTER") or "otlp"
    for name in filter(None, map(str.strip, names.split(","))):
        if name == "otlp":
            said = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or os.environ.get(
                "OTEL_EXPORTER_OTLP_PROTOCOL"
            )
            name = "otlp_proto_grpc" if said == "grpc" else "otlp_proto_http"
        points = entry_points(group="opentelemetry_traces_exporter", name=name)
        if not points:
            sys.exit(f"vnetsh: no exporter `{name}` is installed")
        found.append(next(iter(points)).load()())
    return found


def parent() -> Context:
    """The span of whoever started vnetsh, which it tells by `TRACEPARENT`."""
    told = {name.lower(): os.environ.get(name, "") for name in ("TRACEPARENT", "TRACESTATE")}
    return TraceContextTextMapPropagator().extract(told)


def count(span: Span) -> int:
    """How many spans there are."""
    return 1 + sum(map(count, span.parts))


def emit(span: Span, tracer: Tracer, within: Context | None = None) -> None:
    """Make a span and its parts, as they were."""
    made = tracer.start_span(span.name, within, attributes=span.about, start_time=_nanoseconds(span.began))
    if span.error:
        made.set_status(Status(StatusCode.ERROR, span.error))
    for part in span.parts:
        emit(part, tracer, set_span_in_context(made, within))
    made.end(_nanoseconds(max(span.began, span.ended)))


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
