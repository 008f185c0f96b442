"""The `ovs-vsctl` calls of `--explain`, run on real databases: the same rows come out as by vnetsh itself."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from byhand_running import left, make_by_hand, type_in
from conftest import apply

from vnetsh import journal
from vnetsh.backend import HostCommand
from vnetsh.model import Host
from vnetsh.registry import Plugins
from vnetsh.session import Session
from vnetsh.testing.scratch_ovs import ScratchOvs, scratch_ovs

STEPS = (
    """bridge br0 on kvm1 uplink nic0 port p0 type internal vlan 10 port p1
bridge br1 on kvm1
bridge br4 on kvm1 mtu 1400
tunnel gre12 kvm1<->kvm2 on br1
tunnel vx kvm1<->kvm2 on br2 type vxlan key 42 ttl 9 tos inherit csum yes""",
    """bridge br0 on kvm1 uplink nic1 port p0 vlan 11
bridge br1 on kvm1 port p2
bridge br4 on kvm1 mtu none
bridge br2 on kvm2 mtu 1400
tunnel gre12 kvm1<->kvm2 on br3 type geneve key 7
tunnel vx kvm1<->kvm2 on br1 key none ttl none tos 8""",
    "bridge br0 on kvm1 uplink p1 port p0 vlan none",
    """bridge br0 on kvm1 uplink none
delete port p2
delete tunnel vx""",
    "delete bridge br0; delete bridge br1 on kvm1; delete bridge br3; delete bridge br4",
)
COLUMNS = {
    "Bridge": "name,external_ids,datapath_type,other_config",
    "Port": "name,external_ids,tag,trunks,other_config",
    "Interface": "name,type,options,external_ids,mtu_request",
}


class Fleet:
    """Two hosts, each with a database of its own."""

    def __init__(self, stack: ExitStack, plugins: Plugins, vswitchd: bool, datapath: str) -> None:
        self.databases: dict[str, ScratchOvs] = {}
        hosts = {}
        for number, name in enumerate(("kvm1", "kvm2"), 1):
            ovs = stack.enter_context(scratch_ovs(vswitchd=vswitchd))
            said = {"mtu": 1500, "vswitchd": "wait" if vswitchd else "skip", "datapath": datapath}
            hosts[name] = Host(
                name, f"fd00::{number}", attributes={"local": True, **said, **ovs.host_attributes}
            )
            self.databases[name] = ovs
        self.session = stack.enter_context(Session(plugins, hosts))

    def rows(self) -> list[object]:
        """All that was made, without UUIDs."""
        found: list[object] = []
        for ovs in self.databases.values():
            for table, columns in COLUMNS.items():
                listed = json.loads(ovs.vsctl("--format=json", f"--columns={columns}", "list", table))
                found.append(sorted(listed["data"], key=str))
            for bridge in ovs.vsctl("list-br").split():
                found.append((bridge, sorted(ovs.vsctl("list-ports", bridge).split())))
        return found


def run(host: str, command: HostCommand) -> None:
    """As a person would: through a shell."""
    done = subprocess.run(["sh", "-c", str(command)], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, (str(command), done.stderr)
    assert not done.stderr


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("datapath", ["system", "netdev"])
def test_the_same_rows_come_out(stack: ExitStack, plugins: Plugins, datapath: str) -> None:
    typed, made = (Fleet(stack, plugins, False, datapath) for _ in range(2))
    for step in STEPS:
        make_by_hand(typed.session, step, run)
        assert not left(typed.session, step)
        apply(made.session, step)
        assert typed.rows() == made.rows()


def test_a_switch_follows(stack: ExitStack, plugins: Plugins) -> None:
    fleet = Fleet(stack, plugins, True, "netdev")
    make_by_hand(fleet.session, STEPS[0], run)
    assert not left(fleet.session, STEPS[0])
    ovs = fleet.databases["kvm1"]
    names = [name for bridge in ("br0", "br1", "br2") for name in ovs.vsctl("list-ports", bridge).split()]
    assert sorted(names) == ["gre12", "nic0", "p0", "p1", "vx"]
    assert all(int(ovs.vsctl("get", "interface", name, "ofport")) > 0 for name in names)


def test_what_others_made_is_adopted(stack: ExitStack, plugins: Plugins) -> None:
    typed, made = (Fleet(stack, plugins, False, "system") for _ in range(2))
    for fleet in (typed, made):
        fleet.databases["kvm1"].vsctl("add-br", "br0", "--", "add-port", "br0", "p0", "tag=7")
    for kind, name, owner in (("bridge", "br0", ""), ("port", "p0", "lab.vnet"), ("bridge", "br0", "net")):
        type_in(typed.session, typed.session.adopt(kind, name, owner), run)
        assert made.session.apply(made.session.adopt(kind, name, owner)).ok
        assert typed.rows() == made.rows()


def test_a_run_is_taken_back(stack: ExitStack, plugins: Plugins) -> None:
    fleet = Fleet(stack, plugins, False, "netdev")
    empty = fleet.rows()
    apply(fleet.session, STEPS[0])
    whole = fleet.rows()
    apply(fleet.session, "delete port p0; bridge br0 on kvm1 uplink p1; delete tunnel vx")
    for rows in (whole, empty):
        run_before = next(run for run in journal.runs(fleet.session.runs) if not run.taken_back_by)
        type_in(fleet.session, fleet.session.take_back(run_before), run)
        run_before.note({"taken back by": run_before.number})
        assert fleet.rows() == rows
