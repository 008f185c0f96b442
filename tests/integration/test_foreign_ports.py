"""Names, bridges and NICs of hosts that others set up: seen as they are, changed and undone exactly. On real hosts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import command_of, on

from vnetsh_lab import Lab, running
from vnetsh_lab.guest import GuestConsole

pytestmark = pytest.mark.lab

NIC = "<interface type='{type}'><mac address='{mac}'/><source {source}/>{more}<model type='virtio'/></interface>"
NATIVE = "vlan_mode=native-tagged tag=9"
OVS = "<virtualport type='openvswitch'/>"
KVM1 = """
for b in vsA vsB vsC; do ovs-vsctl add-br $b -- set bridge $b datapath_type=netdev; done
ovs-vsctl add-br fake10 vsA 10 -- add-port vsA gre9 -- set interface gre9 type=gre options:remote_ip=10.99.0.9
ovs-vsctl add-port vsA patch9 -- set interface patch9 type=patch options:peer=patch8
ip link add veth9 type veth peer name veth8; ip link property add dev veth9 altname alt9
ip tuntap add tp9 mode tap; ip link add lb9 type bridge
echo "<network><name>off9</name><bridge name='virbr9'/></network>" >/tmp/off9.xml; virsh -q net-define /tmp/off9.xml
"""


def domain(name: str, *nics: str) -> str:
    return (
        f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>96</memory><vcpu>1</vcpu><os>"
        "<type arch='x86_64'>hvm</type></os><features><acpi/></features>"
        f"<devices>{''.join(nics)}<serial type='pty'/></devices></domain>"
    )


def nic(bridge: str, mac: str, name: str = "") -> str:
    target = f"<target dev='{name}'/>" if name else ""
    return NIC.format(type="bridge", mac=mac, source=f"bridge='{bridge}'", more=OVS + target)


class Hosts:
    """A lab's hosts, and `vnetsh` on them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._run = command_of(lab)

    def on(self, host: str, script: str, input: str = "") -> str:
        return on(self.lab, host, "sh", "-ec", script, input=input)

    def define(self, host: str, xml: str) -> None:
        self.on(host, "cat >/tmp/d.xml; virsh -q define /tmp/d.xml", input=xml)

    def __call__(self, *arguments: str, code: int = 0) -> str:
        done = self._run("--lab", "--yes", *arguments, code=code)
        return done.stdout + done.stderr

    def plan(self, script: str, code: int = 0) -> str:
        return self("plan", "-c", script, code=code)

    def do(self, script: str, code: int = 0) -> str:
        return self("-c", script, code=code)

    def state(self, vm: str, host: str = "kvm1") -> str:
        """All that a change and its undo leave as it was."""
        ports = "ovs-vsctl --columns=name,tag,trunks,vlan_mode,other_config,fake_bridge list port | sort"
        return self.on(host, f"virsh dumpxml --inactive {vm}; {ports}; ovs-vsctl list-ports vsA")

    def there_and_back(self, vm: str, script: str) -> str:
        """Do something and take it back: then all is as it was. What was there in between."""
        before = self.state(vm)
        self.do(script)
        between = self.state(vm)
        assert between != before
        self("undo")
        assert self.state(vm) == before
        return between


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with running(hosts=2) as lab:
        hosts = Hosts(lab)
        hosts.on("kvm1", KVM1)
        hosts.on(
            "kvm2", "ovs-vsctl add-br vsA -- set bridge vsA datapath_type=netdev -- add-br fake10 vsA 10"
        )
        yield hosts


@pytest.fixture(scope="module")
def web(hosts: Hosts) -> Hosts:
    """A vm of vnetsh's that runs, and whose guest has booted: it lets go of its NICs."""
    hosts.do("vm web on kvm1 memory 96M disk tiny.qcow2 port vsA name web_p1 mac 52:54:00:00:09:01")
    with GuestConsole(hosts.lab, "web") as guest:
        guest.run("true")
    return hosts


