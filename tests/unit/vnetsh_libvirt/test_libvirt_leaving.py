"""What a VM has, and what becomes of it when it moves: the table, walked on XML made by hand."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from libvirt_fleets import PORT, VM, XML, bridge, code, fleet, move

from vnetsh.model import LinkFacts, Plug, Resource
from vnetsh_libvirt.assessing import assess
from vnetsh_libvirt.cargo import CARGO
from vnetsh_libvirt.facts import Folder, ImageFile
from vnetsh_libvirt.heads import Head

OFF = {"state": "stopped"}
DISK = "/images/web1.qcow2"
PAGE = Path(__file__).parents[3] / "docs/moving.md"


def vm(device="", *, root="", attributes=None, **held):
    xml = XML.replace("</devices>", f"{device}</devices>{root}")
    return replace(VM.with_attributes(**attributes or {}), record={"xml": xml, "persistent": True, **held})


def moved(one, *others, **kvm2):
    there = fleet(one, PORT, bridge("kvm1"), bridge("kvm2"), *others, **kvm2)
    return assess(move(one), there)


def disk(path, *inside, target="vdb", kind="disk"):
    source = f"<source file='{path}'/><target dev='{target}'/>"
    return f"<disk type='file' device='{kind}'>{source}{''.join(inside)}</disk>"


NVRAM = "<os><nvram>/nvram/web1_VARS.fd</nvram></os>"
PCI = "<address domain='0x0000' bus='0x03' slot='0x00' function='0x1'/>"
USB = "<vendor id='0x1234'/><product id='0xbeef'/>"


def test_a_vm_with_snapshots_stays():
    taken = [Resource("snapshot", f"web1/{name}", "kvm1", {"vm": "web1"}) for name in "st"]
    assert "has 2: s, t" in moved(vm(), *taken).problem.message


def test_a_snapshot_that_is_removed_before_it_moves_is_not_in_its_image_any_more():
    """Of a script that says both, and of the undo of one that took it after a move."""

    def problem(*names, inside, left=()):
        one = replace(VM, record={**VM.record, "snapshots": names})
        images = {
            "web1.qcow2": ImageFile(1000, 1000, head=Head("", "", snapshots=inside)),
            "tiny.qcow2": ImageFile(1000, 1000),
        }
        taken = [Resource("snapshot", f"web1/{name}", "kvm1", {"vm": "web1"}) for name in left]
        there = fleet(one, PORT, bridge("kvm1"), bridge("kvm2"), *taken)
        own = replace(there.facts["kvm1", "libvirt"], images=images)
        return assess(move(one), replace(there, facts={**there.facts, ("kvm1", "libvirt"): own})).problem

    assert problem("s", inside=1) is None
    assert "lost when it moves live: 1 snapshot" in problem(inside=1).message
    assert "lost when it moves live: 1 snapshot" in problem("s", inside=2).message
    assert "has 1: s" in problem("s", inside=1, left=["s"]).message


@pytest.mark.parametrize(
    ("words", "one"),
    [
        ("checkpoints", vm(checkpoints=["nightly"])),
        ("saved state", vm(saved=True, attributes={"state": "saved"})),
        ("paused by an error of its disk", vm(**{"paused by": "an error of its disk"})),
        ("disk vdb .* copied", vm(disk("/images/b", "<mirror type='file'/>"))),
        ("pci device of its host: 0000:03:00.1", vm(f"<hostdev type='pci'><source>{PCI}</source></hostdev>")),
        ("usb device of its host: 0x1234:0xbeef", vm(f"<hostdev type='usb'><source>{USB}</source></hostdev>")),
        ("NIC that is a device", vm(f"<interface type='hostdev'><source>{PCI}</source></interface>")),
        ("folder of its host: /srv/share", vm("<filesystem><source dir='/srv/share'/></filesystem>")),
        ("memory that is a device", vm("<memory model='nvdimm'><source><path>/dev/pmem</path></source></memory>")),
        ("serial port .*/dev/ttyS0", vm("<serial type='dev'><source path='/dev/ttyS0'/></serial>")),
        ("TPM that is its host's", vm("<tpm><backend type='passthrough'/></tpm>")),
        ("keeps secret", vm(root="<launchSecurity type='sev'/>")),
        ("shares memory", vm("<shmem name='x'/>")),
        ("paused and has variables", vm(root=NVRAM, attributes={"state": "paused"})),
        ("state of its TPM", vm("<tpm><backend type='emulator'/></tpm>", attributes=OFF)),
    ],
)  # fmt: skip
def test_what_cannot_go_along(words, one):
    problem = moved(one).problem
    assert problem
    assert (problem.code, bool(problem.help)) == ("E455", True)
    assert re.search(words, problem.message), problem.message


@pytest.mark.parametrize(
    "one",
    [
        vm("<shmem name='x'/>", attributes=OFF),
        vm("<tpm><backend type='emulator'/></tpm>"),
        vm("<serial type='pty'/><redirdev type='spicevmc'/><rng><backend>/dev/urandom</backend></rng>"),
        vm(autostart=True),
        replace(vm(), attributes={**VM.attributes, "state": "paused"}),
    ],
)
def test_what_goes_along(one):
    assert moved(one).problem is None


def nic(kind, source, *inside):
    return f"<interface type='{kind}'><source {source}/>{''.join(inside)}</interface>"


@pytest.mark.parametrize(
    ("one", "kvm2"),
    [
        (vm(disk("/images/only1.iso", "<readonly/>", kind="cdrom")), {}),
        (vm(disk(DISK, "<backingStore><source file='/images/base'/></backingStore>")), {}),
        (vm(root="<os><kernel>/images/vmlinuz</kernel></os>"), {}),
        (vm(root="<os><loader>/images/CODE.fd</loader></os>"), {}),
        (vm(nic("network", "network='lan'")), {"networks": {}}),
        (vm(nic("network", "network='lan' portgroup='a'")), {"networks": {"lan": frozenset({"b"})}}),
        (vm(nic("direct", "dev='eth7'")), {}),
        (vm(nic("bridge", "bridge='br1'", "<filterref filter='clean'/>")), {"filters": frozenset()}),
        (vm(disk(DISK, "<encryption><secret uuid='u'/></encryption>")), {"secrets": frozenset({"v"})}),
    ],
)
def test_what_the_other_host_lacks(one, kvm2):
    there = fleet(one, PORT, bridge("kvm1"), bridge("kvm2"), **kvm2)
    there = replace(there, facts={**there.facts, ("kvm2", "ovs"): LinkFacts({"eth0": 1500})})
    assert code(move(one), there) == "E456"


def test_what_the_other_host_has():
    device = (
        nic("network", "network='lan' portgroup='a'")
        + nic("direct", "dev='eth0'")
        + nic("bridge", "bridge='br1'", "<filterref filter='clean'/>")
        + disk("/elsewhere/unknown.iso", "<readonly/>")
        + disk("/images/both.iso", "<readonly/>", target="vdc")
    )
    kvm2 = {"networks": {"lan": frozenset("a")}, "filters": frozenset({"clean"})}
    images = {"tiny.qcow2": ImageFile(1000, 1000), "both.iso": ImageFile(1, 1)}
    assert moved(vm(device), there=images, **kvm2).problem is None


VOLUME = "<disk type='volume'><source pool='p' volume='v'/><target dev='vdb'/></disk>"


@pytest.mark.parametrize(
    ("pools", "expected"),
    [({"p": "/pool"}, None), ({}, "E456"), ({"p": "/other"}, "E456"), (None, None)],
)
def test_a_volume_is_a_file_of_its_pool(pools, expected):
    problem = moved(vm(VOLUME, volumes={"vdb": "/pool/v"}), pools=pools).problem
    assert (problem and problem.code) == expected


def test_a_volume_of_no_folder_is_a_device():
    assert moved(vm(VOLUME)).problem.code == "E447"


LOCAL, NFS = Folder({}, 2**30, "ext2/ext3"), Folder({}, 2**30, "nfs")


def on(kind, one, *others, files=()):
    """A move between hosts whose image folders are of such a kind, with these files at the other."""
    folder = Folder({name: ImageFile(1, 1) for name in files}, 2**30, kind)
    there = fleet(one, PORT, bridge("kvm1"), bridge("kvm2"), *others)
    facts = {
        at: replace(found, folders={"/images": folder}, images=None) for at, found in there.facts.items()
    }
    return code(move(one), replace(there, facts=facts))


def test_files_in_the_way():
    assert on("ext2/ext3", vm(), files=["web1.qcow2", "tiny.qcow2"]) == "E457"
    assert on("nfs", vm(), files=["web1.qcow2", "tiny.qcow2"]) is None
    assert on("ext2/ext3", vm(), files=["other.qcow2", "tiny.qcow2"]) is None


def test_what_goes_before_is_not_in_the_way():
    """Of a script that moves it there and back, and of a plan that first takes back a half-made move."""
    files = {"web1.qcow2": ImageFile(1, 1), "tiny.qcow2": ImageFile(1000, 1000)}
    folders = {"/images": Folder(files, 2**30, "ext2/ext3")}
    there = fleet(VM, PORT, bridge("kvm1"), bridge("kvm2"))
    facts = {at: replace(found, folders=folders, images=files) for at, found in there.facts.items()}
    there = replace(there, facts=facts)
    assert code(move(), there) == "E457"
    thing = {"what": "", "host": "kvm2", "file": DISK, "id": "7 1"}
    back = replace(move().inverse(), made=(thing,))
    assert code(move(), there.after([back])) is None
    once = there.after([back]).after([move()])
    assert DISK.rsplit("/", 1)[1] not in once.facts["kvm1", "libvirt"].images
    assert once.facts["kvm2", "libvirt"].file(DISK)


def test_a_disk_of_two_vms():
    shareable = vm(disk("/images/q.raw", "<shareable/>"))
    other = replace(vm(disk("/images/q.raw")), name="web2")
    plain = vm(disk("/images/q.raw"))
    unrelated = replace(VM, name="web3", record={**VM.record, "xml": XML.replace(DISK, "/images/c")})
    files = ["tiny.qcow2"]
    assert on("ext2/ext3", shareable, files=files) == "E457"
    assert on("ext2/ext3", plain, other, files=files) == "E457"
    assert on("ext2/ext3", plain, unrelated, files=files) is None
    assert on("nfs", shareable, other, files=files) is None


def test_what_stays_is_said():
    found = moved(vm("<serial type='file'><source path='/var/log/web1.log'/></serial>"))
    assert (
        found.how == "live, peer to peer; what is in /var/log/web1.log stays on kvm1; probed from kvm1, kvm2"
    )


def test_the_page_has_the_table():
    page = PAGE.read_text()
    for line in CARGO:
        assert f"| {line.what} | {line.live} | {line.off} |" in page, line


@pytest.mark.parametrize(
    ("before", "planned", "refused"),
    [
        ({"vlan": 9}, {"vlan": 9}, True),  # others set it, and nobody says it
        ({"vlan": 9}, {"vlan": 7}, False),  # a sentence before the move says it: libvirt is told
        ({}, {"vlan": 7}, False),
        ({}, {"trunk": (7, 8)}, False),
        ({}, {"bridge": "br2"}, False),
        ({}, {}, False),
    ],
)
def test_what_others_set_at_a_switch_does_not_go_along_and_what_a_sentence_sets_does(
    before, planned, refused
):
    told = {"bridge": "br1"}
    port = replace(PORT, record={"told": told, "link": PORT.name}, attributes={**told, **planned})
    others = [bridge(host, name) for host in ("kvm1", "kvm2") for name in ("br1", "br2")]
    found = fleet(vm(), port, *others)
    plugs = {PORT.name: Plug({"br1": before}, tells=("vlan", "trunk"))}
    found = replace(found, facts={**found.facts, ("kvm1", "ovs"): LinkFacts(plugs=plugs)})
    assert (code(move(vm()), found) == "E455") == refused


def test_a_nic_that_others_took_off_its_bridge_is_said_to_be_on_none():
    """Not that a bridge without a name is needed elsewhere."""
    told = {"bridge": "br1"}
    port = replace(PORT, record={"told": told, "link": PORT.name}, attributes={})
    others = {"another": Plug({"br1": {}})}
    found = fleet(vm(), port, bridge("kvm1"), bridge("kvm2"))
    found = replace(found, facts={**found.facts, ("kvm1", "ovs"): LinkFacts(plugs=others)})
    problem = assess(move(vm()), found).problem
    assert problem
    assert (problem.code, "bridge none, not br1" in problem.message) == ("E455", True)
