"""Static checks of a resolved script, before any host is asked. Each is a pure function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vnetsh.diagnostics import Diagnostic, Span
from vnetsh.model import Resource
from vnetsh.nouns.mtu import End, Path, misfit, number, path_of, too_large_a_nic
from vnetsh.script.check_addresses import addresses_of, hosts_can_be_reached, tunnels_reach_their_ends
from vnetsh.script.check_backends import backends_are_known, backends_can_do_what_is_said
from vnetsh.script.check_confirms import confirmed_blocks_make_sense
from vnetsh.script.check_deletions import nothing_is_used_once_deleted
from vnetsh.script.check_disks import disks_make_sense, only_disks_are_erased
from vnetsh.script.check_names import every_host_has_a_loopback, links_have_names_of_their_own
from vnetsh.script.check_subnets import subnets_lie_apart
from vnetsh.script.check_ways import ways_can_do_what_is_said
from vnetsh.script.script import Script, Segment


def addresses_are_single(script: Script) -> Iterator[Diagnostic]:
    """No two hosts have the same address, and no two NICs the same MAC."""
    hosts: dict[str, str] = {}
    for host in script.hosts.values():
        for word, address in addresses_of(host).items():
            other = hosts.setdefault(address, host.name)
            if other != host.name:
                yield _twice(
                    f"the address {address} is said of two hosts: `{other}` and `{host.name}`", host.at(word)
                )
    nics: dict[str, Resource] = {}
    for port in _of_kind(script.resources, "port"):
        mac = port.text("mac")
        first = nics.setdefault(mac, port) if mac else port
        if first.name != port.name:
            yield _twice(
                f"the MAC address {mac} is said of two ports: `{first.name}` and `{port.name}`",
                port.at("mac"),
            )


def tunnels_are_told_apart(script: Script) -> Iterator[Diagnostic]:
    """Two tunnels of a type between the same hosts need different keys, or packets go into either."""
    for segment in script.segments:
        known: dict[tuple[str, str, str, str], Resource] = {}
        for tunnel in _of_kind(segment.resources, "tunnel"):
            kind, key = tunnel.text("type") or "gre", tunnel.text("key")
            first = known.setdefault((tunnel.place, tunnel.text("remote"), kind, key), tunnel)
            if first.name != tunnel.name and tunnel.place < _other_host(segment, tunnel):
                said = f"key {key}" if key else "no key"
                yield Diagnostic(
                    "E209",
                    f"tunnels `{first.name}` and `{tunnel.name}` join the same hosts, both {kind} with {said}",
                    tunnel.at("key", "name"),
                    help="packets could not be told apart: give one of them another `key`",
                )


def tunnels_make_no_loop(script: Script) -> Iterator[Diagnostic]:
    """Tunnels on the bridges of one name do not lead round: a broadcast would never end, or come twice.

    But for bridges that are said to take part in a spanning tree: the planner sees of which of them that is so.
    """
    for segment in script.segments:
        trees = {bridge.name for bridge in _of_kind(segment.resources, "bridge") if bridge.get("stp")}
        said = [
            (tunnel, other)
            for tunnel in _of_kind(segment.resources, "tunnel")
            if tunnel.text("bridge") not in {"", *trees}
            and tunnel.place < (other := _other_host(segment, tunnel))
        ]
        if len(said) > 1:
            yield from _loops(said)


def _loops(said: Sequence[tuple[Resource, str]]) -> Iterator[Diagnostic]:
    from vnetsh.reach.floods import without_doubles
    from vnetsh.reach.joints import Joint
    from vnetsh.reach.tags import UNTAGGED, Tags

    joined = []
    for tunnel, other in said:
        bridge, tags = tunnel.text("bridge"), Tags(isolated=_is_isolated(tunnel))
        joined.append(Joint((tunnel.place, bridge), (other, bridge), "", (tunnel.key,), tags=(tags, tags)))
    tunnels = {tunnel.key: tunnel for tunnel, _ in said}
    for joint, _ in without_doubles([], joined, [UNTAGGED])[1]:
        tunnel = tunnels[joint.made_of[0]]
        yield Diagnostic(
            "E211",
            f"tunnel `{tunnel.name}` closes a loop of tunnels on bridge `{tunnel.text('bridge')}`",
            tunnel.at("name"),
            "a broadcast would go round for ever",
            "leave one tunnel out, put it on a bridge of its own, or say one `mesh` of all these hosts",
        )


def _is_isolated(tunnel: Resource) -> bool:
    """Whether it is, as far as the script says: of a mesh it is, unless that has a hub."""
    said = tunnel.attributes.get("isolated", "yes" if tunnel.get("mesh") else None)
    return bool(said)


def packets_fit_through_tunnels(script: Script) -> Iterator[Diagnostic]:
    """What a tunnel's bridges take fits what their hosts say of the underlay, and is the same at both ends."""
    for segment in script.segments:
        for tunnel in _of_kind(segment.resources, "tunnel"):
            ends = segment.of_name("tunnel", tunnel.name)
            if tunnel is ends[0]:
                path = path_of(tunnel, (_end(script, segment, end) for end in ends))
                found = misfit(path, _span_of_largest(segment, path) or tunnel.at("type", "name"))
                yield from [found] if found else []


