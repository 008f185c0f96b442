"""What VMs have that others made moves along and back, or is refused; nothing that a run did not make goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cases import few
from in_lab import Run, command_of, on, without_system

from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

HOSTS = ("kvm1", "kvm2")
IMAGES, NVRAM = "/var/lib/libvirt/images", "/var/lib/libvirt/qemu/nvram"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=2) as lab:
        without_system(lab)
        for host in HOSTS:
            firmware = f"mkdir -p {NVRAM}; cd {IMAGES}; truncate -s 64K VARS.fd; truncate -s 256K CODE.fd"
            on(lab, host, "sh", "-ec", firmware)
        yield lab


@pytest.fixture
def vnetsh(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    run = command_of(lab)
    yield lambda *words, code=0: run("--lab", "--max-impact", "destroy", *words, code=code)
    for host in HOSTS:
        for name in on(lab, host, "virsh", "list", "--all", "--name").split():
            lab.exec(host, ["virsh", "destroy", name])
            for snapshot in lab.exec(host, ["virsh", "snapshot-list", name, "--name"]).stdout.split():
                lab.exec(host, ["virsh", "snapshot-delete", name, snapshot])
            lab.exec(host, ["virsh", "undefine", name, "--keep-nvram", "--managed-save"])
        on(
            lab,
            host,
            "sh",
            "-c",
            f"cd {IMAGES} && find . -type f ! -name tiny.qcow2 ! -name '*.fd' -delete; rm -f {NVRAM}/*",
        )


def image(lab: Lab, host: str, name: str, below: str = "tiny.qcow2") -> None:
    options = ("-f", "qcow2", "-b", below, "-F", "qcow2")
    on(lab, host, "qemu-img", "create", "-q", *options, f"{IMAGES}/{name}")


def disk(name: str, *inside: str, target: str = "vda", kind: str = "disk", form: str = "qcow2") -> str:
    bus = "sata" if kind == "cdrom" else "virtio"
    return (
        f"<disk type='file' device='{kind}'><driver name='qemu' type='{form}' cache='none'/>"
        f"<source file='{IMAGES}/{name}'/><target dev='{target}' bus='{bus}'/>{''.join(inside)}</disk>"
    )


def define(lab: Lab, host: str, name: str, devices: str, more: str = "", boot: str = "") -> None:
    xml = (
        f"<domain type='qemu'><name>{name}</name>{more}<memory unit='MiB'>128</memory>"
        "<currentMemory unit='MiB'>96</currentMemory><vcpu current='1'>2</vcpu>"
        f"<os><type arch='x86_64' machine='q35'>hvm</type>{boot}</os><features><acpi/></features>"
        f"<devices>{devices}<serial type='pty'/></devices></domain>"
    )
    on(lab, host, "sh", "-ec", "cat >/tmp/d.xml; virsh -q define /tmp/d.xml", input=xml)


OTHERS = (
    "<title>Shop</title><metadata><t:x xmlns:t='urn:other'><t:owner>them</t:owner></t:x></metadata>"
    "<cputune><shares>512</shares></cputune>"
)


@dataclass(frozen=True)
class Held:
    """All of a VM and of the files of both hosts that somebody could miss."""

    definition: str
    autostart: str
    state: str
    files: tuple[str, ...]
    inodes: tuple[str, ...]


def held(lab: Lab, host: str, name: str, *untouched: str) -> Held:
    info = on(lab, host, "virsh", "dominfo", name)
    autostart = re.search(r"Autostart: +(\S+)", info)
    assert autostart
    return Held(
        on(lab, host, "virsh", "dumpxml", "--inactive", name),
        autostart[1],
        on(lab, host, "virsh", "domstate", name),
        tuple(on(lab, h, "sh", "-c", f"ls {IMAGES} {NVRAM}") for h in HOSTS),
        tuple(on(lab, "kvm1", "stat", "-c", "%i %W %Y", path) for path in untouched),
    )


@pytest.mark.parametrize("state", few(["shut off", "running", "paused"], 0, 1))
def test_all_that_it_has_goes_along_and_comes_back(lab: Lab, vnetsh: Run, state: str) -> None:
    image(lab, "kvm1", "x.qcow2")
    image(lab, "kvm1", "a.qcow2")  # a neighbour's, which has the name that a disk of `a` would have
    on(lab, "kvm1", "sh", "-c", f"head -c 65536 /dev/urandom >{NVRAM}/a_VARS.fd")
    firmware = (
        f"<loader readonly='yes' type='pflash'>{IMAGES}/CODE.fd</loader>"
        f"<nvram template='{IMAGES}/VARS.fd'>{NVRAM}/a_VARS.fd</nvram>"
    )
    define(lab, "kvm1", "a", disk("x.qcow2"), OTHERS, "" if state == "paused" else firmware)
    define(lab, "kvm1", "neighbour", disk("a.qcow2"))
    on(lab, "kvm1", "virsh", "autostart", "a")
    if state != "shut off":
        on(lab, "kvm1", "virsh", "start", "a", *(["--paused"] if state == "paused" else []))
    variables = on(lab, "kvm1", "md5sum", f"{NVRAM}/a_VARS.fd")
    before = held(lab, "kvm1", "a", f"{IMAGES}/a.qcow2")
    vnetsh("-c", "migrate a to kvm2")
    there = held(lab, "kvm2", "a")
    assert (there.definition, there.autostart, there.state) == (before.definition, "enable", state)
    if state != "paused":
        assert on(lab, "kvm2", "md5sum", f"{NVRAM}/a_VARS.fd") == variables
    assert "a" not in on(lab, "kvm1", "virsh", "list", "--all", "--name").split()
    vnetsh("undo")
    assert held(lab, "kvm1", "a", f"{IMAGES}/a.qcow2") == before
    assert on(lab, "kvm1", "md5sum", f"{NVRAM}/a_VARS.fd") == variables
    assert on(lab, "kvm2", "virsh", "list", "--all", "--name") == ""


def test_a_made_file_that_others_build_on_stays(lab: Lab, vnetsh: Run) -> None:
    vnetsh("-c", "vm own on kvm1 memory 96M disk tiny.qcow2; stop own force")
    vnetsh("-c", "migrate own to kvm2")
    image(lab, "kvm2", "top.qcow2", "own.qcow2")
    define(lab, "kvm2", "top", disk("top.qcow2"))
    said = vnetsh("undo")
    assert re.search("own.qcow2 on kvm2 is left alone: top on kvm2 needs it", said.stdout + said.stderr)
    assert "own.qcow2" in on(lab, "kvm2", "ls", IMAGES).split()
    assert on(lab, "kvm1", "virsh", "domstate", "own") == "shut off"


def test_a_made_file_that_was_replaced_stays(lab: Lab, vnetsh: Run) -> None:
    vnetsh("-c", "vm own on kvm1 memory 96M disk tiny.qcow2; stop own force")
    vnetsh("-c", "migrate own to kvm2")
    on(lab, "kvm2", "sh", "-ec", f"cd {IMAGES}; cp own.qcow2 new; mv new own.qcow2")
    said = vnetsh("undo")
    assert "own.qcow2 on kvm2 is not the file that was made" in said.stdout + said.stderr
    assert "own.qcow2" in on(lab, "kvm2", "ls", IMAGES).split()


def test_a_vm_made_anew_by_others_is_not_taken_back(lab: Lab, vnetsh: Run) -> None:
    vnetsh("-c", "vm own on kvm1 memory 96M disk tiny.qcow2; stop own force")
    xml = on(lab, "kvm1", "virsh", "dumpxml", "own")
    on(lab, "kvm1", "virsh", "undefine", "own")
    anew = re.sub("<uuid>.*</uuid>", "", xml)
    on(lab, "kvm1", "sh", "-ec", "cat >/tmp/d.xml; virsh define /tmp/d.xml", input=anew)
    said = vnetsh("undo", code=1)
    assert "not the one that vnetsh made" in said.stdout + said.stderr
    assert "own.qcow2" in on(lab, "kvm1", "ls", IMAGES).split()


NIC = "<interface type='network'><source network='lan'/></interface>"
USB = "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0x5678'/></source></hostdev>"
ISO = disk("only1.iso", "<readonly/>", target="sdb", kind="cdrom", form="raw")
SHARED = disk("q.raw", "<shareable/>", target="vdb", form="raw")


@pytest.mark.parametrize(
    ("code", "devices", "first"),
    [
        ("E455", "", "virsh start {}; sleep 1; virsh snapshot-create-as {} s"),
        ("E455", "", "virsh start {}; sleep 1; virsh snapshot-create-as {} s --disk-only"),
        ("E455", "", "virsh start {}; sleep 1; virsh managedsave {}"),
        ("E455", USB, ""),
        ("E456", ISO, ""),
        ("E456", NIC, ""),
        ("E457", SHARED, ""),
        ("E457", disk("q.raw", target="vdb", form="raw"), "virsh define /tmp/other.xml"),
        ("E457", "", f"# {IMAGES}/v.qcow2"),
    ],
)
def test_what_cannot_go_refuses_the_plan(lab: Lab, vnetsh: Run, code: str, devices: str, first: str) -> None:
    image(lab, "kvm1", "v.qcow2")
    on(lab, "kvm1", "sh", "-ec", f"cd {IMAGES}; truncate -s 8M q.raw; head -c 9999 /dev/zero >only1.iso")
    head = "<domain type='qemu'><name>o</name><memory>9</memory><os><type>hvm</type></os>"
    other = f"{head}<devices>{devices}</devices></domain>"
    on(lab, "kvm1", "tee", "/tmp/other.xml", input=other)
    define(lab, "kvm1", "v", disk("v.qcow2") + devices)
    if first.startswith("# "):
        on(lab, "kvm2", "touch", first.removeprefix("# "))
    elif first:
        on(lab, "kvm1", "sh", "-ec", first.format("v", "v"))
    before = held(lab, "kvm1", "v")
    said = vnetsh("plan", "-c", "migrate v to kvm2", code=1)
    assert f"error[{code}]" in said.stdout + said.stderr
    assert vnetsh("-c", "migrate v to kvm2", code=1)
    assert held(lab, "kvm1", "v") == before


def test_a_volume_of_a_pool_is_moved_where_both_have_the_pool(lab: Lab, vnetsh: Run) -> None:
    image(lab, "kvm1", "vol.qcow2")
    volume = "<disk type='volume' device='disk'><driver name='qemu' type='qcow2'/>"
    volume += "<source pool='stock' volume='vol.qcow2'/><target dev='vda' bus='virtio'/></disk>"
    pool = f"virsh pool-define-as stock dir --target {IMAGES}; virsh pool-start stock"
    try:
        on(lab, "kvm1", "sh", "-ec", pool)
        define(lab, "kvm1", "vol", volume)
        assert "error[E456]" in vnetsh("plan", "-c", "migrate vol to kvm2", code=1).stderr
        on(lab, "kvm2", "sh", "-ec", pool)
        on(lab, "kvm1", "virsh", "start", "vol")
        vnetsh("-c", "migrate vol to kvm2")
        assert on(lab, "kvm2", "virsh", "domstate", "vol") == "running"
        vnetsh("undo")
        assert on(lab, "kvm1", "virsh", "domstate", "vol") == "running"
    finally:
        for host in HOSTS:
            lab.exec(host, ["sh", "-c", "virsh pool-destroy stock; virsh pool-undefine stock"])
