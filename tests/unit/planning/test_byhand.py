"""The commands that `--explain` prints: of each backend from data, and how they are shown."""

from __future__ import annotations

import io
import json
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace

import pytest
from conftest import Run

from vnetsh.backend import HostCommand
from vnetsh.interface import render, render_json
from vnetsh.model import Fleet, Host, Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.planning.by_hand import by_hand
from vnetsh.planning.plan import Plan, PlannedSegment
from vnetsh.schema import Vocabulary
from vnetsh.script.script import Segment
from vnetsh.testing.fleet import add, bridge, change, nic, port, remove, tunnel, vm
from vnetsh_libvirt.backend import LibvirtBackend
from vnetsh_libvirt.facts import ImageFile, LibvirtFacts
from vnetsh_linuxbridge.backend import LinuxBridgeBackend
from vnetsh_linuxbridge.facts import KernelFacts
from vnetsh_ovs.backend import OvsBackend
from vnetsh_ovs.observing import OvsFacts

BACKENDS = {"ovs": OvsBackend(), "linux": LinuxBridgeBackend(), "libvirt": LibvirtBackend()}
PLAIN = render.Style(io.StringIO())
ADDRESSES = {"eth0": ["192.0.2.1/24"], "br1": ["198.51.100.1/24", "2001:db8::1/64"]}
LINKS = {"eth0": "", "eth1": "", "lbr0": "bridge", "web_p1": "tun"}
FACTS = {
    ("kvm1", "ovs"): OvsFacts(addresses=ADDRESSES),
    ("kvm1", "linux"): KernelFacts(kinds=LINKS, masters={"eth1": "lbr0", "web_p1": "lbr0"}),
    ("kvm1", "libvirt"): LibvirtFacts(folder="/images", images={}),
    ("kvm2", "libvirt"): LibvirtFacts(folder="/images", images={"shared.qcow2": ImageFile(0, 0)}),
}


def fleet(*there: Resource, **said: str) -> Fleet:
    hosts = {
        "kvm1": Host("kvm1", "192.0.2.1", attributes={"domain-type": "qemu", **said}),
        "kvm2": Host("kvm2", "2001:db8::2"),
    }
    return Fleet(hosts, {resource.key: resource for resource in there}, FACTS)


def planned(before: Fleet, *changes: Change) -> Sequence[Sequence[HostCommand]]:
    plan = Plan((PlannedSegment(Segment(), (changes,)),), before.hosts)
    return by_hand(plan, before, BACKENDS)


def lines(before: Fleet, *changes: Change) -> list[str]:
    return [str(command) for commands in planned(before, *changes) for command in commands]


def moved(resource: Resource) -> Change:
    return Change(ActionKind.MOVE, resource, replace(resource, place="kvm2"))


# Open vSwitch: what the databases do not try (tests/integration/by_hand/test_byhand_ovs.py)

BR0 = bridge("br0", by="ovs", uplink="eth1")
TUN = tunnel("gre12", "br0", "192.0.2.2", by="ovs", key=5)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, "ovs-vsctl del-port br0 gre12"),
        ({"ovsdb": "unix:/run/openvswitch/db.sock"}, "ovs-vsctl del-port br0 gre12"),
        ({"ovsdb": "unix:/srv/a b.sock"}, "ovs-vsctl '--db=unix:/srv/a b.sock' del-port br0 gre12"),
        ({"ovsdb": "ssl:192.0.2.1:6640"}, "ovs-vsctl del-port br0 gre12"),
        ({"vswitchd": "skip"}, "ovs-vsctl --no-wait del-port br0 gre12"),
    ],
)
def test_where_the_database_is(said: dict[str, str], expected: str) -> None:
    assert lines(fleet(BR0, TUN, **said), remove(TUN)) == [expected]


def test_the_hosts_own_addresses_go_with_an_uplink_and_that_is_warned_of() -> None:
    first, *rest = lines(fleet(), add(bridge("br0", by="ovs", uplink="eth0")))
    assert "add-port br0 eth0" in first
    assert "# from the host's console only" in first
    assert rest == [
        "ip address delete 192.0.2.1/24 dev eth0",
        "ip address add 192.0.2.1/24 dev br0",
        "ip link set dev br0 up",
    ]


