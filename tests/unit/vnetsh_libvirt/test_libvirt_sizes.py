"""Memory and vcpus in definitions of all sorts: read, written, refused. What libvirt makes of it is tried on a lab."""

import re

import pytest

from vnetsh.model import ActionKind, Change, Resource
from vnetsh_libvirt import live_sizes, sizes
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.draft import Draft
from vnetsh_libvirt.redrafting import redrafted
from vnetsh_libvirt.vm_fields import SETTINGS

MIB = 2**20
NUMA = "<cpu><numa><cell id='0' cpus='0-3' memory='96' unit='MiB'/></numa></cpu>"
SHUFFLED = "<vcpus><vcpu id='0' enabled='yes' hotpluggable='no'/><vcpu id='1' enabled='no' hotpluggable='yes'/></vcpus>"


def domain(inner):
    return Definition(f"<domain>{inner}</domain>")


def written(definition, memory=None, vcpus=None):
    draft = Draft(definition.xml)
    if memory is not None:
        sizes.write_memory(definition, draft, memory)
    if vcpus is not None:
        sizes.write_vcpus(definition, draft, vcpus)
    return draft.text


@pytest.mark.parametrize(
    ("inner", "memory"),
    [
        ("<memory unit='MiB'>128</memory>", 128),
        ("<memory unit='MiB'>128</memory><currentMemory unit='MiB'>96</currentMemory>", 96),
        (
            "<memory unit='MiB'>128</memory><currentMemory unit='MiB'>96</currentMemory>"
            "<devices><memballoon model='none'/></devices>",
            128,
        ),
    ],
)
def test_memory_is_what_the_guest_has(inner, memory):
    assert sizes.memory(domain(inner)) == memory * MIB


@pytest.mark.parametrize(
    ("inner", "value", "after"),
    [
        ("<memory>1</memory><currentMemory>1</currentMemory>", 2048, ("2", "2")),
        ("<memory>4</memory><currentMemory>1</currentMemory>", 2048, ("4", "2")),
        ("<memory>4</memory><currentMemory>1</currentMemory>", 8192, ("8", "8")),
        ("<memory unit='MiB'>4</memory><currentMemory unit='MiB'>4</currentMemory>", 1024, ("1", "1")),
    ],
)
def test_a_ceiling_of_memory_stays_where_it_can(inner, value, after):
    root = Definition(written(domain(inner), memory=value)).root
    assert (root.findtext("memory"), root.findtext("currentMemory")) == after
    assert sizes.memory(Definition(written(domain(inner), memory=value))) == value


@pytest.mark.parametrize(
    ("inner", "value", "after"),
    [
        ("<vcpu>2</vcpu>", 4, "<vcpu>4</vcpu>"),
        ("<vcpu placement='static' current='1'>4</vcpu>", 3, '<vcpu placement="static" current="3">4</vcpu>'),
        ("<vcpu current='1'>4</vcpu>", 6, "<vcpu>6</vcpu>"),
    ],
)
def test_a_ceiling_of_vcpus_stays_where_it_can(inner, value, after):
    assert after in written(domain(inner), vcpus=value)


@pytest.mark.parametrize(
    ("inner", "value", "why"),
    [
        ("<vcpu>4</vcpu><cpu><topology sockets='2' cores='2' threads='1'/></cpu>", 3, "makes 4"),
        ("<vcpu>4</vcpu><cpu><topology sockets='2' cores='2' threads='1'/></cpu>", 8, "makes 4"),
        ("<vcpu current='2'>4</vcpu><cpu><topology sockets='2' cores='2' threads='1'/></cpu>", 3, ""),
        (f"<vcpu>4</vcpu>{NUMA}", 8, "NUMA"),
        (f"<vcpu current='1'>2</vcpu>{SHUFFLED}", 2, ""),
        (f"<vcpu current='1'>2</vcpu>{SHUFFLED.replace('yes', 'no', 1)}", 2, "one by one"),
        ("<vcpu>4</vcpu><cputune><vcpusched vcpus='1-3' scheduler='fifo'/></cputune>", 2, "vcpu 2"),
        ("<vcpu>4</vcpu><cputune><vcpupin vcpu='1' cpuset='0'/><shares>9</shares></cputune>", 2, ""),
        ("<vcpu>4</vcpu>", 2, ""),
    ],
)
def test_vcpus_that_cannot_be(inner, value, why):
    found = sizes.vcpus_problem(domain(inner), value)
    assert (why in found) if why else found == ""


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (NUMA, "NUMA"),
        ("<maxMemory slots='2'>9</maxMemory>", "plugged in"),
        ("<devices><memory model='dimm'/></devices>", "plugged in"),
        ("", ""),
    ],
)
def test_memory_that_cannot_be(more, why):
    found = sizes.memory_problem(domain(f"<memory>1</memory>{more}"), 4096)
    assert (why in found) if why else found == ""
    below = domain(f"<memory>8</memory><currentMemory>1</currentMemory>{more}")
    assert sizes.memory_problem(below, 4096) == ""