MORE = "52:54:00:00:09:61"
TAKEN = (
    *("eth0", "gre9", "veth9", "lb9", "fake10", "vsB", "ovs-netdev", "ovs-system", "patch9", "tp9"),
    *("alt9", "virbr9"),
)
LO = (
    "vm web port vsA name lo",
    "bridge lo on kvm1",
    "tunnel lo kvm1<->kvm2 on vsA type gre key 7",
    "bridge vsB on kvm1 port lo",
    "bridge ulo on kvm1 uplink lo",
)
"""What no host's answer is needed for."""


def test_a_name_that_anything_has_is_taken_for_all_kinds(web: Hosts) -> None:
    """Each sentence has its problem, and none is planned; upper case makes another name."""
    before = web.state("web")
    bridges = ("eth0", "gre9", "veth9", "web_p1", "tp9", "alt9", "virbr9")
    scripts = [
        [f"vm web port vsA name {name}" for name in TAKEN],
        [f"bridge {name} on kvm1" for name in bridges],
        [f"bridge {name} on kvm1 backend linux" for name in ("veth9", "eth0", "patch9", "tp9", "alt9")],
        *([f"tunnel {name} kvm1<->kvm2 on vsA type gre key 7"] for name in ("veth9", "web_p1")),
        [f"bridge vsB on kvm1 port {name}" for name in ("eth0", "web_p1", "gre9", "vsA", "lb9", "alt9")],
        [f"bridge vsB on kvm1 port {name} type internal" for name in ("veth9", "patch9", "fake10")],
        [
            f"bridge u{name} on kvm1 uplink {name}"
            for name in ("vsA", "web_p1", "gre9", "eth0", "lb9", "alt9")
        ],
    ]
    for sentences in scripts:
        told = web.plan("\n".join(sentences), code=1)
        codes = re.findall(r"error\[(E\d+)\]", told)
        assert set(codes) <= {"E203", "E402", "E405", "E424", "E426"}, told
        for number, sentence in enumerate(sentences, 1):
            assert f"<command>:{number}:" in told, (sentence, told)
    told = web.plan("\n".join(LO), code=2)
    assert all(f"<command>:{number}:" in told for number in range(1, len(LO) + 1)), told
    assert web.do("vm web port vsA name eth0", code=1)
    assert web.state("web") == before
    free = ("vm web port vsA name Eth0", "bridge LO on kvm1", "bridge vsB on kvm1 port veth9")
    assert "3 to add" in web.plan("; ".join(free))


def test_a_vm_that_is_off_does_not_take_a_link_away_when_it_starts(hosts: Hosts) -> None:
    hosts.define("kvm1", domain("thief", nic("vsA", "52:54:00:00:09:11", "eth0")))
    nics = (nic("vsA", "52:54:00:00:09:12", "veth9"), nic("vsA", "52:54:00:00:09:13", "alt9"))
    for name, one in zip(("visitor", "second"), nics, strict=True):
        hosts.define("kvm2", domain(name, one))
    assert "`eth0` is taken on kvm1 by the uplink of bridge" in hosts.do("start thief", code=1)
    assert "`veth9` is taken on kvm1 by a link of the host" in hosts.plan("migrate visitor to kvm1", code=1)
    second = hosts.plan("migrate second to kvm1", code=1)
    assert "`alt9` is taken on kvm1 by `veth9`, whose second name it is" in second
    assert hosts.on("kvm1", "ovs-vsctl port-to-br eth0") == "vswitch01"
    for host, vm in (("kvm1", "thief"), ("kvm2", "visitor"), ("kvm2", "second")):
        hosts.on(host, f"virsh -q undefine {vm}")


