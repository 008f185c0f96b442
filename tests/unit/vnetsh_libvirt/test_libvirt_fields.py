"""What the tables of attributes of the libvirt backend hold, and what cannot be said by them."""

from __future__ import annotations

import threading
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from vnetsh.backend import ApplyFailed, Assessment, JobState
from vnetsh.errors import BackendRefused
from vnetsh.model import Change, Resource, Value
from vnetsh.registry import load_plugins
from vnetsh.testing.fleet import add, bridge, change, fleet_of, nic, vm
from vnetsh_libvirt.backend import LibvirtBackend
from vnetsh_libvirt.definition import Nic
from vnetsh_libvirt.domain_xml import place
from vnetsh_libvirt.fields import NIC_FIELDS, NicField, Tags
from vnetsh_libvirt.jobs import Work
from vnetsh_libvirt.journey import Tell

NATIVE = "<vlan trunk='yes'><tag id='5' nativeMode='untagged'/><tag id='10'/></vlan>"
TAGGED = NATIVE.replace("untagged", "tagged")
TRUNK = "<vlan trunk='yes'><tag id='30'/><tag id='10'/></vlan>"


def element(inner: str = "") -> ET.Element:
    return ET.fromstring(f"<interface type='bridge'><source bridge='br0'/>{inner}</interface>")


def seen(inner: str, **attributes: Value) -> Resource:
    port = nic("web_p1", "br0", "web", by="libvirt", **attributes)
    return replace(port, record={"xml": ET.tostring(element(inner), encoding="unicode")})


def assessed(change: Change) -> Assessment:
    return LibvirtBackend().assess(change, fleet_of(vm("web", by="libvirt"), bridge("br0", by="ovs")))


def test_all_that_can_be_said_of_its_kinds_is_a_field() -> None:
    backend, kinds = LibvirtBackend(), load_plugins().vocabulary.kinds
    for name in backend.kinds:
        words = [one for one in kinds[name].attributes if not one.backends or backend.name in one.backends]
        # A patch port is no NIC, what libvirt defines is there again by itself, who keeps a vm up tells others, and a
        # disk that is not thick is thin.
        said = {one.name for one in words if not one.apart} - {
            "on",
            "peer",
            "survives-reboot",
            "managed-by",
            "thin",
        }
        assert said <= backend.attributes[name]


@pytest.mark.parametrize(
    ("inner", "vlan", "trunk"),
    [
        ("", None, None),
        ("<vlan><tag id='5'/></vlan>", 5, None),
        ("<vlan><tag id='0x14'/></vlan>", 20, None),
        (TRUNK, None, (10, 30)),
        ("<vlan><tag id='30'/><tag id='10'/></vlan>", None, (10, 30)),
        ("<vlan trunk='yes'><tag id='10'/></vlan>", None, (10,)),
        (NATIVE, 5, (10,)),
        (TAGGED, None, None),
    ],
)
def test_one_tag_is_a_vlan_and_a_trunk_has_several(inner: str, vlan: Value, trunk: Value) -> None:
    found = Nic(element(inner), "web")
    assert Tags().read(found) == vlan
    assert Tags(trunk=True).read(found) == trunk


def test_tags_take_the_place_of_all_others() -> None:
    found = Nic(element(NATIVE), "web")
    vlan, trunk = Tags(), Tags(trunk=True)
    for tags, value, both in (
        (trunk, (10, 30), (5, (10, 30))),
        (vlan, 6, (6, (10, 30))),
        (vlan, None, (None, (10, 30))),
        (vlan, 7, (7, (10, 30))),
        (trunk, None, (7, None)),
        (vlan, None, (None, None)),
    ):
        tags.write(found.element, value)  # type: ignore[arg-type]
        assert (vlan.read(found), trunk.read(found)) == both
        assert len(found.element.findall("vlan")) == (both != (None, None))


def test_a_native_vlan_that_no_field_says_is_not_lost() -> None:
    assert assessed(change(seen(NATIVE, vlan=5, trunk=(10,)), vlan=7)).problem is None
    problem = assessed(change(seen(TAGGED), vlan=7)).problem
    assert problem
    assert problem.code == "E449"
    assert "trunk of VLANs 5, 10" in problem.message
    assert assessed(change(seen(TAGGED), bridge="br0", mtu=1400)).problem is None
    moved = element(TAGGED)
    place(Nic(moved, "web"), nic("web_p1", "br9", "web"), openvswitch=True)
    assert moved.find("vlan/tag[@nativeMode='tagged']") is not None


def test_a_vlan_changes() -> None:
    assert assessed(change(seen("<vlan><tag id='5'/></vlan>", vlan=5), vlan=7)).problem is None
    assert assessed(change(seen("<vlan><tag id='5'/></vlan>", vlan=5), vlan=None)).problem is None


@pytest.mark.parametrize("field", NIC_FIELDS, ids=lambda field: str(field.name))
def test_what_is_written_of_a_nic_is_read_again(field: NicField) -> None:
    value = {"bridge": "br9", "vlan": 9, "mac": "52:54:00:00:00:09", "mtu": 1400}.get(field.name)
    found = Nic(element(), "web")
    before = field.where.read(found)
    field.where.write(found.element, value)
    assert field.where.read(found) == (value if field.phrase else before)


def test_a_kind_that_is_not_known_is_refused() -> None:
    pool = Resource("lun", "images", "kvm1", {}, backend="libvirt")
    backend, there = LibvirtBackend(), fleet_of()
    with pytest.raises(BackendRefused, match="does not know the kind lun"):
        backend.assess(add(pool), there)
    with pytest.raises(BackendRefused, match="does not know the kind lun"):
        backend.commands(add(pool), there, there)


# Work that goes on by itself


def end(job: Work) -> JobState:
    while not (state := job.look()).ended:
        pass
    return state


def test_work_is_looked_at_until_it_ends() -> None:
    go_on = threading.Event()

    def copy(tell: Tell) -> None:
        for moved in (1, 2, 3):
            tell(JobState("copying", moved, 4))
        tell(JobState("kept"))
        go_on.wait(5)

    job = Work("test", "beginning", copy)
    while (state := job.look()).text == "beginning":
        pass
    assert not state.ended
    while job.look().text != "kept":
        pass
    go_on.set()
    assert end(job) == JobState("kept", ended=True)


def test_cancelled_work_is_broken_off_where_it_tells() -> None:
    def copy(tell: Tell) -> None:
        try:
            while True:
                tell(JobState("copying", 1, 4))
        except KeyboardInterrupt:
            tell(JobState("cleaning up"))
            raise ApplyFailed("interrupted") from None

    job = Work("test", "beginning", copy)
    job.look()
    job.cancel()
    with pytest.raises(ApplyFailed, match="interrupted"):
        end(job)
