"""What images say at their beginning, which paths that are, and whose a file is by it: on bytes made by hand."""

import base64
import gzip
import struct
from dataclasses import replace
from types import SimpleNamespace

import pytest
from libvirt_fleets import PORT, VM, XML, bridge, code, fleet, move

from vnetsh.hosts.transport import Completed
from vnetsh_libvirt import chains, folders
from vnetsh_libvirt.facts import Folder, ImageFile
from vnetsh_libvirt.heads import Head, form_of, parse, path_of
from vnetsh_libvirt.users import builder, writer


def qcow2(below="", *, features=0, snapshots=0, extensions=(), order=4, version=3):
    told = b"".join(struct.pack(">II", kind, len(d)) + d + bytes(-len(d) % 8) for kind, d in extensions)
    size = 104 if version > 2 else 72
    at = size + len(told) + 8 if below else 0
    first = struct.pack(">4sIQIIQ", b"QFI\xfb", version, at, len(below), 16, 0)
    first += struct.pack(">IIQQIIQ", 0, 0, 0, 0, 0, snapshots, 0)
    first += struct.pack(">QQQII", features, 0, 0, order, size) if version > 2 else b""
    return first + told + bytes(8) + below.encode()


FLAT = '# Disk DescriptorFile\ncreateType="{}"\nRW 16384 FLAT "f-flat.vmdk" 0\n'
QED = b"QED\0" + struct.pack("<IIIQQQQQII", 0, 0, 0, 1, 0, 0, 0, 0, 64, 6) + b"b.qcow"


@pytest.mark.parametrize(
    ("head", "right"),
    [
        (b"", Head()),
        (b"\0" * 4096, Head()),
        (b"QFI\xfb\0\0", Head()),
        (qcow2("b.raw", extensions=[(0xE2792ACA, b"raw")]), Head("b.raw", "raw")),
        (qcow2("b", snapshots=2, version=2), Head("b", snapshots=2, old=True)),
        (qcow2(features=4, extensions=[(0x44415441, b"d.raw")]), Head(data="d.raw")),
        (qcow2(features=4), Head(data="another file")),
        (qcow2(extensions=[(0x23852875, struct.pack(">IIQQ", 3, 0, 0, 0))]), Head(bitmaps=3)),
        (qcow2(order=3), Head(lost=("its reference counts of 8 bits",))),
        (QED, Head("b.qcow")),
        (FLAT.format("monolithicFlat").encode(), Head(data="f-flat.vmdk")),
        (FLAT.format("monolithicSparse").encode(), Head()),
        (b'KDMV\0\n# Disk DescriptorFile\nparentFileNameHint="p.vmdk"\n', Head("p.vmdk")),
    ],
)
def test_heads(head, right):
    assert parse(head) == right


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("", ""),
        ("b", "/i/b"),
        ("../o/b", "/i/../o/b"),
        ("/b", "/b"),
        ("file:/b", "/b"),
        ("file:///b", "/b"),
        ("file:b", "/i/b"),
        ("./a:b", "/i/a:b"),
        ("nbd://h/x", ""),
        ("nbd:h:1", ""),
        ('json:{"driver":"qcow2","file":{"driver":"file","filename":"/b"}}', "/b"),
        ('json:{"driver":"qcow2","file.driver":"file","file.filename":"b"}', "/i/b"),
        ('json:{"driver":"raw","file":{"driver":"nbd","host":"h"}}', ""),
        ('json:{"file.filename":"https://h/x"}', ""),
        ("json:[", ""),
        ("json:7", ""),
    ],
)
def test_names_as_paths(name, path):
    assert path_of("/i/x", name) == path


def test_the_format_that_json_says():
    assert form_of(Head('json:{"driver":"raw","file":{}}')) == "raw"
    assert form_of(Head('json:{"driver":"file","filename":"b"}')) == ""


def test_a_raw_disk_has_nothing_below_and_a_circle_ends():
    files = {"/i/a": ImageFile(1, 1, head=Head("b")), "/i/b": ImageFile(1, 1, head=Head("a"))}
    assert list(chains.needed("/i/a", "qcow2", files.get)) == ["/i/b", "/i/a"]
    assert list(chains.needed("/i/a", "raw", files.get)) == []


def test_what_a_host_prints():
    """A file that grew while it was read spoils nothing of the next one; neither does a name."""
    heads = b"==> /i/a <==\n" + b"\0" * 9 + b"\n==> /i/b ==> <==\n" + qcow2("c")
    lines = ["-f 1:2 3 8 10.1234567890 /i/a", "lf 1:3 900 8 11.5 /i/b ==>", "-d 1:4 9 8 1.0 /i/d"]
    told = ["/10 512 ext2/ext3 /i", *lines, f"={base64.b64encode(gzip.compress(heads)).decode()}", "/", ""]
    ask = SimpleNamespace(ask=lambda *_, **__: Completed(0, "\0".join(told), ""))
    found = folders.read(SimpleNamespace(transport=ask, timeout=1), ["/i"]).folders["/i"]
    assert found.others == {"d": "a folder"}
    assert found.files["a"] == ImageFile(3, 4096, "1:2", "10.123456789", head=Head())
    assert found.files["b ==>"].link
    assert found.files["b ==>"].head == Head("c")


def seen(**files):
    return {f"{name}.qcow2": ImageFile(1, 1, **told) for name, told in files.items()}


def test_a_file_is_the_same_by_all_its_names():
    files = seen(
        web1={"identity": "1:7", "head": Head("base.qcow2")},
        other={"identity": "1:7"},
        base={"identity": "1:8"},
    )
    files["hard.qcow2"] = ImageFile(1, 1, "1:8")
    there = fleet(VM, PORT)
    facts = replace(there.facts["kvm1", "libvirt"], images=files)
    there = replace(there, facts={**there.facts, ("kvm1", "libvirt"): facts})
    assert writer(there, "kvm1", "/images/other.qcow2") == "web1"
    assert writer(there, "kvm1", "/images/other.qcow2", "web1") == ""
    assert builder(there, "kvm1", "/images/hard.qcow2") == "web1"
    assert builder(there, "kvm1", "/images/other.qcow2") == ""


DISK = "/images/web1.qcow2"
LEFT = {"what": "", "host": "kvm2", "left": DISK, "id": "7 1.5", "state": "7 1 10.5"}
ANEW = {"what": "", "host": "kvm2", "file": DISK, "since": "11"}


@pytest.mark.parametrize(
    ("made", "written", "expected"),
    [([LEFT], "10.5", None), ([LEFT], "12.5", "E457"), ([LEFT, ANEW], "12.5", None), ([], "12.5", None)],
)
def test_an_old_copy_gives_way_where_it_is_as_it_was_left(made, written, expected):
    files = {"tiny.qcow2": ImageFile(1000, 1000), "web1.qcow2": ImageFile(1, 1, "1:7", written)}
    folder = {"/images": Folder(files, 2**30, "ext2/ext3")}
    vm = replace(VM, record={"xml": XML, "persistent": True})
    there = fleet(vm, PORT, bridge("kvm1"), bridge("kvm2"), there=files, folders=folder)
    assert code(replace(move(vm), undo=True, made=tuple(made)), there) == expected
