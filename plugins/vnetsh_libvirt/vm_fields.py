"""What a VM has: each attribute is said here once, and whatever treats of attributes walks these tables.

Pure, and free of the XML library: the tables are wanted at every start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vnetsh.backend import FREE, Assessment
from vnetsh.model import Attributes, Change, Impact, Resource, Value
from vnetsh_libvirt import live_sizes, media, sizes
from vnetsh_libvirt.built_in import BUILT_IN
from vnetsh_libvirt.disk_fields import disks_otherwise
from vnetsh_libvirt.fields import nics_otherwise, shown
from vnetsh_libvirt.hardware import HARDWARE
from vnetsh_libvirt.mark import DISK, IMPORT, PLACING
from vnetsh_libvirt.states import STATE, is_off, of_turn, saved

if TYPE_CHECKING:
    from vnetsh_libvirt.definition import Definition
    from vnetsh_libvirt.draft import Draft
    from vnetsh_libvirt.seen import Seen


@dataclass(frozen=True)
class Setting:
    """A number in a VM's definition, which counts from its next start.

    `elements` are those of the definition that say it, the first in a new one; `write` changes them in a draft of it,
    `problem` says why that cannot be. `virsh` is the command that does the same, `ceiling` what comes before it where
    the VM's ceiling goes with the number (not `below` it). libvirt counts it in `unit`s of `size`. `ceiling_of`: it is
    the ceiling of that one, and no more than that where it is not set; `level` is how high it is in any case.
    """

    read: Callable[[Definition], int | None]
    write: Callable[[Definition, Draft, int], None]
    problem: Callable[[Definition, int], str]
    below: Callable[[Definition, int], bool]
    elements: tuple[str, ...]
    virsh: tuple[str, ...]
    ceiling: tuple[str, ...]
    unit: str = ""
    size: int = 1
    ceiling_of: str = ""
    level: Callable[[Definition], int] | None = None

    def number(self, value: Value) -> int:
        """The value as libvirt counts it."""
        assert isinstance(value, int)
        return value // self.size

    def otherwise(self, now: Definition, then: Definition) -> bool:
        """Whether two definitions differ in it."""
        here, there = self.read(now), self.read(then)
        if self.level is None or (
            here is None and there is None
        ):  # it goes with the number that it is the ceiling of
            return here != there
        return self.level(now) != self.level(then)

    def wanted(self, name: str, vm: Resource) -> int | None:
        """What a VM's resource says it is to be; None where it is not said."""
        value = vm.get(name)
        value = vm.get(self.ceiling_of) if value is None and self.ceiling_of else value
        return value if isinstance(value, int) else None

    def shown(self, value: int | None) -> str:
        """The value as a sentence says it."""
        from vnetsh.schema import Size

        if value is None:
            return "none"
        return Size().show(value) if self.unit else str(value)

    def commands(self, vm: str, defined: Definition | None, value: Value) -> Iterator[tuple[str, ...]]:
        """The arguments of `virsh` that set it, of a VM that is defined like that."""
        assert isinstance(value, int)
        alone = self.ceiling_of or (defined and self.below(defined, value))
        ways = (self.virsh,) if alone else (self.ceiling, self.virsh)
        for verb, *options in ways:
            yield verb, vm, f"{self.number(value)}{self.unit}", *options


MEMORY, VCPUS, MEMORY_MAX, VCPUS_MAX = "memory", "vcpus", "memory-max", "vcpus-max"

SETTINGS = {
    MEMORY: Setting(
        sizes.memory,
        sizes.write_memory,
        sizes.memory_problem,
        sizes.keeps_memory_ceiling,
        sizes.MEMORY_ELEMENTS,
        ("setmem", "--config"),
        ("setmaxmem", "--config"),
        unit="KiB",
        size=sizes.KIB,
    ),
    VCPUS: Setting(
        sizes.vcpus,
        sizes.write_vcpus,
        sizes.vcpus_problem,
        sizes.keeps_vcpu_ceiling,
        sizes.VCPU_ELEMENTS,
        ("setvcpus", "--config"),
        ("setvcpus", "--config", "--maximum"),
    ),
    MEMORY_MAX: Setting(
        sizes.memory_max,
        sizes.write_memory_max,
        sizes.memory_max_problem,
        sizes.keeps_memory_ceiling,
        sizes.MEMORY_ELEMENTS,
        ("setmaxmem", "--config"),
        (),
        unit="KiB",
        size=sizes.KIB,
        ceiling_of=MEMORY,
        level=sizes.most_memory,
    ),
    VCPUS_MAX: Setting(
        sizes.vcpus_max,
        sizes.write_vcpus_max,
        sizes.vcpus_max_problem,
        sizes.keeps_vcpu_ceiling,
        sizes.VCPU_ELEMENTS,
        ("setvcpus", "--config", "--maximum"),
        (),
        ceiling_of=VCPUS,
        level=sizes.most_vcpus,
    ),
}


