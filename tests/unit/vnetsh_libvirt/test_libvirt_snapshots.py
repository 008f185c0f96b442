"""What speaks against snapshots, and what they cost; which one a name means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from libvirt_fleets import PORT, VM, XML, add, code, fleet

from vnetsh.model import Resource
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh_libvirt.assessing import assess
from vnetsh_libvirt.snapshots.snapshot import Snapshot, resource_of

TAKEN = """<domainsnapshot><name>before</name><state>running</state><creationTime>1700000000</creationTime>{}
<domain><name>web1</name><memory>524288</memory><vcpu>1</vcpu>{}</domain></domainsnapshot>"""
DISK = """<devices><disk type="file"><driver type="qcow2"/><source file="/images/web1.qcow2"/>
<target dev="vda"/></disk>{}</devices>"""
NIC = """<interface type="bridge"><mac address="52:54:00:00:00:01"/><source bridge="br1"/></interface>"""
WEB = VM
OFF = VM.with_attributes(state="stopped")
VDA = Resource("disk", "web1/vda", "kvm1", {"vm": "web1"}, parent=("vm", "web1"), record={"xml": "<disk/>"})


def taken(more: str = "", domain: str = DISK.format("")) -> Resource:
    return resource_of(Snapshot(TAKEN.format(more, domain)), "web1", "kvm1", current=True)


def wanted(name: str = "new") -> Change:
    return add(Resource("snapshot", f"web1/{name}", "kvm1", {"vm": "web1"}, backend="libvirt"))


def back(vm: Resource = WEB) -> Change:
    return Change(ActionKind.CHANGE, vm, vm.with_attributes(state="running"), wishes={"revert": "before"})


def made(device: str = "", root: str = "", **attributes: object) -> Resource:
    """The VM with a device more, or other things in its definition."""
    xml = XML.replace("</devices>", f"{device}</devices>{root}")
    record: Mapping[str, object] = {"xml": xml, "persistent": attributes.pop("persistent", True)}
    return replace(VM.with_attributes(**attributes), record=record)  # type: ignore[arg-type]


def test_it_is_told_as_libvirt_has_it() -> None:
    found = taken("<memory snapshot='external'/>")
    assert (found.name, found.text("state"), found.text("vm")) == ("web1/before", "running", "web1")
    assert found.text("note").startswith("external")
    assert found.get("current") == "yes"


@pytest.mark.parametrize(
    ("vm", "why"),
    [
        (made("<disk type='file'><target dev='vdb'/></disk>"), "its disk vdb is raw"),
        (
            made("<disk type='network'><driver type='qcow2'/><target dev='vdb'/></disk>", state="stopped"),
            "its disk vdb lies on a server",
        ),
        (made(root="<os><loader type='pflash'>/x</loader></os>"), "its firmware"),
        (made(root="<os firmware='efi'/>"), "its firmware"),
        (made("<hostdev type='pci'/>"), "a device of its host"),
        (made(persistent=False), "no persistent definition"),
        (made(state="saved"), "saved state"),
    ],
)
def test_of_what_none_can_be_taken(vm: Resource, why: str) -> None:
    problem = assess(wanted(), fleet(vm)).problem
    assert problem
    assert (problem.code, why in problem.message) == ("E486", True)


def test_media_and_read_only_disks_are_no_matter_and_a_vm_pauses() -> None:
    vm = made(
        "<disk type='file' device='cdrom'><target dev='sda'/></disk><disk type='file'><readonly/></disk>"
    )
    found = assess(wanted(), fleet(vm))
    assert (found.problem, found.impact, found.hits) == (None, Impact.BRIEF, ("web1",))
    assert assess(wanted(), fleet(OFF)).impact is Impact.NONE


def test_to_remove_one_destroys_and_is_not_taken_back() -> None:
    gone = Change(ActionKind.REMOVE, taken(), None)
    assert assess(gone, fleet(VM, taken())).impact is Impact.DESTROY
    assert code(gone.inverse(), fleet(VM)) == "E488"
    assert assess(wanted().inverse(), fleet(VM)).impact is Impact.NONE
    external = Change(ActionKind.REMOVE, taken("<memory snapshot='external'/>"), None)
    assert code(external, fleet(VM)) == "E489"


def test_to_go_back_destroys_what_was_written_since() -> None:
    found = assess(back(), fleet(VM, VDA, taken()))
    assert (found.problem, found.impact) == (None, Impact.DESTROY)
    assert "back to `before` of 2023-11-1" in found.how
    assert code(back(made(state="saved")), fleet(VM, VDA, taken())) == "E453"


@pytest.mark.parametrize(
    ("vm", "then", "why"),
    [
        (VM.with_attributes(memory=2**30), DISK.format(""), "memory 1G now, 512M then"),
        (VM.with_attributes(vcpus=2), DISK.format(""), "vcpus 2 now, 1 then"),
        (VM, DISK.format(NIC), "NIC 52:54:00:00:00:01 went since"),
        (VM, "<devices/>", "vda (/images/web1.qcow2) came since"),
        (
            VM,
            DISK.format("") + "<os><type machine='pc-q35-7.2'>hvm</type></os>",
            "machine none now, pc-q35-7.2 then",
        ),
    ],
)
def test_what_sentences_say_must_be_as_it_was(vm: Resource, then: str, why: str) -> None:
    problem = assess(back(vm), fleet(vm, VDA, taken(domain=then))).problem
    assert problem
    assert (problem.code, why in problem.message) == ("E487", True), problem.message


def test_what_earlier_sentences_change_counts() -> None:
    assert "vda (/images/web1.qcow2) went since" in assess(back(), fleet(VM, taken())).problem.message  # type: ignore[union-attr]
    new = Resource("disk", "web1/new", "kvm1", {"vm": "web1"}, parent=("vm", "web1"))
    assert "disk new comes" in assess(back(), fleet(VM, VDA, new, taken())).problem.message  # type: ignore[union-attr]
    planned = replace(taken(), record={"of": {"memory": 2**29, "vcpus": 1}})
    assert assess(back(), fleet(VM, VDA, planned)).problem is None
    other = replace(planned, record={"of": {"memory": 2**28, "vcpus": 1}})
    assert "memory is another one by then" in assess(back(), fleet(VM, VDA, other)).problem.message  # type: ignore[union-attr]


def test_a_nic_may_not_be_another_one() -> None:
    there = PORT.with_attributes(mac="52:54:00:00:00:01", bridge="br2")
    problem = assess(back(), fleet(VM, VDA, there, taken(domain=DISK.format(NIC)))).problem
    assert problem
    assert "web1_port1 has bridge br2 now, br1 then" in problem.message


def test_what_no_sentence_says_and_goes_back_too_is_named() -> None:
    then = DISK.format("<watchdog model='i6300esb'/>")
    assert (
        "also back in its definition: metadata, watchdog"
        in assess(back(), fleet(VM, VDA, taken(domain=then))).how
    )


def test_what_others_left_out_of_one_stays_and_is_named() -> None:
    out = "<disks><disk name='vda' snapshot='no'/></disks>"
    assert "vda: stays as it is" in assess(back(), fleet(VM, VDA, taken(out))).how


def test_a_vm_that_has_one_is_not_forgotten() -> None:
    assert code(Change(ActionKind.REMOVE, VM, None), fleet(VM, VDA, taken())) == "E453"
