"""One KVM host in memory: its links, its vms, its limits and the faults that it can have."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from vnetsh.errors import BackendRefused, HostUnreachable
from vnetsh.model import Resource

NAME = "demo"
MEMORY = 16 * 2**30
CPUS = 8
NICS = ("eth0", "eth1")
IMAGES_FOLDER = "/var/lib/libvirt/images"
IMAGES = {"tiny.qcow2": 16 * 2**20, "cirros.qcow2": 112 * 2**20, "debian12.qcow2": 2 * 2**30}
"""Image files and their virtual sizes in bytes."""

Slot = tuple[str, str]


def image_exists(disk: str) -> bool:
    """Whether a host has this image: by its name, or by its path."""
    return disk.removeprefix(IMAGES_FOLDER + "/") in IMAGES


def stable_mac(port: str) -> str:
    """An address in QEMU's range that a port of this name always gets."""
    value = zlib.crc32(port.encode())
    return "52:54:00:" + ":".join(f"{value >> shift & 0xFF:02x}" for shift in (16, 8, 0))


def _linux_bridge() -> Resource:
    return Resource("bridge", "vswitch01", "", {"backend": "ovs", "uplink": "eth0"}, backend=NAME)


@dataclass
class DemoHost:
    """A host's whole state, by (kind, name).

    It refuses what a real host would: a name that is taken, too little memory, a bridge that is not there.
    Faults for tests: `powered = False` (it does not answer), `fail_next` (the next work breaks off).
    """

    name: str
    resources: dict[Slot, Resource] = field(default_factory=dict)
    powered: bool = True
    _fault: tuple[str, int] | None = None

    def __post_init__(self) -> None:
        uplinked = Resource(
            "bridge", "vswitch01", self.name, {"backend": "ovs", "uplink": "eth0"}, backend=NAME
        )
        self.resources.setdefault(("bridge", "vswitch01"), uplinked)

    def fail_next(self, message: str, *, after: int = 0) -> None:
        """Let the next call of `apply` break off with `message`, after that many changes took effect."""
        self._fault = (message, after)

    def take_fault(self) -> tuple[str, int] | None:
        """The fault that waits, which happens once."""
        fault, self._fault = self._fault, None
        return fault

    def answer(self) -> None:
        """Raises `HostUnreachable` while the host is switched off."""
        if not self.powered:
            raise HostUnreachable(
                f"{self.name}: connect to host {self.name}: No route to host", help=f"is {self.name} switched on?"
            )

    @property
    def free_memory(self) -> int:
        """Bytes that running vms leave."""
        running = (r for r in self.resources.values() if r.kind == "vm" and r.get("state") == "running")
        return MEMORY - sum(_number(vm, "memory") for vm in running)

    def facts(self) -> Mapping[str, object]:
        """What a real host's daemons would tell beyond resources. Sizes in bytes."""
        return {
            "memory": MEMORY,
            "free_memory": self.free_memory,
            "cpus": CPUS,
            "images": dict(IMAGES),
            "nics": NICS,
        }

    def put(self, wanted: Resource) -> None:
        """Make a resource, or make it as it is wanted. Raises `BackendRefused`."""
        slot = (wanted.kind, wanted.name)
        old = self.resources.get(slot)
        if old is None:
            self._check_name(wanted)
        made = _realised(wanted, self.name)
        self._check(made, old)
        self.resources[slot] = made

    def drop(self, kind: str, name: str) -> None:
        """Remove a resource and its parts; one that is gone is no matter."""
        self.resources.pop((kind, name), None)
        for slot, part in list(self.resources.items()):
            if part.parent == (kind, name) or (part.kind == "tunnel" and kind == "bridge" and part.get("bridge") == name):
                del self.resources[slot]

    def parts(self, kind: str, name: str) -> list[Resource]:
        """A vm's or a bridge's ports."""
        return [part for part in self.resources.values() if part.parent == (kind, name)]

    def unrealised(self, resource: Resource) -> str:
        """Why a resource that was accepted does not work, in the switch's words; empty when it does."""
        if resource.kind == "port" and resource.get("type") == "system" and resource.name not in NICS:
            return f"could not open network device {resource.name} (No such device)"
        uplink = resource.text("uplink")
        if resource.kind == "bridge" and uplink and uplink not in NICS:
            return f"could not open network device {uplink} (No such device)"
        return ""

    def _check_name(self, wanted: Resource) -> None:
        links = ("bridge", "tunnel", "port")
        others = links if wanted.kind in links else (wanted.kind,)
        taken = [kind for kind in others if (kind, wanted.name) in self.resources]
        if taken:
            raise BackendRefused(f"{self.name}: a {taken[0]} named {wanted.name} already exists")

    def _check(self, made: Resource, old: Resource | None) -> None:
        bridge = made.text("bridge")
        if bridge and ("bridge", bridge) not in self.resources:
            raise BackendRefused(f"{self.name}: there is no bridge named {bridge}")
        if made.parent and made.parent not in self.resources:
            raise BackendRefused(f"{self.name}: there is no {made.parent[0]} named {made.parent[1]}")
        if made.kind == "vm":
            self._check_vm(made, old)

    def _check_vm(self, made: Resource, old: Resource | None) -> None:
        disk = made.text("disk")
        if disk and not image_exists(disk):
            raise BackendRefused(f"{self.name}: Could not open '{IMAGES_FOLDER}/{disk}': No such file or directory")
        # A running vm's memory changes at its next start; only what starts now needs some.
        starts = made.get("state") == "running" and (old is None or old.get("state") != "running")
        if starts and _number(made, "memory") > self.free_memory:
            raise BackendRefused(
                f"{self.name}: cannot set up guest memory: Cannot allocate memory",
                help=f"{self.free_memory // 2**20} MiB are free",
            )


def _realised(wanted: Resource, host: str) -> Resource:
    """A resource as the host then shows it: what was cleared is gone, what was left open is filled in."""
    attributes = {name: value for name, value in wanted.attributes.items() if value is not None}
    if wanted.kind == "bridge":
        attributes.setdefault("backend", "ovs")
    elif wanted.kind == "port" and wanted.parent and wanted.parent[0] == "vm":
        attributes.update(vm=wanted.parent[1], type="vm")
        attributes.setdefault("mac", stable_mac(wanted.name))
    elif wanted.kind == "port":
        attributes.setdefault("type", "system")
    return replace(wanted, host=host, attributes=attributes, backend=NAME, because="", span=None)


def _number(resource: Resource, attribute: str) -> int:
    value = resource.get(attribute)
    return value if isinstance(value, int) else 0


def restored(resources: Iterable[Resource]) -> dict[Slot, Resource]:
    """Resources by their slots."""
    return {(resource.kind, resource.name): resource for resource in resources}
