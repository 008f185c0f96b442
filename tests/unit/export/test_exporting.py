"""What an export says, what it leaves to comments and why; on demo hosts that have what no vnetsh would make."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest
from conftest import Run, apply

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic, Source
from vnetsh.engine.failures import HostsDown
from vnetsh.errors import ServiceAbsent, UsageError
from vnetsh.export.exporting import Export, export
from vnetsh.language.formatting import formatted
from vnetsh.language.writing import plain, sentence_text
from vnetsh.model import Host, Resource
from vnetsh.schema import FLAG, HOSTS, Attribute, BadValue, Integer, Kind, Name, Text
from vnetsh.session import Session
from vnetsh.testing.fleet import bridge, nic, port, tunnel, vm
from vnetsh_demo.backend import DemoBackend
from vnetsh_libvirt.definition import Nic
from vnetsh_libvirt.domain_xml import place
from vnetsh_libvirt.export_gaps import left_out as unsaid_of_libvirt
from vnetsh_linuxbridge.encap import Encap, new_encap
from vnetsh_linuxbridge.observing import unsaid as unsaid_of_linux

ON = Attribute("on", HOSTS, "", required=True)


def put(session: Session, *resources: Resource) -> None:
    """Give demo hosts what is only observed."""
    backend = session.plugins.backends["demo"]
    assert isinstance(backend, DemoBackend)
    for resource in resources:
        backend.host(resource.place).resources[resource.kind, resource.name] = replace(
            resource, backend="demo"
        )


def exported(session: Session, *words: str) -> Export:
    """The export, which is planned and formatted again."""
    found = export(session, words)
    source = Source("<export>", found.text)
    assert session.prepare(source).plan.changes == (), found.text
    assert formatted(source) == found.text
    return found


def lines(session: Session, *words: str) -> list[str]:
    """The lines without those that every demo host brings along."""
    return [line for line in exported(session, *words).text.splitlines() if "vswitch01" not in line and line]


def test_a_nic_that_has_not_its_bridges_mtu_says_so(demo: Session) -> None:
    apply(demo, "bridge b on kvm1 mtu 1400\nvm x on kvm1 port b name p1 mtu none port b name p2 mtu 1300")
    nics = [line.strip() for line in lines(demo) if "port b" in line]
    assert ["mtu none" in nic for nic in nics] == [True, False]
    assert nics[1].endswith("mtu 1300")


def test_a_bridge_of_several_hosts_is_one_sentence(demo: Session) -> None:
    apply(
        demo,
        """
        bridge b on kvm3, kvm1 port p type internal vlan 4
        bridge b on kvm1 port q type internal
        bridge b on kvm2 uplink eth1
        """,
    )
    assert lines(demo) == [
        "bridge b on kvm1, kvm3 backend ovs {",
        "    port p vlan 4 type internal",
        "}",
        "bridge b on kvm1 {",
        "    port q type internal",
        "}",
        "bridge b on kvm2 backend ovs uplink eth1",
    ]


def test_kinds_come_in_the_order_in_which_they_need_one_another(demo: Session) -> None:
    apply(demo, "vm v on kvm2; tunnel t kvm2<->kvm1 on b key 3; bridge a on kvm1")
    text = exported(demo).text
    assert [line.split()[:2] for line in text.splitlines() if line] == [
        ["bridge", "a"],
        ["bridge", "b"],
        ["bridge", "vswitch01"],
        ["tunnel", "t"],
        ["vm", "v"],
    ]
    assert "tunnel t kvm1<->kvm2 on b type gre key 3\n" in text
    assert lines(demo, "vm", "tunnels") == [line for line in lines(demo) if not line.startswith("bridge")]


def test_a_guests_nics_keep_their_order(demo: Session) -> None:
    apply(demo, "vm v on kvm1 port vswitch01 name z mac 52:54:00:00:00:01 port vswitch01 name a")
    text = exported(demo, "vms").text
    assert text.index("name z mac 52:54:00:00:00:01") < text.index("name a mac 52:")


def test_hosts_are_exported_when_asked(demo: Session) -> None:
    assert "host kvm" not in exported(demo).text
    assert exported(demo, "hosts").text.splitlines() == [
        f"host kvm{n} address 192.0.2.{n}" for n in (1, 2, 3)
    ]


def test_quotes_only_where_needed(demo: Session) -> None:
    put(demo, vm("v", memory=1023, disk='/img/my "disk" $1'), vm("w", disk="none"), vm("x", disk="a#b"))
    assert lines(demo) == [
        r'vm v on kvm1 memory 1023B vcpus 1 disk "/img/my \"disk\" \$1"',
        'vm w on kvm1 memory 512M vcpus 1 disk "none"',
        'vm x on kvm1 memory 512M vcpus 1 disk "a#b"',
    ]


LEFT_OUT: list[tuple[Sequence[Resource], str]] = [
    (
        [bridge("my bridge", backend="ovs")],
        "bridge my bridge on kvm1 (backend ovs): a bridge cannot have a blank: `my bridge`",
    ),
    ([bridge("a\nb\x1b")], r"bridge a\nb\x1b on kvm1: `a\nb\x1b` has characters that cannot be written"),
    (
        [port("bond0", "vswitch01", type="bond")],
        "port bond0 of bridge vswitch01 on kvm1 (type bond): bond `bond0` is fewer than two NICs",
    ),
    (
        [port("p", "gone", type="internal")],
        "port p of bridge gone on kvm1 (type internal): there is no bridge gone",
    ),
    (
        [tunnel("t", "vswitch01", "203.0.113.9")],
        "tunnel t on kvm1 (bridge vswitch01, type gre, remote 203.0.113.9): "
        "no host of the inventory has the address 203.0.113.9",
    ),
    (
        [replace(tunnel("t", "vswitch01", ""), attributes={"bridge": "vswitch01", "type": "gre"})],
        "tunnel t on kvm1 (bridge vswitch01, type gre): it leads to no fixed address",
    ),
    (
        [tunnel("t", "vswitch01", "192.0.2.1")],
        "tunnel t on kvm1 (bridge vswitch01, type gre, remote 192.0.2.1): it leads to its own host",
    ),
    (
        [tunnel("t", "vswitch01", "192.0.2.2"), tunnel("u", "vswitch01", "192.0.2.1", "kvm2")],
        "tunnel t on kvm1 (bridge vswitch01, type gre, remote 192.0.2.2): `kvm2` has no tunnel of that name",
    ),
    (
        [tunnel("t", "vswitch01", "192.0.2.2"), tunnel("t", "vswitch01", "192.0.2.3", "kvm2")],
        "tunnel t on kvm1 (bridge vswitch01, type gre, remote 192.0.2.2): "
        "its end on `kvm2` leads elsewhere: to 192.0.2.3",
    ),
    (
        [tunnel("t", "vswitch01", "192.0.2.2", key=4), tunnel("t", "vswitch01", "192.0.2.1", "kvm2")],
        "tunnel t on kvm1 (bridge vswitch01, type gre, remote 192.0.2.2, key 4): "
        "its ends differ: key 4 on `kvm1`, none on `kvm2`",
    ),
    (
        [
            tunnel("t", "vswitch01", "192.0.2.2", local="192.0.2.9"),
            tunnel("t", "vswitch01", "192.0.2.1", "kvm2"),
        ],
        "tunnel t on kvm1 (bridge vswitch01, type gre, remote 192.0.2.2, local 192.0.2.9): "
        "it ends on `kvm1` at 192.0.2.9, not at the host's tunnel-address",
    ),
    (
        [vm("v"), vm("v", "kvm2")],
        "vm v on kvm2 (memory 512M, vcpus 1, state running): `kvm1` has a vm of that name too",
    ),
    (
        [vm("v"), nic("n", "gone", "v")],
        "port n of vm v on kvm1 (bridge gone): host `kvm1` has no bridge `gone`",
    ),
    (
        [vm("v"), replace(nic("n", "", "v"), attributes={"vm": "v"})],
        "port n of vm v on kvm1: its bridge is not known",
    ),
    (
        [vm("v"), vm("w", "kvm2"), nic("n", "vswitch01", "v"), nic("n", "vswitch01", "w", "kvm2")],
        "port n of vm v on kvm1 (bridge vswitch01): the port name `n` is taken by vm w on kvm2",
    ),
    (
        [vm("v"), *(nic(name, "vswitch01", "v", mac="52:54:00:00:00:01") for name in ("n", "o"))],
        "port o of vm v on kvm1 (bridge vswitch01, mac 52:54:00:00:00:01): "
        "the MAC address 52:54:00:00:00:01 is said of two ports: `n` and `o`",
    ),
]


@pytest.mark.parametrize(("resources", "comment"), LEFT_OUT, ids=[text.split(":")[0] for _, text in LEFT_OUT])
def test_what_cannot_be_said_is_a_comment(demo: Session, resources: Sequence[Resource], comment: str) -> None:
    put(demo, *resources)
    found = exported(demo)
    assert f"# left out: {comment}\n" in found.text
    assert any(unsaid.whole and comment.endswith(plain(unsaid.reason)) for unsaid in found.unsaid)


def test_what_is_said_stays_when_a_part_is_left_out(demo: Session) -> None:
    put(demo, bridge("b"), port("bond0", "b", type="bond"), port("p", "b", type="internal"))
    assert [line.split(" (")[0] for line in lines(demo)] == [
        "bridge b on kvm1 {",
        "    port p type internal",
        "}",
        "# left out: port bond0 of bridge b on kvm1",
    ]


def test_a_part_of_what_is_left_out_is_left_out(demo: Session) -> None:
    put(demo, bridge("b/"), port("p", "b/"), bridge("c\n"), port("q", "c\n"), vm("v"), vm("v", "kvm2"))
    put(demo, nic("n", "vswitch01", "v", "kvm2"))
    text = exported(demo).text
    for name in ("p", "q", "n"):
        assert f"# left out: port {name} of " in text
    assert text.count("what it is a part of is left out") == 3


def test_whatever_others_called_a_thing_it_is_named_in_quotes(demo: Session) -> None:
    names = [
        "Home Assistant",
        "Büro",
        "a+b (1) @home",
        "x;y",
        'he said "no"',
        "$HOME",
        "a,b",
        "none",
        "-x-",
        "a\\b",
    ]
    put(demo, bridge("br@(1)+", "kvm1"), bridge("ähm", "kvm1"))
    put(demo, *(vm(name, "kvm1") for name in names))
    put(demo, *(nic(f"p+{at}", "br@(1)+", name, "kvm1") for at, name in enumerate(names)))
    text = exported(demo).text
    assert 'vm "Home Assistant" on kvm1' in text
    assert 'port "br@(1)+" name "p+0"' in text
    assert 'bridge "ähm" on kvm1' in text
    assert "left out" not in text
    for name in names:
        written = sentence_text(demo.vocabulary.verbs["stop"], {}, name)
        assert [change.resource.name for change in demo.prepare(Source("x", written)).plan.changes] == [name]


def test_a_value_of_nothing_is_one(demo: Session) -> None:
    put(demo, *(tunnel("t", "vswitch01", f"192.0.2.{3 - n}", f"kvm{n}", key=0) for n in (1, 2)))
    assert exported(demo, "tunnels").text == "tunnel t kvm1<->kvm2 on vswitch01 type gre key 0\n"


def test_what_a_tunnels_ends_have_not_alike_is_told(demo: Session) -> None:
    """Its sentence leaves it out, so it stays. An end that names its host's address ends where it would anyway."""
    for n, ttl in ((1, 9), (2, 8)):
        own, other = f"192.0.2.{n}", f"192.0.2.{3 - n}"
        put(demo, tunnel("t", "vswitch01", other, f"kvm{n}", ttl=ttl, csum="yes", local=own))
    assert exported(demo, "tunnels").text.splitlines() == [
        "# unsaid: tunnel t on kvm1: not all ends have the same ttl",
        "# unsaid: tunnel t on kvm1: it names its own address, 192.0.2.1",
        "# unsaid: tunnel t on kvm2: it names its own address, 192.0.2.2",
        "tunnel t kvm1<->kvm2 on vswitch01 type gre csum yes",
    ]


