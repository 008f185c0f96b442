"""What is wrong with a fleet, by what was observed of all of it: for `doctor`. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from zlib import crc32

from vnetsh.language.writing import word_text
from vnetsh.model import Finding, Fleet, Key, Resource, Severity, is_nic_name, is_off
from vnetsh.model.facts import SWITCHED_OFF
from vnetsh.model.nics import bond_nics
from vnetsh.model.power import MANAGED, PAUSED, RUNNING, STATE, STOPPED
from vnetsh.nouns.mtu import ETHERNET, LEAST, Path, misfit, path_on
from vnetsh.plain_text import shell_word
from vnetsh.reach import host_with
from vnetsh.reach.gaps import Gaps
from vnetsh.schema import BRIDGE, PORT, VM, Size

_SHARED = "00:00:5e:"
"""MAC addresses that several hosts have by design (VRRP; RFC 9568, 7.3)."""


def ailments(fleet: Fleet) -> Iterator[Finding]:
    """All of them."""
    yield from _in_error(fleet)
    yield from _tunnels(fleet)
    yield from _mtus(fleet)
    yield from _cards(fleet)
    yield from _duplicates(fleet)
    yield from _vms(fleet)


def _in_error(fleet: Fleet) -> Iterator[Finding]:
    for one in fleet.resources.values():
        left = one.kind == "port" and one.get("type") == "vm"  # its backend says more of it
        if (error := one.text("error")) and not left:
            gone = one.kind == "port" and "No such device" in error
            yield Finding(one.key, f"in error: {error}", gone=gone)


def _tunnels(fleet: Fleet) -> Iterator[Finding]:
    """Ends that meet none, or another one than they should; those that are not heard by theirs."""
    told: set[Key] = set()
    for gap in Gaps(fleet).broken():
        told |= {*gap.joint.made_of, gap.finding.at, gap.finding.other or gap.finding.at}
        if gap.finding.at[0] != "host":  # that it does not answer is said
            yield gap.finding
    for end in fleet.of_kind("tunnel"):
        if end.get(STATE) == "down" and end.get("bfd") and end.key not in told:
            far = fleet.get("tunnel", host_with(end.text("remote"), fleet), end.name)
            if far and not far.get("bfd"):
                says = "it does not look for its other end (BFD), which takes that for a break"
                yield Finding(far.key, says, {"bfd": end.get("bfd")}, other=end.key)
            elif not far or far.place not in fleet.unreachable:
                advice = (
                    "do packets pass between the hosts, those of the tunnel, too? a firewall may drop them"
                )
                yield Finding(end.key, "its other end is not heard (BFD)", advice=advice)


def paths(fleet: Fleet) -> Iterator[tuple[Resource, Path]]:
    """The tunnels of a fleet, each once, with its path."""
    known: set[tuple[str, frozenset[str]]] = set()
    for end in fleet.of_kind("tunnel"):
        path = path_on(end, fleet)
        key = end.name, frozenset(one.host for one in path.ends)
        if key not in known:
            known.add(key)
            yield end, path


def _mtus(fleet: Fleet) -> Iterator[Finding]:
    """Bridges whose packets do not fit through their tunnels, by the MTUs that are seen."""
    for end, path in paths(fleet):
        problem = misfit(path, None)
        if problem:
            yield Finding(end.key, problem.message, sentence=smaller(path), advice=problem.help)
        elif path.known and path.room and path.room < ETHERNET and not any(one.mtu for one in path.ends):
            says = f"packets of more than {path.room} bytes do not fit through it, and NICs have {ETHERNET} unless told"
            yield Finding(end.key, says, sentence=smaller(path), severity=Severity.NOTE)


def smaller(path: Path, room: int | None = None) -> str:
    """The sentence by which a path's bridges take no more than there is room for; empty where they are not known."""
    room = path.room if room is None else room
    bridges = {end.bridge for end in path.ends if end.bridge}
    if room is None or room < LEAST or len(bridges) != 1:
        return ""
    hosts = ", ".join(end.host for end in path.ends)
    return f"bridge {word_text(bridges.pop(), BRIDGE)} on {hosts} mtu {room}"


def _cards(fleet: Fleet) -> Iterator[Finding]:
    """Uplinks, cards of bonds and the underlay's link by which nothing passes."""
    for host, nic in cards(fleet):
        if why := fleet.down(host, nic):
            off = why == SWITCHED_OFF
            command = f"ip link set {shell_word(nic)} up" if off else ""
            advice = "" if off else "is the cable in, and its other end on?"
            yield Finding(("uplink", host, nic), f"it {why}", command=command, advice=advice)


def cards(fleet: Fleet) -> list[tuple[str, str]]:
    """The links by which bridges and tunnels leave their hosts, each with its host."""
    found = [(one.place, one.text("uplink")) for one in fleet.of_kind("bridge") if one.get("uplink")]
    found += [(one.place, nic) for one in fleet.of_kind("port") for nic in bond_nics(one)]
    found += [(host, link) for host in fleet.hosts for link in fleet.underlay_links(host)]
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class _Owner:
    """Who has a MAC address: a NIC of a vm that is off or not, or a link of a host."""

    key: Key
    awake: bool
    words: str
    port: Resource | None = None


