"""What a script may do on real hosts depends on all that the fleet holds; three hosts, as others set them up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from in_lab import Run, command_of, on

from vnetsh.diagnostics import Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

NAMES = ("Home Assistant", "Büro + (1) @x", "a;b")
STORM = "a broadcast would go round for ever"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=3) as lab:
        yield lab


@pytest.fixture
def vnetsh(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    run = command_of(lab)
    return lambda *arguments, code=0: run("--lab", *arguments, code=code)


@pytest.fixture(scope="module")
def fleet(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Bridge `b` on all hosts in a chain of tunnels, an island `i` on each; vms that run on kvm1 and kvm2."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        run = command_of(lab)
        run(
            "--lab",
            "-c",
            "bridge b on kvm1, kvm2, kvm3; bridge i on kvm1, kvm2; tunnel t12 kvm1<->kvm2 on b\n"
            "tunnel t23 kvm2<->kvm3 on b; for v in a, c { vm $v on kvm1 memory 96M port b port i }\n"
            "vm d on kvm2 memory 96M port b mac 52:54:00:00:31:01",
        )


@pytest.fixture(scope="module")
def planned(lab: Lab, fleet: None) -> Iterator[Callable[[str], str]]:
    """What a script's plan says, or why there is none; in this process, for there are many of them."""
    with Session(load_plugins(), lab.hosts()) as session:

        def planned(script: str) -> str:
            try:
                plan = session.prepare(Source("<test>", script)).plan
            except PlanRefused as refused:
                return "; ".join(f"{p.code} {p.message}: {p.label}" for p in refused.problems)
            return "; ".join([f"impact: {plan.impact}", *(change.how for change in plan.changes)])

        yield planned


def define(lab: Lab, host: str, name: str) -> None:
    xml = f"<domain type='qemu'><name>{name}</name><memory>98304</memory><os><type>hvm</type></os></domain>"
    on(lab, host, "sh", "-c", "cat >/tmp/d.xml; virsh -q define /tmp/d.xml", input=xml)


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("tunnel x kvm1<->kvm2 on b key 7", STORM),
        ("tunnel x kvm1<->kvm3 on b type vxlan key 7", STORM),
        ("tunnel x kvm1<->kvm2 on vswitch01 key 7", STORM),
        ("tunnel x kvm1<->kvm2 on i", "E209"),
        ("vm n on kvm3 port b mac 52:54:00:00:31:01", "E210"),
        ("vm a port b name a_port1 mac 52:54:00:00:31:01", "E210"),
        ("bridge u on kvm3 uplink eth7", "E222"),
        ("bridge u on kvm1 uplink t12", "E203"),
        ("bridge u on kvm1 uplink a_port1", "is a port of `b` already"),
    ],
)
def test_what_the_fleet_holds_counts(planned: Callable[[str], str], script: str, says: str) -> None:
    assert says in planned(script)


@pytest.mark.usefixtures("fleet")
def test_patch_ports_lead_round_as_well(lab: Lab, planned: Callable[[str], str]) -> None:
    for host in ("kvm1", "kvm2"):
        for bridge, port, peer in (("b", "pb", "pi"), ("i", "pi", "pb")):
            on(lab, host, *["ovs-vsctl", "--may-exist", "add-port"], bridge, port, "--", "set", "interface", port,
               "type=patch", f"options:peer={peer}")  # fmt: skip
    try:
        assert "the patch ports pb and pi of kvm1" in planned("tunnel x kvm1<->kvm2 on i key 7")
    finally:
        for host in ("kvm1", "kvm2"):
            on(lab, host, *["ovs-vsctl", "del-port", "pb", "--", "del-port", "pi"])
    assert "impact: none" in planned("tunnel x kvm1<->kvm2 on i key 7")


@pytest.mark.usefixtures("fleet")
def test_veth_pairs_lead_round_as_well(lab: Lab, planned: Callable[[str], str]) -> None:
    for host in ("kvm1", "kvm2"):
        pair = "ip link add ve1 type veth peer name ve2 && ovs-vsctl add-port b ve1 -- add-port i ve2"
        on(lab, host, "sh", "-c", pair)
    try:
        assert "the veth pair ve1 and ve2 of kvm1" in planned("tunnel x kvm1<->kvm2 on i key 7")
    finally:
        for host in ("kvm1", "kvm2"):
            on(lab, host, "sh", "-c", "ovs-vsctl del-port ve1 -- del-port ve2; ip link del ve1")
    assert "impact: none" in planned("tunnel x kvm1<->kvm2 on i key 7")


@pytest.mark.usefixtures("fleet")
def test_the_vlans_of_a_tunnels_port_count(lab: Lab, planned: Callable[[str], str]) -> None:
    assert "cuts a and c off from d" in planned("delete tunnel t12")
    on(lab, "kvm1", *["ovs-vsctl", "set", "port", "t12", "tag=7"])
    try:
        assert "impact: none" in planned("delete tunnel t12")
        assert "loses c" in planned("migrate a to kvm2")
    finally:
        on(lab, "kvm1", *["ovs-vsctl", "clear", "port", "t12", "tag"])


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("delete tunnel t23", "impact: none"),
        ("delete tunnel t12", "cuts a and c off from d"),
        ("vm a port b name a_port1 vlan 9", "a loses d"),
        ("migrate a to kvm3", "E442"),
        ("migrate a to kvm2", "impact: live"),
        ("delete tunnel t12; migrate a to kvm2", "a loses c"),
    ],
)
def test_impact_says_who_is_cut_off(planned: Callable[[str], str], script: str, says: str) -> None:
    assert says in planned(script)


