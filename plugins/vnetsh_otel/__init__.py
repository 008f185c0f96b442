"""A run as a trace of OpenTelemetry's: its plan, hosts, steps and migrations as spans; with the extra `otel`.

Nothing of OpenTelemetry is imported here, or in this process at all: spans are sent by one of their own, for which no
run waits, whether or not there is a collector.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from vnetsh.hookspecs import hookimpl

if TYPE_CHECKING:
    from vnetsh.hookspecs import Ran

_WANTED = ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def wanted() -> bool:
    """Whether the environment says where spans are to go: else none are made."""
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not off and os.environ.get(_WANTED[0]) != "none" and any(map(os.environ.get, _WANTED))


@hookimpl
def vnetsh_after_run(ran: Ran) -> None:
    """Have the spans of a run sent."""
    if wanted():
        from vnetsh_otel.sending import send
        from vnetsh_otel.spans import spans_of

        send(spans_of(ran))
