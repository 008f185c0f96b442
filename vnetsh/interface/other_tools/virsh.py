"""A command line of virsh as a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from vnetsh.interface.other_tools.said import WITH_ITS_BRIDGE, Said, options_of
from vnetsh.language.writing import word_text
from vnetsh.schema import BRIDGE, VM_NAME, Text

Options = Mapping[str, str]

_FLAGS = frozenset({
    "--live", "--config", "--persistent", "--current", "--undefinesource", "--peer2peer", "--p2p", "--verbose",
    "--unsafe", "--copy-storage-all", "--all", "--disable", "--managed-save", "--nvram", "--remove-all-storage",
    "--snapshots-metadata", "--disk-only", "--atomic", "--quiesce", "--running", "--paused", "--inactive", "--force",
})  # fmt: skip
"""Options without a value: what follows is another word."""


def said(words: Sequence[str], said: Said) -> None:
    """The sentence that does, or shows, the same."""
    options, rest = options_of(words, _FLAGS)
    flags = dict(options)
    for name in ("-c", "--connect"):
        flags.pop(name, None)
    verb, *others = rest or [""]
    others = [flags.pop("--domain"), *others] if "--domain" in flags else others
    do = _VERBS.get(verb)
    if do is None:
        said.remarks.append(f"virsh {verb}: no sentence does that; `help` lists what there is")
        return
    vm = word_text(others[0], VM_NAME) if others else "VM"
    do(vm, others[1:], flags, said)


def _just(form: str) -> Callable[[str, Sequence[str], Options, Said], None]:
    return lambda vm, others, flags, said: said.say(form.format(vm=vm))


def _migrate(vm: str, others: Sequence[str], flags: Options, said: Said) -> None:
    uri = others[0] if others else flags.get("--desturi", "")
    found = re.match(r"\w+(?:\+\w+)?://(?:[^@/]*@)?([^:/]+)", uri)
    said.say("migrate", vm, "to", said.other_host(found[1]) if found else "HOST")
    said.remarks.append(
        "its network goes along, and its local disks are copied: no flags are needed for that"
    )


def _autostart(vm: str, others: Sequence[str], flags: Options, said: Said) -> None:
    said.say("vm", vm, "autostart", "none" if "--disable" in flags else "yes")


def _undefine(vm: str, others: Sequence[str], flags: Options, said: Said) -> None:
    said.say("delete vm", vm)
    if "--remove-all-storage" in flags:
        said.remarks.append(
            f"the files of its disks stay; to remove them name them: `delete vm {vm} disks NAME`"
        )


def _snapshot(vm: str, others: Sequence[str], flags: Options, said: Said) -> None:
    said.say("snapshot", vm, "as", word_text(others[0] if others else flags.get("--name", "NAME"), VM_NAME))


def _revert(vm: str, others: Sequence[str], flags: Options, said: Said) -> None:
    said.say(
        "revert", vm, "to", word_text(others[0] if others else flags.get("--snapshotname", "NAME"), VM_NAME)
    )


def _memory(vm: str, others: Sequence[str], flags: Options, said: Said) -> None:
    size = others[0] if others else flags.get("--size", "1048576")
    said.say("vm", vm, "memory", size if size[-1:].isalpha() else f"{size}K")


def _vcpus(vm: str, others: Sequence[str], flags: Options, said: Said) -> None:
    said.say("vm", vm, "vcpus", others[0] if others else flags.get("--count", "1"))


def _nic(vm: str, others: Sequence[str], flags: Options, said: Said) -> None:
    kind = others[0] if others else flags.get("--type", "")
    source = others[1] if others[1:] else flags.get("--source", "BRIDGE")
    if kind != "bridge":
        said.remarks.append(f"type {kind or '?'}: {WITH_ITS_BRIDGE}")
    model = flags.get("--model", "virtio")
    mac = f"mac {flags['--mac']}" if flags.get("--mac") else ""
    said.say("vm", vm, "port", word_text(source, BRIDGE), mac, f"model {model}" if model != "virtio" else "")


def _disk(vm: str, others: Sequence[str], flags: Options, said: Said) -> None:
    source = others[0] if others else flags.get("--source", "FILE")
    said.say("vm", vm, "disk", "disk2", "file", word_text(source, Text()))
    said.remarks.append("a disk has a name: put a better one in the place of `disk2`")


def _show(kind: str) -> Callable[[str, Sequence[str], Options, Said], None]:
    return lambda vm, others, flags, said: said.say("show", kind, vm if vm != "VM" else "")


_VERBS: Mapping[str, Callable[[str, Sequence[str], Options, Said], None]] = {
    "start": _just("start {vm}"),
    "shutdown": _just("stop {vm}"),
    "destroy": _just("stop {vm} force"),
    "reboot": _just("reboot {vm}"),
    "reset": _just("reboot {vm} force"),
    "suspend": _just("suspend {vm}"),
    "resume": _just("resume {vm}"),
    "managedsave": _just("save {vm}"),
    "undefine": _undefine,
    "autostart": _autostart,
    "migrate": _migrate,
    "snapshot-create-as": _snapshot,
    "snapshot-revert": _revert,
    "snapshot-list": _just("show snapshots"),
    "setmem": _memory,
    "setvcpus": _vcpus,
    "attach-interface": _nic,
    "attach-disk": _disk,
    "list": _just("show vms"),
    "domiflist": _show("vm"),
    "domblklist": _show("vm"),
    "dominfo": _show("vm"),
    "domstate": _show("vm"),
    "pool-list": _just("show pools"),
    "nodeinfo": _just("show hosts"),
}
