"""Machine, CPU and boot order in definitions of all sorts: read, written into them, put back."""

import pytest

from vnetsh.nouns.machine import MachineType
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.draft import Draft
from vnetsh_libvirt.hardware import BOOT, CPU, HARDWARE, MACHINE, TOPOLOGY

OS = "<os><type machine='pc-q35-7.2'>hvm</type><boot dev='network'/><boot dev='hd'/><bootmenu enable='yes'/></os>"
NAMED = (
    "<cpu mode='custom' match='exact' check='partial'><model fallback='allow'>Nehalem</model>"
    "<vendor>Intel</vendor><feature policy='require' name='vmx'/><topology sockets='1' cores='2' threads='1'/></cpu>"
)
MODEL = "<cpu mode='host-model' check='partial'/>"
DISK = "<devices><disk type='file'/></devices>"


def domain(inner):
    return Definition(f"<domain>{inner}</domain>")


def written(definition, name, value):
    one, draft = HARDWARE[name], Draft(definition.xml)
    values, children = one.written(definition, value)
    draft.say(one.path, {**dict.fromkeys(one.attributes), **values}, one.tags, children)
    return Definition(draft.text)


@pytest.mark.parametrize(
    ("inner", "name", "value"),
    [
        (OS, MACHINE, "pc-q35-7.2"),
        (NAMED, CPU, "Nehalem"),
        (MODEL, CPU, "host-model"),
        ("<cpu><topology sockets='2' cores='1' threads='1'/></cpu>", CPU, None),
        ("", CPU, None),
        (NAMED, TOPOLOGY, "1x2x1"),
        ("<cpu><topology sockets='2' dies='2' cores='1' threads='1'/></cpu>", TOPOLOGY, None),
        ("<cpu/>", TOPOLOGY, None),
        (OS + DISK, BOOT, ("network", "disk")),
        ("<os><boot dev='hd'/></os>" + DISK, BOOT, None),
        ("<os><boot dev='network'/></os>", BOOT, None),
        ("<os><boot dev='cdrom'/></os>", BOOT, ("cdrom",)),
    ],
)
def test_what_is_there(inner, name, value):
    assert HARDWARE[name].read(domain(inner)) == value


@pytest.mark.parametrize(
    ("inner", "name", "value", "stays"),
    [
        (OS, MACHINE, "pc-q35-8.0", "bootmenu"),
        (NAMED + OS, CPU, "host-model", "topology"),
        (NAMED + OS, CPU, "EPYC", "topology"),
        (MODEL, CPU, "EPYC", ""),
        (NAMED, TOPOLOGY, "2x2x2", "vmx"),
        (NAMED, TOPOLOGY, None, "vmx"),
        (MODEL, TOPOLOGY, "1x4x1", "host-model"),
        ("", TOPOLOGY, "1x4x1", ""),
        (OS, BOOT, ("cdrom", "disk"), "bootmenu"),
        (OS + DISK, BOOT, None, "bootmenu"),
    ],
)
def test_another_one_and_back(inner, name, value, stays):
    before, one = domain(inner), HARDWARE[name]
    after = written(before, name, value)
    assert one.read(after) == value
    assert stays in after.xml
    assert "feature" not in after.xml or name != CPU
    draft = Draft(after.xml)
    draft.graft(Draft(before.xml), one.path, one.attributes, one.tags)
    assert sorted(draft.text) == sorted(Draft(before.xml).text)  # the same, in whatever order
    assert all(other.read(Definition(draft.text)) == other.read(before) for other in HARDWARE.values())


def test_a_cpu_that_nobody_said_comes_and_goes():
    before = domain("<vcpu>1</vcpu>")
    after = written(before, CPU, "host-model")
    draft = Draft(after.xml)
    draft.graft(Draft(before.xml), "cpu", HARDWARE[CPU].attributes, HARDWARE[CPU].tags)
    assert draft.text == Draft(before.xml).text


def test_what_is_its_hosts_model_runs_under_the_name_that_this_has():
    differ = HARDWARE[CPU].otherwise
    assert not differ(domain(NAMED), domain(MODEL))
    assert differ(domain(NAMED), domain("<cpu mode='host-passthrough'/>"))
    assert differ(domain(NAMED), domain(NAMED.replace("Nehalem", "EPYC")))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("q35", "pc-q35-7.2", True),
        ("pc-i440fx-7.2", "pc", True),
        ("pc-q35-7.2", "pc-q35-8.0", False),
        ("q35", "pc", False),
        ("q35", None, False),
        (None, None, True),
        ("virt", "virt", True),
    ],
)
def test_a_familys_name_means_each_of_it(one, other, same):
    assert MachineType().same(one, other) is same