def test_a_link_of_a_mesh_that_is_down_is_told(demo: Session) -> None:
    prepared = demo.prepare(Source("m", "mesh m kvm1, kvm2 on b1 type gre"))
    assert demo.apply(prepared).ok
    put(demo, *(end.with_attributes(link="down") for end in demo.observe().of_kind("tunnel")))
    said = lines(demo, "meshes")
    assert any("its link is down" in line for line in said), said
    assert any(line.startswith("mesh m kvm1, kvm2 on b1") for line in said), said


def test_one_loop_too_many(demo: Session) -> None:
    """Of tunnels that loop the last is left out: a plan would refuse the three."""
    ends = (("t12", 1, 2), ("t23", 2, 3), ("t31", 1, 3))
    put(demo, *(bridge("b", f"kvm{n}") for n in (1, 2, 3)))
    for name, one, two in ends:
        put(
            demo,
            tunnel(name, "b", f"192.0.2.{two}", f"kvm{one}"),
            tunnel(name, "b", f"192.0.2.{one}", f"kvm{two}"),
        )
    text = exported(demo, "tunnels").text
    assert "tunnel t23 kvm2<->kvm3 on b type gre\n# left out: tunnel t31 on kvm1" in text
    assert text.count("closes a loop") == 2


def test_a_stopped_vm_is_said_to_be(demo: Session) -> None:
    apply(demo, "vm v on kvm1; stop v")
    assert lines(demo)[1] == "# unsaid: vm v on kvm1: it is stopped; anew it would be started"


