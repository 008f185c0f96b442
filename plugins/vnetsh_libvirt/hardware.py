"""What the machine of a VM is, beside numbers: said here once, it counts from the next start. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vnetsh.model import Value

if TYPE_CHECKING:
    from vnetsh_libvirt.definition import Definition

Child = tuple[str, Mapping[str, str], str]
"""An element of XML: its tag, its attributes, its text."""

_DEVICES = {"disk": "hd", "network": "network", "cdrom": "cdrom", "floppy": "fd"}
"""What a VM boots from, as libvirt calls it."""

_FAMILIES = ("pc-i440fx-", "pc-q35-")


@dataclass(frozen=True)
class Hardware:
    """A value in a VM's definition: these attributes and child elements of the element at `path`.

    `written` gives them for a value, of which the definition as it was tells the rest.
    """

    path: str
    attributes: tuple[str, ...]
    tags: tuple[str, ...]
    read: Callable[[Definition], Value]
    written: Callable[[Definition, Value], tuple[Mapping[str, str], Sequence[Child]]]
    otherwise: Callable[[Definition, Definition], bool]


def machine(defined: Definition) -> Value:
    """The machine type, as libvirt has written it down: an exact one."""
    kind = defined.root.find("os/type")
    return kind.get("machine") if kind is not None else None


def same_family(one: str, other: str) -> bool:
    """Whether a VM of one machine type can become one of the other: its devices' addresses stay the same."""

    def family(name: str) -> str:
        known = {"pc": _FAMILIES[0], "q35": _FAMILIES[1]}
        return known.get(name) or next((prefix for prefix in _FAMILIES if name.startswith(prefix)), name)

    return family(one) == family(other)


def cpu(defined: Definition) -> Value:
    """The CPU: a mode, or a model's name; None where none is said."""
    element = defined.root.find("cpu")
    if element is None:
        return None
    mode = element.get("mode", "custom")
    return mode if mode != "custom" else element.findtext("model") or None


def cpu_written(value: Value) -> tuple[Mapping[str, str], Sequence[Child]]:
    """Attributes and elements of `<cpu>` for a mode or a model."""
    if value in MODES:
        return {"mode": str(value)}, ()
    return {"mode": "custom", "match": "exact"}, [("model", {"fallback": "forbid"}, str(value))]


MODES = ("host-model", "host-passthrough", "maximum")


def _other_cpu(now: Definition, then: Definition) -> bool:
    """Whether a VM runs with another CPU. One that is its host's model runs under the name that this has."""
    here, there = cpu(now), cpu(then)
    return here != there and not (there == "host-model" and here not in MODES)


def boot(defined: Definition) -> Value:
    """What it boots from where that is not usual: its disk or, where it has none, the network."""
    names = {theirs: ours for ours, theirs in _DEVICES.items()}
    found = tuple(names.get(one.get("dev", ""), "") for one in defined.root.iterfind("os/boot"))
    return None if not found or "" in found or found == _usual(defined) else found


def _usual(defined: Definition) -> tuple[str, ...]:
    kinds = {disk.get("device", "disk") for disk in defined.root.iterfind("devices/disk")}
    return ("disk",) if kinds & {"disk", "lun"} else ("network",)


def boot_written(value: Value, usual: Sequence[str]) -> Sequence[Child]:
    """The elements of `<os>` for what a VM boots from."""
    devices = value if isinstance(value, tuple) else usual
    return [("boot", {"dev": _DEVICES[str(one)]}, "") for one in devices]


def boots_one_by_one(defined: Definition) -> bool:
    """Whether each device has a place of its own in the order: with that libvirt takes no list of kinds."""
    return defined.root.find("devices/*/boot[@order]") is not None


def topology(defined: Definition) -> Value:
    """How its vcpus are sockets, cores and threads; None where that is not said, or there are dies as well."""
    found = defined.root.find("cpu/topology")
    if found is None or any(found.get(more, "1") != "1" for more in ("dies", "clusters", "modules")):
        return None
    return "x".join(found.get(part, "1") for part in TOPOLOGY_PARTS)


TOPOLOGY_PARTS = ("sockets", "cores", "threads")


def topology_written(value: Value) -> Sequence[Child]:
    """The element of `<cpu>` for a topology; none for none."""
    if value is None:
        return ()
    return [("topology", dict(zip(TOPOLOGY_PARTS, str(value).split("x"), strict=True)), "")]


def vcpus_of(topology: Value) -> int:
    """How many vcpus a topology makes."""
    return math.prod(map(int, str(topology).split("x")))


MACHINE, CPU, BOOT, TOPOLOGY = "machine", "cpu", "boot", "topology"

HARDWARE = {
    MACHINE: Hardware(
        "os/type",
        ("machine",),
        (),
        machine,
        lambda defined, value: ({"machine": str(value)}, ()),
        lambda now, then: machine(now) != machine(then),
    ),
    CPU: Hardware(
        "cpu",
        ("mode", "match", "check", "migratable"),
        ("model", "vendor", "feature", "maxphysaddr"),
        cpu,
        lambda defined, value: cpu_written(value),
        _other_cpu,
    ),
    TOPOLOGY: Hardware(
        "cpu",
        (),
        ("topology",),
        topology,
        lambda defined, value: ({}, topology_written(value)),
        lambda now, then: topology(now) != topology(then),
    ),
    BOOT: Hardware(
        "os",
        (),
        ("boot",),
        boot,
        lambda defined, value: ({}, boot_written(value, _usual(defined))),
        lambda now, then: boot(now) != boot(then),
    ),
}
