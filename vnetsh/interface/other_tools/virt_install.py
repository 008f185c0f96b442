"""A command line of virt-install as a `vm` sentence."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.interface.other_tools.said import WITH_ITS_BRIDGE, Said, keys_of, options_of
from vnetsh.language.writing import word_text
from vnetsh.schema import BRIDGE, VM_NAME, Text

_SHORT = {"-n": "--name", "-r": "--memory", "--ram": "--memory", "-w": "--network", "-c": "--cdrom"}

_FLAGS = frozenset({
    "--import", "--pxe", "--autostart", "--noautoconsole", "--quiet", "-q", "--debug", "-d", "--noreboot", "--dry-run",
    "--transient", "--hvm", "--paravirt", "--container",
})  # fmt: skip
"""Options without a value."""

_QUIET = frozenset(
    {"--noautoconsole", "--wait", "--quiet", "-q", "--debug", "--connect", "--check", "--noreboot"}
)
"""What says nothing of the VM."""

_NEEDLESS = {
    "--os-variant": "vnetsh takes virtio; a guest without its drivers needs `model` and `bus`",
    "--osinfo": "vnetsh takes virtio; a guest without its drivers needs `model` and `bus`",
    "--virt-type": "the host says whether it has KVM",
    "--console": "each vm has a serial console: `console NAME`",
    "--extra-args": "an installer's kernel is started by hand",
    "--location": "an installer's kernel is started by hand; `cdrom` takes an image that boots",
    "--pxe": "a vm without a disk boots from the network; else say `boot network, disk`",
}


def said(words: Sequence[str], said: Said) -> None:
    """The vm that it would make, off or running as virt-install leaves it."""
    options, rest = options_of(words, _FLAGS)
    name, head, block = "NAME", list[str](), list[str]()
    imports = any(option == "--import" for option, _ in options)
    disks = 0
    for option, value in options:
        option = _SHORT.get(option, option)
        keys = keys_of(value)
        first = keys.get("", "")
        match option:
            case "--name":
                name = value
            case "--memory":
                head.append(f"memory {first or keys.get('memory', '1024')}M")
            case "--vcpus":
                head.append(f"vcpus {first or keys.get('vcpus', '1')}")
            case "--disk":
                disks += 1
                _disk(keys, f"disk{disks}", imports, head, block, said)
            case "--cdrom":
                head.append(f"cdrom {word_text(value, Text())}")
            case "--network":
                _nic(value, keys, block, said)
            case "--graphics" if first in ("vnc", "spice"):
                head.append(f"graphics {first}")
            case "--machine" | "--cpu" if first:
                head.append(f"{option[2:]} {word_text(first, Text())}")
            case "--autostart":
                head.append("autostart yes")
            case "--boot" if "uefi" in value:
                head.append("firmware uefi")
            case "--import" | "--graphics" if option == "--import" or first == "none":
                pass
            case _ if option in _QUIET:
                pass
            case _:
                why = _NEEDLESS.get(option, "vnetsh has no word for it")
                said.remarks.append(f"{option} {value}".strip() + f": {why}")
    said.remarks += [f"{word}: what is it?" for word in rest]
    body = " {\n" + "".join(f"    {line}\n" for line in block) + "}" if block else ""
    said.say("vm", word_text(name, VM_NAME), f"on {said.host}", *head, body)


def _disk(
    keys: dict[str, str], name: str, imports: bool, head: list[str], block: list[str], said: Said
) -> None:
    path, size = keys.get("path") or keys.get("", ""), keys.get("size", "")
    if path == "none":
        return
    if keys.get("device") == "cdrom":
        head.append(f"cdrom {word_text(path, Text())}")
        return
    words = ["disk", name]
    if keys.get("vol"):
        said.remarks.append(
            f"volume {keys['vol']}: its file is said, by its path or its name in the image folder"
        )
        path = keys["vol"].partition("/")[2]
    if keys.get("backing_store"):
        words += ["from", word_text(keys["backing_store"], Text())]
    elif path and (imports or not size):
        words += ["file", word_text(path, Text())]
    elif path:
        said.remarks.append(f"{path}: vnetsh names new files itself, in the host's image folder or a `pool`")
    if size and not (imports and path):
        words += ["size", f"{size}G"]
    words += [f"pool {keys['pool']}"] if keys.get("pool") else []
    words += [f"format {keys['format']}"] if keys.get("format") in ("raw", "qcow2") else []
    words += [f"bus {keys['bus']}"] if keys.get("bus") in ("scsi", "sata", "ide") else []
    block.append(" ".join(words))
    _unsaid(
        keys, {"", "path", "size", "format", "bus", "pool", "vol", "backing_store", "device"}, "--disk", said
    )


def _nic(value: str, keys: dict[str, str], block: list[str], said: Said) -> None:
    bridge = keys.get("bridge", "")
    if value.startswith("bridge:"):
        bridge = value.removeprefix("bridge:").partition(",")[0]
    if value == "none":
        return
    if not bridge:
        said.remarks.append(f"--network {value}: {WITH_ITS_BRIDGE}")
        bridge = "BRIDGE"
    words = [f"port {word_text(bridge, BRIDGE)}"]
    words += [f"mac {keys['mac']}"] if keys.get("mac", "RANDOM") != "RANDOM" else []
    words += [f"model {keys['model']}"] if keys.get("model", "virtio") != "virtio" else []
    words += [f"vlan {keys['vlan']}"] if keys.get("vlan") else []
    block.append(" ".join(words))
    known = {"", "bridge", "network", "mac", "model", "vlan", "virtualport_type", "virtualport.type"}
    _unsaid(keys, known, "--network", said)


def _unsaid(keys: dict[str, str], known: set[str], option: str, said: Said) -> None:
    unknown = ((key, text) for key, text in keys.items() if key not in known)
    said.remarks += [f"{option} {key}={text}: vnetsh has no word for it" for key, text in unknown]