def test_what_a_backend_tells(demo: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    tell = {"p": ["trunks 10, 20"], "vswitch01": []}
    monkeypatch.setattr(DemoBackend, "left_out", lambda self, resource: tell[resource.name], raising=False)
    put(demo, port("p", "vswitch01", type="internal"))
    assert "# unsaid: port p of bridge vswitch01 on kvm1: trunks 10, 20\n" in exported(demo).text


def test_a_value_that_does_not_come_back_is_left_out(demo: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin's type whose words are read as something else: no wrong sentence is written."""

    class Careless(Integer):
        def show(self, value: object) -> str:
            return f"{value}0"

    add_kind(demo, Kind("thing", attributes=(ON, Attribute("size", Careless(), ""))))
    monkeypatch.setattr(DemoBackend, "assess", lambda self, change, fleet: Assessment())
    put(demo, Resource("thing", "t", "kvm1", {"size": 7}), Resource("thing", "u", "kvm1", {}))
    assert lines(demo, "things") == [
        "# left out: thing t on kvm1 (size 70): planning it would change size from `7` to `70`",
        "thing u on kvm1",
    ]


def test_a_kind_with_operands_flags_and_no_place_to_say(demo: Session) -> None:
    add_kind(
        demo,
        Kind(
            "thing",
            operands=(Attribute("colour", Text(), "", required=True),),
            attributes=(ON, Attribute("big", FLAG, ""), Attribute("age", Integer(), "", settable=False)),
        ),
    )
    put(demo, Resource("thing", "t", "kvm2", {"colour": "light blue", "big": True, "age": 9}))
    put(demo, Resource("thing", "u", "kvm2", {"colour": "red", "big": False}))
    put(demo, Resource("thing", "v", "kvm2", {}))
    assert export(demo, ["things"]).text.splitlines() == [
        'thing t "light blue" on kvm2 big',
        "thing u red on kvm2",
        "# left out: thing v on kvm2: its colour is not known",
    ]


def add_kind(session: Session, kind: Kind) -> None:
    """As a plugin does."""
    from vnetsh.planning.planner import Planner

    session.vocabulary.kinds[kind.name] = kind
    backend = session.plugins.backends["demo"]
    backend.kinds = backend.kinds | {kind.name}  # type: ignore[misc]
    session.planner = Planner(session.vocabulary, session.plugins.backends)


def test_a_plugins_rule_that_names_no_place(demo: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = Diagnostic("E999", "there are too many bridges")
    monkeypatch.setattr(demo.plugins, "hook", SimpleNamespace(vnetsh_check=lambda topology: [[rule]]))
    found = export(demo, ())
    assert found.text.splitlines()[0] == "# problem: there are too many bridges"
    assert "bridge vswitch01 on kvm1, kvm2, kvm3" in found.text


def test_a_host_that_does_not_answer(demo: Session) -> None:
    apply(demo, "tunnel t kvm1<->kvm2 on b")
    demo.plugins.backends["demo"].host("kvm2").powered = False  # type: ignore[attr-defined]
    with pytest.raises(HostsDown):
        export(demo, ())
    found = export(demo, (), keep_going=True)
    assert (
        found.text.splitlines()[0] == "# left out: all of kvm2, which does not answer: kvm2: No route to host"
    )
    assert "remote 192.0.2.2, bridge b): `kvm2` does not answer" in found.text.replace("type gre, ", "")
    assert found.hidden


def test_a_service_that_is_not_there(demo: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: object, host: Host, context: object) -> None:
        raise ServiceAbsent(f"{host.name}: no such daemon")

    monkeypatch.setattr(DemoBackend, "connect", connect)
    assert export(demo, ()).text.splitlines() == [
        f"# left out: what demo has on kvm{n}: kvm{n}: no such daemon" for n in (1, 2, 3)
    ]
    assert export(demo, ["hosts"]).hidden == ()


def test_words_that_are_no_kinds(demo: Session) -> None:
    for word, help in (
        ("ports", "bridges and vms"),
        ("brigdes", "did you mean `bridges`?"),
    ):
        with pytest.raises(UsageError) as error:
            export(demo, [word])
        assert help in error.value.help


def test_the_command(vnetsh: Run) -> None:
    done = vnetsh("export", "--demo=2")
    assert (done.returncode, done.stdout) == (0, "bridge vswitch01 on kvm1, kvm2 backend ovs uplink eth0\n")
    found = json.loads(vnetsh("export", "--demo=1", "bridges", "-o", "json").stdout)
    assert found == {
        "resources": [
            {
                "kind": "bridge",
                "name": "vswitch01",
                "host": "kvm1",
                "parent": None,
                "backend": "demo",
                "marked": False,
                "attributes": {"backend": "ovs", "uplink": "eth0"},
            }
        ],
        "unsaid": [],
        "hidden": [],
    }
    assert vnetsh("export", "--demo", "thing").returncode == 2


# Words

THING = Kind(
    "thing", subject=Name(), attributes=(ON, Attribute("size", Integer(), ""), Attribute("note", Text(), ""))
)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"on": ("a", "b"), "size": 0}, "thing t on a, b size 0"),
        ({"note": ""}, 'thing t note ""'),
        ({"note": "none"}, 'thing t note "none"'),
        ({"note": "a->b"}, 'thing t note "a->b"'),
        ({"note": "web[1-3]"}, 'thing t note "web[1-3]"'),
        ({"unheard": 1}, "thing t"),
    ],
)
def test_words_of_a_sentence(values: dict[str, object], text: str) -> None:
    assert sentence_text(THING, values, "t") == text  # type: ignore[arg-type]