def test_a_mac_address_is_taken_if_anything_has_it(hosts: Hosts) -> None:
    """A NIC on no bridge, of a vm that may go before; and the links of any host."""
    user = NIC.format(type="user", mac="52:54:00:00:09:14", source="", more="").replace("<source />", "")
    hosts.define("kvm1", domain("us", user))
    eth0 = hosts.on("kvm2", "cat /sys/class/net/eth0/address")
    for mac, owner in (("52:54:00:00:09:14", "vm `us` on kvm1"), (eth0, "on kvm2")):
        told = hosts.plan(f"vm new on kvm1 port vsA mac {mac}", code=1)
        assert re.search(f"E210.*{mac} is taken: .*{owner} has it", told)
    assert "1 to remove" in hosts.plan("delete vm us; vm new on kvm1 port vsA mac 52:54:00:00:09:14")
    hosts.on("kvm1", "virsh -q start us")
    hosts.on(
        "kvm1", "virsh -q attach-interface us bridge vsA --model virtio --mac 52:54:00:00:09:15 --config"
    )
    said = "port vsA mac 52:54:00:00:09:15"
    told = hosts.plan(f"vm new on kvm2 {said}", code=1)
    assert "E210" in told
    assert "vm `us` on kvm1, from its next start, has it" in told
    assert "1 to add" in hosts.plan(f"vm us {said}")
    assert "1 to remove" in hosts.plan(f"delete vm us; vm new on kvm2 {said}")
    hosts.on("kvm1", "virsh -q destroy us; virsh -q undefine us")


def test_nics_without_a_name_are_known_by_their_address(hosts: Hosts, tmp_path: Path) -> None:
    for number, host in enumerate(("kvm1", "kvm2"), 1):
        nics = [
            nic("vsA", f"52:54:00:00:09:2{number}"),
            nic("vsA", f"52:54:00:00:09:3{number}", f"tap{number}"),
        ]
        hosts.define(host, domain(f"old{number}", *nics))
    script = tmp_path / "all.vnet"
    for verb in ("start", "destroy"):
        script.write_text(hosts("export", "vms"))
        assert "port vsA mac 52:54:00:00:09:21" in script.read_text()
        assert "port vsA mac 52:54:00:00:09:32" in script.read_text()
        for number, host in enumerate(("kvm1", "kvm2"), 1):
            hosts.on(host, f"virsh -q {verb} old{number}")
        assert hosts("plan", str(script)) == "no changes\n"
    hosts.on("kvm1", "virsh -q start old1")
    assert "1 to move" in hosts.plan("migrate old1 to kvm2")
    changed = hosts.there_and_back("old1", "vm old1 port vsA mac 52:54:00:00:09:21 vlan 5")
    assert "<tag id='5'/>" in changed
    assert "target dev='vnet" not in changed
    hosts.on("kvm1", "virsh -q destroy old1")
    gone = hosts.there_and_back("old1", "delete port old1/52:54:00:00:09:31")
    assert "52:54:00:00:09:31" not in gone
    told = hosts.plan("vm old1 port vsA name new mac 52:54:00:00:09:21", code=1)
    assert "E210" in told
    for number, host in enumerate(("kvm1", "kvm2"), 1):
        hosts.on(host, f"virsh -q undefine old{number}")


@pytest.mark.parametrize("off", [True, False])
def test_nics_keep_their_order(hosts: Hosts, off: bool) -> None:
    """A guest counts its NICs: one that is replaced, or comes back, is in its place. Also before one on no bridge."""
    user = "<interface type='user'><mac address='52:54:00:00:09:52'/><model type='virtio'/></interface>"
    named = [nic("vsA", f"52:54:00:00:09:5{n}", f"many_p{n}") for n in (1, 3, 4)]
    hosts.define("kvm1", domain("many", named[0], user, *named[1:]))
    scripts = [
        "vm many port vsB name many_p1",
        "vm many port vsA name many_p3 vlan 7",
        "vm many port vsA name many_p3 mtu 1400",
        "delete port many_p1, many_p4, many_p3",
    ]
    if not off:  # its firmware lets go of no NIC
        hosts.on("kvm1", "virsh -q start many")
    for script in scripts if off else scripts[1:2]:
        between = re.findall("many_p.", hosts.there_and_back("many", script).split("</domain>")[0])
        assert between == sorted(between)
    hosts.on("kvm1", f"{'' if off else 'virsh -q destroy many; '}virsh -q undefine many")


