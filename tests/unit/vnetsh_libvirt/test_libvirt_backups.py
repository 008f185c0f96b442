"""What speaks against backups and restoring them, and what they cost; what a backup says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from libvirt_fleets import VM, XML, add, code, fleet

from vnetsh.model import Resource, Value
from vnetsh.model.backups import OF, changed_since, folder as folder_named, kept, made_of
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh_libvirt import checkpoints
from vnetsh_libvirt.assessing import assess
from vnetsh_libvirt.backups import layout
from vnetsh_libvirt.backups.layout import About, SavedDisk, SavedFile
from vnetsh_libvirt.backups.observing import built, resource_of
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.facts import LibvirtFacts
from vnetsh_libvirt.seen import Seen

DISK = """<disk type="file"><driver type="qcow2"/><source file="/images/{0}.qcow2"/><target dev="{0}"/>{1}</disk>"""
POOL = Resource("pool", "safe", "kvm1", {"path": "/safe", "state": "running"}, backend="libvirt")
SAVED = SavedDisk("vda", "vda", "/images/vda.qcow2", "qcow2", "disk-vda.qcow2", 2**20, "aa")
ABOUT = About(
    "1", "web1", "1", "u", 1700000000, "full", "crash", (SAVED,), (SavedFile("/nvram", "file-0", "bb"),)
)
FILES = "1 8 disk-vda.qcow2/1 8 file-0/"


def vm(*devices: str, root: str = "", **attributes: Value) -> Resource:
    """The VM with these devices more."""
    inside = "".join(devices)
    record: Mapping[str, object] = {
        "xml": XML.replace("</devices>", f"{inside}</devices>{root}"),
        "persistent": attributes.pop("persistent", True),
    }
    return replace(VM.with_attributes(**attributes), record=record)


def off(*devices: str, **attributes: Value) -> Resource:
    return vm(*devices, **{"state": "stopped", **attributes})


def backup(**attributes: Value) -> Change:
    return add(
        Resource("backup", "web1/2", "kvm1", {"vm": "web1", "pool": "safe", **attributes}, backend="libvirt")
    )


def seen(about: str = layout.written(ABOUT), files: str = FILES, domain: str = XML) -> Resource:
    return resource_of("/safe/web1@1.backup", "safe", "kvm1", LibvirtFacts(), files, about, domain)


def restored(before: Resource) -> Change:
    after = before.with_attributes(restored=("1",))
    return Change(ActionKind.CHANGE, before, after, wishes={"restore": "web1/1", "pool": "safe"})


def test_what_a_backup_says_is_read_as_it_was_written() -> None:
    assert layout.read(layout.written(ABOUT)) == ABOUT
    assert ABOUT.sums == {"disk-vda.qcow2": "aa", "file-0": "bb"}
    for text in (
        "",
        "{}",
        "[]",
        "nothing",
        '{"format": 3}',
        '{"format": 1, "disks": [{"name": "x"}], "files": []}',
    ):
        with pytest.raises(ValueError, match=r"."):
            layout.read(text)


def test_only_a_folder_that_is_called_so_is_one() -> None:
    assert layout.meant(folder_named("/safe", "a@b", "1")) == ("a@b", "1")
    for name in ("web1@1.backup.part", "web1@1.backup.gone", "web1.backup", "backup"):
        assert layout.meant(f"/safe/{name}") == ("", "")


def test_it_is_told_with_what_is_wrong_with_it() -> None:
    whole = seen()
    assert (whole.name, whole.text("how"), whole.get("size"), whole.get("note")) == (
        "web1/1",
        "full",
        8192,
        None,
    )
    assert "file-0 is missing" in seen(files="1 8 disk-vda.qcow2/").text("note")
    assert "about.json" in seen(about="").text("note")
    assert "web1/2" in seen(about=layout.written(replace(ABOUT, name="2"))).text("note")
    assert "domain.xml" in seen(domain="").text("note")
    for odd in (
        layout.written(ABOUT).replace("1700000000", '"x"'),
        "[1]",
        '{"format": 1, "disks": 7, "files": []}',
    ):
        assert seen(about=odd).text("note").startswith("cannot be read: ")
    assert seen(files="7/nothing/").text("note").startswith("cannot be read: ")


def test_its_vm_and_the_parts_of_it_come_out_as_they_went_in() -> None:
    parts = [
        VM,
        Resource("port", "p", "kvm1", {"trunk": (1, 2)}, parent=("vm", "web1"), record={"xml": "<x/>"}),
    ]
    one = Resource("backup", "web1/1", "kvm1", {"vm": "web1"}, record={OF: [kept(part) for part in parts]})
    assert list(made_of(one)) == parts
    assert next(made_of(seen())).kind == "vm"


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (vm(persistent=False), "no persistent definition"),
        (vm(state="saved"), "saved state"),
        (
            vm("<disk type='block'><source dev='/dev/x'/><target dev='vdb'/></disk>"),
            "its disk vdb is no file",
        ),
        (
            vm("<disk type='network'><source protocol='sheepdog'/><target dev='vdb'/></disk>"),
            "vdb lies on a server",
        ),
        (
            vm(
                "<disk type='network'><driver type='raw'/><source protocol='rbd' name='p/i'><host name='mon'/></source>"
                "<target dev='vdb'/></disk>",
                state="stopped",
            ),
            "do not open by themselves",
        ),
        (vm(DISK.format("vdb", "<shareable/>")), "its disk vdb is shareable"),
        (vm(DISK.format("vdb", "<encryption format='luks'/>")), "its disk vdb is encrypted"),
    ],
)
def test_what_cannot_be_made_again_whole_is_not_copied(found: Resource, why: str) -> None:
    problem = assess(backup(), fleet(found, POOL)).problem
    assert problem
    assert (problem.code, why in problem.message) == ("E547", True)


ON_SERVER = (
    "<disk type='network'><driver type='{1}'/><source protocol='{0}' name='{2}'><host name='nas'/></source>"
    "<target dev='vdb'/></disk>"
)


def test_what_lies_on_a_server_is_copied_and_a_lun_not_written_over() -> None:
    for disk, comes_back in (
        (ON_SERVER.format("nfs", "qcow2", "/export/vdb.qcow2"), True),
        (ON_SERVER.format("nbd", "raw", "vdb"), False),
    ):
        assert code(backup(), fleet(vm(disk), POOL)) is None
        path = Definition(vm(disk).record["xml"]).drive("vdb").path  # type: ignore[index, union-attr, arg-type]
        saved = replace(SAVED, name="vdb", target="vdb", path=path, file="disk-vdb.qcow2")
        there = seen(layout.written(replace(ABOUT, disks=(saved,), files=())), "1 8 disk-vdb.qcow2/")
        assert code(restored(off(disk)), fleet(off(disk), POOL, there)) == (None if comes_back else "E588")


def test_a_pool_has_to_be_a_folder_at_work() -> None:
    for attributes in ({"type": "nfs", "source": "nas:/x"}, {"path": "/safe", "state": "stopped"}):
        assert code(backup(), fleet(vm(), replace(POOL, attributes=attributes))) == "E547"


def test_the_plan_says_how_far_the_disks_fit_together() -> None:
    channel = "<channel><target name='org.qemu.guest_agent.0' state='{}'/></channel>"
    said = {
        word: assess(backup(), fleet(one, POOL))
        for word, one in (
            ("crash-consistent", vm()),
            ("crash-consistent:", vm(channel.format("disconnected"))),
            ("rest for the moment", vm(channel.format("connected"))),
            ("it is off", off()),
        )
    }
    for word, found in said.items():
        assert word.rstrip(":") in found.how
        assert found.impact is (Impact.NONE if word == "it is off" else Impact.LIVE)
    tpm = off("<tpm><backend type='emulator'/></tpm>")
    assert "no part of it: the state of its TPM" in assess(backup(), fleet(tpm, POOL)).how


def test_only_what_can_be_restored_whole_is() -> None:
    assert code(restored(off()), fleet(off(), POOL, seen())) is None
    broken = seen(files="")
    assert code(restored(off()), fleet(off(), POOL, broken)) == "E588"
    other = layout.written(replace(ABOUT, disks=(replace(SAVED, name="vdx"),)))
    assert code(restored(off()), fleet(off(), POOL, seen(about=other))) == "E588"
    snapshot = Resource("snapshot", "web1/s", "kvm1", {"vm": "web1"}, backend="libvirt")
    assert code(restored(off()), fleet(off(), POOL, seen(), snapshot)) == "E588"


def test_a_restore_is_not_taken_back_under_a_guest() -> None:
    change = restored(off())
    back = replace(change.inverse(), before=vm())
    assert code(back, fleet(vm(), POOL, seen())) == "E587"
    assert assess(change.inverse(), fleet(off(), POOL, seen())).impact is Impact.DESTROY
    assert (
        code(replace(backup().inverse(), action=ActionKind.ADD, after=seen(), before=None), fleet(POOL))
        == "E548"
    )


LATER = replace(ABOUT, id="2", name="2", how="incremental", since="1", base="1")
UUID = Definition(XML).uuid
LIST = {"vnetsh-1": {"vda": 65536}}


def observed(*abouts: About, live: Definition, tracked: Mapping[str, Mapping[str, int]]) -> list[Resource]:
    """The backups of `web1` as they are told of together."""
    found = [
        resource_of(
            f"/safe/web1@{one.name}.backup", "safe", "kvm1", LibvirtFacts(), FILES, layout.written(one), XML
        )
        for one in abouts
    ]
    seen = Seen("running", True, live, live, {"tracked": tracked})
    return built(found, [seen])


def test_an_incremental_one_says_since_which_and_needs_it() -> None:
    assert layout.read(layout.written(LATER)) == LATER
    assert '"format": 1' in layout.written(ABOUT)
    assert "since" not in layout.written(ABOUT)
    live = Definition(vm(DISK.format("vda", "")).record["xml"])
    first, second = observed(ABOUT, LATER, live=live, tracked={})
    assert (second.text("how"), second.get("note")) == ("incremental since 1", None)
    (alone,) = observed(LATER, live=live, tracked={})
    assert "backup 1, which it builds on, is gone" in alone.text("note")
    _, other = observed(replace(ABOUT, id="9"), LATER, live=live, tracked={})
    assert "is gone or broken" in other.text("note")
    for one in (first, second):
        removed = Change(ActionKind.REMOVE, one, None)
        assert code(removed, fleet(vm(), POOL, first, second)) == ("E599" if one is first else None)


def test_what_has_changed_is_known_of_all_disks_or_of_none() -> None:
    about = replace(ABOUT, uuid=UUID)
    one, two = (
        Definition(vm(*disks).record["xml"])
        for disks in ([DISK.format("vda", "")], [DISK.format("vda", ""), DISK.format("vdb", "")])
    )
    assert changed_since(observed(about, live=one, tracked=LIST)[0]) == 65536
    assert changed_since(observed(about, live=two, tracked=LIST)[0]) is None
    assert changed_since(observed(about, live=one, tracked={"vnetsh-1": {}})[0]) is None
    assert changed_since(observed(about, live=one, tracked={})[0]) is None
    assert changed_since(observed(replace(about, uuid="v"), live=one, tracked=LIST)[0]) is None


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (off(DISK.format("vda", "")), "only of a vm that runs"),
        (vm(DISK.format("vda", ""), **{"managed-by": "ha1"}), "a cluster moves it"),
        (vm(DISK.format("vda", "").replace("qcow2", "raw")), "its disk vda is raw"),
        (vm(DISK.format("vda", "")), "none yet that it could build on"),
    ],
)
def test_the_plan_says_why_a_backup_is_full(found: Resource, why: str) -> None:
    said = assess(replace(backup(), wishes={"tracking": True}), fleet(found, POOL)).how
    assert said.startswith("full: ")
    assert why in said


def test_what_makes_its_disks_otherwise_forgets_what_has_changed() -> None:
    known = replace(off(), record={**(off().record or {}), "tracked": LIST})
    moved = Change(ActionKind.MOVE, known, replace(known, place="kvm2"))
    renamed = Change(ActionKind.CHANGE, known, replace(known, name="web2"))
    reverted = Change(ActionKind.CHANGE, known, known, wishes={"revert": "s"})
    larger = Change(ActionKind.CHANGE, known, known.with_attributes(memory=2**28))
    of_disk = Resource("disk", "web1/vda", "kvm1", {"path": "/a"}, parent=("vm", "web1"))
    elsewhere = Change(ActionKind.CHANGE, of_disk, of_disk.with_attributes(path="/b"))
    grown = Change(ActionKind.CHANGE, of_disk, of_disk.with_attributes(size=2**30))
    for change in (
        moved,
        renamed,
        reverted,
        restored(known),
        elsewhere,
        Change(ActionKind.REMOVE, known, None),
    ):
        assert "a full one" in checkpoints.said(change, fleet(known))
    for change in (larger, grown):
        assert checkpoints.said(change, fleet(known)) == ""


def test_checkpoints_of_others_stay() -> None:
    theirs = replace(vm(), record={**(vm().record or {}), "checkpoints": ["nightly"]})
    going_back = Change(ActionKind.CHANGE, theirs, theirs, wishes={"revert": "s"})
    assert code(going_back, fleet(theirs)) == "E600"
    assert code(Change(ActionKind.REMOVE, theirs, None), fleet(theirs)) == "E453"
