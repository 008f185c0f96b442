"""What is written to a real ovsdb-server, all of it or nothing, while others write."""

import pytest
from ovs_hosts import OURS, changed, dump, found, inverse, new, removed, written

from vnetsh.backend import ApplyFailed
from vnetsh.testing.fleet import no_progress


def test_a_thousand_ports_are_one_transaction(bare, links):
    bare.vsctl("add-br", "br0", "--", "add-port", "br0", "p700")
    link = links(bare, vswitchd="skip")
    link.observe(no_progress)
    before = written(bare)
    taken = [new("port", f"p{n}", bridge="br0", type="internal") for n in range(1000)]
    with pytest.raises(ApplyFailed, match="p700") as failed:
        link.apply(taken, no_progress)
    assert failed.value.change is taken[700]
    assert (written(bare), bare.vsctl("list-ports", "br0").split()) == (before, ["p700"])
    others = [new("port", f"q{n}", bridge="br0", type="internal") for n in range(1000)]
    link.observe(no_progress)
    bare.vsctl("add-port", "br0", "q600")
    with pytest.raises(ApplyFailed, match="q600"):
        link.apply(others, no_progress)
    bare.vsctl("del-port", "br0", "q600")
    link.apply(others, no_progress)
    assert len(bare.vsctl("list-ports", "br0").split()) == 1001
    link.apply(inverse(others), no_progress)
    assert bare.vsctl("list-ports", "br0").split() == ["p700"]


COMPETITORS = {
    "the port has another vlan": (
        lambda link: changed(link, "port", "p1", vlan=20),
        ("set", "port", "p1", "tag=30"),
        "vlan of port p1 is 30 by now, not 10",
    ),
    "the port is gone": (
        lambda link: changed(link, "port", "p1", vlan=20),
        ("del-port", "p1"),
        "port p1 is gone",
    ),
    "the bridge is gone": (
        lambda link: new("port", "p2", bridge="br0", type="internal"),
        ("del-br", "br0"),
        "there is no bridge br0",
    ),
    "the name is taken": (
        lambda link: new("port", "p2", bridge="br0", type="internal"),
        ("add-port", "br1", "p2"),
        "the name p2 is taken on this host: by a port of bridge br1",
    ),
    "the name is a bond's device": (
        lambda link: new("port", "eth8", bridge="br0"),
        ("add-bond", "br1", "bond0", "eth8", "eth9"),
        "constraint violation.*eth8",
    ),
    "the port has moved": (
        lambda link: removed(link, "port", "p1"),
        ("del-port", "p1", "--", "add-port", "br1", "p1"),
        "p1 is a port of bridge br1 by now",
    ),
    "the tunnel leads elsewhere": (
        lambda link: changed(link, "tunnel", "gre12", key=6),
        ("set", "interface", "gre12", "options:key=7"),
        "key of tunnel gre12 is 7 by now, not 5",
    ),
    "the uplink is another": (
        lambda link: changed(link, "bridge", "br0", uplink="eth2"),
        ("del-port", "eth1"),
        "the uplink of bridge br0 is none by now, not eth1",
    ),
    "the MTU is another": (
        lambda link: changed(link, "bridge", "br2", mtu=1400),
        ("set", "interface", "br2", "mtu_request=1300"),
        "the MTU of bridge br2 is 1300 by now, not 1450",
    ),
    "the bridge has got a port": (
        lambda link: removed(link, "bridge", "br1"),
        ("add-port", "br1", "eth9"),
        "bridge br1 has got ports meanwhile: eth9",
    ),
}


@pytest.mark.parametrize("case", COMPETITORS)
def test_a_competing_writer_wins_and_is_named(bare, links, case):
    make, commands, words = COMPETITORS[case]
    link = links(bare)
    link.apply(OURS, no_progress)
    also = new("bridge", "br9")  # of the same call: all or nothing
    change = make(link)
    bare.vsctl(*commands)
    before = dump(bare)
    with pytest.raises(ApplyFailed, match=words) as caught:
        link.apply([also, change], no_progress)
    assert caught.value.change in (change, None)
    assert caught.value.done == ()
    assert caught.value.help
    assert dump(bare) == before


def test_what_others_change_elsewhere_does_no_harm(bare, links):
    link = links(bare)
    link.apply(OURS, no_progress)
    change = removed(link, "bridge", "br1")
    also = changed(link, "tunnel", "gre12", key=6)
    bare.vsctl("add-port", "br0", "eth9", "--", "set", "interface", "gre12", "options:tos=inherit")
    link.apply([also, change], no_progress)
    assert found(link, "port", "eth9")
    assert found(link, "tunnel", "gre12").get("key") == 6
    assert bare.vsctl("get", "interface", "gre12", "options:tos").strip() == "inherit"
