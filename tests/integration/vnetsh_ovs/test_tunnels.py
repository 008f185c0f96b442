"""Tunnels between two real hosts, as they are seen on the wire: outer headers, an IPv6 underlay, ends of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cases import few
from conftest import ROOT
from in_lab import LabOperator

from vnetsh.nouns.mtu import overhead
from vnetsh_lab import running
from vnetsh_lab.daemons import start_daemons

pytestmark = pytest.mark.lab

OUTER = (ROOT / "tests" / "helpers" / "outer_headers.py").read_text()
INNER = {"ttl": 33, "tos": 0x50}
USUAL = {"ttl": 64, "tos": 0, "df": True, "csum": False}
BYTES = {kind: overhead(kind, keyed=True, ipv6=False) for kind in ("gre", "vxlan")} | {"geneve": 50}
"""Geneve's without the one option that OVN sends, which MTUs leave room for."""

OPTIONS = "ovs-vsctl --bare --columns=type,options,ofport find interface name={}"


class Operator(LabOperator):
    """An operator whose hosts file may say at which addresses tunnels end."""

    def say(self, kvm1: str = "", kvm2: str = "") -> None:
        """What the file says more of the hosts."""
        lines = self.lab.layout.hosts_file.read_text().splitlines()
        said = (f"{line} {more}\n" for line, more in zip(lines, (kvm1, kvm2), strict=True))
        (self.folder / "hosts.vnet").write_text("".join(said))

    def pinged(self, seconds: int = 5) -> dict[str, Any]:
        """The outer header of what kvm1 sends to kvm2 through the tunnel, and that it is answered."""
        done = self.lab.exec("kvm1", ["python3", "-c", OUTER, "eth0", "10.9.0.2", str(seconds)])
        said = json.loads(done.stdout)
        assert said["answered"], said
        return said["outer"]


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    with running(hosts=2) as lab:
        folder = Path(tmp_path_factory.mktemp("tunnels"))
        options = ("--hosts", str(folder / "hosts.vnet"))
        found = Operator(folder, options, {"VNETSH_LAB_DIR": str(lab.folder)}, lab=lab)
        found.say()
        found.good("-c", "for i in 1..2 { bridge br5 on kvm$i { port p$i type internal } }")
        for number in (1, 2):
            more = f"fd77::{number}/64 dev vswitch01 nodad", f"10.77.0.10{number}/24 dev vswitch01"
            found.on(f"kvm{number}", "; ".join(f"ip address add {one}" for one in more))
            found.on(
                f"kvm{number}", f"ip link set p{number} up; ip address add 10.9.0.{number}/24 dev p{number}"
            )
        yield found


def plain(kind: str) -> dict[str, object]:
    """What the header of a tunnel with a key has, over IPv4, of which nothing more is said."""
    return {"type": kind, "ip": 4, "from": "10.77.0.1", "to": "10.77.0.2", "bytes": BYTES[kind], **USUAL}


@pytest.mark.parametrize("kind", few(["gre", "vxlan", "geneve"], 0, 2))
def test_the_outer_header_is_as_it_was_said(operator: Operator, kind: str) -> None:
    operator.say()
    done = operator.good("-c", f"tunnel t kvm1<->kvm2 on br5 type {kind} key 7 ttl 9 tos 184 df no csum yes")
    assert "(kvm2 takes no fragments: Open vSwitch runs in userspace there)" in done
    more = {"bytes": BYTES[kind] + 4 * (kind == "gre")}
    assert operator.pinged() == {**plain(kind), **more, "ttl": 9, "tos": 184, "df": False, "csum": True}
    operator.good("-c", "tunnel t kvm1<->kvm2 on br5 ttl inherit tos inherit df none csum none")
    assert operator.pinged() == {**plain(kind), **INNER}
    operator.good("--yes", "--max-impact", "brief", "-c", "delete tunnel t")


def test_it_is_changed_exported_and_undone(operator: Operator) -> None:
    operator.say()
    tunnel = "tunnel t kvm1<->kvm2 on br5 type gre key 7"
    operator.good("-c", tunnel)
    assert operator.pinged() == plain("gre")
    before = operator.on("kvm1", OPTIONS.format("t"))
    said = f"{tunnel} ttl 9 tos 184 df no csum yes"
    assert "live (another outer header from the next packet on" in operator.good("-c", said)
    assert operator.on("kvm1", OPTIONS.format("t")).split()[-1] == before.split()[-1], "the same device"
    assert "no changes" in operator.good("-c", said)
    assert operator.good("export", "tunnels") == f"{said}\n"
    operator.good("--yes", "undo")
    assert operator.on("kvm1", OPTIONS.format("t")) == before
    operator.good("--yes", "--max-impact", "brief", "-c", "delete tunnel t")