def _duplicates(fleet: Fleet) -> Iterator[Finding]:
    """MAC addresses that several have."""
    owners: dict[str, list[_Owner]] = {}
    for port in fleet.of_kind("port"):
        vm = fleet.get("vm", port.place, port.parent[1]) if port.parent and port.parent[0] == "vm" else None
        if vm and port.get("mac"):
            words = f"NIC {port.name} of vm {vm.name} on {port.place}"
            owner = _Owner(port.key, not is_off(vm), words, port)
            owners.setdefault(port.text("mac").lower(), []).append(owner)
    for host, link in {*cards(fleet), *_nics(fleet)}:
        if mac := fleet.mac(host, link):
            owners.setdefault(mac, []).append(_Owner(("link", host, link), True, f"{link} of {host}"))
    for mac, found in sorted(owners.items()):
        of_hosts = len({one.key[1] for one in found})
        if len(found) > 1 and not mac.startswith(_SHARED) and (of_hosts > 1 or any(o.port for o in found)):
            yield _duplicate(mac, found, {*owners, *fleet.macs, *fleet.coming})


def _nics(fleet: Fleet) -> Iterator[tuple[str, str]]:
    """The cards of the hosts."""
    for host in fleet.hosts:
        for link in fleet.addresses(host):
            if fleet.link_kind(host, link) == "":
                yield host, link


def _duplicate(mac: str, owners: list[_Owner], taken: set[str]) -> Finding:
    """Whose address is to be another: rather that of a vm's NIC, and of one that is off."""
    owners = sorted(owners, key=lambda one: (one.port is None, one.awake, one.key))
    wrong, *others = owners
    says = f"its MAC address {mac} is that of {' and '.join(one.words for one in others)}, too"
    both = sum(one.awake for one in owners) > 1
    sentence = ""
    command = ""
    if wrong.port and wrong.port.parent and is_nic_name(wrong.port.name):
        command = (
            f"virsh edit {shell_word(wrong.port.parent[1])}"  # it is told from others by its address alone
        )
    elif wrong.port and wrong.port.parent:
        vm, bridge = word_text(wrong.port.parent[1], VM), word_text(wrong.port.text("bridge"), BRIDGE)
        sentence = (
            f"vm {vm} port {bridge} name {word_text(wrong.port.name, PORT)} mac {_free(wrong.key, taken)}"
        )
    severity = Severity.ERROR if both else Severity.WARNING
    return Finding(wrong.key, says, sentence=sentence, command=command, severity=severity)


def _free(key: Key, taken: set[str]) -> str:
    """A MAC address in QEMU's range that nobody has: the same each time that is asked."""
    number = crc32("/".join(key).encode())
    while True:
        mac = "52:54:00:" + number.to_bytes(4, "big")[1:].hex(":")
        if mac not in taken:
            return mac
        number = (number + 1) % 2**32


def _vms(fleet: Fleet) -> Iterator[Finding]:
    """Vms that run otherwise than they are defined, and that do not come back with their host."""
    for vm in fleet.of_kind("vm"):
        if vm.get(STATE) not in (RUNNING, PAUSED):
            continue
        name = word_text(vm.name, VM)
        if other := _otherwise(vm, fleet):
            sentence = f"stop {name}; start {name}"
            says = f"it runs otherwise than it is defined: {other}"
            yield Finding(vm.key, says, sentence=sentence, severity=Severity.WARNING)
        elif now := vm.get("memory-now"):
            shown = Size().show
            says = f"its guest has {shown(now)} of memory, though defined with {shown(vm.get('memory'))}: no driver"
            says += " of its gives the rest back (the balloon's), or nobody has asked for it"
            yield Finding(vm.key, says, severity=Severity.NOTE)
        if vm.get(STATE) == RUNNING and not vm.get("autostart") and not vm.get(MANAGED):
            says = "it runs, and is not started with its host"
            yield Finding(vm.key, says, sentence=f"vm {name} autostart yes", severity=Severity.NOTE)


def _otherwise(vm: Resource, fleet: Fleet) -> str:
    """What a vm that runs would have otherwise after its next start, in words."""
    told = fleet.facts.get((vm.place, vm.backend))
    if told is None:
        return ""
    parts = [
        one for one in fleet.resources.values() if one.parent == (vm.kind, vm.name) and one.place == vm.place
    ]
    off = replace(vm, attributes={**vm.attributes, STATE: STOPPED})
    then = {one.key: one for one in told.switched(off, parts)}
    now = {one.key: one for one in (off, *parts)}
    different = {
        f"{key[0]} {key[2]}": sorted(_differing(now.get(key), then.get(key)))
        for key in sorted({*now, *then})
        if _differing(now.get(key), then.get(key))
    }
    if said := vm.text("note").partition(": ")[2]:
        return said
    return "; ".join(f"{what} ({', '.join(names)})" for what, names in different.items())


def _differing(one: Resource | None, other: Resource | None) -> set[str]:
    if one is None or other is None:
        return {"is new then"} if one is None else {"is gone then"}
    names = {*one.attributes, *other.attributes} - {"note", "memory-now", "vcpus-now"}
    return {name for name in names if one.get(name) != other.get(name)}