def test_a_port_is_as_its_switch_has_it(web: Hosts) -> None:
    """Changed by hand: it is shown, is a change to what is said, and comes back with an undo."""
    sentence = "vm web port vsA name web_p1"
    web.on("kvm1", "ovs-vsctl set port web_p1 tag=55")
    assert "55" in web("show", "ports")
    assert "vlan 55 → none" in web.plan(f"{sentence} vlan none")
    web.there_and_back("web", f"{sentence} vlan none")
    web.there_and_back("web", f"{sentence} vlan 7")
    web.on("kvm1", "ovs-vsctl set port web_p1 tag=[] trunks=3,4")
    assert web.plan(f"{sentence} trunk 3, 4") == "no changes\n"
    web.there_and_back("web", f"{sentence} trunk none")
    web.on("kvm1", "ovs-vsctl set port web_p1 vlan_mode=native-tagged tag=9")
    assert "E449" in web.plan(f"{sentence} vlan 7", code=1)
    web.on("kvm1", "ovs-vsctl clear port web_p1 tag trunks -- set port web_p1 vlan_mode=trunk")
    assert "E449" in web.plan(f"{sentence} vlan 7", code=1)
    web.on("kvm1", "ovs-vsctl add-port vsA in9 -- set interface in9 type=internal")
    for row, said in (
        ("vlan_mode=trunk", "vlan 7"),
        ("vlan_mode=access tag=5", "vlan none"),
        (NATIVE, "vlan 7"),
    ):
        web.on("kvm1", f"ovs-vsctl clear port in9 tag trunks vlan_mode -- set port in9 {row}")
        assert "E408" in web.plan(f"bridge vsA on kvm1 port in9 type internal {said}", code=1), row
    for row, said in (("vlan_mode=trunk trunks=3", "trunk 4"), ("vlan_mode=access tag=5", "vlan 6")):
        web.on("kvm1", f"ovs-vsctl clear port in9 tag trunks vlan_mode -- set port in9 {row}")
        web.there_and_back("web", f"bridge vsA on kvm1 port in9 type internal {said}")
    web.on("kvm1", "ovs-vsctl del-port in9")
    web.on("kvm1", "ovs-vsctl clear port web_p1 tag trunks vlan_mode")


def test_a_port_that_was_moved_or_taken_out_by_hand(web: Hosts) -> None:
    sentence = "vm web port vsA name web_p1"
    web.on("kvm1", "ovs-vsctl del-port web_p1 -- add-port vsB web_p1")
    assert "bridge vsB → vsA" in web.plan(sentence)
    web.do(sentence)
    assert web.on("kvm1", "ovs-vsctl port-to-br web_p1") == "vsA"
    web("undo")
    assert web.on("kvm1", "ovs-vsctl port-to-br web_p1") == "vsB"
    web.on("kvm1", "ovs-vsctl del-port web_p1")
    assert "bridge none → vsA" in web.do(sentence)
    assert web.on("kvm1", "ovs-vsctl port-to-br web_p1") == "vsA"
    assert "E451" in web("undo", code=1)
    assert web.plan(sentence) == "no changes\n"


def test_what_others_set_on_a_tap_is_not_lost_in_silence(web: Hosts) -> None:
    settings = "set interface web_p1 ingress_policing_rate=1000 -- set port web_p1 external_ids:team=a"
    web.on("kvm1", f"ovs-vsctl {settings}")
    told = web.plan("vm web port vsB name web_p1", code=1)
    assert "E450" in told
    assert "external_ids team, ingress policing at 1000 kbit/s" in told
    assert "E455" in web.plan("migrate web to kvm2", code=1)
    assert "what others set on its link goes: external_ids team" in web.plan("delete port web_p1")
    web.there_and_back("web", "vm web port vsA name web_p1 vlan 8")
    web.on("kvm1", "ovs-vsctl clear port web_p1 external_ids -- set interface web_p1 ingress_policing_rate=0")
    web.on("kvm1", "ovs-vsctl set port web_p1 tag=12")
    assert "vlan 12, not none" in web.plan("migrate web to kvm2", code=1)
    assert "1 to move" in web.plan("vm web port vsA name web_p1 vlan 13; migrate web to kvm2")
    web.on("kvm1", "ovs-vsctl clear port web_p1 tag")


