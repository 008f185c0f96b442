"""Faults planted where a VM is to go: refused before a byte moves, or back within 2 s; each says its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from in_lab import on
from outage_rounds import ADDRESS, HOSTS, Mover
from soaking import Findings

from vnetsh_lab.lab import Lab

IMAGES, EXTRA = "/var/lib/libvirt/images", "/var/lib/libvirt/extra"
_XML = f"{EXTRA}/planted.xml"


@dataclass(frozen=True)
class Fault:
    """Something that is wrong at the other host, or that a VM has: shell commands plant it there, and take it away.

    `says` stands in what vnetsh says. `here` makes at the VM's host what it has. `off`: a VM that is off has it, whose
    definition has these `devices` (and what else); else the one that runs is to move. `back`: nobody can see it before:
    the VM goes, and comes back. `mended`: it goes, and what is wrong is put right. `asked`: `migrate … check` finds it.
    """

    says: str
    plant: str = ""
    clear: str = ""
    here: str = ""
    devices: str = ""
    more: str = ""
    boot: str = ""
    off: bool = False
    back: bool = False
    mended: bool = False
    asked: bool = True


def _disk(path: str, *inside: str, form: str = "qcow2") -> str:
    driver = f"<driver name='qemu' type='{form}'/>"
    return (
        f"<disk type='file' device='disk'>{driver}<source file='{path}'/><target dev='vda' bus='virtio'/>"
        f"{''.join(inside)}</disk>"
    )


_UUID = "6f0f7f0e-3d2a-4c57-9a5b-0c1f5f6d7e8f"
_SECRET = "0d5d6a4e-8b1c-4f3e-9c55-1f1c2b3a4d5e"
_OTHER = "<domain type='qemu'><name>NAME</name>UUID<memory unit='MiB'>32</memory><os><type>hvm</type></os></domain>"
_MEMINFO = "sed -i 's/^\\(MemFree\\|MemAvailable\\|Cached\\|Buffers\\|SReclaimable\\): .*/\\1: 20000 kB/'"

FAULTS: dict[str, Fault] = {
    "no such bridge": Fault("has no bridge `joined`", "ovs-vsctl del-br joined"),
    "an island": Fault("back to kvm1", "ovs-vsctl --if-exists del-port gre9", "", back=True, asked=False),
    "another key of the tunnel": Fault(
        "back to kvm1",
        "ovs-vsctl set interface gre9 options:key=77",
        "ovs-vsctl remove interface gre9 options key",
        back=True,
        asked=False,
    ),
    "a VLAN that the tunnel does not carry": Fault(
        "back to kvm1",
        "ovs-vsctl set port gre9 trunks=7",
        "ovs-vsctl clear port gre9 trunks",
        back=True,
        asked=False,
    ),
    "a smaller MTU": Fault(
        "E213",
        "ovs-vsctl set interface island mtu_request=1400; sleep 0.5",
        "ovs-vsctl clear interface island mtu_request",
        devices="<interface type='bridge'><source bridge='island'/><virtualport type='openvswitch'/>"
        "<mtu size='1500'/></interface>",
        off=True,
    ),
    "the name of its port": Fault(
        "the port name `mv1` is taken",
        "ovs-vsctl add-port island mv1 -- set interface mv1 type=internal",
        "ovs-vsctl del-port mv1",
    ),
    "a file in the place of its disk": Fault(
        "mover.qcow2", f"truncate -s 1M {IMAGES}/mover.qcow2", f"rm -f {IMAGES}/mover.qcow2"
    ),
    "no template": Fault(
        "has no disk image `tiny.qcow2`",
        f"mv {IMAGES}/tiny.qcow2 {EXTRA}/tiny",
        f"mv {EXTRA}/tiny {IMAGES}/tiny.qcow2",
    ),
    "another template": Fault(
        "is not the same as on kvm1",
        f"cp {IMAGES}/tiny.qcow2 {EXTRA}/tiny; printf x | dd of={IMAGES}/tiny.qcow2 bs=1 seek=8028170 conv=notrunc",
        f"cp {EXTRA}/tiny {IMAGES}/tiny.qcow2; rm {EXTRA}/tiny",
    ),
    "no memory": Fault(
        "of memory free",
        f"cat /proc/meminfo >{EXTRA}/meminfo; {_MEMINFO} {EXTRA}/meminfo; mount --bind {EXTRA}/meminfo /proc/meminfo",
        "umount /proc/meminfo",
    ),
    "RARP that is dropped": Fault(
        "gap",
        "ovs-ofctl add-flow joined priority=9,dl_type=0x8035,actions=drop",
        "ovs-ofctl del-flows --strict joined priority=9,dl_type=0x8035",
        mended=True,
        asked=False,
    ),
    "a switch that is told it is elsewhere": Fault("back to kvm1", here="flow", back=True, asked=False),
    "no room": Fault(
        "MiB are free",
        f"mkdir -p {EXTRA}/few; mount -t tmpfs -o size=1M none {EXTRA}/few",
        f"umount {EXTRA}/few",
        here=f"mkdir -p {EXTRA}/few; dd if=/dev/urandom of={EXTRA}/few/d.raw bs=1M count=4",
        devices=_disk(f"{EXTRA}/few/d.raw", form="raw"),
        off=True,
    ),
    "no medium": Fault(
        f"no {EXTRA}/m.iso",
        here=f"truncate -s 1M {EXTRA}/m.iso",
        devices=f"<disk type='file' device='cdrom'><source file='{EXTRA}/m.iso'/><target dev='sda' bus='sata'/>"
        "<readonly/></disk>",
        off=True,
    ),
    "no firmware": Fault(
        f"{EXTRA}/CODE.fd",
        here=f"truncate -s 256K {EXTRA}/CODE.fd; truncate -s 64K {EXTRA}/VARS.fd",
        boot=f"<loader readonly='yes' type='pflash'>{EXTRA}/CODE.fd</loader>"
        f"<nvram template='{EXTRA}/VARS.fd'>{EXTRA}/v.fd</nvram>",
        off=True,
    ),
    "state of a TPM": Fault(
        "E455", devices="<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>", off=True
    ),
    "a snapshot": Fault("E455", here="virsh -q snapshot-create-as planted one", devices="DISK", off=True),
    "a device of its host": Fault(
        "E455",
        devices="<hostdev mode='subsystem' type='pci' managed='yes'><source>"
        "<address domain='0' bus='0' slot='5' function='0'/></source></hostdev>",
        off=True,
    ),
    "no secret": Fault(
        "has not the secret",
        here=f"printf %s \"<secret ephemeral='no' private='no'><uuid>{_SECRET}</uuid></secret>\" >{EXTRA}/s.xml; "
        f"virsh -q secret-define {EXTRA}/s.xml; qemu-img create -q -f qcow2 {EXTRA}/e.qcow2 1M",
        devices=_disk(
            f"{EXTRA}/e.qcow2",
            f"<encryption format='luks'><secret type='passphrase' uuid='{_SECRET}'/></encryption>",
        ),
        off=True,
    ),
    "no network of libvirt's": Fault(
        "E456",
        here="printf %s \"<network><name>own</name><forward mode='bridge'/><bridge name='island'/></network>\" "
        f">{EXTRA}/n.xml; "
        f"virsh -q net-define {EXTRA}/n.xml; virsh -q net-start own",
        devices="<interface type='network'><source network='own'/></interface>",
        off=True,
    ),
    "no network filter": Fault(
        "E456",
        here=f"printf %s \"<filter name='ours' chain='root'/>\" >{EXTRA}/f.xml; virsh -q nwfilter-define {EXTRA}/f.xml",
        devices="<interface type='bridge'><source bridge='island'/><virtualport type='openvswitch'/>"
        "<filterref filter='ours'/></interface>",
        off=True,
    ),
    "no pool": Fault(
        "E456",
        here=f"mkdir -p {EXTRA}/pool; qemu-img create -q -f qcow2 {EXTRA}/pool/p.qcow2 1M; "
        f"virsh -q pool-define-as own dir --target {EXTRA}/pool; virsh -q pool-start own",
        devices="<disk type='volume' device='disk'><driver name='qemu' type='qcow2'/>"
        "<source pool='own' volume='p.qcow2'/><target dev='vda' bus='virtio'/></disk>",
        off=True,
    ),
    "no such emulator": Fault(
        "runs no domain of planted's kind",
        here=f"printf '#!/bin/sh\\nexec /usr/bin/qemu-system-x86_64 \"$@\"\\n' >{EXTRA}/qemu; chmod 755 {EXTRA}/qemu",
        devices=f"<emulator>{EXTRA}/qemu</emulator>",
        off=True,
    ),
    "features of a CPU": Fault(
        "required features: avx512f",
        more="<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model>"
        "<feature policy='require' name='avx512f'/></cpu>",
        off=True,
    ),
    "its UUID": Fault(
        "has `planted`'s UUID already",
        f'printf %s "{_OTHER.replace("NAME", "twin").replace("UUID", f"<uuid>{_UUID}</uuid>")}" >{_XML}; '
        f"virsh -q define {_XML}",
        "virsh undefine twin",
        off=True,
    ),
}

CHEAP = ("no medium", "features of a CPU")
"""Those of them that the ordinary tests plant."""


class Planter(Mover):
    """Plants a fault, has a VM moved, and takes it away again."""

    def planted(self, name: str, found: Findings) -> None:
        """One fault; what is wrong with what came of it is a finding."""
        fault, vm = FAULTS[name], "planted" if FAULTS[name].off else "mover"
        found.rounds += 1
        try:
            self._have(fault)
            self._plant(fault)
            said = self("-c", f"migrate {vm} to kvm2 check") if fault.asked else None
            if said:
                whole = said.stdout + said.stderr
                found.expect(
                    said.returncode == 1 and fault.says in whole and "help:" in whole,
                    f"{name}: check: {whole}",
                )
                found.expect(self.where(vm) == "kvm1", f"{name}: a check moved it: {self.where(vm)}")
            address = "" if fault.off else f" address {ADDRESS}"
            done = self("-c", f"migrate {vm} to kvm2{address}")
            self._judge(name, fault, vm, done.returncode, done.stdout + done.stderr, found)
        finally:
            self._clear(fault)

    def _judge(self, name: str, fault: Fault, vm: str, code: int, said: str, found: Findings) -> None:
        found.expect("Traceback" not in said and fault.says in said, f"{name}: {said}")
        if fault.mended:
            found.expect(code == 0 and self.where(vm) == "kvm2", f"{name}: {self.where(vm)}: {said}")
            found.notes.append(f"{name}: moved: {_line(said, 'measured')}")
            return
        found.expect(code == 1 and "help:" in said, f"{name}: exit code {code}: {said}")
        found.expect(self.where(vm) == "kvm1", f"{name}: it is on {self.where(vm)}: {said}")
        if not fault.off:
            found.expect(self.states()[0] == "running", f"{name}: {self.states()}")
        left = self.on("kvm2", f"ls {IMAGES}/{vm}* 2>/dev/null")
        found.expect(not left or "mover.qcow2" in fault.plant, f"{name}: left on kvm2: {left}")
        if fault.back:
            found.expect("not within 2 s" in said and self.answers(), f"{name}: {said}")
        found.notes.append(f"{name}: {_line(said, 'error')}; {_line(said, 'help')}")

    def where(self, vm: str) -> str:
        """The hosts that have a VM."""
        return " and ".join(host for host in HOSTS if self.on(host, f"virsh domstate {vm} 2>/dev/null"))

    def answers(self) -> bool:
        """Whether the guest that came back answers a host."""
        return self("-c", "expect vm mover on kvm1 state running").returncode == 0

    def _have(self, fault: Fault) -> None:
        for host in HOSTS:
            self.on(host, f"mkdir -p {EXTRA}")
        if not fault.off:
            if self.where("mover") != "kvm1":
                self.clear()
                self.make("joined")
            self.good("-c", "bridge joined on kvm1, kvm2; tunnel gre9 kvm1<->kvm2 on joined")
            return
        self.good("-c", "bridge island on kvm1, kvm2")
        devices, prepare = fault.devices, fault.here
        if devices == "DISK":
            self.on("kvm1", f"qemu-img create -q -f qcow2 {IMAGES}/planted.qcow2 1M")
            devices = _disk(f"{IMAGES}/planted.qcow2")
        xml = (
            f"<domain type='qemu'><name>planted</name><uuid>{_UUID}</uuid><memory unit='MiB'>64</memory>{fault.more}"
            f"<os><type arch='x86_64' machine='q35'>hvm</type>{fault.boot}</os>"
            f"<features><acpi/></features><devices>{devices}</devices></domain>"
        )
        snapshot = "snapshot" in prepare
        if prepare and not snapshot:
            on(self.lab, "kvm1", "sh", "-c", f"({prepare}) >/dev/null 2>&1; true")
        on(self.lab, "kvm1", "sh", "-ec", f"cat >{_XML}; virsh -q define {_XML}", input=xml)
        if snapshot:
            on(self.lab, "kvm1", "sh", "-ec", prepare)

    def _plant(self, fault: Fault) -> None:
        if fault.here == "flow":
            mac = self.on("kvm1", "virsh domiflist mover | grep -o '52:54:[0-9a-f:]*'")
            port = self.on("kvm1", "ovs-vsctl get interface mv1 ofport")
            self.on("kvm1", f"ovs-ofctl add-flow joined priority=9,dl_dst={mac},actions=output:{port}")
        elif fault.plant:
            on(self.lab, "kvm2", "sh", "-c", f"({fault.plant}) >/dev/null 2>&1; true")

    def _clear(self, fault: Fault) -> None:
        if fault.clear:
            self.on("kvm2", f"({fault.clear}) >/dev/null 2>&1; true")
        if fault.here == "flow":
            self.on("kvm1", "ovs-ofctl del-flows joined; ovs-ofctl add-flow joined priority=0,actions=normal")
        for host in HOSTS:
            forget = "virsh undefine planted --snapshots-metadata --keep-nvram; virsh undefine planted"
            self.on(host, f"({forget}; rm -f {IMAGES}/planted.qcow2) >/dev/null 2>&1; true")


def _line(said: str, begin: str) -> str:
    return next((line for line in said.splitlines() if line.startswith(begin)), f"no {begin}")


def soak_planted(lab: Lab, rounds: int, folder: Path, names: Sequence[str] = tuple(FAULTS)) -> Findings:
    """All faults, so many times."""
    found = Findings()
    operator = Planter.of(lab, folder, "--max-impact", "destroy")
    for _ in range(rounds):
        for name in names:
            try:
                operator.planted(name, found)
            except Exception as error:  # what the lab itself does not do is no finding of this one alone
                found.failures.append(f"{name}: {error!r}")
    operator.clear()
    return found
