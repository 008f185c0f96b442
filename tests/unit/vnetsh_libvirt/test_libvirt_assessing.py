"""What the libvirt backend says that changes cost, and what it refuses, from fleets made by hand."""

from dataclasses import replace

import pytest
from libvirt_fleets import PORT, READY, VM, XML, add, bridge, change, code, fleet, move

from vnetsh.errors import ServiceAbsent
from vnetsh.model import LinkFacts, Plug, Resource
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh_libvirt.assessing import assess
from vnetsh_libvirt.facts import ImageFile
from vnetsh_libvirt.steps import steps


def test_live_move():
    found = assess(move(), fleet(*READY))
    assert (found.impact, found.hits) == (Impact.LIVE, ("web1",))
    assert found.how == "live, peer to peer; probed from kvm1, kvm2"


def test_move_of_a_stopped_vm():
    stopped = VM.with_attributes(state="stopped")
    found = assess(move(stopped), fleet(stopped, PORT, bridge("kvm1"), bridge("kvm2"), free_memory=0))
    assert (found.impact, found.how) == (Impact.NONE, "its definition and disk are copied")


@pytest.mark.parametrize(
    ("expected", "there"),
    [
        ("E441", fleet(*READY, replace(VM, place="kvm2"))),
        ("E441", fleet(*READY, replace(PORT, place="kvm2", parent=("vm", "other")))),
        ("E442", fleet(VM, PORT, bridge("kvm1"))),
        ("E443", fleet(*READY, there={})),
        ("E443", fleet(*READY, there={"tiny.qcow2": ImageFile(999, 0)})),
        ("E444", fleet(*READY, free_memory=2**28)),
        ("E444", fleet(*READY, free_disk=4000)),
        ("E446", fleet(VM, replace(PORT, attributes={"bridge": "br1", "vlan": 5}), bridge("kvm1"),
                       bridge("kvm2", backend="linux"))),
        ("E213", fleet(VM, PORT.with_attributes(mtu=1450), bridge("kvm1"), bridge("kvm2", mtu=1449))),
        (None, fleet(VM, PORT.with_attributes(mtu=1450), bridge("kvm1"), bridge("kvm2", mtu=1450))),
        (None, fleet(VM, PORT.with_attributes(mtu=1450), bridge("kvm1"), bridge("kvm2"))),
        (None, fleet(VM, PORT, bridge("kvm1"), bridge("kvm2", mtu=1400))),
        ("E446", fleet(VM, replace(PORT, attributes={"bridge": "br1", "vlan": 5}), bridge("kvm1"),
                       bridge("kvm2", backend="linux"), version=11_000_000)),
        (None, fleet(VM, replace(PORT, attributes={"bridge": "br1", "vlan": 5}), bridge("kvm1"),
                     bridge("kvm2", backend="linux", **{"vlan-filtering": "yes"}), version=11_000_000)),
    ],
)  # fmt: skip
def test_moves_that_cannot_be(expected, there):
    assert code(move(), there) == expected


def test_a_vm_that_comes_back_finds_the_memory_that_it_left():
    """A drain, and what comes after it in the same script, is planned on facts of before."""
    there = fleet(*READY, free_memory=2**28)
    seen = there.facts["kvm2", "libvirt"]
    known = {**there.facts, ("kvm2", "libvirt"): replace(seen, running={"web1": 2**30})}
    assert code(move(), replace(there, facts=known)) is None


def test_move_to_a_host_without_libvirt():
    there = replace(
        fleet(*READY), absent={("kvm2", "libvirt"): ServiceAbsent("there is none", help="install it")}
    )
    assert code(move(), there) == "E440"


def test_move_of_a_device_disk():
    xml = XML.replace("</devices>", '<disk type="block"><target dev="vdb"/></disk></devices>')
    assert code(move(replace(VM, record={"xml": xml, "persistent": True})), fleet(*READY)) == "E447"


def test_a_disk_of_a_pool_that_is_not_there():
    disk = '<disk type="volume"><source pool="gone" volume="x"/><target dev="vdb"/></disk></devices>'
    xml = XML.replace("</devices>", disk)
    for volumes, says in (({}, "`gone`, which kvm1 does not have"), ({"vdb": ""}, "are devices: vdb")):
        vm = replace(VM, record={"xml": xml, "persistent": True, "volumes": volumes})
        assert says in assess(move(vm), fleet(*READY)).problem.message


def test_a_uuid_that_another_vm_has():
    def called(name, host, uuid="1-2"):
        xml = XML.replace("<name>web1</name>", f"<name>{name}</name><uuid>{uuid}</uuid>")
        return replace(VM, name=name, place=host, record={"xml": xml, "persistent": True})

    here, copy = called("web1", "kvm1"), called("copy", "kvm2")
    found = assess(move(here), fleet(here, copy, PORT, bridge("kvm1"), bridge("kvm2")))
    assert (found.problem.code, "`copy`" in found.problem.message) == ("E441", True)
    assert code(move(here), fleet(here, called("other", "kvm2", "3"), *READY[1:])) is None
    assert code(add(here), fleet(called("copy", "kvm1"))) == "E441"  # a deletion is taken back
    assert code(add(here), fleet(copy)) is None


def test_new_vm():
    new = Resource("vm", "web2", "kvm1", {"disk": "tiny.qcow2", "memory": 2**29, "vcpus": 1})
    assert assess(add(new), fleet()).how == "thin overlay of tiny.qcow2"
    assert (
        assess(add(new.with_attributes(**{"import": True})), fleet()).how == "tiny.qcow2 itself is its disk"
    )
    assert code(add(new.with_attributes(disk="tini.qcow2")), fleet()) == "E443"
    assert "`tiny.qcow2`" in assess(add(new.with_attributes(disk="tini.qcow2")), fleet()).problem.help
    assert code(add(replace(new, name="web1")), fleet()) == "E448"
    assert code(add(new.with_attributes(disk="/elsewhere/x.qcow2")), fleet()) is None