def test_addresses_go_back_before_the_nic_is_let_go() -> None:
    br1 = bridge("br1", by="ovs", uplink="eth1")
    *moving, last = lines(fleet(br1), change(br1, uplink=None))
    assert [line for line in moving if " add " in line] == [
        "ip address add 198.51.100.1/24 dev eth1",
        "ip address add 2001:db8::1/64 dev eth1",
    ]
    assert last.startswith("ovs-vsctl del-port br1 eth1  # from the host's console only")


def test_what_is_there_already_needs_nothing() -> None:
    assert lines(fleet(BR0, TUN), add(TUN), remove(bridge("br9", by="ovs"))) == []


# Linux bridges

LBR0 = replace(bridge("lbr0", by="linux"), record={"alias": "", "up": True, "flags": {}})
ETH1 = port("eth1", "lbr0", by="linux", type="system")
ETH1 = replace(ETH1, record={"alias": "rack 7 vnetsh was-down", "up": True, "flags": {"isolated": True}})


def test_a_port_becomes_what_it_was() -> None:
    assert lines(fleet(LBR0, ETH1), remove(ETH1)) == ["ip link set dev eth1 nomaster alias 'rack 7' down"]


def test_a_bridge_goes_after_its_ports() -> None:
    assert lines(fleet(LBR0, ETH1), remove(ETH1), remove(LBR0))[-1] == "ip link delete dev lbr0"
    assert len(lines(fleet(LBR0, ETH1), remove(ETH1), remove(LBR0))) == 2


def test_what_a_bridge_cannot_be_asked_for_is_not_said() -> None:
    assert lines(fleet(LBR0), add(port("ghost", "lbr0", by="linux"))) == []
    hostile = replace(ETH1, record={"alias": "two\nlines vnetsh", "up": True, "flags": {}})
    assert lines(fleet(LBR0, hostile), remove(hostile)) == []


# libvirt

OVERLAY = """<domain type='kvm'><name>web</name><devices>
<disk type='file'><driver type='qcow2'/><source file='/images/web.qcow2'/><target dev='vda'/></disk>
<disk type='file'><driver type='qcow2'/><source file='/images/shared.qcow2'/><target dev='vdb'/></disk>
<disk type='file'><driver type='raw'/><source file='/data/own.img'/><target dev='vdc'/></disk>
<disk type='file'><source file='/images/cd.iso'/><target dev='sda'/><readonly/></disk>
</devices></domain>"""


def seen(state: str = "running", **more: object) -> Resource:
    web = vm("web", by="libvirt", disk="tiny.qcow2", state=state)
    return replace(web, record={"xml": OVERLAY, "persistent": True, **more})


STATES = {
    "started": ("stopped", "running", ["virsh start web"]),
    "resumed": ("paused", "running", ["virsh resume web"]),
    "paused": ("running", "paused", ["virsh suspend web"]),
    "started paused": ("stopped", "paused", ["virsh start web --paused"]),
    "stopped": (
        "running",
        "stopped",
        ["virsh shutdown web  # if the guest does not heed: virsh destroy web"],
    ),
    "a paused guest cannot heed": ("paused", "stopped", ["virsh destroy web"]),
}


@pytest.mark.parametrize("case", STATES)
def test_states(case: str) -> None:
    old, new, expected = STATES[case]
    assert lines(fleet(seen(old)), change(seen(old), state=new)) == expected


def test_memory_and_vcpus_at_the_next_start() -> None:
    assert lines(fleet(seen()), change(seen(), memory=2**30, vcpus=4)) == [
        "virsh setmaxmem web 1048576KiB --config",
        "virsh setmem web 1048576KiB --config",
        "virsh setvcpus web 4 --config --maximum",
        "virsh setvcpus web 4 --config",
    ]