@pytest.mark.parametrize("column", ["select_src_port", "output_port"])
def test_a_mirror_does_not_lose_a_tap_in_silence(web: Hosts, column: str) -> None:
    """Whatever refers to the tap's port by its UUID is left without it when the link is made anew."""
    ids = f"-- --id=@p get port web_p1 -- --id=@m create mirror name=m9 {column}=@p"
    web.on("kvm1", f"ovs-vsctl {ids} -- set bridge vsA mirrors=@m")
    for sentence in ("stop web", "delete vm web", "delete port web_p1"):
        assert re.search("what others set on its links? goes: .*mirror m9", web.plan(sentence)), sentence
    for sentence, code in (("migrate web to kvm2", "E455"), ("vm web port vsB name web_p1", "E450")):
        told = web.plan(sentence, code=1)
        assert code in told
        assert "mirror m9" in told
    web.on("kvm1", "ovs-vsctl clear bridge vsA mirrors")
    assert "mirror" not in web.plan("stop web")


def test_a_fake_bridge_is_a_bridge(web: Hosts) -> None:
    web.define("kvm2", domain("fk", nic("fake10", "52:54:00:00:09:41", "fk_p1")))
    assert "1 to move" in web.plan("migrate fk to kvm1")
    web.on("kvm2", "virsh -q undefine fk")
    shown = next(line for line in web("show", "bridges").splitlines() if line.startswith("fake10"))
    assert shown.split() == ["fake10", "kvm1", "ovs", "-", "vsA", "10"]
    assert "left out: bridge fake10 of bridge vsA" in web("export")
    web.there_and_back("web", "vm web port fake10 name web_p1")
    web.do("vm web port fake10 name web_p1")
    for sentence in ("delete bridge fake10 on kvm1", "delete bridge vsA on kvm1"):
        assert "E401" in web.plan(sentence, code=1)
    assert "E446" in web.plan("vm web port fake10 name web_p1 vlan 3", code=1)
    for sentence in ("uplink veth9", "mtu 1400", "port veth9"):
        assert "E407" in web.plan(f"bridge fake10 on kvm1 {sentence}", code=1)
    assert "E407" in web.plan("tunnel t9 kvm1<->kvm2 on fake10 type gre key 9", code=1)
    web("undo")
    assert "fake10" not in web.there_and_back("web", "delete bridge fake10 on kvm1")
    web.on("kvm1", "ovs-vsctl add-br fake11 vsC 11")
    both = web.plan("delete bridge vsC on kvm1")
    assert "- bridge  fake11" in both
    assert "- bridge  vsC" in both
    web.there_and_back("web", "delete bridge vsC on kvm1")


def test_what_a_vm_left_behind_and_what_cannot_be_read_are_lines_of_their_own(hosts: Hosts) -> None:
    left = "add-port vsB left9 -- set interface left9 external_ids:attached-mac=52:54:00:00:09:51"
    strange = "add-port vsB \"$(printf 'st\\033[1m')\""
    hosts.on(
        "kvm1",
        f"ovs-vsctl --no-wait {left} -- {strange}; ip link add \"$(printf 'l\\377')\" type dummy || true",
    )
    hosts.on("kvm1", "ip link add \"$(printf 'b\\377\\033')\" type bridge")
    shown = hosts("show", "ports")
    assert "No such device" in next(line for line in shown.splitlines() if line.startswith("left9"))
    assert "\x1b" not in shown
    told = hosts("export")
    assert "left out: port left9 of bridge vsB on kvm1" in told
    assert "a vm left it behind" in told
    before = hosts.on("kvm1", "ovs-vsctl list-ports vsB")
    hosts.do("delete port left9")
    assert "left9" not in hosts.on("kvm1", "ovs-vsctl list-ports vsB")
    hosts("undo")
    assert hosts.on("kvm1", "ovs-vsctl list-ports vsB") == before
    hosts.on("kvm1", "ovs-vsctl del-port left9; ip link del \"$(printf 'b\\377\\033')\"")


def test_a_port_in_error_is_no_uplink(hosts: Hosts) -> None:
    """Alone, and beside the one that works."""
    pair = "ip link add dm9 type veth peer name dm8"
    hosts.on("kvm1", f"ovs-vsctl add-br vsE -- set bridge vsE datapath_type=netdev; {pair}")
    hosts.on("kvm1", "ovs-vsctl add-port vsE gone0 || true")
    line = next(one for one in hosts("show", "ports").splitlines() if one.startswith("gone0"))
    assert "No such device" in line
    assert "uplink gone0" not in hosts("export", "bridges")
    hosts.on("kvm1", "ovs-vsctl add-port vsE dm9")
    told = hosts("export", "bridges")
    assert "bridge vsE on kvm1 backend ovs uplink dm9" in told
    assert "port gone0" in told
    hosts.on("kvm1", "ovs-vsctl del-br vsE; ip link del dm9")


