"""Flows and links on the lab's hosts: what they stop is stopped, and nothing else, and all of it comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from conftest import ROOT
from counting import counted_at, inside
from in_lab import LabOperator, on

from vnetsh_lab import running
from vnetsh_lab.daemons import start_daemons
from vnetsh_ovs.flows import cookie_of

pytestmark = pytest.mark.lab

FRAMES = (ROOT / "tests" / "helpers" / "frames.py").read_text()
NETWORK = """
bridge br5 on kvm1 { port p1 type internal; port q1 type internal vlan 10; port r1 type internal vlan 20 }
bridge br5 on kvm2 port p2 type internal
tunnel gre5 kvm1<->kvm2 on br5 key 5
"""
FLOW = 'flow no_ten on kvm1 bridge br5 priority 200 match "dl_vlan=10, in_port=p1" actions {}'
DUMP = "ovs-ofctl --names --no-stats dump-flows br5"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=2) as lab:
        found = LabOperator.of(lab, Path(tmp_path_factory.mktemp("flows")))
        found.good("-c", NETWORK)
        for host, ports in (("kvm1", "p1 q1 r1"), ("kvm2", "p2")):
            found.on(host, f"for p in {ports}; do ip link set $p up; done")
        yield found


def restart(operator: LabOperator, host: str) -> None:
    pid = "$(cat /run/openvswitch/ovs-vswitchd.pid)"
    operator.on(host, f"pid={pid}; kill $pid; while kill -0 $pid; do sleep 0.1; done 2>/dev/null")
    start_daemons(operator.lab.inside(host))


def sent_tagged(operator: LabOperator) -> Mapping[int, list[str]]:
    """Where frames of VLAN 10 and of VLAN 20 that p1 sends come out."""
    frames = json.dumps([("p1", 10), ("p1", 20)])
    said = on(operator.lab, "kvm1", "python3", "-c", FRAMES, "p1,q1,r1", input=frames)
    return {vlan: sorted(json.loads(line)) for vlan, line in zip((10, 20), said.splitlines(), strict=True)}


def passes(operator: LabOperator, name: str) -> bool:
    """Whether broadcasts of either host come to the other one."""
    with counted_at(operator.lab, name, {"kvm1": "p1", "kvm2": "p2"}) as found:
        senders = [
            inside(operator.lab, host, "send", port, name, "5", "0.2")
            for host, port in (("kvm1", "p1"), ("kvm2", "p2"))
        ]
        assert [sender.wait(20) for sender in senders] == [0, 0]
    heard = {bool(found.by_host[host]) for host in ("kvm1", "kvm2")}
    assert len(heard) == 1, "one way only"
    return heard.pop()


def seen(operator: LabOperator) -> tuple[str, list[str | None]]:
    """The state of the flow, and the links of the tunnel's ends."""
    shown = json.loads(operator.good("-o", "json", "show", "flows", "tunnels"))
    return shown["flows"][0]["state"], [end["link"] for end in shown["tunnels"]]