@pytest.mark.parametrize(("kind", "column"), [("gre", "ip6gre"), ("vxlan", "vxlan")])
def test_over_ipv6(operator: Operator, kind: str, column: str) -> None:
    """A mesh that is there goes over to IPv6, and back by an undo; what others set on it stays."""
    operator.say()
    mesh = f"mesh m kvm1, kvm2 on br5 type {kind} key 7"
    operator.good("-c", f"{mesh} ttl 20")
    operator.on("kvm1", "ovs-vsctl set interface m_kvm1_kvm2 options:psk=theirs options:ttl=0024")
    before = operator.on("kvm1", OPTIONS.format("m_kvm1_kvm2"))

    operator.say("tunnel-address fd77::1", "tunnel-address FD77:0::2")
    assert "local none → fd77::1" in operator.good("--yes", "--max-impact", "brief", "-c", mesh)
    wire = operator.pinged()
    summed = kind != "gre"  # over IPv6 UDP is
    assert wire == {
        **{"type": kind, "ip": 6, "from": "fd77::1", "to": "fd77::2", "bytes": BYTES[kind] + 20},
        **{"ttl": 24, "tos": 0, "csum": summed},
    }
    now = operator.on("kvm1", OPTIONS.format("m_kvm1_kvm2"))
    assert now.splitlines()[0] == column
    assert {"psk=theirs", "ttl=0024", "local_ip=fd77::1", "remote_ip=fd77::2"} <= {*now.split()}
    assert "no changes" in operator.good("-c", mesh)
    assert "error[E494]" in operator("plan", "-c", f"{mesh} df no").stderr
    assert "error[E495]" in operator("plan", "-c", f"{mesh} encrypted yes").stderr, "userspace"
    pair = f"tunnel u kvm1<->kvm2 on br6 type {kind} csum no"
    assert ("error[E494]" in operator("plan", "-c", pair).stderr) == summed

    pid = "$(cat /run/openvswitch/ovs-vswitchd.pid)"
    operator.on("kvm1", f"pid={pid}; kill $pid; while kill -0 $pid; do sleep 0.1; done 2>/dev/null")
    start_daemons(operator.lab.inside("kvm1"))
    assert operator.pinged() == wire
    operator.good("--yes", "--max-impact", "brief", "undo")
    assert operator.on("kvm1", OPTIONS.format("m_kvm1_kvm2")) == before
    operator.say()
    assert operator.pinged()["ip"] == 4
    operator.good("--yes", "--max-impact", "brief", "-c", "delete mesh m")


def test_an_address_of_a_bridge_as_the_end(operator: Operator) -> None:
    tunnel = "tunnel t kvm1<->kvm2 on br5"
    operator.say("tunnel-address 10.77.0.101", "tunnel-address 10.77.0.102")
    operator.good("-c", tunnel)
    wire = operator.pinged()
    assert (wire["from"], wire["to"]) == ("10.77.0.101", "10.77.0.102")
    assert operator.good("export", "tunnels") == f"{tunnel} type gre\n"

    operator.say("tunnel-address 10.77.0.101")
    elsewhere = "no host of the inventory has the address 10.77.0.102"
    assert elsewhere in operator.good("export", "tunnels")
    plan = operator.good("plan", "-c", tunnel)
    assert "remote 10.77.0.102 → 10.77.0.2" in plan
    assert "local 10.77.0.102 → none" in plan

    operator.say("tunnel-address 10.77.0.99")
    assert "error[E492]: host `kvm1` has no address 10.77.0.99" in operator("plan", "-c", tunnel).stderr
    operator.on("kvm1", "ip link add e1 type veth peer name e2; ip address add 10.77.0.99/32 dev e1")
    refused = "error[E493]: tunnel `t` would not work: 10.77.0.99 of kvm1 is on `e1`"
    assert refused in operator("plan", "-c", tunnel).stderr
    operator.on("kvm1", "ip link del e1")
    assert operator.pinged() == wire
