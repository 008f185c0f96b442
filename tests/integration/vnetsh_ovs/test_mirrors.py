"""Ports that are sent copies of what others carry, on a real host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from in_lab import LabOperator, on

from vnetsh_lab import running
from vnetsh_lab.daemons import start_daemons

pytestmark = pytest.mark.lab

FRAMES = (ROOT / "tests" / "helpers" / "frames.py").read_text()
PORTS = ("a", "also_a", "b", "also_b", "span")
BRIDGE = """
bridge br1 on kvm1 {
    port a type internal vlan 20
    port also_a type internal vlan 20
    port b type internal vlan 10
    port also_b type internal vlan 10
}
"""
SPAN = "bridge br1 on kvm1 port span type internal mirrors {}"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabOperator]:
    with running(hosts=1) as lab:
        found = LabOperator.of(lab, Path(tmp_path_factory.mktemp("mirrors")))
        found.good("-c", BRIDGE + SPAN.format("a"))
        yield found


def reach(operator: LabOperator, port: str) -> set[str]:
    """The ports to which a broadcast from a port comes."""
    operator.on("kvm1", f"for p in {' '.join(PORTS)}; do ip link set dev $p up; done")
    frames = json.dumps([(port, None)])
    said = on(operator.lab, "kvm1", "python3", "-c", FRAMES, ",".join(PORTS), input=frames)
    return set(json.loads(said))


def comes(operator: LabOperator, **wanted: set[str]) -> None:
    """What is sent by a port comes to these."""
    assert {port: reach(operator, port) for port in wanted} == wanted


def mirrors(operator: LabOperator) -> str:
    columns = "name,select_all,select_vlan,select_src_port,select_dst_port,output_port,external_ids"
    return operator.on("kvm1", f"ovs-vsctl --columns={columns} list mirror")


def test_copies_come_of_what_is_said(operator: LabOperator) -> None:
    comes(operator, a={"also_a", "span"}, b={"also_b"})
    comes(operator, also_a={"a", "span"})  # what comes to it is copied as well
    assert reach(operator, "span") == set(), "it carries nothing else"
    operator.good("--yes", "-c", SPAN.format("b, also_b"))
    comes(operator, a={"also_a"}, b={"also_b", "span"})
    operator.good("--yes", "-c", SPAN.format("all"))
    comes(operator, a={"also_a", "span"}, b={"also_b", "span"})
    assert "no changes" in operator.good("-c", SPAN.format("all"))
    assert "port span type internal mirrors all" in operator.good("export", "bridges")
    pid = "$(cat /run/openvswitch/ovs-vswitchd.pid)"
    operator.on("kvm1", f"pid={pid}; kill $pid; while kill -0 $pid; do sleep 0.1; done 2>/dev/null")
    start_daemons(operator.lab.inside("kvm1"))
    operator.good("-c", BRIDGE)
    comes(operator, a={"also_a", "span"}, b={"also_b", "span"})


def test_it_goes_and_comes_back(operator: LabOperator) -> None:
    operator.good("--yes", "-c", SPAN.format("a, b"))
    before = mirrors(operator)
    for sentence in (SPAN.format("none"), "delete port span on kvm1", "delete bridge br1 on kvm1"):
        operator.good("--yes", "-c", sentence)
        assert mirrors(operator) == ""
        operator.good("--yes", "undo")
        assert len(mirrors(operator)) == len(before)
        comes(operator, a={"also_a", "span"}, also_b={"b", "span"})
    said = operator.good("--yes", "-c", "delete port a on kvm1")
    assert "no more copies of a for port span" in said
    operator.good("--yes", "undo")
    comes(operator, a={"also_a", "span"})


def test_those_of_others_stay_theirs(operator: LabOperator) -> None:
    operator.good("--yes", "-c", SPAN.format("none"))
    theirs = "--id=@m create mirror name=theirs output_port=@p select_vlan=10 select_all=true"
    operator.on("kvm1", f"ovs-vsctl --id=@p get port span -- {theirs} -- add bridge br1 mirrors @m")
    assert "unsaid: bridge br1 on kvm1: mirrors" in operator.good("export", "bridges")
    before = mirrors(operator)
    operator.good("--yes", "-c", "delete port span on kvm1")
    operator.good("--yes", "undo")
    assert len(mirrors(operator)) == len(before)


def test_what_no_sentence_says_of_others_is_refused(operator: LabOperator) -> None:
    """Overwritten it would not come back: its `select_all` and VLAN are no attribute's."""
    before = mirrors(operator)
    for sentence in ("a", "all", "none"):
        done = operator("--yes", "-c", SPAN.format(sentence))
        assert done.returncode == 1
        assert "the mirror `theirs`" in done.stderr
    assert mirrors(operator) == before
    operator.on("kvm1", "ovs-vsctl clear mirror theirs select_vlan")
    assert "mirrors all" in operator.good("export", "bridges")
    second = "--id=@m create mirror name=second output_port=@p select_vlan=10 select_all=true"
    operator.on("kvm1", f"ovs-vsctl --id=@p get port span -- {second} -- add bridge br1 mirrors @m")
    assert "sent copies by the mirror" in operator("plan", "-c", SPAN.format("a")).stderr
    assert "`second, theirs` of others" in operator("plan", "-c", SPAN.format("none")).stderr
    operator.on("kvm1", "ovs-vsctl clear bridge br1 mirrors")


def test_it_goes_with_the_last_port_that_it_copies(operator: LabOperator) -> None:
    """Else the port would still carry nothing else, and no sentence would say why."""
    operator.good("--yes", "-c", SPAN.format("a, b"))
    operator.good("--yes", "-c", "delete port a on kvm1; delete port b on kvm1")
    assert mirrors(operator) == ""
    assert "unsaid" not in operator.good("export", "bridges")
    operator.good("--yes", "undo")
    assert mirrors(operator).count("span") == 1
    comes(operator, a={"also_a", "span"}, b={"also_b", "span"})
    operator.good("--yes", "-c", "delete port span on kvm1; delete port a on kvm1")
    operator.good("--yes", "undo")
    comes(operator, a={"also_a", "span"}, b={"also_b", "span"})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (SPAN.format("nosuch"), "bridge `br1` on kvm1 has no port `nosuch`"),
        (
            "bridge br1 on kvm1 port p type patch peer q mirrors a\nbridge br2 on kvm1 port q type patch peer p",
            "type patch",
        ),
        ("vm w on kvm1 port br1 name w_n\n" + SPAN.format("w_n"), "is a vm's NIC"),
    ],
)
def test_what_would_not_be_is_refused(operator: LabOperator, said: str, told: str) -> None:
    done = operator("plan", "-c", said)
    assert done.returncode == 1
    assert "E311" in done.stderr
    assert told in done.stderr
