"""What `ofproto/trace` says, as vswitchd 3.1 said it, read."""

from __future__ import annotations

import pytest

from vnetsh_ovs.trace_text import Dropped, Trace

PUSH = (
    "tnl_push(tnl_port(vxlan_sys_4789),header(size=50,type=4,eth(dst=02:77:00:00:00:02,src=02:77:00:00:00:01,"
    "dl_type=0x0800),ipv4(src=10.77.0.1,dst=10.77.0.2,proto=17,tos=0,ttl=64,frag=0x4000),udp(src=0,dst=4789,csum=0x0),"
    "vxlan(flags=0x8000000,vni=0x2a)),out_port(under))"
)


def trace(*lines: str, actions: str, bridge: str = "lan") -> Trace:
    body = "\n".join(lines)
    return Trace(
        f'Flow: icmp,in_port=p1,vlan_tci=0x0000\n\nbridge("{bridge}")\n-------------\n{body}\n\n'
        f"Final flow: unchanged\nMegaflow: recirc_id=0,eth,icmp,in_port=p1\nDatapath actions: {actions}\n"
    )


LEARNED = (" 0. priority 0", "    NORMAL", "     -> forwarding to learned port")


@pytest.mark.parametrize(
    ("actions", "outputs"),
    [
        ("p2", ["p2"]),
        ("drop", ["drop"]),
        ("push_vlan(vid=10,pcp=0),lan,q1", ["push_vlan", "lan", "q1"]),
        (f"clone({PUSH},eth0),q1", ["tnl_push", "eth0", "q1"]),
        ('pop_vlan,"odd-name"', ["pop_vlan", "odd-name"]),
    ],
)
def test_by_which_links_it_leaves(actions: str, outputs: list[str]) -> None:
    found = trace(*LEARNED, actions=actions)
    assert found.outputs() == outputs
    assert found.leaves_by({outputs[-1], "x"})
    assert not found.leaves_by({"vxlan_sys_4789", "x"})


def test_where_a_tunnel_leads() -> None:
    found = trace(*LEARNED, actions=f"push_vlan(vid=10,pcp=0),{PUSH},eth0")
    assert found.leads_to("10.77.0.2")
    assert not found.leads_to("10.77.0.20")
    assert not found.leads_to("10.77.0.1")
    kernel = "set(tunnel(tun_id=0x2a,dst=10.77.0.3,ttl=64,tp_dst=4789,flags(df|key))),vxlan_sys_4789"
    assert trace(*LEARNED, actions=kernel).leads_to("10.77.0.3")
    asked = "     -> neighbor cache miss for 10.77.0.4 on bridge under, sending ARP request"
    assert trace(*LEARNED, asked, actions="drop").leads_to("10.77.0.4")
    assert trace(*LEARNED, actions="tnl_pop(vxlan_sys_4789)").is_unpacked


@pytest.mark.parametrize(
    ("rule", "match"),
    [
        ("dl_dst=e2:b2:b6:1c:13:06, priority 100", "table=0,priority=100,dl_dst=e2:b2:b6:1c:13:06"),
        ("ip,nw_dst=10.0.0.1, priority 7, cookie 0x5", "table=0,priority=7,ip,nw_dst=10.0.0.1"),
        ("arp", "table=0,priority=32768,arp"),
        ("priority 9", "table=0,priority=9"),
    ],
)
def test_a_flow_that_drops_it(rule: str, match: str) -> None:
    [found] = trace(f" 0. {rule}", "    drop", actions="drop").drops()
    assert (found.bridge, found.match, found.by_flow) == ("lan", match, True)


def test_no_flow_at_all_and_a_flow_of_another_bridge() -> None:
    [found] = trace(" 0. No match.", "    drop", actions="drop").drops()
    assert found == Dropped("lan")
    assert not found.by_flow
    below = (
        '    bridge("under")',
        "    ---------------",
        "         0. udp,tp_dst=4789, priority 100",
        "            drop",
    )
    [found] = trace(*LEARNED, *below, actions="drop").drops()
    assert (found.bridge, found.match) == ("under", "table=0,priority=100,udp,tp_dst=4789")


def test_what_is_refused() -> None:
    found = trace(
        *LEARNED,
        "     >> Flow is between protected ports, skipping output.",
        "     >> Flow is between protected ports, skipping output.",
        "     -> OFPPC_NO_FWD set, skipping output",
        actions="drop",
    )
    assert found.refusals() == [
        "Flow is between protected ports, skipping output",
        "OFPPC_NO_FWD set, skipping output",
    ]
    assert found.learned
    assert found.passes_into("lan")
    assert not found.passes_into("inner")