@pytest.mark.parametrize(("behind", "at"), [("", 0), ("a", 1), ("ab", 2), ("b", 2), ("z", 0)])
def test_a_nic_is_plugged_where_it_was(behind, at):
    nics = [f'<interface><mac address="{mac}"/></interface>' for mac in "ab"]
    draft = Draft(f"<domain><devices><disk/>{''.join(nics)}<serial/></devices></domain>")
    draft.plug('<interface><mac address="c"/></interface>', behind)
    order = ["a", "b"]
    order.insert(at, "c")
    assert re.findall('address="(.)"', draft.text) == order


def test_a_draft_keeps_what_others_wrote():
    theirs = (
        '<metadata><o:x xmlns:o="urn:o" a="1 &amp; 2"><!-- c --><o:y/></o:x></metadata>'
        "<description>a &lt; b</description>"
    )
    draft = Draft(f"<domain>{theirs}<memory>1</memory></domain>")
    draft.set("memory", "2", unit="KiB")
    assert draft.text == f'<domain>{theirs}<memory unit="KiB">2</memory></domain>'
    before = draft.text
    draft.mark('<vnetsh:vm xmlns:vnetsh="urn:vnetsh:1" disk="a"/>')
    draft.mark('<vnetsh:vm xmlns:vnetsh="urn:vnetsh:1" disk="b"/>')
    assert draft.text.count("vnetsh:vm") == 1
    draft.take_mark(Draft(before))
    assert draft.text == before
    bare = Draft("<domain><memory>1</memory></domain>")
    bare.mark('<vnetsh:vm xmlns:vnetsh="urn:vnetsh:1" disk="b"/>')
    bare.take_mark(Draft("<domain/>"))
    assert bare.text == "<domain><memory>1</memory></domain>"


@pytest.mark.parametrize(
    ("name", "was", "now"),
    [
        ("vcpus", "<vcpu placement='static' current='1'>2</vcpu>", "<vcpu placement='static'>2</vcpu>"),
        (
            "memory",
            "<memory unit='KiB'>131072</memory><currentMemory unit='KiB'>98304</currentMemory>",
            "<memory unit='KiB'>131072</memory><currentMemory unit='KiB'>131072</currentMemory>",
        ),
    ],
)
def test_a_ceiling_that_a_number_came_up_to_is_there_again_when_that_is_taken_back(name, was, now):
    old = Resource(
        "vm", "web", "kvm1", {name: SETTINGS[name].read(domain(was))}, record={"xml": domain(was).xml}
    )
    new = old.with_attributes(**{name: SETTINGS[name].read(domain(now))})
    back = Change(ActionKind.CHANGE, old, new).inverse()
    assert was.replace("'", '"') in redrafted(domain(now), back)


@pytest.mark.parametrize(
    ("live", "was", "wanted", "follows"),
    [
        (True, 128, 96, True),
        (True, 128, 160, False),
        (True, 96, 128, True),  # an earlier sentence gave it less
        (False, 128, 96, True),  # an earlier sentence starts it
        (False, 96, 128, True),
        (False, 160, 150, True),  # with what another one gave it before
        (False, 128, 160, False),
    ],
)
def test_what_earlier_sentences_do_is_foreseen(live, was, wanted, follows):
    xml = "<domain><memory unit='MiB'>128</memory><devices><memballoon model='virtio'/></devices></domain>"
    record = {"xml": xml, "persistent": True, **({"live": xml} if live else {})}
    vm = Resource("vm", "web", "kvm1", {"memory": was * MIB, "state": "running"}, record=record)
    asked = Change(ActionKind.CHANGE, vm, vm.with_attributes(memory=wanted * MIB))
    assert (live_sizes.how(asked, "memory") == live_sizes.BALLOON) is follows


@pytest.mark.parametrize(
    ("now", "then", "kept"),
    [
        ((64, 64), (64, 48), True),
        ((64, 48), (64, 48), False),
        ((64, 64), (96, 48), False),
        ((64, 56), (64, 48), False),
    ],
)
def test_a_guest_that_keeps_all_its_memory(now, then, kept):
    one, other = (
        domain(f"<memory unit='MiB'>{most}</memory><currentMemory unit='MiB'>{has}</currentMemory>")
        for most, has in (now, then)
    )
    assert sizes.is_kept(one, other) is kept