ANEW_ONLY = "takes effect when it starts anew, not from its saved state"
"""What is to be said of what changes in the definition of a VM that has a saved state."""


@dataclass(frozen=True)
class VmField:
    """An attribute of a VM. `cost`: what it is to change it."""

    name: str
    read: Callable[[Seen], Value]
    cost: Callable[[Change], Assessment] = lambda change: FREE


def _set(name: str, read: Callable[[Definition], Value]) -> VmField:
    def cost(change: Change) -> Assessment:
        vm = change.before
        assert vm
        if how := live_sizes.how(change, name):
            return Assessment(Impact.LIVE, (vm.name,), how)
        if not is_off(vm):
            return Assessment(how="takes effect at the next start")
        return Assessment(how=ANEW_ONLY) if saved(vm) else FREE

    return VmField(name, lambda seen: read(seen.defined), cost)


def _now(name: str) -> VmField:
    return VmField(f"{name}-now", lambda seen: pending(seen).get(name))


def pending(seen: Seen) -> dict[str, int | None]:
    """What a VM runs with until its next start, where that will be another number."""
    return {} if seen.live is seen.defined else _otherwise(seen.live, seen.defined)


def _otherwise(now: Definition, then: Definition) -> dict[str, int | None]:
    return {
        name: setting.level(now) if setting.level else setting.read(now)
        for name, setting in SETTINGS.items()
        if setting.otherwise(now, then)
    }


def _note(seen: Seen) -> Value:
    """What waits for a start that makes all anew: in its numbers, its NICs and its disks."""
    now = seen.saved or seen.live
    if now is seen.defined:
        return None
    numbers = _otherwise(now, seen.defined)
    if sizes.is_kept(now, seen.defined):
        numbers.pop(MEMORY, None)
    told = [f"{name} {SETTINGS[name].shown(n)} now" for name, n in numbers.items()]
    told += [
        f"{name} {shown(one.read(now) or 'none')} now"
        for name, one in HARDWARE.items()
        if one.otherwise(now, seen.defined)
    ]
    told += media.otherwise(now, seen.defined)
    told += [*nics_otherwise(now, seen.defined), *disks_otherwise(now, seen.defined)]
    waits = "waits behind its saved state" if seen.saved else "restart pending"
    return f"{waits}: {', '.join(told)}" if told else None


def _built_in(name: str) -> VmField:
    return VmField(name, lambda seen: BUILT_IN[name](seen.defined))


def _placing(name: str) -> VmField:
    """Where it belongs: in its metadata, which costs nothing."""
    return VmField(name, lambda seen: seen.defined.placing.get(name))


def _autostart(change: Change) -> Assessment:
    when = "when its host starts" if change.resource.get(AUTOSTART) else "only when somebody asks for it"
    return Assessment(how=f"started {when}")


AUTOSTART = "autostart"
"""Whether a VM is started with its host: `yes`, or not set."""

NOTE = "note"
"""What else there is to be said of a VM."""

VM_FIELDS = (
    *(_set(name, setting.read) for name, setting in SETTINGS.items()),
    *(_set(name, one.read) for name, one in HARDWARE.items()),
    *(_built_in(name) for name in BUILT_IN),
    *(_now(name) for name, setting in SETTINGS.items() if not setting.ceiling_of),
    VmField(NOTE, _note),
    VmField(STATE, lambda seen: seen.state, of_turn),
    VmField(media.CDROM, media.read, media.cost),
    VmField(DISK, lambda seen: seen.disk.disk or None),
    VmField(IMPORT, lambda seen: seen.disk.imported or None),
    *(_placing(name) for name in PLACING),
    VmField(AUTOSTART, lambda seen: "yes" if seen.held.get(AUTOSTART) else None, _autostart),
)


def vm_attributes(seen: Seen) -> Attributes:
    """All that a VM was found with."""
    found = {field.name: field.read(seen) for field in VM_FIELDS}
    return {name: value for name, value in found.items() if value is not None}
