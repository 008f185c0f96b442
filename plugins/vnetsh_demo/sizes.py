"""What another size of a demo vm costs, and what a size cannot be: as with libvirt. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Impact, Resource

_HOW = {
    "memory": "its guest is asked to follow by its balloon",
    "vcpus": "plugged or unplugged while it runs",
}
"""How a vm that runs is given another size, up to its ceiling."""

CDROM = "cdrom"

_AT_ONCE = {
    "apart",
    "apart-zones",
    "autostart",
    "clone-of",
    "drained",
    "formerly",
    "restored",
    "together",
    "zone",
}
"""The attributes of a vm that only say where it belongs."""


def problem(vm: Resource) -> Assessment | None:
    """Why a ceiling makes no sense: it is below what the vm is to have."""
    for name in _HOW:
        value, most = vm.get(name), vm.get(f"{name}-max")
        if isinstance(value, int) and isinstance(most, int) and most < value:
            message = (
                f"vm `{vm.name}` cannot have more than its ceiling: its `{name}` is above its `{name}-max`"
            )
            help = f"say both: `{name}-max` at least what `{name}` is, or `{name}-max none`"
            return Assessment(problem=Diagnostic("E452", message, vm.at(f"{name}-max"), "", help))
    return None


def assess(change: Change, *, running: bool) -> Assessment:
    """What it costs to change what a vm is made of."""
    before, differing = change.before, change.differing().keys() - _AT_ONCE
    if not (running and differing and before):
        return Assessment()
    live = [name for name in _HOW if name in differing and _below(before, name, change.resource.get(name))]
    hows = [_HOW[name] for name in live]
    if CDROM in differing and before.get(CDROM):
        live.append(CDROM)
        hows.append("its medium is changed" if change.resource.get(CDROM) else "its medium is ejected")
    if differing - set(live):
        hows.append("takes effect at the next start")
    return Assessment(Impact.LIVE if live else Impact.NONE, (before.name,) if live else (), "; ".join(hows))


def _below(vm: Resource, name: str, value: object) -> bool:
    most = vm.get(f"{name}-max")
    return vm.get("state") == "running" and isinstance(most, int) and isinstance(value, int) and value <= most