def test_a_vm_is_made_with_its_ports() -> None:
    wanted = vm("db", by="libvirt", disk="tiny.qcow2")
    ports = [nic("db_p1", "br0", "db", by="libvirt", vlan=10), nic("db_p2", "lbr0", "db", by="libvirt")]
    made, *nothing = planned(fleet(BR0, LBR0), add(wanted), *map(add, ports))
    assert nothing == [(), ()]
    disk, define, start = made
    assert disk.argv[-2:] == ("/images/tiny.qcow2", "/images/db.qcow2")
    assert disk.note == "FORMAT: what `qemu-img info -U /images/tiny.qcow2` says"
    assert define.argv == ("virsh", "define", "/dev/stdin")
    assert define.note == ""
    root = ET.fromstring(define.input)
    assert [nic.get("dev") for nic in root.iterfind("devices/interface/target")] == ["db_p1", "db_p2"]
    assert len(root.findall("devices/interface/virtualport")) == 1
    assert start.argv == ("virsh", "start", "db")


def test_a_word_that_only_the_host_can_fill_in_is_never_silently_wrong() -> None:
    wanted = vm("db", by="libvirt", disk="/data/db.img", **{"import": True})
    define = planned(fleet(), add(wanted))[0][0]
    driver = ET.fromstring(define.input).find("devices/disk/driver")
    assert driver is not None
    assert driver.get("type") == "FORMAT"
    assert "`qemu-img info -U /data/db.img`" in define.note


def test_a_running_vm_moves_with_the_disks_that_are_not_there() -> None:
    found = planned(fleet(seen()), moved(seen()))[0]
    assert [(command.host, command.argv[0]) for command in found] == [
        ("kvm2", "qemu-img"),
        ("kvm2", "qemu-img"),
        ("", "virsh"),
        ("", "rm"),
    ]
    overlay, own, migrate, last = found
    assert overlay.argv[-3:] == ("-b", "/images/tiny.qcow2", "/images/web.qcow2")
    assert own.argv == ("qemu-img", "create", "-f", "raw", "/data/own.img", "SIZE")
    assert "says on kvm1" in own.note
    assert migrate.argv[-3:] == ("vda,vdc", "web", "qemu+ssh://[2001:db8::2]/system")
    assert last.argv == ("rm", "/images/web.qcow2")


def test_a_vm_that_is_off_moves_as_files_and_a_definition() -> None:
    stopped = seen("stopped")
    assert lines(fleet(stopped), moved(stopped)) == [
        "scp -p /images/web.qcow2 '[2001:db8::2]:/images/web.qcow2'",
        "scp -p /data/own.img '[2001:db8::2]:/data/own.img'",
        "virsh migrate --offline --persistent --undefinesource web 'qemu+ssh://[2001:db8::2]/system'",
        "rm /images/web.qcow2",
    ]


def test_bridges_of_another_kind_at_the_target_are_noted() -> None:
    there = replace(LBR0, name="br0", place="kvm2")
    taps = nic("web_p1", "br0", "web", by="libvirt")
    migrate = planned(fleet(seen(), BR0, there, taps), moved(seen()))[0][-2]
    assert migrate.note == "with --xml and --persistent-xml: br0 is another kind of bridge on kvm2"


NIC_XML = "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='lbr0'/></interface>"
NIC = replace(nic("web_p1", "lbr0", "web", by="libvirt", mac="52:54:00:00:00:01"), record={"xml": NIC_XML})
DETACH = "virsh detach-interface web bridge --mac 52:54:00:00:00:01"
NICS = {
    "unplugged": (seen(), {}, [f"{DETACH} --live --config"]),
    "taken from what is off": (seen("stopped"), {}, [f"{DETACH} --config"]),
    "unplugged from what nobody keeps": (seen(persistent=False), {}, [f"{DETACH} --live"]),
    "moved in place": (seen(), {"bridge": "lbr1"}, ["virsh update-device web /dev/stdin --live --config"]),
    "moved in the definition": (
        seen("stopped"),
        {"bridge": "br0"},
        ["virsh update-device web /dev/stdin --config"],
    ),
    "replaced for another kind of bridge": (
        seen(),
        {"bridge": "br0"},
        [f"{DETACH} --live --config", "virsh attach-device web /dev/stdin --live --config"],
    ),
    "replaced for another MTU": (
        seen(),
        {"mtu": 1400},
        [f"{DETACH} --live --config", "virsh attach-device web /dev/stdin --live --config"],
    ),
    "replaced for another address": (
        seen("stopped"),
        {"mac": "52:54:00:00:00:02"},
        [f"{DETACH} --config", "virsh attach-device web /dev/stdin --config"],
    ),
}


