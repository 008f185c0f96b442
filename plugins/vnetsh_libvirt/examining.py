"""What only both hosts can tell of a move before anything moves: asked by `migrate … check`, and by each move."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import libvirt

from vnetsh.diagnostics import Diagnostic, Span
from vnetsh.errors import BackendRefused, HostUnreachable, ServiceAbsent
from vnetsh.model import Change, Check
from vnetsh.model.power import OFF
from vnetsh_libvirt import reaching
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.disks import Travelling, travelling, travelling_nvram
from vnetsh_libvirt.files import Files
from vnetsh_libvirt.libvirt_host import HostNamed, LibvirtHost
from vnetsh_libvirt.link import error_code

_ROOM = """
for path; do
    echo $(stat -f -c "%i %a %S" -- "$(dirname -- "$path")") $(stat -c "%b %B" -- "$path" || echo 0 0)
done 2>/dev/null
"""
_NOT_TOLD = frozenset({libvirt.VIR_ERR_NO_SUPPORT, libvirt.VIR_ERR_OPERATION_UNSUPPORTED})


class _Unknown(Exception):
    """Nobody can tell, in words."""


class _Fails(Exception):
    """What a check finds: a code, a sentence, the remedy."""

    def __init__(self, code: str, message: str, help: str) -> None:
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


@dataclass(frozen=True)
class Ends:
    """A VM as it is at its host now, and the host where it is to go."""

    definition: Definition
    running: bool
    source: LibvirtHost
    target: LibvirtHost


def refuse(definition: Definition, running: bool, source: LibvirtHost, target: LibvirtHost) -> None:
    """Raise `BackendRefused` where the other host cannot run it."""
    for _, check in _OF_THE_MACHINE:
        try:
            check(Ends(definition, running, source, target))
        except _Unknown:
            continue  # libvirt itself asks again
        except _Fails as found:
            raise BackendRefused(found.message, help=found.help) from found


def refuse_for_room(disks: Sequence[Travelling], source: LibvirtHost, target: LibvirtHost) -> None:
    """Raise `BackendRefused` where the other host has no room for the disks that travel."""
    try:
        _room(disks, source, target)
    except _Unknown:
        return
    except _Fails as found:
        raise BackendRefused(found.message, help=found.help) from found


def examine(move: Change, at: HostNamed) -> Sequence[Check]:
    """All that only the hosts can tell of a move. Raises `HostUnreachable`."""
    vm = move.before
    assert vm
    span = move.resource.span
    source = at(vm.place)
    try:
        target = at(move.resource.place)
    except (HostUnreachable, ServiceAbsent) as error:
        why = Diagnostic("E440", error.message, span, help=error.help)
        return [Check("its hosts' libvirt answers", why)]
    domain = source.domain(vm.name)
    if domain is None:
        return [Check("it is there", Diagnostic("E301", f"{source.name}: {vm.name} is gone", span))]
    running = source.state(domain) not in OFF
    definition = source.live(domain) if running else source.defined(domain)
    ends = Ends(definition, running, source, target)
    found = [_checked(what, partial(check, ends), span) for what, check in _OF_THE_MACHINE]
    files = Files(lambda thing: None, lambda: [source, target], [])
    disks: list[Travelling] = []

    def travel() -> None:
        views = [definition, *([source.defined(domain)] if running and source.persistent(domain) else [])]
        disks.extend(travelling(source, target, views, files))
        travelling_nvram(source, target, definition, files)

    found.append(_checked("its files, there as here", travel, span))
    found.append(_checked("room for what is copied", lambda: _room(disks, source, target), span))
    if running:
        found.append(_checked("one libvirt reaches the other", lambda: _peer(source, target), span))
    return found


def _checked(what: str, check: Callable[[], object], span: Span | None) -> Check:
    try:
        check()
    except _Unknown as unknown:
        return Check(what, says=str(unknown), told=False)
    except _Fails as found:
        return Check(what, Diagnostic(found.code, found.message, span, help=found.help))
    except BackendRefused as error:
        return Check(what, Diagnostic("E478", error.message, span, help=error.help))
    return Check(what)


def _emulated(ends: Ends) -> None:
    """That the other host runs such a domain at all: its emulator, its machine, and by KVM where this one does."""
    root, target = ends.definition.root, ends.target
    kind = root.find("os/type")
    words = (
        root.findtext("devices/emulator"),
        kind.get("arch") if kind is not None else None,
        kind.get("machine") if kind is not None else None,
        root.get("type"),
    )
    try:
        target.call("getDomainCapabilities", *words, 0)
    except BackendRefused as error:
        if error_code(error) in _NOT_TOLD:
            raise _Unknown(error.message) from error
        what = f"{words[2]} by {words[3]}, as {words[0]} gives it"
        raise _Fails(
            "E466",
            f"{target.name}: it runs no domain of {ends.definition.name}'s kind ({what}): {error.message}",
            f"is the same QEMU installed on {target.name}, and KVM there as on {ends.source.name}?",
        ) from error


def _cpu(ends: Ends) -> None:
    """That the other host has all features of the CPU that its guest has seen, or is defined with."""
    root, target = ends.definition.root, ends.target
    cpu = root.find("cpu")
    if cpu is None or cpu.get("mode", "custom") != "custom":
        if cpu is not None and ends.running and cpu.get("mode") == "host-passthrough":
            raise _Unknown("it has its host's own CPU (host-passthrough): only the same CPU there will do")
        return
    kind = root.find("os/type")
    words = (
        root.findtext("devices/emulator"),
        kind.get("arch") if kind is not None else None,
        kind.get("machine") if kind is not None else None,
        root.get("type"),
        ET.tostring(cpu, "unicode"),
    )
    try:
        found = target.call("compareHypervisorCPU", *words, libvirt.VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE)
    except BackendRefused as error:
        if error_code(error) == libvirt.VIR_ERR_CPU_INCOMPATIBLE:
            raise _no_cpu(ends, error.message) from error
        raise _Unknown(error.message) from error
    if found == libvirt.VIR_CPU_COMPARE_INCOMPATIBLE:
        raise _no_cpu(ends, "it lacks features")


def _no_cpu(ends: Ends, why: str) -> _Fails:
    model = ends.definition.root.findtext("cpu/model") or "its CPU"
    return _Fails(
        "E466",
        f"{ends.target.name}: its CPU cannot be {model}, which {ends.definition.name} has: {why}",
        f"a model that both hosts have, from its next start: `vm {ends.definition.name} cpu MODEL`",
    )


def _lacking(host: LibvirtHost, folder: str, names: Iterable[str]) -> str:
    """The first of these that a host has not, in a folder or by their whole paths; empty where it has all."""
    script = 'folder=$1; shift; for name; do test -e "$folder$name" || echo "$name"; done'
    told = host.transport.ask(["sh", "-c", script, "sh", folder, *names], timeout=host.timeout)
    return next(iter(told.stdout.splitlines()), "")


def _boot_files(ends: Ends) -> None:
    """Firmware, kernels and media that are not copied: also in folders that nobody has read."""
    from vnetsh_libvirt.named_files import named_files

    named = {file.path: file.what for file in named_files(ends.definition) if not file.own}
    if not named:
        return
    missing = _lacking(ends.target, "", named)
    if missing in named:
        raise _Fails(
            "E456",
            f"{ends.target.name}: there is no {missing}, which is {named[missing]} of {ends.definition.name}",
            f"copy it to {ends.target.name}, or take it out of the vm first",
        )


def _nets(ends: Ends) -> None:
    """That each bridge is really there now, as a link."""
    bridges = sorted({nic.bridge for nic in ends.definition.nics if nic.bridge})
    if not bridges:
        return
    missing = _lacking(ends.target, "/sys/class/net/", bridges)
    if missing in bridges:
        raise _Fails(
            "E442",
            f"{ends.target.name}: its bridge {missing} is no link there: its switch has not made it",
            f"does ovs-vswitchd run on {ends.target.name}? `vnetsh show bridges on {ends.target.name}` tells",
        )


def _served(ends: Ends) -> None:
    """That the other host gets to its disks on servers."""
    for (vm, disk), why in reaching.silent(ends.target, [ends.definition]).items():
        raise _Fails(
            "E569",
            f"{ends.target.name} does not get to disk {disk} of {vm}: {why}",
            f"does its server run, and does it let {ends.target.name} in?",
        )


_OF_THE_MACHINE: Sequence[tuple[str, Callable[[Ends], None]]] = (
    ("emulator, machine, KVM", _emulated),
    ("features of its CPU", _cpu),
    ("firmware, kernel, media", _boot_files),
    ("its bridges are at work", _nets),
    ("its disks on servers, there as here", _served),
)


def _room(disks: Sequence[Travelling], source: LibvirtHost, target: LibvirtHost) -> None:
    """That each file system of the other host has the room for what is copied to it; what gives way there is room."""
    paths = [disk.image.path for disk in disks]
    if not paths:
        return
    sizes, there = _sizes(source, paths), _sizes(target, paths)
    free: dict[str, int] = {}
    needed: dict[str, int] = {}
    first: dict[str, str] = {}
    for path in paths:
        if not (sizes.get(path) and there.get(path)):
            raise _Unknown(f"{target.name} does not tell what is free where {path} is to be")
        identity, left, old = there[path]
        free[identity] = left
        needed[identity] = needed.get(identity, 0) + sizes[path][2] - old
        first.setdefault(identity, path)
    for identity, left in free.items():
        if needed[identity] > left:
            raise _Fails(
                "E444",
                f"{target.name}: {left // 2**20} MiB are free where {first[identity]} is to be, and "
                f"{needed[identity] // 2**20} MiB are to be copied there",
                f"free some on {target.name}",
            )


def _sizes(host: LibvirtHost, paths: Sequence[str]) -> dict[str, tuple[str, int, int]]:
    """Of each path the file system that it is or would be on, the bytes that are free there, and those that it has."""
    told = host.transport.ask(["sh", "-c", _ROOM, "sh", *paths], timeout=host.timeout).stdout.splitlines()
    found = {}
    for path, line in zip(paths, told, strict=False):
        words = line.split()
        if len(words) == 5:
            blocks, size, own, unit = map(int, words[1:])
            found[path] = (words[0], blocks * size, own * unit)
    return found


def _peer(source: LibvirtHost, target: LibvirtHost) -> None:
    """That the one libvirt reaches the other, by which the VM goes: as its own user, root, would."""
    argv = ["virsh", "--quiet", "--connect", target.peer_uri, "hostname"]
    told = source.transport.run(["timeout", "10", *argv], timeout=15)
    if told.returncode == 127:
        raise _Unknown(f"{source.name} has no virsh to ask by")
    if told.returncode:
        last = next(reversed(told.stderr.strip().splitlines()), "no answer in 10 s").removeprefix("error: ")
        raise _Fails(
            "E478",
            f"{source.name}: the libvirt of {target.name} is not reached by {target.peer_uri}: {last}",
            f"by ssh it needs root's key of {source.name} on {target.name}; "
            f"`host {target.name} … libvirt-peer URI` says another way",
        )
