"""One KVM host in memory: its links, its vms, its limits and the faults that it can have."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from vnetsh.errors import BackendRefused, HostUnreachable
from vnetsh.model import Attributes, ImageSeen, LinkFacts, Resource, given_addresses, is_off
from vnetsh.model.backups import images_of
from vnetsh.model.disks import place_of
from vnetsh_demo import disks
from vnetsh_demo.images import IMAGES as IMAGES, IMAGES_FOLDER, image_exists as image_exists, name_of, path_of

NAME = "demo"
MEMORY = 16 * 2**30
CPUS = 8
MTU = 1500
NICS = ("eth0", "eth1")

_LINKS = ("bridge", "tunnel", "port")
Slot = tuple[str, str]


def stable_mac(port: str) -> str:
    """An address in QEMU's range that a port of this name always gets."""
    value = zlib.crc32(port.encode())
    return "52:54:00:" + ":".join(f"{value >> shift & 0xFF:02x}" for shift in (16, 8, 0))


@dataclass(frozen=True)
class DemoFacts(LinkFacts):
    """What a host in memory tells besides its resources."""

    def image_files(self) -> Sequence[ImageSeen]:
        """The images that every one has."""
        forms = {name: "iso" if name.endswith(".iso") else "qcow2" for name in IMAGES}
        return [ImageSeen(path_of(name), forms[name], size, size // 4, NAME) for name, size in IMAGES.items()]


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
        attributes = {"backend": "ovs", "uplink": NICS[0]}
        self.resources["bridge", "vswitch01"] = Resource(
            "bridge", "vswitch01", self.name, attributes, backend=NAME
        )

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
            raise HostUnreachable(f"{self.name}: No route to host", help=f"is {self.name} switched on?")

    @property
    def free_memory(self) -> int:
        """Bytes that vms leave that are not off."""
        return MEMORY - sum(self.running.values())

    @property
    def running(self) -> dict[str, int]:
        """The vms that are not off, each with its memory in bytes."""
        vms = (r for r in self.resources.values() if r.kind == "vm" and not is_off(r))
        return {vm.name: memory_of(vm) for vm in vms}

    def facts(self) -> LinkFacts:
        """What a real host's daemons would tell beyond resources. Sizes in bytes."""
        below = next((r.name for r in self.resources.values() if r.get("uplink") == NICS[0]), NICS[0])
        mtus = dict.fromkeys((below, *NICS), MTU)
        given = (r for r in self.resources.values() if r.kind == "address")
        return DemoFacts(
            mtus=mtus,
            addresses={one.name: given_addresses(one) for one in given},
            underlay_link=below,
            whole=True,
            memory=MEMORY,
            free_memory=self.free_memory,
            running=self.running,
        )

    def about(self) -> Attributes:
        """What is free, and how many vms there are."""
        vms = sum(one.kind == "vm" for one in self.resources.values())
        return {"memory": MEMORY, "free-memory": self.free_memory, "vms": vms}

    def add(self, wanted: Resource) -> None:
        """Make a resource; one that is there just so is no matter. Raises `BackendRefused`."""
        old = self.resources.get((wanted.kind, wanted.name))
        if old and old.parent == wanted.parent:
            said = {name: value for name, value in wanted.attributes.items() if value is not None}
            if said.items() <= old.attributes.items():
                return
        others = _LINKS if wanted.kind in _LINKS else (wanted.kind,)
        taken = [kind for kind in others if (kind, wanted.name) in self.resources]
        if taken:
            raise BackendRefused(f"{self.name}: a {taken[0]} named {wanted.name} already exists")
        self._put(wanted, None)

    def change(self, wanted: Resource) -> None:
        """Make an existing resource as it is wanted. Raises `BackendRefused`."""
        old = self.resources.get((wanted.kind, wanted.name))
        if old is None:
            raise BackendRefused(f"{self.name}: there is no {wanted.kind} named {wanted.name} any more")
        self._put(wanted, old)

    def rename(self, old: Resource, wanted: Resource) -> None:
        """Have something under another name; its parts follow by changes of their own."""
        self.add(wanted)
        self.resources.pop((old.kind, old.name), None)

    def remove(self, kind: str, name: str) -> None:
        """Remove a resource, its parts and a bridge's tunnels; what is gone is no matter."""
        self.resources.pop((kind, name), None)
        for slot, other in list(self.resources.items()):
            rides = kind == "bridge" and other.kind == "tunnel" and other.get("bridge") == name
            if rides or other.parent == (kind, name):
                del self.resources[slot]

    def parts(self, kind: str, name: str) -> list[Resource]:
        """A vm's or a bridge's ports."""
        return [part for part in self.resources.values() if part.parent == (kind, name)]

    def unrealised(self, resource: Resource) -> str:
        """Why something that was accepted does not work, in the switch's words; empty when it does."""
        device = ""
        if resource.kind == "bridge":
            device = resource.text("uplink")
        elif resource.kind == "port" and resource.get("type") == "system":
            device = resource.name
        if device and device not in NICS:
            return f"could not open network device {device} (No such device)"
        return ""

    def _put(self, wanted: Resource, old: Resource | None) -> None:
        made = _realised(wanted, self.name)
        bridge = made.text("bridge")
        if bridge and ("bridge", bridge) not in self.resources:
            raise BackendRefused(f"{self.name}: there is no bridge named {bridge}")
        if made.parent and made.parent not in self.resources:
            raise BackendRefused(f"{self.name}: there is no {made.parent[0]} named {made.parent[1]}")
        if made.kind == "vm":
            self._check_vm(made, old)
        if made.kind == "disk":
            self._check_image(made.text("from") or made.text("file"))
            made = disks.realised(made, old, self.name, self._folder(made.text("pool")))
        self.resources[made.kind, made.name] = made
        if made.kind == "vm" and old is None and (own := disks.inherent(made)):
            self.resources.setdefault((own.kind, own.name), own)

    def _check_image(self, image: str) -> None:
        fetched = ("image", name_of(image)) in self.resources
        if image and not fetched and not image_exists(image) and image not in self._files():
            raise BackendRefused(f"{self.name}: could not open '{path_of(image)}': No such file or directory")

    def _folder(self, pool: str) -> str:
        found = self.resources.get(("pool", pool))
        return place_of(found) if found else IMAGES_FOLDER

    def _files(self) -> set[str]:
        """The files of all disks, and the images in backups."""
        images = {
            path for r in self.resources.values() if r.kind == "backup" for path in images_of(r).values()
        }
        return images | {r.text("path") for r in self.resources.values() if r.kind == "disk"}

    def _check_vm(self, made: Resource, old: Resource | None) -> None:
        self._check_image(made.text("disk"))
        # A running vm gets other memory at its next start: only what starts now needs some.
        starts = not is_off(made) and (old is None or is_off(old))
        if starts and memory_of(made) > self.free_memory:
            raise BackendRefused(
                f"{self.name}: cannot set up guest memory: Cannot allocate memory",
                help=f"{self.free_memory // 2**20} MiB are free on {self.name}",
            )


def _realised(wanted: Resource, host: str) -> Resource:
    """A resource as the host then shows it: what was cleared is gone, what was left open is filled in."""
    attributes = {name: value for name, value in wanted.attributes.items() if value is not None}
    if wanted.kind == "bridge":
        attributes.setdefault("backend", "ovs")
    elif wanted.kind == "port" and wanted.parent and wanted.parent[0] == "vm":
        attributes.update(vm=wanted.parent[1], type="vm")
        attributes.setdefault("mac", stable_mac(wanted.name))
    elif wanted.kind == "pool":
        attributes["state"] = "running"
    elif wanted.kind == "image":
        attributes.pop("keys", None)
        attributes.setdefault("folder", IMAGES_FOLDER)
        attributes.setdefault("sha256", sha256(f"{wanted.name} {wanted.text('from')}".encode()).hexdigest())
    elif wanted.kind == "cloudinit" and wanted.parent:
        attributes["vm"] = wanted.parent[1]
    elif wanted.kind == "port":
        attributes.setdefault("type", "system")
    return replace(wanted, place=host, attributes=attributes, backend=NAME, because="", span=None)


def memory_of(vm: Resource) -> int:
    """A vm's memory in bytes."""
    memory = vm.get("memory")
    return memory if isinstance(memory, int) else 0
