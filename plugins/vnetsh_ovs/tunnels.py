"""What a tunnel's datapath would not do, and nobody would be told. Pure."""

from __future__ import annotations

from collections.abc import Callable

from vnetsh.model import Change, Fleet, Resource
from vnetsh.reach.addresses import address_of, plain_address
from vnetsh_ovs.attributes import is_asked
from vnetsh_ovs.observing import BACKEND, facts_of
from vnetsh_ovs.rows import bridge_row

Problem = tuple[str, str, str, str]
"""Code, message, label, help."""

_USERSPACE = "netdev"
_BY_UDP = ("vxlan", "geneve")


def problem_of_tunnel(change: Change, fleet: Fleet) -> Problem | None:
    """What speaks against a new tunnel, or other values of one."""
    switched = _problem(change, fleet, _not_switched, {"link"})
    summed = switched or _problem(change, fleet, _always_summed, {"csum", "remote", "type"})
    return summed or _problem(change, fleet, _in_the_clear, {"encrypted", "bridge", "remote-name"})


def problem_foreseen(change: Change, after: Fleet) -> Problem | None:
    """The same, by the fleet after its stage: a bridge made with the tunnel may be the one that has its address."""
    return _problem(change, after, _ends_nowhere, {"local", "bridge"})


def _problem(
    change: Change, fleet: Fleet, speaks_against: Callable[[Resource, Fleet], Problem | None], of: set[str]
) -> Problem | None:
    after = change.after
    if after is None or after.kind != "tunnel" or change.undo or of.isdisjoint(change.differing()):
        return None
    return speaks_against(after, fleet)


def _not_switched(tunnel: Resource, fleet: Fleet) -> Problem | None:
    """A link is taken down by ovs-ofctl on the host itself."""
    if tunnel.get("link") is None or is_asked(fleet.hosts[tunnel.place]):
        return None
    return (
        "E525",
        f"the link of tunnel `{tunnel.name}` cannot be taken down: of {tunnel.place} the database is reached, and no "
        "vswitchd beside it",
        "no link",
        "say the host without `ovsdb` and `vswitchd`",
    )


def _always_summed(tunnel: Resource, fleet: Fleet) -> Problem | None:
    """In userspace UDP goes over IPv6 with checksums, whatever is said (as RFC 8200, 8.1 wants it)."""
    if tunnel.get("csum") != "no" or ":" not in tunnel.text("remote") or tunnel.text("type") not in _BY_UDP:
        return None
    if not _in_userspace(fleet, tunnel.place, tunnel.text("bridge")):
        return None
    return (
        "E494",
        f"`csum no` of tunnel `{tunnel.name}` would change nothing: over IPv6 Open vSwitch in userspace always sends "
        "UDP with checksums",
        "not over IPv6",
        "leave it out, or say `csum none` where the tunnel has it",
    )


def _in_the_clear(tunnel: Resource, fleet: Fleet) -> Problem | None:
    """The kernel encrypts, by its policies for packets to a host's address and to the usual port."""
    why, help = "", ""
    if not tunnel.get("encrypted"):
        return None
    if not is_asked(fleet.hosts[tunnel.place]):
        why = "its database is reached, and nobody beside it who could tell"
        help = "say the host without `ovsdb` and `vswitchd`"
    elif _in_userspace(fleet, tunnel.place, tunnel.text("bridge")):
        why = "Open vSwitch runs in userspace there, and IPsec is the kernel's"
        help = "have a bridge with the kernel's datapath carry it: `host NAME datapath system`"
    elif port := tunnel.text("udp-port"):
        why = f"it sends to port {port}, and Open vSwitch's daemon for that knows the usual one only"
        help = "`ovs-vsctl remove interface NAME options dst_port` on both hosts"
    if not why:
        return None
    return (
        "E495",
        f"tunnel `{tunnel.name}` would not be encrypted on {tunnel.place}: {why}",
        "in the clear",
        help,
    )


def _ends_nowhere(tunnel: Resource, fleet: Fleet) -> Problem | None:
    """In userspace tunnels end at addresses of the switch's own devices; the kernel has them at any."""
    host = tunnel.place
    facts = facts_of(fleet, host)
    if not facts.whole or not _in_userspace(fleet, host, tunnel.text("bridge")):
        return None
    end = plain_address(tunnel.text("local") or fleet.hosts[host].tunnel_address)
    links = [link for link, texts in facts.addresses.items() if end in map(address_of, texts)]
    if not links or any(_is_switchs(fleet, host, link) for link in links):
        return None
    return (
        "E493",
        f"tunnel `{tunnel.name}` would not work: {end} of {host} is on `{links[0]}`, and Open vSwitch in userspace "
        "sends tunnels by its own bridges alone",
        "no bridge's address",
        f"have a bridge carry that address, `bridge NAME on {host} uplink NIC` moves it there; or say one that a "
        f"bridge carries: `host {host} tunnel-address …`",
    )


def said_of_tunnel(change: Change, fleet: Fleet) -> str:
    """What a plan says of a tunnel whose link is taken down, or whose packets may be cut and lost at the other end."""
    after = change.after
    if after and after.get("link") and "link" in change.differing():
        return "its link goes down"
    if after is None or after.get("df") != "no" or "df" not in change.differing():
        return ""
    remote = after.text("remote")
    far = next((host.name for host in fleet.hosts.values() if remote in host.addresses), "")
    end = fleet.get("tunnel", far, after.name)
    if not far or not _in_userspace(fleet, far, (end or after).text("bridge")):
        return ""
    return f"{far} takes no fragments: Open vSwitch runs in userspace there"


def _is_switchs(fleet: Fleet, host: str, link: str) -> bool:
    port = fleet.get("port", host, link)
    name = port.text("bridge") if port and port.get("type") == "internal" else link
    return fleet.get("bridge", host, name) is not None and _in_userspace(fleet, host, name)


def _in_userspace(fleet: Fleet, host: str, name: str) -> bool:
    """Whether a bridge's datapath is in userspace; of one that is about to be made, whether it will be."""
    bridge = fleet.get("bridge", host, name)
    if bridge and bridge.backend not in ("", BACKEND):
        return False
    if bridge and bridge.get("parent"):
        return _in_userspace(fleet, host, bridge.text("parent"))
    row = bridge_row(bridge, name)
    datapath = row.get("datapath_type") if row else fleet.hosts[host].text("datapath")
    return datapath == _USERSPACE