@pytest.mark.parametrize("case", NICS)
def test_nics(case: str) -> None:
    owner, values, expected = NICS[case]
    before = fleet(owner, BR0, LBR0, replace(LBR0, name="lbr1"), NIC)
    found = planned(before, change(NIC, **values) if values else remove(NIC))[0]
    assert [" ".join(command.argv) for command in found] == expected
    if found[-1].input:
        element = ET.fromstring(found[-1].input)
        mac, source = element.find("mac"), element.find("source")
        assert mac is not None
        assert source is not None
        assert mac.get("address") == values.get("mac", "52:54:00:00:00:01")
        assert source.get("bridge") == values.get("bridge", "lbr0")
        assert [mtu.get("size") for mtu in element.iterfind("mtu")] == [
            str(values[name]) for name in ("mtu",) if name in values
        ]


def test_ports_go_with_their_vm() -> None:
    gone, with_it = planned(fleet(seen(), LBR0, NIC), remove(seen()), remove(NIC))
    assert [command.argv[1] for command in gone] == ["shutdown", "undefine"]
    assert with_it == ()


# How it is shown


def test_a_command_is_for_a_shell() -> None:
    given = "EOF\n$HOME `id`\n"
    command = HostCommand(("cat", "/dev/stdin"), given, "what it\nreads")
    assert str(command).splitlines()[0] == "cat /dev/stdin <<'EOF_'  # what it reads"
    done = subprocess.run(["sh", "-c", str(command)], capture_output=True, text=True, check=True)
    assert done.stdout == given
    hostile = HostCommand(("printf", "%s", "a'b; $(id) #"))
    done = subprocess.run(["sh", "-c", str(hostile)], capture_output=True, text=True, check=True)
    assert done.stdout == "a'b; $(id) #"


def test_text_and_json() -> None:
    before = fleet(seen(), BR0)
    changes = (moved(seen()), remove(BR0))
    plan = Plan((PlannedSegment(Segment(), (changes,)),), before.hosts)
    found = by_hand(plan, before, BACKENDS)
    text = render.plan_text(plan, Vocabulary(), PLAIN, found).splitlines()
    assert text[0].startswith("  > vm")
    assert text[1].startswith("      kvm2$ qemu-img create ")
    assert "      kvm1$ rm /images/web.qcow2" in text
    assert text[-2] == "      kvm1$ ovs-vsctl del-br br0"
    move, gone = render_json.plan_json(plan, found)["segments"][0]["changes"]  # type: ignore[index]
    assert move["commands"][0].startswith("ssh 2001:db8::2 'qemu-img create ")
    assert move["commands"][-1] == "rm /images/web.qcow2"
    assert gone["commands"] == ["ovs-vsctl del-br br0"]
    assert "commands" not in json.dumps(render_json.plan_json(plan))


def test_the_option_with_hosts_that_have_no_commands(vnetsh: Run) -> None:
    script = ("--demo", "-c", "bridge br0 on kvm1")
    plain, explained = vnetsh("plan", *script), vnetsh("plan", "--explain", *script)
    assert (plain.returncode, plain.stdout) == (explained.returncode, explained.stdout)
    (changed,) = json.loads(vnetsh("plan", "--explain", "-o", "json", *script).stdout)["segments"][0][
        "changes"
    ]
    assert changed["commands"] == []
    done = vnetsh("--explain", *script)
    assert done.returncode == 0, done.stderr