def test_they_stop_one_kind_of_packet_and_a_tunnel_and_nothing_else(operator: LabOperator) -> None:
    before = operator.on("kvm1", DUMP)
    said = operator.good("--yes", "-c", f"{FLOW.format('drop')}\nlink kvm1<->kvm2 down")
    assert "does not survive a reboot: each start of ovs-vswitchd loses it" in said
    assert (
        said.count("its link goes down") == said.count("each start of ovs-vswitchd brings its link up") == 2
    )
    assert sent_tagged(operator) == {10: [], 20: ["r1"]}
    assert not passes(operator, "down")
    exported = operator.good("export", "tunnels", "flows")
    assert [*filter(None, exported.splitlines())] == [
        "tunnel gre5 kvm1<->kvm2 on br5 type gre key 5 link down",
        'flow no_ten on kvm1 bridge br5 table 0 priority 200 match "dl_vlan=10,in_port=p1" actions drop',
    ]
    assert "no changes" in operator.good("-c", exported)
    why = operator("-c", "why kvm1/p1 -> kvm2/p2").stdout
    assert "its link is down" in why
    assert "to mend it: link kvm1<->kvm2 up on br5" in why
    loop = operator("--yes", "-c", "tunnel gre6 kvm1<->kvm2 on br5 key 6")
    assert "E211" in loop.stderr, "the first one may come up at any time"

    restart(operator, "kvm1")
    restart(operator, "kvm2")
    assert seen(operator) == ("lost", [None, None])
    assert operator.on("kvm1", DUMP) == before
    said = operator.good("--yes", "-c", exported)
    assert "state lost → active" in said
    assert seen(operator) == ("active", ["down", "down"])
    operator.good("--yes", "-c", "link kvm1<->kvm2 up")
    assert passes(operator, "up")
    assert sent_tagged(operator) == {10: [], 20: ["r1"]}

    operator.on("kvm1", f"ovs-ofctl mod-flows br5 cookie={cookie_of('no_ten')}/-1,actions=normal")
    assert seen(operator) == ("changed", [None, None])
    changed = operator.on("kvm1", DUMP)
    operator.good("--yes", "-c", "delete flow no_ten on kvm1")
    assert operator.on("kvm1", DUMP) == before
    operator.good("--yes", "undo")
    assert operator.on("kvm1", DUMP) == changed, "as others had changed it"
    operator.good("--yes", "-c", "delete flow no_ten on kvm1")
    assert "vnetsh-" not in operator.on(
        "kvm1", "ovs-vsctl get bridge br5 external_ids; ovs-vsctl list port gre5"
    )


def test_what_a_switch_would_not_take_is_refused_and_touches_nothing(operator: LabOperator) -> None:
    operator.on("kvm1", "ovs-ofctl add-flow br5 cookie=7,priority=9,tcp,tp_dst=9,actions=drop")
    before = operator.on("kvm1", DUMP)
    said = (
        'match "tpp_dst=9" actions drop',
        'match "tp_dst=9" actions drop',
        'match "arp" actions "foo"',
        'priority 9 match "tp_dst=9,tcp" actions normal',
    )
    script = "".join(f"flow f{number} on kvm1 bridge br5 {one}\n" for number, one in enumerate(said))
    done = operator("--yes", "-c", f"bridge br5 on kvm2 mtu 1300\n{script}")
    assert [done.stderr.count(f"error[E52{code}]") for code in (1, 2)] == [3, 1]
    assert "unknown keyword tpp_dst" in done.stderr
    assert "the switch would leave out `tp_dst=9`" in done.stderr
    done = operator("--yes", "-c", 'flow bad on kvm1 bridge br5 match "in_port=p7" actions drop')
    assert "E524" in done.stderr
    done = operator("--yes", "-c", 'flow bad on kvm1 bridge br5 match "arp" actions "meter:9,normal"')
    assert "OFPMMFC_INVALID_METER" in done.stderr, "only the switch itself can tell"
    assert operator.on("kvm1", DUMP) == before
    assert operator.on("kvm2", "ovs-vsctl get interface br5 mtu_request") == "[]"
    assert "no changes" in operator.good("-c", "delete flow bad on kvm1")


def test_a_flow_comes_and_goes_with_its_bridge(operator: LabOperator) -> None:
    flow = 'flow far on kvm2 bridge br6 match "arp,in_port=s1" actions drop'
    operator.good("-c", f"{flow}\nbridge br6 on kvm2 port s1 type internal")
    dump = DUMP.replace("br5", "br6")
    there = operator.on("kvm2", dump)
    assert "arp,in_port=s1 actions=drop" in there
    named = operator("--yes", "-c", "delete port s1 on kvm2")
    assert "flow `far` names `s1`" in named.stderr
    assert operator.on("kvm2", dump) == there
    operator.good("--yes", "-c", "delete bridge br6 on kvm2")
    operator.good("--yes", "undo")
    assert operator.on("kvm2", dump) == there
    assert "no changes" in operator.good("-c", flow)