@pytest.mark.usefixtures("fleet")
def test_a_loss_is_not_risked_unasked(vnetsh: Run) -> None:
    assert "at most `live` is allowed" in vnetsh("-c", "delete tunnel t12", code=1).stderr
    assert "cuts a and c off from d" in vnetsh("--max-impact", "brief", "-c", "delete tunnel t12").stdout
    vnetsh("undo")
    assert "no changes" in vnetsh("plan", "-c", "tunnel t12 kvm1<->kvm2 on b").stdout


@pytest.mark.usefixtures("fleet")
def test_names_as_others_gave_them(lab: Lab, vnetsh: Run, tmp_path: Path) -> None:
    for name in NAMES:
        define(lab, "kvm3", name)
    on(
        lab,
        "kvm3",
        *["ovs-vsctl", "add-br", "br(1)@x", "--", "set", "bridge", "br(1)@x", "datapath_type=netdev"],
    )
    try:
        script = tmp_path / "all.vnet"
        script.write_text(vnetsh("export").stdout)
        assert 'bridge "br(1)@x" on kvm3' in script.read_text()
        assert "no changes" in vnetsh("plan", str(script)).stdout
        vnetsh("fmt", "--check", str(script))
        vnetsh("-c", "\n".join(f'vm "{name}" memory 64M port "br(1)@x"; start "{name}"' for name in NAMES))
        for name in NAMES:
            assert on(lab, "kvm3", "virsh", "domstate", name) == "running"
        assert (
            "has no bridge `br(1)@x`" in vnetsh("plan", "-c", f'migrate "{NAMES[0]}" to kvm1', code=1).stderr
        )
    finally:
        for name in NAMES:
            on(lab, "kvm3", "sh", "-c", 'virsh -q destroy "$1"; virsh -q undefine "$1"', "sh", name)
        vnetsh("--yes", "-c", 'delete bridge "br(1)@x"')


@pytest.mark.usefixtures("fleet")
def test_twins(lab: Lab, vnetsh: Run) -> None:
    for host in ("kvm1", "kvm3"):
        define(lab, host, "twin")
    try:
        assert "`start twin on kvm1`" in vnetsh("plan", "-c", "start twin", code=1).stderr
        vnetsh("-c", "vm twin on kvm3 memory 64M; start twin on kvm3")
        assert on(lab, "kvm3", "virsh", "domstate", "twin") == "running"
        assert on(lab, "kvm1", "virsh", "domstate", "twin") == "shut off"
        exported = vnetsh("export", "vms").stdout
        assert "vm twin on kvm1" in exported
        assert "`kvm1` has a vm of that name too" in exported
        vnetsh("--yes", "-c", "delete vm twin on kvm1")
        assert "twin" not in on(lab, "kvm1", "virsh", "list", "--all", "--name")
        assert "twin" in on(lab, "kvm3", "virsh", "list", "--all", "--name")
        vnetsh("undo")
        assert on(lab, "kvm1", "virsh", "domstate", "twin") == "shut off"
    finally:
        for host in ("kvm1", "kvm3"):
            on(lab, host, "sh", "-c", "virsh -q destroy twin; virsh -q undefine twin; true")


@pytest.mark.usefixtures("fleet")
def test_drift_says_what_differs(lab: Lab, vnetsh: Run) -> None:
    on(lab, "kvm1", *["ovs-vsctl", "set", "interface", "t12", "options:key=5"])
    try:
        said = vnetsh("drift", "-c", "tunnel t12 kvm1<->kvm2; bridge b on kvm1 backend linux", code=3).stdout
        assert "backend is ovs, said linux" in said
        script = "tunnel t12 kvm1<->kvm2 on b type vxlan key 9; vm a port gone name a_port1"
        said = vnetsh("drift", "-c", script, code=3)
        for words in (
            "type is gre, said vxlan",
            "key is 5, said 9",
            "bridge is b, said gone",
            "no bridge `gone`",
        ):
            assert words in said.stdout
    finally:
        on(lab, "kvm1", *["ovs-vsctl", "remove", "interface", "t12", "options", "key"])


@pytest.mark.usefixtures("fleet")
def test_a_host_that_is_off_and_not_needed(vnetsh: Run, tmp_path: Path) -> None:
    config = tmp_path / "ssh_config"
    config.write_text("Host *\n    ProxyCommand false\n")
    off = f"host off address 10.77.0.99 ssh off ssh-config {config}\n"
    done = vnetsh("plan", "-c", off + "tunnel y kvm1<->kvm2 on i key 8; vm a memory 64M")
    assert "what off holds was not checked" in done.stderr
    assert "tunnel  y" in done.stdout
    vnetsh("plan", "-c", off + "vm new on kvm1", code=1)