def test_what_would_break_a_line_is_not_written() -> None:
    with pytest.raises(BadValue):
        sentence_text(THING, {"note": "a\nbridge evil on kvm1"}, "t")
    assert plain("a\nb\x1b[1mü") == r"a\nb\x1b[1mü"


# What backends tell

DOMAIN = """<domain><devices>
<disk device="disk" type="file"><source file="/a"/><target dev="vda"/></disk>
<disk device="disk" type="block"><source dev="/dev/sdb"/><target dev="vdb"/></disk>
<disk device="cdrom" type="file"><target dev="sda"/></disk>
<interface type="network"><mac address="m1"/><source network="default"/></interface>
<interface type="bridge"><mac address="m2"/><source bridge="br0"/></interface>
<interface type="bridge"><mac address="m3"/><source bridge="br0"/><target dev="n3"/></interface>
<hostdev type="pci"/>
</devices></domain>"""


def test_what_libvirt_tells_of_a_vm() -> None:
    off = replace(vm("v", state="stopped"), record={"xml": DOMAIN, "persistent": True})
    further = ["a further disk: vdb disk /dev/sdb", "a device of its host: pci"]
    assert unsaid_of_libvirt(off) == [
        "a NIC on no bridge: m1, network default",
        *further,
    ]
    running = replace(vm("v"), record={"xml": DOMAIN, "persistent": False})
    assert unsaid_of_libvirt(running) == [
        "it has no definition that would stay when it stops",
        "a NIC on no bridge: m1, network default",
        *further,
    ]