def _span_of_largest(segment: Segment, path: Path) -> Span | None:
    """Where the largest MTU of a path was said."""
    end = max(path.ends, key=lambda end: end.mtu or 0)
    there = (bridge for bridge in segment.of_name("bridge", end.bridge) if end.host in ("", bridge.place))
    return next((bridge.at("mtu") for bridge in there if number(bridge.get("mtu")) == end.mtu), None)


def _end(script: Script, segment: Segment, end: Resource) -> End:
    bridge = end.text("bridge")
    said = _said_mtus(segment, bridge, end.place)
    return End(
        end.place, bridge, max(said, default=None), number(script.inventory[end.place].attributes.get("mtu"))
    )


def nics_fit_their_bridges(script: Script) -> Iterator[Diagnostic]:
    """No NIC of a vm has a larger MTU than its bridge; of a vm that may be anywhere, than any of that name."""
    for segment in script.segments:
        for port in _of_kind(segment.resources, "port"):
            mtu = number(port.get("mtu"))
            bridge = port.text("bridge")
            said = _said_mtus(segment, bridge, port.place) if mtu else []
            if mtu and said and mtu > max(said):
                yield too_large_a_nic(port.name, mtu, bridge, max(said), port.at("mtu"))


def an_import_is_of_a_disk(script: Script) -> Iterator[Diagnostic]:
    """A new vm whose image is to be its disk has one."""
    with_disks = {vm.name for vm in script.resources if vm.kind == "vm" and vm.get("disk")}
    for vm in script.resources:
        if vm.kind == "vm" and vm.place and vm.get("import") and vm.name not in with_disks:
            yield Diagnostic(
                "E105",
                f"vm `{vm.name}` has no `disk` that `import` could be about",
                vm.at("import"),
                help="say the image: `disk NAME import`; or leave `import` out",
            )


def bonds_can_be_kept(script: Script) -> Iterator[Diagnostic]:
    """No vm is to be apart from itself, nor from one that it is to be together with."""
    for segment in script.segments:
        together = {
            frozenset({vm.name, other})
            for vm in _of_kind(segment.resources, "vm")
            for other in _names(vm, "together")
        }
        for vm in _of_kind(segment.resources, "vm"):
            for other in _names(vm, "apart"):
                if other == vm.name or frozenset({vm.name, other}) in together:
                    whom = "itself" if other == vm.name else f"`{other}`, and together with it"
                    yield Diagnostic(
                        "E229",
                        f"vm `{vm.name}` is to be apart from {whom}",
                        vm.at("apart"),
                        help="say one of both: `none` clears the other",
                    )


def _names(vm: Resource, attribute: str) -> Sequence[str]:
    said = vm.get(attribute)
    return tuple(map(str, said)) if isinstance(said, tuple) else ()


def _said_mtus(segment: Segment, bridge: str, host: str) -> list[int]:
    """The MTUs that are said of a bridge on a host, or on any."""
    there = (found for found in segment.of_name("bridge", bridge) if host in ("", found.place))
    return [mtu for found in there if (mtu := number(found.get("mtu")))]


def _other_host(segment: Segment, tunnel: Resource) -> str:
    """The host of a tunnel's other end."""
    return next(
        (
            end.place
            for end in segment.of_name("tunnel", tunnel.name)
            if end.place != tunnel.place
        ),
        "",
    )  # fmt: skip


def _of_kind(resources: Iterable[Resource], kind: str) -> Iterator[Resource]:
    return (resource for resource in resources if resource.kind == kind)


def _twice(message: str, span: Span | None) -> Diagnostic:
    return Diagnostic("E210", message, span, help="each needs one of its own")


CHECKS = (
    links_have_names_of_their_own,
    every_host_has_a_loopback,
    addresses_are_single,
    tunnels_are_told_apart,
    tunnels_make_no_loop,
    hosts_can_be_reached,
    tunnels_reach_their_ends,
    subnets_lie_apart,
    nothing_is_used_once_deleted,
    packets_fit_through_tunnels,
    nics_fit_their_bridges,
    an_import_is_of_a_disk,
    disks_make_sense,
    only_disks_are_erased,
    bonds_can_be_kept,
    ways_can_do_what_is_said,
    confirmed_blocks_make_sense,
    backends_are_known,
    backends_can_do_what_is_said,
)


def check(script: Script) -> list[Diagnostic]:
    """All that the core's checks find."""
    return [problem for function in CHECKS for problem in function(script)]
