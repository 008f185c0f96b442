"""How much memory and how many vcpus a VM has: read, written, and what of it cannot be or would lose something. Pure.

Both have a ceiling beside the number that the guest starts with (`<memory>` over `<currentMemory>`, `<vcpu>` over its
`current`). Mostly they are one, and stay one; where somebody set a ceiling of its own, it stays unless it is too low.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vnetsh_libvirt.definition import Definition
    from vnetsh_libvirt.draft import Draft

KIB = 1024

_UNITS = {"b": 1, "bytes": 1, "KB": 10**3, "k": 2**10, "KiB": 2**10, "MB": 10**6, "M": 2**20, "MiB": 2**20}
_UNITS |= {"GB": 10**9, "G": 2**30, "GiB": 2**30, "TB": 10**12, "T": 2**40, "TiB": 2**40}

MEMORY_ELEMENTS = "memory", "currentMemory"
VCPU_ELEMENTS = "vcpu", "vcpus"


def _bytes(defined: Definition, tag: str) -> int:
    element = defined.root.find(tag)
    if element is None or not element.text:
        return 0
    return int(element.text) * _UNITS[element.get("unit", "KiB")]


def memory(defined: Definition) -> int:
    """The memory that the guest has, in bytes: all of it where no balloon could take any back."""
    all_of_it = _bytes(defined, "memory")
    balloon = defined.root.find("devices/memballoon")
    if balloon is not None and balloon.get("model") == "none":
        return all_of_it
    return _bytes(defined, "currentMemory") or all_of_it


def is_kept(running: Definition, defined: Definition) -> bool:
    """Whether a guest has all of its ceiling, though it is to have less: its balloon has no driver there.

    It will be so after each start.
    """
    return memory(running) == most_memory(running) == most_memory(defined) > memory(defined)


def write_memory(defined: Definition, draft: Draft, value: int) -> None:
    """Give the guest that much; the ceiling goes with it, or stays where it is one of its own."""
    number = str(value // KIB)
    if not keeps_memory_ceiling(defined, value):
        draft.set("memory", number, unit="KiB")
    draft.set("currentMemory", number, unit="KiB")


def keeps_memory_ceiling(defined: Definition, value: int) -> bool:
    """Whether the VM can have that much below a ceiling of its own."""
    return memory(defined) < _bytes(defined, "memory") and value <= _bytes(defined, "memory")


def memory_problem(defined: Definition, value: int) -> str:
    """Why a VM cannot be given that much; empty when it can."""
    if keeps_memory_ceiling(defined, value):
        return ""
    if defined.root.find("cpu/numa/cell") is not None:
        return "its memory is shared out among NUMA cells"
    if defined.root.find("maxMemory") is not None or defined.root.find("devices/memory") is not None:
        return "a part of its memory is modules that are plugged in"
    return ""


def memory_max(defined: Definition) -> int | None:
    """The ceiling of its memory, in bytes; None where that is what it has."""
    most = _bytes(defined, "memory")
    return most if most > memory(defined) else None


def write_memory_max(defined: Definition, draft: Draft, value: int) -> None:
    """Give it that ceiling."""
    draft.set("memory", str(value // KIB), unit="KiB")


def memory_max_problem(defined: Definition, value: int) -> str:
    """Why a VM cannot be given that ceiling; empty when it can."""
    balloon = defined.root.find("devices/memballoon")
    if balloon is not None and balloon.get("model") == "none":
        return "it has no memory balloon, which alone could leave it with less"
    return memory_problem(defined, value + 1)


def vcpus_max(defined: Definition) -> int | None:
    """The ceiling of its vcpus; None where that is what it starts with."""
    most = most_vcpus(defined)
    return most if most > vcpus(defined) else None


def write_vcpus_max(defined: Definition, draft: Draft, value: int) -> None:
    """Give it that ceiling; how many it starts with stays."""
    first = draft.attribute("vcpu", "current") or draft.text_of("vcpu") or "1"
    draft.set("vcpu", str(value), current=first if int(first) < value else None)
    draft.drop("vcpus")


def vcpus_max_problem(defined: Definition, value: int) -> str:
    """Why a VM cannot be given that ceiling, or what it would lose; empty when it can."""
    if _one_by_one(defined):
        return "which of its vcpus are on is said one by one"
    return _shape_problem(defined, value)


def vcpus(defined: Definition) -> int:
    """The virtual CPUs that the guest starts with."""
    element = defined.root.find("vcpu")
    if element is None:
        return 1
    return int(element.get("current") or element.text or 1)


def most_memory(defined: Definition) -> int:
    """The ceiling of its memory, in bytes."""
    return _bytes(defined, "memory")


def fixed_vcpus(running: Definition) -> int:
    """How many vcpus of a VM that runs cannot be unplugged: those that it has started with, mostly."""
    listed = running.root.findall("vcpus/vcpu[@enabled='yes']")
    fixed = [one for one in listed if one.get("hotpluggable") != "yes"]
    return len(fixed) if listed else vcpus(running)


def most_vcpus(defined: Definition) -> int:
    """The ceiling of its vcpus."""
    return int(defined.root.findtext("vcpu") or 1)


def write_vcpus(defined: Definition, draft: Draft, value: int) -> None:
    """Give the guest that many; the ceiling goes with it, or stays where it is one of its own."""
    if keeps_vcpu_ceiling(defined, value):
        draft.set("vcpu", str(most_vcpus(defined)), current=str(value))
    else:
        draft.set("vcpu", str(value), current=None)
    draft.drop("vcpus")  # libvirt's own way of saying the same, or it was refused


def keeps_vcpu_ceiling(defined: Definition, value: int) -> bool:
    """Whether the VM can have that many below a ceiling of its own."""
    return vcpus(defined) < most_vcpus(defined) and value <= most_vcpus(defined)


def vcpus_problem(defined: Definition, value: int) -> str:
    """Why a VM cannot be given that many, or what it would lose; empty when it can."""
    if _one_by_one(defined):
        return "which of its vcpus are on is said one by one"
    return "" if keeps_vcpu_ceiling(defined, value) else _shape_problem(defined, value)


def _shape_problem(defined: Definition, value: int) -> str:
    """Why a VM cannot have just so many vcpus in all."""
    topology = defined.root.find("cpu/topology")
    if topology is not None:
        said = [(name, int(count)) for name, count in topology.attrib.items() if count.isdigit()]
        fitting = 1
        for _, count in said:
            fitting *= count
        if fitting != value:
            return f"its CPU topology makes {fitting} ({_listed(f'{count} {name}' for name, count in said)})"
    if defined.root.find("cpu/numa/cell") is not None:
        return "its vcpus are shared out among NUMA cells"
    beyond = sorted(number for number in _tuned(defined) if number >= value)
    if beyond:
        return f"what is said of vcpu {beyond[0]} alone would be lost: its pinning, scheduler or cache"
    return ""


def _one_by_one(defined: Definition) -> bool:
    """Whether vcpus are said in another way than the first ones on, the rest off and to be plugged in."""
    said = [
        (one.get("id"), one.get("enabled"), one.get("hotpluggable"))
        for one in defined.root.iterfind("vcpus/vcpu")
    ]
    first, all_of_them = vcpus(defined), range(most_vcpus(defined))
    usual = [(str(n), "yes" if n < first else "no", "no" if n < first else "yes") for n in all_of_them]
    return bool(said) and said != usual


def _tuned(defined: Definition) -> set[int]:
    """The numbers of vcpus that a setting is about."""
    numbers: set[int] = set()
    for setting in defined.root.iterfind("cputune/*"):
        for text in (setting.get("vcpu", ""), setting.get("vcpus", "")):
            for first, last in re.findall(r"(\d+)(?:-(\d+))?", text):
                numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
