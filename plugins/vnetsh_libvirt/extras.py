"""What a domain has that no sentence says, and that not each domain has: devices and settings, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from vnetsh_libvirt.definition import Definition, attribute_of

_USUAL_DEVICES = frozenset(
    {
        *(
            "emulator",
            "disk",
            "interface",
            "hostdev",
            "controller",
            "serial",
            "console",
            "channel",
            "graphics",
        ),
        *("video", "input", "audio", "tpm", "rng", "memballoon", "panic"),
    }
)
"""Those that a sentence says, that each machine has, or that are told of by themselves."""

_USUAL = frozenset(
    {
        *(
            "name",
            "uuid",
            "title",
            "description",
            "metadata",
            "memory",
            "currentMemory",
            "vcpu",
            "vcpus",
            "genid",
        ),
        *(
            "resource",
            "os",
            "features",
            "cpu",
            "clock",
            "pm",
            "on_poweroff",
            "on_reboot",
            "on_crash",
            "devices",
        ),
    }
)

_USUAL_FEATURES = frozenset({"acpi", "apic", "pae", "smm", "vmport"})

_WORDS = {
    "cputune": "limits and places of its vcpus",
    "memtune": "limits of its memory",
    "numatune": "the NUMA nodes of its memory",
    "memoryBacking": "how its memory is backed",
    "blkiotune": "weights of its disks",
    "sysinfo": "what its machine tells of itself",
    "maxMemory": "slots for memory",
    "iothreads": "threads of its disks",
    "iothreadids": "threads of its disks, one by one",
    "seclabel": "a security label of its own",
    "launchSecurity": "memory that its host's CPU keeps secret",
    "commandline": "arguments of QEMU",
}


def extras(defined: Definition) -> Iterator[str]:
    """All of them; what only a restart of the domain would bring, too."""
    root = defined.root
    for element in root:
        dynamic = element.tag == "seclabel" and element.get("type", "dynamic") == "dynamic"
        if element.tag not in _USUAL and not dynamic:
            yield words(element)
    if root.find("os/kernel") is not None:
        yield f"a kernel that it boots: {root.findtext('os/kernel')}"
    features = [one.tag for one in root.iterfind("features/*") if one.tag not in _USUAL_FEATURES]
    if features:
        yield f"features of its machine: {', '.join(features)}"
    if (offset := attribute_of(root, "clock", "offset")) not in ("", "utc"):
        yield f"its clock: {offset}"
    for name, usual in (("on_poweroff", "destroy"), ("on_reboot", "restart")):
        if root.findtext(name, usual) != usual:
            yield f"{name}: {root.findtext(name)}"
    for device in root.iterfind("devices/*"):
        if device.tag not in _USUAL_DEVICES:
            yield words(device)
    screens = [one.get("type", "") for one in root.iterfind("devices/graphics")]
    said = next((kind for kind in screens if kind in ("vnc", "spice")), None)
    if said:
        screens.remove(said)
    yield from (f"a way to its screen: {kind}" for kind in screens)
    for backend in root.iterfind("devices/tpm/backend"):
        if backend.get("type") != "emulator":
            yield f"a TPM that is none of QEMU's: {backend.get('type')}"
    for channel in root.iterfind("devices/channel"):
        if (name := attribute_of(channel, "target", "name")) != "org.qemu.guest_agent.0":
            yield f"a channel: {name or channel.get('type')}"
    for port in root.iterfind("devices/serial"):
        if port.get("type") != "pty":
            yield f"a serial port: {' '.join(filter(None, (port.get('type'), attribute_of(port, 'source', 'path'))))}"


def words(element: Element) -> str:
    """What an element of a domain, or of its devices, is."""
    tag = element.tag.rpartition("}")[2]
    if tag in _WORDS:
        return _WORDS[tag]
    if tag == "filesystem":
        places = (
            next(iter(one.attrib.values()), "")
            for name in ("source", "target")
            for one in element.iterfind(name)
        )
        return f"a folder of its host: {' as '.join(places)}"
    model = element.find("model")
    kinds = [element.get(name) for name in ("model", "type", "name")]
    kinds += [model.get("type") or model.get("name")] if model is not None else []
    kind = next(filter(None, kinds), "")
    return f"a {tag}: {kind}" if kind else f"a {tag}"