def test_keys_and_addresses_by_value(hosts: Hosts) -> None:
    for host, key, remote in (("kvm1", "0x10", "10.77.0.2"), ("kvm2", "020", "10.77.0.1")):
        options = f"type=gre options:remote_ip={remote} options:key={key}"
        hosts.on(host, f"ovs-vsctl add-port vsA hx -- set interface hx {options}")
    said = "tunnel hx kvm1<->kvm2 on vsA type gre key"
    assert hosts.plan(f"{said} 16") == "no changes\n"
    assert "tunnel hx kvm1<->kvm2 on vsA type gre key 16" in hosts("export", "tunnels")
    hosts.do(f"{said} 17")
    hosts("undo")
    assert hosts.on("kvm2", "ovs-vsctl get interface hx options:key") == '"020"'
    hosts.on("kvm1", "ovs-vsctl set interface hx options:key=flow")
    assert "options key" in hosts("export", "tunnels") or "differ: key none" in hosts("export", "tunnels")


NETWORK = """<network><name>pg</name><forward mode='bridge'/><bridge name='vsB'/>{ovs}
<portgroup name='red'><vlan><tag id='30'/></vlan></portgroup>
<portgroup name='blue' default='yes'><vlan trunk='yes'><tag id='40'/><tag id='41'/></vlan></portgroup></network>"""


def test_nics_of_libvirts_networks_are_on_their_bridges(hosts: Hosts, tmp_path: Path) -> None:
    """On or off they are one NIC each, with the VLANs of their port groups; what a change does not say stays."""
    hosts.on(
        "kvm1",
        "cat >/tmp/n.xml; virsh -q net-define /tmp/n.xml; virsh -q net-start pg",
        NETWORK.format(ovs=OVS),
    )
    nics = [
        NIC.format(
            type="network",
            mac="52:54:00:00:09:61",
            source="network='pg' portgroup='red'",
            more="<target dev='pg_red'/>",
        ),
        NIC.format(type="network", mac="52:54:00:00:09:62", source="network='pg'", more=""),
    ]
    hosts.define("kvm1", domain("pgvm", *nics))
    script = tmp_path / "pg.vnet"
    for verb in ("start", "destroy"):
        script.write_text(hosts("export", "vms"))
        assert "port vsB name pg_red vlan 30 mac 52:54:00:00:09:61" in script.read_text()
        assert "port vsB trunk 40, 41 mac 52:54:00:00:09:62" in script.read_text()
        assert script.read_text().count("network pg") == 2
        assert "it is of the port group red of its network" in script.read_text()
        hosts.on("kvm1", f"virsh -q {verb} pgvm")
        assert hosts("plan", str(script)) == "no changes\n"
    said = "vm pgvm port {} mac 52:54:00:00:09:61"
    other = hosts.there_and_back("pgvm", said.format("vsB") + " vlan 31")
    assert "<source network='pg' portgroup='red'/>" in other
    moved = hosts.there_and_back("pgvm", said.format("vsA"))
    assert "<source bridge='vsA'/>" in moved
    assert "E449" in hosts.plan(said.format("vsB") + " vlan none", code=1)
    hosts.on("kvm1", "virsh -q undefine pgvm; virsh -q net-destroy pg; virsh -q net-undefine pg")


