"""What Linux bridges cost and refuse, on fleets in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vnetsh.backend import Assessment
from vnetsh.errors import BackendRefused
from vnetsh.model import Resource, Value
from vnetsh.model.change import Change, Impact
from vnetsh.model.reboot import SURVIVES
from vnetsh.testing.fleet import add, bridge, change, fleet_of, nic, port, remove, tunnel, vm
from vnetsh_linuxbridge.backend import LinuxBridgeBackend
from vnetsh_linuxbridge.encap import Encap
from vnetsh_linuxbridge.facts import KernelFacts
from vnetsh_linuxbridge.making import links_with

FILTERS: dict[str, Value] = {"vlan-filtering": "yes"}
BR0 = bridge("br0", by="linux", backend="linux", uplink="eth0")
EMPTY = bridge("br1", by="linux", backend="linux")
P0 = port("p0", "br0", by="linux", type="system")
TREE = bridge("br4", by="linux", backend="linux", stp="yes")
VX = tunnel("vx1", "br1", "192.0.2.2", by="linux", type="vxlan", key=42)
FOREIGN = replace(
    tunnel("vx9", "br1", "192.0.2.9", by="linux", type="vxlan", key=8),
    record={"vxlan": {"id": 8, "others": ["df", "ageing"]}},
)


def end(name: str, mesh: str, **attributes: Value) -> Resource:
    """A tunnel of a mesh."""
    said: dict[str, Value] = {"type": "vxlan", "key": 43, "isolated": "yes", **attributes}
    return tunnel(name, "br1", "192.0.2.3", mesh=mesh, **said)


FACTS = KernelFacts(
    kinds={
        "eth0": "",
        "eth1": "",
        "eth2": "",
        "bond0": "bond",
        "eth3": "",
        "br0": "bridge",
        "br1": "bridge",
        "br2": "bridge",
        "free9": "vxlan",
        "far9": "vxlan",
    },
    vnis={"free9": Encap(99), "far9": Encap(98, port=8472)},
    following=("br4",),
    masters={"eth0": "br0", "eth3": "bond0"},
    addresses={"eth2": ("192.0.2.1/24",), "br2": ("192.0.2.9/24",)},
    filtering=("br3", "br6"),
    stacked={"br6": "br6.10"},
    odd={"br3": ("vlan_default_pvid 9",)},
)
FLEET = fleet_of(
    BR0,
    EMPTY,
    P0,
    bridge("br2", by="linux"),
    bridge("br3", by="linux", uplink="eth9"),
    port("p3", "br3", by="linux"),
    bridge("sw0", by="ovs", uplink="eth8"),
    TREE,
    VX,
    FOREIGN,
    vm("web1", by="libvirt"),
    vm("web2", by="libvirt"),
    nic("web1_port1", "br0", "web1", by="libvirt"),
    nic("web2_port1", "br0", "web2", by="libvirt"),
    facts={("kvm1", "linux"): FACTS},
)


def assess(change: Change) -> Assessment:
    return LinuxBridgeBackend().assess(change, FLEET)


def test_adding_costs_nothing() -> None:
    for wanted in (bridge("new", uplink="eth1"), port("eth1", "br0"), port("later0", "br0")):
        assert assess(add(wanted)) == Assessment()


@pytest.mark.parametrize(
    "changed",
    [change(BR0, uplink=None), change(BR0, uplink="eth1"), remove(P0)],
    ids=["no uplink", "uplink", "port"],
)
def test_taking_a_port_out_hits_the_vms(changed: Change) -> None:
    assert assess(changed) == Assessment(Impact.BRIEF, ("web1", "web2"))


def test_a_changed_mtu_is_none_of_the_nics() -> None:
    kept = "NICs of vms keep the MTU that they have"
    assert assess(change(BR0, mtu=1400)) == Assessment(Impact.LIVE, (), kept)
    assert assess(change(EMPTY, mtu=1400)) == Assessment(Impact.LIVE)
    assert assess(change(BR0, mtu=1400, uplink=None)) == Assessment(Impact.BRIEF, ("web1", "web2"), kept)


def test_a_spanning_tree_says_what_joins_later() -> None:
    said = "a port that joins it waits {} s before it forwards anything"
    assert assess(change(BR0, stp="yes")) == Assessment(Impact.LIVE, (), said.format(30))
    both = change(BR0, stp="yes", **{"forward-delay": 2})
    assert assess(both) == Assessment(Impact.LIVE, (), said.format(4))
    assert assess(change(TREE, stp=None)) == Assessment(Impact.LIVE)
    assert (
        assess(change(TREE, **{"forward-delay": 4})).how
        == "the root of its tree decides: say it of that, too"
    )
    assert assess(change(BR0, ageing=0)) == Assessment(Impact.LIVE)


def test_what_changes_of_a_tunnel_is_brief() -> None:
    assert assess(add(end("m", "m"))) == assess(remove(VX)) == Assessment()
    for changed, how in (
        (change(VX, remote="192.0.2.7"), "packets take the new way at once"),
        (change(VX, key=43), "its device is made anew"),
        (change(VX, bridge="br0"), "moved to bridge br0"),
    ):
        assert assess(changed) == Assessment(Impact.BRIEF, (), how)
    isolated = "isolation changed on the port"
    assert assess(change(P0, isolated="yes")) == Assessment(Impact.BRIEF, ("web1", "web2"), isolated)
    assert assess(change(VX, isolated="yes")) == Assessment(Impact.LIVE, (), isolated)


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (tunnel("vx2", "br1", "192.0.2.3", type="vxlan", key=42), "vx1"),
        (tunnel("vx2", "br1", "2001:db8::3", type="vxlan", key=42), ""),
        (tunnel("vx2", "br1", "192.0.2.3", type="vxlan", key=99), "free9"),
        (tunnel("vx2", "br1", "192.0.2.3", type="vxlan", key=98), ""),
        (end("m2", "m", key=42), "vx1"),
        (end("m2", "m"), ""),
        (end("m2", "other"), "m1"),
    ],
)
def test_a_key_is_of_one_device(wanted: Resource, taken: str) -> None:
    changed = add(replace(wanted, backend="linux"))
    after = FLEET.after([changed, add(replace(end("m1", "m"), backend="linux"))])
    problem = LinuxBridgeBackend().foresee(changed, after).problem
    assert (problem is not None) == bool(taken)
    if problem:
        assert problem.code == "E497"
        assert f"the device `{taken}`" in problem.message


def test_without_vms_it_hits_nobody() -> None:
    assert assess(remove(EMPTY)) == Assessment()
    assert assess(change(EMPTY, uplink="eth1")) == Assessment()


@pytest.mark.parametrize(
    ("changed", "code", "message", "help"),
    [
        (add(tunnel("gre1", "br0", "192.0.2.2")), "E315", "kvm1 has no tunnels of gre", "type vxlan key"),
        (add(end("m", "later", type="gre")), "E421", "no mesh of gre", "type vxlan key"),
        (add(tunnel("g1", "new", "192.0.2.2", type="geneve", key=1)), "E421", "no geneve", "of Open vSwitch"),
        (add(tunnel("vx1", "br0", "192.0.2.2", type="vxlan")), "E496", "has no key", "key 42"),
        (change(VX, key=None), "E496", "has no key", "key 42"),
        (add(tunnel("vx1", "br0", "192.0.2.2", type="vxlan", key=2**24)), "E404", "24 bits", "16777215"),
        (add(end("m", "hub", isolated=None)), "E500", "has a hub", "leave `hub` out"),
        (add(end("m", "eth1")), "E424", "`eth1`, which mesh `eth1`", "choose another"),
        (add(end("m", "br1")), "E424", "`br1`, which mesh `br1`", "choose another"),
        (remove(FOREIGN), "E501", "df, ageing", "ip link delete vx9"),
        (change(FOREIGN, key=9), "E501", "df, ageing", "ip link delete vx9"),
        (change(FOREIGN, mesh="m", isolated="yes"), "E501", "df, ageing", "by hand"),
        (
            change(BR0, stp="yes", **{"forward-delay": 1}),
            "E499",
            "its forward delay is 1 s",
            "forward-delay 15",
        ),
        (add(bridge("new", stp="yes", **{"forward-delay": 0})), "E499", "its forward delay is 0 s", "15"),
        (change(TREE, **{"forward-delay": 0}), "E499", "its forward delay is 0 s", "2 to 30"),
        (add(port("p1", "br0", type="internal")), "E422", "no internal ports", "type veth peer name"),
        (change(BR0, **FILTERS), "E532", "the kernel of kvm1 does not filter VLANs", "backend ovs"),
        (add(bridge("new", **FILTERS)), "E532", "bridge `new` cannot", "backend ovs"),
        (add(port("p1", "br0", vlan=1)), "E533", "as its access VLAN", "leave `vlan` out"),
        (add(port("p1", "br0", trunk=(1, 5))), "E533", "cannot have it tagged", "vlan 1"),
        (
            change(replace(P0, record={"vlans": ["5 pvid"]}), vlan=10),
            "E427",
            "says them: 5 pvid",
            "bridge vlan show",
        ),
        (add(bridge("bond0")), "E424", "taken by a bond link", "choose another"),
        (add(bridge("eth1")), "E424", "taken by a NIC", "choose another"),
        (add(bridge("p0")), "E424", "taken by port p0", "choose another"),
        (
            add(bridge("new", uplink="eth2")),
            "E425",
            "192.0.2.1/24",
            "ip address delete 192.0.2.1/24 dev eth2",
        ),
        (change(EMPTY, uplink="eth2"), "E425", "192.0.2.1/24", "dev br1"),
        (add(port("eth2", "br1")), "E425", "192.0.2.1/24", "by hand"),
        (add(bridge("new", uplink="eth0")), "E426", "a port of `br0`", "take it out"),
        (add(bridge("new", uplink="p0")), "E426", "a port of `br0`", "take it out"),
        (add(port("eth8", "br1")), "E426", "a port of `sw0`", "take it out"),
        (add(port("eth3", "br1")), "E426", "a port of `bond0`", "take it out"),
        (add(port("p9", "br3", vlan=10)), "E427", "vlan_default_pvid 9", "take it away first"),
        (remove(bridge("br3")), "E427", "filters VLANs", "by hand"),
        (remove(bridge("br6")), "E427", "the VLAN device br6.10 is on it", "by hand"),
        (remove(port("p3", "br3")), "E427", "filters VLANs", "by hand"),
        (change(bridge("br3", uplink="eth9"), uplink=None), "E427", "filters VLANs", "by hand"),
        (remove(BR0), "E429", "vms web1, web2", "move the vms away"),
    ],
)
def test_refusals(changed: Change, code: str, message: str, help: str) -> None:
    problem = assess(changed).problem
    assert problem
    assert problem.code == code
    assert message in problem.message
    assert help in problem.help


FILTERING = replace(bridge("br5", by="linux", backend="linux", **FILTERS))
P5 = port("p5", "br5", by="linux", vlan=10)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (add(replace(port("p1", "br0", vlan=10), backend="linux")), "bridge `br0` on kvm1 filters no VLANs"),
        (change(P0, trunk=(5, 6, 7)), "port `p0` cannot have 5-7"),
        (change(FILTERING, **{"vlan-filtering": None}), "port `p5` cannot have 10"),
        (change(P5, vlan=11), ""),
        (add(port("p6", "br5", by="linux")), ""),
    ],
)
def test_vlans_are_those_of_a_bridge_that_filters_them(changed: Change, message: str) -> None:
    fleet = fleet_of(BR0, P0, FILTERING, P5, facts={("kvm1", "linux"): FACTS})
    problem = LinuxBridgeBackend().foresee(changed, fleet.after([changed])).problem
    assert (problem.code if problem else "") == ("E423" if message else "")
    assert message in (problem.message if problem else "")


def test_a_bridge_filters_by_the_hosts_kernel_and_leaves_others_vlans_alone() -> None:
    tables = {"p0": ("5 pvid",), "eth0": ("1 pvid untagged", "2-4094")}
    facts = replace(FACTS, abilities=("vlan_filtering",), vlans=tables, masters={"eth0": "br0", "p0": "br0"})
    fleets = [fleet_of(BR0, P0, facts={("kvm1", "linux"): one}) for one in (facts, replace(facts, vlans={}))]
    theirs, free = (LinuxBridgeBackend().assess(change(BR0, **FILTERS), fleet) for fleet in fleets)
    assert theirs.problem
    assert theirs.problem.code == "E427"
    assert "set, and would not be the same by it: VLANs of p0: 5 pvid" in theirs.problem.message
    assert (free.impact, free.problem) == (Impact.BRIEF, None)


def test_what_has_no_field_is_none_of_its_attributes() -> None:
    """The planner refuses these."""
    assert LinuxBridgeBackend().attributes == {
        "bridge": {
            "backend",
            "mtu",
            "uplink",
            "vlan-filtering",
            "stp",
            "priority",
            "forward-delay",
            "ageing",
            SURVIVES,
        },
        "port": {"bridge", "type", "isolated", "static", "vlan", "trunk", SURVIVES},
        "tunnel": {
            "bridge",
            "type",
            "key",
            "remote",
            "local",
            "udp-port",
            "link",
            "isolated",
            "mesh",
            SURVIVES,
        },
    }


def test_a_kind_that_it_does_not_know_is_never_taken_for_a_port() -> None:
    problem = assess(add(vm("web3"))).problem
    assert problem
    assert (problem.code, problem.message) == ("E108", "no backend `linux` makes a vm on kvm1")
    with pytest.raises(BackendRefused, match="a Linux bridge carries no vms"):
        links_with({}, [add(vm("web3"))])