def test_ports():
    hot = assess(add(PORT), fleet(VM, bridge("kvm1")))
    assert (hot.impact, hot.hits, hot.how) == (Impact.LIVE, ("web1",), "hot-plugged, and in its definition")
    cold = assess(add(PORT), fleet(VM.with_attributes(state="stopped"), bridge("kvm1")))
    assert (cold.impact, cold.how) == (Impact.NONE, "in its definition")
    assert assess(add(PORT), fleet(bridge("kvm1"))).impact is Impact.NONE
    assert code(add(replace(PORT, name="vnet7")), fleet(VM, bridge("kvm1"))) == "E445"
    on_linux = fleet(VM, bridge("kvm1", backend="linux"))
    assert code(add(PORT.with_attributes(vlan=5)), on_linux) == "E446"
    assert code(add(PORT), on_linux) is None
    for anew in ({"mac": "52:54:00:00:00:01"}, {"mtu": 1400}):
        found = assess(change(PORT, **anew), fleet(VM, bridge("kvm1")))
        assert (found.impact, found.hits) == (Impact.BRIEF, ("web1",))
        assert found.how == "the NIC is replaced, and in its definition"


def test_changes_of_a_vm():
    stop = assess(change(VM, state="stopped"), fleet())
    assert (stop.impact, stop.hits) == (Impact.RESTART, ("web1",))
    assert assess(change(VM, memory=2**30), fleet()).how == "takes effect at the next start"
    assert assess(change(VM.with_attributes(state="stopped"), state="running"), fleet()).how == "started"
    assert assess(change(VM.with_attributes(state="paused"), state="running"), fleet()).how == "resumed"
    held = replace(VM.with_attributes(state="paused"), record={"paused by": "an error of its disk"})
    assert "paused by an error of its disk" in assess(change(held, state="running"), fleet()).how
    transient = replace(VM, record={"xml": XML, "persistent": False})
    assert code(change(transient, memory=2**30), fleet()) == "E447"


def test_removals():
    delete = assess(Change(ActionKind.REMOVE, VM, None), fleet())
    assert delete.impact is Impact.RESTART
    assert "kept" in delete.how
    undone = assess(Change(ActionKind.REMOVE, replace(VM, record=None), None), fleet())
    assert undone.impact is Impact.DESTROY
    assert "its new disk removed" in undone.how
    without = replace(VM, record=None).with_attributes(disk=None)
    assert "disk" not in assess(Change(ActionKind.REMOVE, without, None), fleet()).how
    transient = replace(VM, record={"xml": XML, "persistent": False})
    assert assess(Change(ActionKind.REMOVE, transient, None), fleet()).impact is Impact.DESTROY


def test_a_new_vm_is_made_with_its_nics():
    other = replace(PORT, name="db_port1", parent=("vm", "db"))
    changes = [add(VM), add(PORT), add(other)]
    assert [(s.change, s.folded) for s in steps(changes)] == [(changes[0], (changes[1],)), (changes[2], ())]


def test_a_vm_goes_with_its_nics():
    changes = [change_.inverse() for change_ in (add(PORT), add(VM))]
    assert [(s.change, s.folded) for s in steps(changes)] == [(changes[1], (changes[0],))]
    assert [s.change for s in steps(changes[:1])] == changes[:1]


@pytest.mark.parametrize(
    ("state", "new", "impact", "how"),
    [
        ("running", "stopped", Impact.RESTART, "shut down"),
        ("paused", "stopped", Impact.RESTART, "cannot hear"),
        ("pmsuspended", "stopped", Impact.RESTART, "cannot hear"),
        ("crashed", "stopped", Impact.RESTART, "cannot hear"),
        ("crashed", "running", Impact.RESTART, "started anew"),
        ("pmsuspended", "running", Impact.NONE, "woken up"),
        ("paused", "running", Impact.NONE, "resumed"),
        ("stopped", "running", Impact.NONE, "started"),
        ("stopped", "crashed", Impact.NONE, "stays as it is"),
    ],
)
def test_turns(state, new, impact, how):
    found = assess(change(VM.with_attributes(state=state), state=new), fleet())
    assert (found.impact, how in found.how) == (impact, True)


def test_a_tpm_that_libvirt_would_not_keep():
    xml = XML.replace("</devices>", "<tpm model='tpm-tis'><backend type='emulator'/></tpm></devices>")
    sealed = replace(VM, place="kvm2", record={"xml": xml, "persistent": True})
    assert code(Change(ActionKind.REMOVE, sealed, None), fleet(version=8_008_000)) == "E453"
    kept = assess(Change(ActionKind.REMOVE, sealed, None), fleet(version=8_009_000))
    assert (kept.problem, "the state of its TPM" in kept.how) == (None, True)


@pytest.mark.parametrize(("state", "new"), [("running", "stopped"), ("crashed", "running")])
def test_what_others_set_on_links_that_are_made_anew(state, new):
    crashed = VM.with_attributes(state=state)
    port = replace(PORT, record={"xml": "<interface/>", "link": "web1_port1"})
    plug = Plug({"br1": {}}, settings={"Mirror": "mirror m0"})
    seen = fleet(crashed, port, bridge("kvm1"))
    seen = replace(seen, facts={**seen.facts, ("kvm1", "ovs"): LinkFacts(plugs={"web1_port1": plug})})
    told = assess(change(crashed, state=new), seen).how
    assert "what others set on its links goes: web1_port1: mirror m0" in told
    assert "goes" not in assess(change(VM.with_attributes(state="running"), state="paused"), seen).how
