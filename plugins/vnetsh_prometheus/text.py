"""Metrics, and the text that Prometheus reads: written, and what we wrote ourselves read again. Pure.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Labels = tuple[tuple[str, str], ...]
Metrics = Mapping[tuple[str, Labels], float]
"""Values by name and labels."""


@dataclass(frozen=True)
class Family:
    """What metrics of a name are: `gauge` or `counter`, and what they mean."""

    name: str
    type: str
    help: str


FAMILIES = {
    one.name: one
    for one in (
        Family("vnetsh_build_info", "gauge", "The version of vnetsh that wrote this."),
        Family("vnetsh_host_up", "gauge", "Whether a host, or another place, answered."),
        Family("vnetsh_host_vms", "gauge", "VMs of a host by state."),
        Family(
            "vnetsh_host_objects", "gauge", "Objects of a host by kind, also those that vnetsh did not make."
        ),
        Family("vnetsh_runs_total", "counter", "Runs by how they ended."),
        Family("vnetsh_changes_total", "counter", "Changes by host, action and what became of them."),
        Family("vnetsh_failures_total", "counter", "Failures by host."),
        Family("vnetsh_last_run_timestamp_seconds", "gauge", "When the last run ended."),
        Family(
            "vnetsh_last_run_success_timestamp_seconds", "gauge", "When the last run ended that was done."
        ),
        Family("vnetsh_last_run_duration_seconds", "gauge", "How long the last run took, with its planning."),
        Family(
            "vnetsh_last_run_outcome", "gauge", "How the last run ended: 1 of that outcome, 0 of the others."
        ),
        Family("vnetsh_last_run_host_up", "gauge", "Whether a host answered the last run that wanted it."),
        Family(
            "vnetsh_migration_gap_seconds",
            "gauge",
            "How long a VM could not be reached in its last live move.",
        ),
        Family(
            "vnetsh_migration_downtime_seconds",
            "gauge",
            "How long libvirt says that a VM stood in that move.",
        ),
        Family("vnetsh_migration_timestamp_seconds", "gauge", "When the run of that move ended."),
        Family("vnetsh_drift_objects", "gauge", "Objects of a host that are not as a script says."),
        Family("vnetsh_drift_timestamp_seconds", "gauge", "When a script was last compared with its hosts."),
    )
}
"""All that are written, in their order."""

_LINE = re.compile(r'(\w+)(?:\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)')
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPES = {"\\": r"\\", '"': r"\"", "\n": r"\n"}


def labels(**said: str) -> Labels:
    """Labels in their one order; `from_` is `from`, which Python does not let one say."""
    return tuple(sorted((name.rstrip("_"), value) for name, value in said.items()))


def text(metrics: Metrics) -> str:
    """Metrics as text, the same ones always as the same text. Raises `KeyError` for one of no family."""
    lines: list[str] = []
    order = {name: place for place, name in enumerate(FAMILIES)}
    last = ""
    for (name, said), value in sorted(metrics.items(), key=lambda one: (order[one[0][0]], one[0][1])):
        if name != last:
            lines += [f"# HELP {name} {FAMILIES[name].help}", f"# TYPE {name} {FAMILIES[name].type}"]
            last = name
        about = ",".join(f'{label}="{_escaped(is_)}"' for label, is_ in said)
        lines.append(f"{name}{{{about}}} {value:.16g}" if about else f"{name} {value:.16g}")
    return "".join(f"{line}\n" for line in lines)


def read(written: str) -> dict[tuple[str, Labels], float]:
    """The metrics of such a text; what is none of ours is passed over."""
    found: dict[tuple[str, Labels], float] = {}
    for line in written.split("\n"):  # a label may have other ends of lines in it
        match = _LINE.fullmatch(line)
        if match and match[1] in FAMILIES:
            said = tuple(sorted((name, _plain(is_)) for name, is_ in _LABEL.findall(match[2] or "")))
            try:
                found[match[1], said] = float(match[3])
            except ValueError:
                continue
    return found


def _escaped(value: str) -> str:
    """A label's value; what is no character, as in a file's name, is a question mark."""
    value = value.encode(errors="replace").decode()
    return "".join(_ESCAPES.get(char, char) for char in value)


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], value)