def test_an_undo_that_is_refused_puts_back_what_it_had_removed_as_it_was(hosts: Hosts) -> None:
    """Also what libvirt itself gave a NIC, and what others set since on what the run had made; what is lost is said."""
    hosts.define("kvm1", domain("nap"))
    hosts.define("kvm1", domain("deaf"))
    hosts.on("kvm1", "virsh -q start nap; virsh -q managedsave nap; virsh -q start deaf")
    made = "vm deaf port vsA name deaf_p1; vm nap port vsA; bridge vsA on kvm1 port in8 type internal"
    hosts.do(f"{made}; start deaf; vm mine on kvm1 memory 32M disk tiny.qcow2")
    hosts.on("kvm1", "ovs-vsctl set interface in8 external_ids:team=b -- set port in8 other_config:x=y")
    hosts.on(
        "kvm1", "virsh -q domif-setlink --config nap $(virsh domiflist nap | awk '/bridge/{print $5}') down"
    )

    def state() -> str:
        rows = ("name,type,external_ids list interface in8", "name,tag,other_config list port")
        vms = "virsh dumpxml --inactive nap; virsh dumpxml deaf"
        return hosts.on("kvm1", "; ".join([vms, *(f"ovs-vsctl --columns={row} | sort" for row in rows)]))

    before = state()
    told = hosts("undo", code=1)
    assert "did not let go of deaf_p1" in told
    assert "mine is made anew from tiny.qcow2: what its guest had written is lost" in told
    assert state() == before
    assert hosts.on("kvm1", "virsh domstate mine") == "running"
    for vm in ("deaf", "mine"):
        hosts.on("kvm1", f"virsh -q destroy {vm}; virsh -q undefine {vm}")
    hosts.on("kvm1", "virsh -q undefine --managed-save nap; rm /var/lib/libvirt/images/mine.qcow2")
    hosts.do("delete port in8 on kvm1")


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ("ovs-vsctl add-port vsN in7 -- set interface in7 type=internal", "port `in7`"),
        ("ovs-vsctl add-br fakeN vsN 5", "bridge `fakeN`"),
        (
            "ovs-vsctl add-port vsN gre7 -- set interface gre7 type=gre options:remote_ip=10.77.0.2",
            "tunnel `gre7`",
        ),
        ("ip link add dm7 type veth peer name dm6; ovs-vsctl add-port vsN dm7", "port `dm7`"),
    ],
)
def test_an_undo_does_not_remove_what_others_built_on_what_its_run_made(
    hosts: Hosts, theirs: str, said: str
) -> None:
    hosts.do("bridge vsN on kvm1")
    hosts.on("kvm1", theirs)
    there = "ovs-vsctl list-br; ovs-vsctl list-ports vsN"
    before = hosts.on("kvm1", there)
    told = hosts("undo", code=1)
    assert "E228" in told
    assert said in told
    assert hosts.on("kvm1", there) == before
    assert f"- {said.split()[0]}" in hosts.do("delete bridge vsN on kvm1")
    hosts.on("kvm1", "ip link del dm7 2>/dev/null || true")


def test_an_undo_does_not_remove_a_vm_with_what_it_was_given_since(hosts: Hosts) -> None:
    """By others, or by a later run: that is taken back first."""
    hosts.do("vm more on kvm1 memory 96M port vsA name more_p1; stop more force")
    hosts.on("kvm1", "cat >/tmp/nic.xml; virsh -q attach-device more /tmp/nic.xml --config", nic("vsA", MORE))
    before = hosts.state("more")
    told = hosts("undo", code=1)
    assert "E228" in told
    assert MORE in told or "more_port2" in told
    assert hosts.state("more") == before
    hosts.on("kvm1", "virsh -q detach-device more /tmp/nic.xml --config")
    hosts.do("vm more port vsB name more_p3")
    hosts("undo")
    hosts("undo")
    assert "more" not in hosts.on("kvm1", "virsh list --all --name")


def test_what_others_set_on_a_bridge_is_said_before_it_goes(hosts: Hosts) -> None:
    hosts.do("bridge vsN on kvm1 port in7 type internal")
    hosts.on("kvm1", "ovs-vsctl set-fail-mode vsN secure -- set bridge vsN other_config:a=b")
    hosts.on("kvm1", "ovs-vsctl set port in7 external_ids:team=a")
    for told in (hosts("--max-impact", "none", "undo", code=1), hosts.plan("delete bridge vsN on kvm1")):
        assert "with what is set on it: fail mode secure, other_config a" in told
        assert "with what is set on it: external_ids team" in told
    assert "# unsaid: bridge vsN on kvm1: fail mode secure" in hosts("export")
    hosts("undo")