@pytest.mark.parametrize(
    ("name", "inner", "told"),
    [
        ("n", "<vlan><tag id='10'/></vlan>", []),
        ("n", "<vlan><tag id='10' nativeMode='untagged'/><tag id='20'/></vlan>", []),
        ("n", "<vlan trunk='yes'><tag id='10' nativeMode='tagged'/></vlan>", ["a trunk of VLANs 10"]),
        (
            "n",
            "<vlan><tag id='10' nativeMode='tagged'/><tag id='20'/></vlan>",
            ["a trunk of VLANs 10, 20"],
        ),
        ("n", "<bandwidth><inbound average='1'/></bandwidth>", ["limits of its rate"]),
    ],
)
def test_what_libvirt_tells_of_a_nic(name: str, inner: str, told: list[str]) -> None:
    record = {"xml": f"<interface type='bridge'>{inner}</interface>"}
    assert unsaid_of_libvirt(replace(nic(name, "br0", "v"), record=record)) == told


def test_what_a_linux_bridge_tells() -> None:
    options = {"stp_state": 2, "ageing_time": 12345, "forward_delay": 400, "priority": 7, "mcast_snooping": 0}
    record = {"filters_vlans": True, "odd": ["vlan_default_pvid 7"], "options": options}
    whole = replace(bridge("b"), record={**record, "vlans": ["1 pvid untagged", "10"]})
    assert unsaid_of_linux(whole) == [
        "options: vlan_default_pvid 7",
        "options: stp_state 2, ageing_time 12345, mcast_snooping 0",
        "VLANs 1 pvid untagged, 10",
    ]
    whole = replace(whole, record={"filters_vlans": True, "uplink": {"name": "eth0"}})
    assert unsaid_of_linux(whole) == ["its uplink: VLANs 1 pvid untagged"]
    gre = replace(tunnel("t", "b", "192.0.2.2"), record={"encap": asdict(new_encap("gre", 7, "192.0.2.2"))})
    assert unsaid_of_linux(gre) == []
    other = asdict(Encap(7, "192.0.2.2", ttl="inherit", csum=True, kind="gretap", others=("ignore_df",)))
    record = {"encap": other, "filters_vlans": True, "vlans": ["1 pvid untagged", "2-4094"]}
    assert unsaid_of_linux(replace(gre, record=record)) == ["tunnel options: ttl inherit, csum on, ignore_df"]
    flags = {"isolated": True, "hairpin": True, "learning": False}
    assert unsaid_of_linux(replace(port("p", "b"), record={"flags": flags})) == [
        "port flags: hairpin on, learning off"
    ]
    said = {"stp_state": 1, "ageing_time": 0, "mcast_snooping": 1}
    assert unsaid_of_linux(replace(bridge("b"), record={"options": said, "flags": {"isolated": True}})) == []


def test_a_trunk_stays_one_when_its_nic_moves() -> None:
    element = ET.fromstring(
        "<interface><source bridge='a'/><vlan trunk='yes'><tag id='10' nativeMode='tagged'/></vlan></interface>"
    )
    place(Nic(element, "v"), nic("n", "b", "v"), openvswitch=True)
    assert Nic(element, "v").vlans == ([10], True)
    place(Nic(element, "v"), nic("n", "b", "v", vlan=5), openvswitch=True)
    assert Nic(element, "v").vlans == ([5], False)
    place(Nic(element, "v"), nic("n", "b", "v"), openvswitch=True)
    assert Nic(element, "v").vlans == ([], False)
