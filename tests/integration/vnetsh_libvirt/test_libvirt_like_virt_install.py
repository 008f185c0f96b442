"""A VM that vnetsh makes and one that virt-install makes from the same wishes: what differs, and why."""

import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator, on

from vnetsh_lab import Lab, running

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not shutil.which("virt-install"), reason="there is no virt-install"),
]

MAC = "52:54:00:00:41:01"
OURS = f"vm ours on kvm1 memory 96M vcpus 2 disk tiny.qcow2 import port br1 name ours_p1 mac {MAC}"
THEIRS = (
    "virt-install --connect qemu:///system --virt-type qemu --name theirs --memory 96 --vcpus 2 --import --noreboot "
    "--disk path=/var/lib/libvirt/images/tiny.qcow2,format=qcow2,bus=virtio --machine pc --osinfo debian11 "
    f"--network bridge=br1,virtualport_type=openvswitch,model=virtio,mac={MAC} --graphics none --print-xml"
)

ONLY_OURS = {
    "metadata/vnetsh:vm": "vnetsh's mark",
    "devices/controller usb none": "nothing is plugged in there, and it would cost a PCI slot",
    "devices/disk file disk: driver discard unmap name": "what the guest deletes is given back to the host",
    "devices/interface bridge: target dev ours_p1": "a port's name is the same on every host",
    "devices/interface bridge: alias": "vnetsh's mark of a NIC",
    "devices/panic isa": "a guest that has panicked is told from one that hangs",
}
ONLY_THEIRS = {
    "devices/disk file disk: driver name": "as above",
    "metadata/libosinfo:libosinfo": "which system it has: nobody told vnetsh",
    "devices/controller usb qemu-xhci": "for USB devices, of which there are none",
}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=1) as lab:
        yield lab


def said(root: ET.Element) -> set[str]:
    """What a definition says, line by line; without what libvirt fills in for both: addresses, the UUID, the name."""
    found: set[str] = set()
    for element in root:
        if element.tag == "devices":
            for device in element:
                words = (device.tag, *(device.get(key, "") for key in ("type", "device", "model")))
                name = f"devices/{' '.join(filter(None, words))}"
                found.add(name)
                found |= {f"{name}: {line}" for line in _lines(device)}
        elif element.tag == "metadata":
            prefixes = {"urn:vnetsh:1": "vnetsh"}
            for child in element:
                space, _, tag = child.tag[1:].partition("}")
                found.add(f"metadata/{prefixes.get(space, tag)}:{tag}")
        elif element.tag not in ("name", "uuid"):
            found.add(f"{element.tag} {(element.text or '').strip()}".strip())
            found |= {f"{element.tag}: {line}" for line in _lines(element)}
    return found


def _lines(element: ET.Element) -> Iterator[str]:
    for child in element.iter():
        if child is element or child.tag in ("address", "alias", "parameters"):
            if child.tag == "alias":
                yield "alias"
            continue
        yield " ".join([child.tag, *(word for pair in sorted(child.attrib.items()) for word in pair)])


def test_they_differ_in_nothing_that_matters(lab: Lab, tmp_path: Path) -> None:
    operator = LabOperator.of(lab, tmp_path)
    operator.good("--yes", "-c", f"bridge br1 on kvm1; {OURS}; stop ours force")
    ours = on(lab, "kvm1", "virsh", "dumpxml", "--inactive", "ours")
    operator.good("--yes", "-c", "delete vm ours")
    xml = on(lab, "kvm1", "sh", "-c", THEIRS)
    on(lab, "kvm1", "sh", "-ec", "cat >/tmp/theirs.xml; virsh -q define /tmp/theirs.xml", input=xml)
    theirs = on(lab, "kvm1", "virsh", "dumpxml", "--inactive", "theirs")
    one, other = said(ET.fromstring(ours)), said(ET.fromstring(theirs))
    assert unexplained(one - other, ONLY_OURS) == set()
    assert unexplained(other - one, ONLY_THEIRS) == set()
    # What virt-install made is exported, and is the same VM for it.
    exported = operator.good("export", "vms")
    assert "vm theirs on kvm1 memory 96M vcpus 2 disk /var/lib/libvirt/images/tiny.qcow2 import" in exported
    assert "no changes" in operator.good("plan", "-c", exported)


def unexplained(differing: set[str], reasons: dict[str, str]) -> set[str]:
    """What differs and has no reason; and a reason that explains nothing any more."""
    found = {line for line in differing if not line.startswith(tuple(reasons))}
    return found | {reason for reason in reasons if not any(line.startswith(reason) for line in differing)}
