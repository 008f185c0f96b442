"""The main job, end to end, through the documented command, on the lab's real hosts."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from in_lab import Run, command_of, on

from vnetsh_lab import running
from vnetsh_lab.guest import GuestConsole
from vnetsh_lab.lab import Lab

pytestmark = pytest.mark.lab

LINE = (
    "bridge vswitch02 on kvm1; tunnel gre12 kvm1<->kvm2; "
    "vm cirros01 port vswitch02 name cirros01_port2; migrate cirros01 to kvm2"
)
GIVEN = "vm cirros01 on kvm1 memory 96M disk tiny.qcow2 port vswitch01 name cirros01_port1"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as found:
        yield found


@pytest.fixture(scope="module")
def run(lab: Lab) -> Run:
    return command_of(lab)


def written(lab: Lab, host: str) -> tuple[str, str]:
    """What changes with any write: OVSDB's log, libvirt's definitions."""
    return (
        on(lab, host, "md5sum", "/etc/openvswitch/conf.db"),
        on(lab, host, "find", "/etc/libvirt/qemu", "-name", "*.xml", "-printf", "%p %T@ "),
    )


def test_the_users_line(lab: Lab, run: Run) -> None:
    run("--lab", "-c", GIVEN)
    done = run("--lab", "-c", LINE)
    assert "> vm      cirros01         from kvm1 to kvm2" in done.stdout

    for host, peer in (("kvm1", "10.77.0.2"), ("kvm2", "10.77.0.1")):
        assert "gre12" in on(lab, host, "ovs-vsctl", "list-ports", "vswitch02").split()
        options = on(lab, host, "ovs-vsctl", "get", "Interface", "gre12", "options")
        assert f'remote_ip="{peer}"' in options
        assert on(lab, host, "ovs-vsctl", "get", "Interface", "gre12", "type") == "gre"
        assert int(on(lab, host, "ovs-vsctl", "get", "Interface", "gre12", "ofport")) > 0
    assert on(lab, "kvm2", "virsh", "domstate", "cirros01") == "running"
    assert "cirros01" in on(lab, "kvm2", "virsh", "list", "--all", "--persistent", "--name")
    assert "cirros01" not in on(lab, "kvm1", "virsh", "list", "--all", "--name")
    for way in ("--inactive", None):
        nics = on(lab, "kvm2", "virsh", "domiflist", "cirros01", *([way] if way else []))
        assert "cirros01_port1" in nics
        assert "cirros01_port2" in nics
    assert "cirros01_port2" in on(lab, "kvm2", "ovs-vsctl", "list-ports", "vswitch02")


def test_a_second_run_changes_nothing_and_writes_nothing(lab: Lab, run: Run) -> None:
    before = [written(lab, host) for host in ("kvm1", "kvm2")]
    assert run("--lab", "-c", LINE).stdout == "no changes\n"
    assert [written(lab, host) for host in ("kvm1", "kvm2")] == before


def test_a_migration_is_taken_back_though_its_run_made_no_bridge_of_its_ports(lab: Lab, run: Run) -> None:
    run("--lab", "-c", "bridge lbr9 on kvm1 backend linux")
    run("--lab", "-c", "migrate cirros01 to kvm1; delete bridge lbr9 on kvm1")
    assert "> vm      cirros01         from kvm1 to kvm2" in run("--lab", "undo").stdout
    assert on(lab, "kvm2", "virsh", "domstate", "cirros01") == "running"
    run("--lab", "-c", "delete bridge lbr9 on kvm1")


def test_what_was_made_is_shown(run: Run) -> None:
    (vm,) = json.loads(run("--lab", "show", "vms", "-o", "json").stdout)
    assert (vm["name"], vm["host"], vm["state"], vm["memory"]) == ("cirros01", "kvm2", "running", 96 * 2**20)
    tunnels = json.loads(run("--lab", "show", "tunnels", "-o", "json").stdout)
    assert [(t["host"], t["remote"]) for t in tunnels] == [("kvm1", "10.77.0.2"), ("kvm2", "10.77.0.1")]


def test_an_impossible_port_is_an_error_and_all_is_undone(lab: Lab, run: Run) -> None:
    done = run("--lab", "-c", "bridge b7 on kvm1, kvm2; bridge b7 on kvm2 port nosuch0", code=1)
    assert "nosuch0" in done.stderr
    assert "No such device" in done.stderr
    for host in ("kvm1", "kvm2"):
        assert "b7" not in on(lab, host, "ovs-vsctl", "list-br").split()


def test_an_unreachable_host_is_an_error_and_nothing_is_touched(lab: Lab, run: Run) -> None:
    config = lab.folder / "gone_config"
    config.write_text("Host *\n  ProxyCommand false\n")
    script = f'host kvm9 address 10.77.0.9 ssh-config "{config}"\nbridge b8 on kvm1, kvm9'
    done = run("--lab", "-c", script, code=1)
    assert "kvm9" in done.stderr
    assert "nothing was changed" in done.stderr
    assert "b8" not in on(lab, "kvm1", "ovs-vsctl", "list-br").split()
    planned = run("--lab", "--keep-going", "plan", "-c", script, code=1)
    assert "kvm9 is left out" in planned.stdout
    file = lab.folder / "gone.vnet"
    file.write_text(script)
    assert "kvm9" in run("--lab", "--keep-going", "drift", str(file), code=1).stderr
    file.write_text(f"{script.splitlines()[0]}\nshow bridges")
    shown = run("--lab", "--keep-going", str(file), code=1)
    assert "kvm9" in shown.stderr
    assert "vswitch01" in shown.stdout
    done = run("--lab", "--keep-going", "-c", script, code=1)
    assert "kvm9 is left out" in done.stdout
    assert "b8" in on(lab, "kvm1", "ovs-vsctl", "list-br").split()
    run("--lab", "-c", "delete bridge b8 on kvm1")


def test_a_taken_name_is_an_error(lab: Lab, run: Run) -> None:
    done = run("--lab", "-c", "vm other on kvm1 memory 96M port vswitch01 name cirros01_port1", code=1)
    assert "`cirros01_port1` is taken by vm cirros01 on kvm2" in done.stderr
    assert "other" not in on(lab, "kvm1", "virsh", "list", "--all", "--name")


def test_a_missing_disk_is_an_error_with_what_there_is(run: Run) -> None:
    done = run("--lab", "-c", "vm other on kvm1 disk tinny.qcow2", code=1)
    assert "tinny.qcow2" in done.stderr
    assert "did you mean `tiny.qcow2`?" in done.stderr


def test_a_full_disk_is_an_error_and_nothing_half_made_is_left(lab: Lab, run: Run) -> None:
    images = "/var/lib/libvirt/images"
    fill = (
        f"mkdir /run/small; mount -t tmpfs -o size=17m tmpfs /run/small; cp {images}/tiny.qcow2 /run/small; "
        f"mount --bind /run/small {images}; dd if=/dev/zero of={images}/fill bs=4k; test -s {images}/fill"
    )
    on(lab, "kvm1", "sh", "-c", fill)
    try:
        done = run(
            "--lab", "-c", "bridge b9 on kvm1; vm other on kvm1 memory 96M disk tiny.qcow2 port b9", code=1
        )
        assert "space" in done.stderr
        assert "other" not in on(lab, "kvm1", "virsh", "list", "--all", "--name")
        assert "b9" not in on(lab, "kvm1", "ovs-vsctl", "list-br").split()
        assert sorted(on(lab, "kvm1", "ls", images).split()) == ["fill", "tiny.qcow2"]
    finally:
        on(lab, "kvm1", "sh", "-c", f"umount {images} && umount /run/small && rmdir /run/small")


def test_a_guest_has_its_bridges_mtu(lab: Lab, run: Run) -> None:
    """And a second run has nothing to do; where the vm cannot go with it, it is refused."""
    script = "bridge vswitch03 on kvm1 mtu 1400; vm small on kvm1 memory 96M disk tiny.qcow2 port vswitch03"
    run("--lab", "-c", script)
    with GuestConsole(lab, "small") as guest:
        assert guest.run("cat /sys/class/net/eth0/mtu").strip() == "1400"
    assert on(lab, "kvm1", "ovs-vsctl", "get", "Interface", "vswitch03", "mtu") == "1400"
    assert on(lab, "kvm1", "cat", "/sys/class/net/vswitch03/mtu") == "1400"
    assert run("--lab", "-c", script).stdout == "no changes\n"
    (port,) = [
        p for p in json.loads(run("--lab", "show", "ports", "-o", "json").stdout) if p["vm"] == "small"
    ]
    assert port["mtu"] == 1400
    done = run("--lab", "-c", "bridge vswitch03 on kvm2 mtu 1300; migrate small to kvm2", code=1)
    assert "has an MTU of 1400, bridge `vswitch03` on kvm2 one of 1300" in done.stderr
    run("--lab", "--max-impact", "restart", "-c", "delete vm small; delete bridge vswitch03")


def test_what_does_not_fit_through_a_tunnel_is_refused(lab: Lab, run: Run) -> None:
    before = [written(lab, host) for host in ("kvm1", "kvm2")]
    done = run("--lab", "-c", "bridge vswitch02 on kvm1, kvm2 mtu 1563", code=1)
    assert "do not fit through tunnel `gre12`: it has room for 1562" in done.stderr
    assert [written(lab, host) for host in ("kvm1", "kvm2")] == before


def test_everything_can_be_deleted_again(lab: Lab, run: Run) -> None:
    run("--lab", "--max-impact", "restart", "-c", "delete vm cirros01; delete bridge vswitch02")
    for host in ("kvm1", "kvm2"):
        assert on(lab, host, "ovs-vsctl", "list-br").split() == ["vswitch01"]
        assert on(lab, host, "virsh", "list", "--all", "--name") == ""
