"""Spans of runs: as the SDK's exporter in memory has them, and as a collector gets them, or does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import Run, apply
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import vnetsh_otel.sending
from vnetsh.backend import Progress
from vnetsh.diagnostics import Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.errors import BackendRefused
from vnetsh.journal import runs
from vnetsh.model.change import ActionKind, Change
from vnetsh.session import Session
from vnetsh_demo.backend import DemoConnection
from vnetsh_otel.emitting import count, emit
from vnetsh_otel.spans import Span

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Span]:
    """The runs that were told of."""
    found: list[Span] = []
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setattr(vnetsh_otel.sending, "send", found.append)
    return found


def made(span: Span) -> Sequence[ReadableSpan]:
    """What the SDK makes of it, also after the way through JSON."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    emit(Span.of(json.loads(json.dumps(asdict(span)))), provider.get_tracer("vnetsh"))
    return exporter.get_finished_spans()


def test_a_run_is_a_trace(demo: Session, told: list[Span]) -> None:
    apply(demo, "vm a on kvm1 port vswitch01; bridge x on kvm2; migrate a to kvm3 outage 1s")
    spans = made(told[0])
    (run,) = [one for one in spans if one.name == "vnetsh run"]
    assert {one.context.trace_id for one in spans if one.context} == {
        run.context.trace_id if run.context else 0
    }
    assert run.parent is None
    assert run.attributes
    assert run.attributes["vnetsh.outcome"] == "done"
    assert run.status.is_unset
    names = [one.name for one in spans]
    assert (names.count("plan"), names.count("host"), names.count("migration")) == (1, 2, 1)
    by_id = {one.context.span_id: one for one in spans if one.context}
    for one in spans:
        if one.parent:
            above = by_id[one.parent.span_id]
            assert above.start_time is not None
            assert above.end_time is not None
            assert one.start_time is not None
            assert one.end_time is not None
            assert above.start_time <= one.start_time <= one.end_time <= above.end_time
    (migration,) = [one for one in spans if one.name == "migration"]
    assert migration.attributes
    said = {name.removeprefix("vnetsh."): value for name, value in migration.attributes.items()}
    gaps = {"migration.gap_seconds": 0.0, "migration.downtime_seconds": 0.0}
    assert said == {"vm": "a", "from": "kvm1", "to": "kvm3", **gaps}
    assert len(spans) == count(told[0])


def test_an_undo_is_one_too(demo: Session, told: list[Span]) -> None:
    apply(demo, "bridge x on kvm1")
    assert demo.apply(demo.take_back(next(runs(demo.runs)))).ok
    (plan, *_) = told[1].parts
    assert (told[1].about["vnetsh.what"], plan.name) == ("undo 1", "plan")
    assert plan.ended > plan.began


def test_what_was_refused_is_an_error(demo: Session, told: list[Span]) -> None:
    with pytest.raises(PlanRefused):
        demo.prepare(Source("<test>", "start nosuch"), lock=True)
    assert [(one.name, one.status.is_ok, one.status.description) for one in made(told[0])] == [
        ("plan", False, told[0].error),
        ("vnetsh run", False, told[0].error),
    ]
    assert "nosuch" in told[0].error


def test_what_fails_says_why(demo: Session, told: list[Span], monkeypatch: pytest.MonkeyPatch) -> None:
    made_by = DemoConnection.apply

    def apply_some(self: DemoConnection, changes: Sequence[Change], *more: Progress) -> None:
        if any(one.place == "kvm2" and one.action is ActionKind.ADD for one in changes):
            raise BackendRefused("kvm2: no room")
        made_by(self, changes, *more)

    monkeypatch.setattr(DemoConnection, "apply", apply_some)
    demo.undo_on_failure = True
    prepared = demo.prepare(Source("<test>", "bridge x on kvm1; vm b on kvm2"))
    assert not demo.apply(prepared).ok
    failed = [one for one in made(told[0]) if one.status.description]
    assert {one.name for one in failed} == {"vnetsh run", "host", "step"}
    assert {one.status.description for one in failed} == {"kvm2: no room"}


def test_nothing_is_told_where_nobody_wants_it(
    demo: Session, told: list[Span], monkeypatch: pytest.MonkeyPatch
) -> None:
    for set_ in (
        {"OTEL_SDK_DISABLED": "true"},
        {"OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_TRACES_EXPORTER": ""},
    ):
        with monkeypatch.context() as patch:
            for name, value in set_.items():
                patch.setenv(name, value)
            apply(demo, "bridge x on kvm1")
    assert not told


@contextmanager
def collector(delay: float = 0) -> Iterator[tuple[Mapping[str, str], list[ExportTraceServiceRequest]]]:
    """A collector of OTLP over HTTP on this machine: the environment that leads to it, and what it got."""
    got: list[ExportTraceServiceRequest] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(delay)
            request = ExportTraceServiceRequest()
            request.ParseFromString(body)
            got.append(request)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        port = server.server_address[1]
        yield (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
                "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
            },
            got,
        )
    finally:
        server.shutdown()
        server.server_close()


def test_a_collector_gets_it(vnetsh: Run) -> None:
    with collector() as (environment, got):
        done = vnetsh("--demo", "-c", "bridge x on kvm1", **environment, TRACEPARENT=PARENT)
        assert (done.returncode, done.stderr) == (0, "")
        end = time.monotonic() + 20
        while not got and time.monotonic() < end:
            time.sleep(0.05)
    (of,) = got[0].resource_spans
    assert {one.key: one.value.string_value for one in of.resource.attributes}["service.name"] == "vnetsh"
    spans = of.scope_spans[0].spans
    assert {one.trace_id.hex() for one in spans} == {PARENT.split("-")[1]}
    (run,) = [one for one in spans if one.name == "vnetsh run"]
    assert run.parent_span_id.hex() == PARENT.split("-")[2]


@pytest.mark.parametrize("away", ["refuses", "hangs"])
def test_nobody_waits_for_a_collector(away: str, vnetsh: Run) -> None:
    def took(**environment: str) -> float:
        began = time.monotonic()
        done = vnetsh("--demo", "-c", "bridge x on kvm1", **environment)
        assert (done.returncode, done.stderr) == (0, "")
        return time.monotonic() - began

    without = min(took() for _ in range(3))
    with collector(delay=30) as (environment, _):
        gone = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_TIMEOUT": "2"}
        told = gone if away == "refuses" else {**environment, "OTEL_EXPORTER_OTLP_TIMEOUT": "2"}
        assert min(took(**told) for _ in range(3)) < without + 1


def test_nothing_of_it_is_imported() -> None:
    program = (
        "import sys; from vnetsh.cli import main; main(['--demo', '-c', 'bridge x on kvm1']);"
        "print([one for one in sys.modules if one.startswith('opentelemetry.')], file=sys.stderr)"
    )
    for more in ({}, {"OTEL_TRACES_EXPORTER": "console"}):
        environment = {**os.environ, **more}
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
        )
        assert done.stderr.strip() == "[]"
