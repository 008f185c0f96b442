"""Whose a file is goes by what it is, not by its path; what is in a VM's images moves along, or refuses the plan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import Run, command_of, on, without_system

from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

HOSTS = ("kvm1", "kvm2")
IMAGES, OTHER = "/var/lib/libvirt/images", "/var/lib/libvirt/other"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        without_system(lab)
        yield lab


CLEAN = f"""for n in $(virsh list --all --name); do virsh destroy $n; virsh undefine $n; done
for p in $(virsh pool-list --all --name); do virsh pool-destroy $p; virsh pool-undefine $p; done
cd {IMAGES}; find . -mindepth 1 ! -name tiny.qcow2 -delete; rm -rf {OTHER}; mkdir {OTHER}"""


@pytest.fixture
def vnetsh(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    run = command_of(lab)
    for host in HOSTS:
        shell(lab, host, f"mkdir -p {OTHER}")
    yield lambda *words, code=0: run("--lab", "--max-impact", "destroy", *words, code=code)
    for host in HOSTS:
        lab.exec(host, ["sh", "-c", CLEAN])


def shell(lab: Lab, host: str, script: str) -> str:
    return on(lab, host, "sh", "-ec", f"cd {IMAGES}; O={OTHER}; {script}").strip()


def disk(path: str, *, target: str = "vda", form: str = "qcow2") -> str:
    return (
        f"<disk type='file' device='disk'><driver name='qemu' type='{form}' cache='none'/>"
        f"<source file='{path if path.startswith('/') else f'{IMAGES}/{path}'}'/>"
        f"<target dev='{target}' bus='virtio'/></disk>"
    )


def define(lab: Lab, host: str, name: str, *disks: str) -> None:
    xml = (
        f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>96</memory>"
        "<os><type arch='x86_64'>hvm</type></os><features><acpi/></features>"
        f"<devices>{''.join(disks)}<serial type='pty'/></devices></domain>"
    )
    on(lab, host, "sh", "-ec", "cat >/tmp/d.xml; virsh -q define /tmp/d.xml", input=xml)


MAKE = "qemu-img create -q -f qcow2"


def off(lab: Lab, vnetsh: Run, sentence: str) -> None:
    """Make a VM on kvm1, which is off then."""
    vnetsh("-c", f"vm {sentence}")
    on(lab, "kvm1", "virsh", "-q", "destroy", sentence.split()[0])


THIN = "mk on kvm1 memory 96M disk tiny.qcow2"

PATHS = {
    "a detour": (f"cd $O; {MAKE} -b ../images/mk.qcow2 -F qcow2 t.qcow2", f"{OTHER}/t.qcow2"),
    "a chain of two": (
        f"cd $O; {MAKE} -b ../images/mk.qcow2 -F qcow2 m.qcow2; {MAKE} -b m.qcow2 -F qcow2 t.qcow2",
        f"{OTHER}/t.qcow2",
    ),
    "a link": (f"ln -s {IMAGES}/mk.qcow2 $O/lnk.qcow2", f"{OTHER}/lnk.qcow2"),
    "a link below": (
        f"cd $O; ln -s {IMAGES}/mk.qcow2 lnk.qcow2; {MAKE} -b lnk.qcow2 -F qcow2 t.qcow2",
        f"{OTHER}/t.qcow2",
    ),
    "JSON": (
        f"""{MAKE} -F qcow2 -b 'json:{{"file":{{"driver":"file","filename":"{IMAGES}/mk.qcow2"}}}}' $O/t.qcow2""",
        f"{OTHER}/t.qcow2",
    ),
    "a hard link": ("ln mk.qcow2 $O/h.qcow2", f"{OTHER}/h.qcow2"),
}


@pytest.mark.parametrize("way", PATHS)
def test_a_file_that_others_use_by_another_path_stays(lab: Lab, vnetsh: Run, way: str) -> None:
    off(lab, vnetsh, THIN)
    script, path = PATHS[way]
    shell(lab, "kvm1", script)
    define(lab, "kvm1", "o1", disk(path))
    if "chain" in way:
        on(lab, "kvm1", "virsh", "-q", "start", "o1")
    if way in ("a detour", "a chain of two", "JSON"):
        said = vnetsh("-c", "migrate mk to kvm2")
        assert "mk.qcow2 stays on kvm1, where vm `o1` builds on it" in said.stdout
    else:
        said = vnetsh("undo")
    assert "mk.qcow2 on kvm1 is left alone: o1 on kvm1 needs it" in said.stdout + said.stderr
    assert "mk.qcow2" in shell(lab, "kvm1", "ls")
    assert on(lab, "kvm1", "virsh", "domstate", "o1") == "running" or on(lab, "kvm1", "virsh", "start", "o1")


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("qemu-io -f qcow2 -c 'write -P 0x77 0 1M' oc.qcow2", "somebody has written to it since"),
        ("cp oc.qcow2 new; mv new oc.qcow2", "somebody has written to it since"),
        ("ln -s oc.qcow2 ln.qcow2; # define", "vm `new` uses it"),
        (f"{MAKE} -b ../images/oc.qcow2 -F qcow2 ln.qcow2; # define", "vm `new` uses it"),
    ],
)
def test_an_old_copy_that_is_in_use_again_gives_no_way(lab: Lab, vnetsh: Run, then: str, words: str) -> None:
    shell(lab, "kvm1", f"{MAKE} -b tiny.qcow2 -F qcow2 oc.qcow2")
    off(lab, vnetsh, "oc on kvm1 memory 96M disk oc.qcow2 import")
    vnetsh("-c", "migrate oc to kvm2")
    shell(lab, "kvm1", then)
    if "define" in then:
        define(lab, "kvm1", "new", disk("ln.qcow2"))
    before = shell(lab, "kvm1", "md5sum oc.qcow2")
    said = vnetsh("undo", code=1)
    assert "error[E457]" in said.stderr
    assert words in said.stderr
    assert shell(lab, "kvm1", "md5sum oc.qcow2") == before
    assert on(lab, "kvm2", "virsh", "domstate", "oc") == "shut off"


def test_an_old_copy_that_nobody_touched_gives_way(lab: Lab, vnetsh: Run) -> None:
    shell(lab, "kvm1", f"{MAKE} -b tiny.qcow2 -F qcow2 oc.qcow2")
    vnetsh("-c", "vm oc on kvm1 memory 96M disk oc.qcow2 import")
    for _ in range(2):
        vnetsh("-c", "migrate oc to kvm2")
        vnetsh("undo")
        assert on(lab, "kvm1", "virsh", "domstate", "oc") == "running"


@pytest.mark.parametrize("path", ["ln.raw", f"{IMAGES}/../images/q.raw", f"{OTHER}/h.raw"])
def test_a_disk_of_two_vms_is_not_split(lab: Lab, vnetsh: Run, path: str) -> None:
    shell(lab, "kvm1", "truncate -s 8M q.raw; ln -s q.raw ln.raw; ln q.raw $O/h.raw")
    define(lab, "kvm1", "two", disk(path, form="raw"))
    define(lab, "kvm1", "one", disk("q.raw", form="raw"))
    assert "is also vm `two`'s" in vnetsh("plan", "-c", "migrate one to kvm2", code=1).stderr


@pytest.mark.parametrize("said", ["w.qcow2 import", "w.qcow2", "base.qcow2 import", "ln.qcow2 import"])
def test_a_disk_that_another_vm_has_by_another_path(lab: Lab, vnetsh: Run, said: str) -> None:
    shell(
        lab,
        "kvm1",
        f"{MAKE} base.qcow2 8M; {MAKE} -b ../images/base.qcow2 -F qcow2 w.qcow2; ln -s w.qcow2 ln.qcow2",
    )
    define(lab, "kvm1", "two", disk(f"{IMAGES}/../images/w.qcow2"))
    assert "error[E454]" in vnetsh("plan", "-c", f"vm wn on kvm1 memory 96M disk {said}", code=1).stderr


OFF = "off"
REFUSED = {
    "snapshots inside": ("E455", "1 snapshot", "qemu-img snapshot -c s v.qcow2", ""),
    "a bitmap": ("E455", "1 bitmap", "qemu-img bitmap --add v.qcow2 b", ""),
    "data outside": (
        "E455",
        "has its data in another file, v.raw",
        f"{MAKE} -o data_file=v.raw,data_file_raw=on v.qcow2 8M",
        OFF,
    ),
    "a flat vmdk": (
        "E455",
        "in another file",
        "qemu-img create -q -f vmdk -o subformat=monolithicFlat v.vmdk 8M",
        OFF,
    ),
    "a link": ("E455", "is a symbolic link", "mv v.qcow2 $O; ln -s $O/v.qcow2 v.qcow2", OFF),
    "a network below": ("E455", "which is no file", f"{MAKE} -u -b nbd://h/x -F raw v.qcow2 8M", OFF),
    "what is below that": (
        "E456",
        "has no /var/lib/libvirt/images/base.qcow2",
        f"{MAKE} base.qcow2 8M; {MAKE} -b base.qcow2 -F qcow2 mid.qcow2; {MAKE} -b mid.qcow2 -F qcow2 v.qcow2",
        OFF,
    ),
    "by JSON": (
        "E456",
        "has no /var/lib/libvirt/images/base.qcow2",
        f"""{MAKE} base.qcow2 8M; {MAKE} -F qcow2 -b 'json:{{"file.filename":"base.qcow2"}}' v.qcow2""",
        OFF,
    ),
}


@pytest.mark.parametrize("row", REFUSED)
def test_what_is_in_an_image_and_would_be_lost(lab: Lab, vnetsh: Run, row: str) -> None:
    code, words, script, state = REFUSED[row]
    shell(lab, "kvm1", f"{MAKE} v.qcow2 8M; {script}")
    if row == "what is below that":
        shell(lab, "kvm2", f"{MAKE} mid.qcow2 8M; truncate -s $(stat -c %s mid.qcow2) mid.qcow2")
    flat = row == "a flat vmdk"
    define(lab, "kvm1", "v", disk("v.vmdk" if flat else "v.qcow2", form="vmdk" if flat else "qcow2"))
    if not state:
        on(lab, "kvm1", "virsh", "-q", "start", "v")
    said = vnetsh("plan", "-c", "migrate v to kvm2", code=1)
    assert f"error[{code}]" in said.stderr
    assert words in said.stderr


@pytest.mark.parametrize("thing", ["mkdir v.qcow2", "mkfifo v.qcow2", "ln -s nothing v.qcow2"])
def test_no_file_but_in_the_way(lab: Lab, vnetsh: Run, thing: str) -> None:
    shell(lab, "kvm1", f"{MAKE} v.qcow2 8M")
    shell(lab, "kvm2", thing)
    define(lab, "kvm1", "x", disk("v.qcow2"))
    said = vnetsh("plan", "-c", "migrate x to kvm2", code=1).stderr
    assert re.search(r"error\[E457\]: host `kvm2` has a (folder|FIFO|link to nothing)", said)
    said = vnetsh("plan", "-c", "vm v on kvm2 memory 96M disk tiny.qcow2", code=1).stderr
    assert re.search(r"error\[E448\].*has a (folder|FIFO|link to nothing) `v.qcow2`", said)


def test_live_all_disks_of_the_definition_go_along_as_they_were_made(lab: Lab, vnetsh: Run) -> None:
    shell(
        lab,
        "kvm1",
        f"{MAKE} -o cluster_size=128k,lazy_refcounts=on,refcount_bits=8 -b tiny.qcow2 -F qcow2 co.qcow2",
    )
    shell(lab, "kvm1", f"{MAKE} more.qcow2 8M; qemu-io -c 'write -P 7 0 1M' more.qcow2")
    define(lab, "kvm1", "co", disk("co.qcow2"))
    on(lab, "kvm1", "virsh", "-q", "start", "co")
    attach = ("attach-disk", "co", f"{IMAGES}/more.qcow2", "vdc", "--subdriver", "qcow2", "--config")
    on(lab, "kvm1", "virsh", "-q", *attach)
    tell = "qemu-img info -U co.qcow2 | grep -E 'cluster_size|lazy'; md5sum more.qcow2"
    before = shell(lab, "kvm1", tell)
    said = vnetsh("-c", "migrate co to kvm2").stdout
    assert "the new /var/lib/libvirt/images/co.qcow2 is without its reference counts of 8 bits" in said
    assert shell(lab, "kvm2", tell) == before
    vnetsh("undo")
    assert shell(lab, "kvm1", tell) == before
    assert "more.qcow2" not in shell(lab, "kvm2", "ls")


def test_a_pool_that_is_there_and_does_not_run(lab: Lab, vnetsh: Run) -> None:
    define_pools = (
        f"virsh -q pool-define-as default dir --target {IMAGES}; virsh -q pool-define-as more dir --target $O"
    )
    for host in HOSTS:
        shell(lab, host, define_pools)
    shell(lab, "kvm1", f"{MAKE} -b {IMAGES}/tiny.qcow2 -F qcow2 $O/t.qcow2")
    define(lab, "kvm1", "o1", disk(f"{OTHER}/t.qcow2"))
    off(lab, vnetsh, THIN)
    vnetsh("-c", "migrate mk to kvm2")
    vnetsh("undo")
    vnetsh("undo")  # its making
    assert "mk.qcow2" not in shell(lab, "kvm1", "ls")
    assert "mk.qcow2" not in shell(lab, "kvm2", "ls")
    for host in HOSTS:
        pools = on(lab, host, "virsh", "pool-list", "--all").splitlines()[2:]
        assert [line.split()[:2] for line in pools if line] == [["default", "inactive"], ["more", "inactive"]]
