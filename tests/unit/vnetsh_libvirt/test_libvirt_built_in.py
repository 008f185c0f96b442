"""Firmware, TPM, screen, topology: written into a new VM, read in any, refused where its host has none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from libvirt_fleets import VM, XML, add, change, fleet

from vnetsh.model import Fleet, Resource
from vnetsh_libvirt import domain_xml
from vnetsh_libvirt.assessing import assess
from vnetsh_libvirt.built_in import BUILT_IN
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.facts import LibvirtFacts
from vnetsh_libvirt.hardware import machine, topology

NEW = Resource("vm", "new", "kvm1", {"memory": 2**28, "vcpus": 1, "state": "running"}, backend="libvirt")


def made(**said: object) -> Definition:
    return Definition(domain_xml.domain(NEW.with_attributes(**said), "qemu", None, []))  # type: ignore[arg-type]


def host(**facts: object) -> Fleet:
    there = LibvirtFacts(free_memory=2**31, version=9_000_000, folder="/images", free_disk=2**31)
    found = fleet()
    return replace(found, facts={("kvm1", "libvirt"): replace(there, **facts)})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("firmware", "uefi"),
        ("firmware", "uefi-secure"),
        ("tpm", "2.0"),
        ("graphics", "vnc"),
        ("graphics", "spice"),
    ],
)
def test_what_is_said_is_read_again(name: str, value: str) -> None:
    found = made(**{name: value})
    assert {one: read(found) for one, read in BUILT_IN.items() if read(found)} == {name: value}
    assert not any(read(made()) for read in BUILT_IN.values())


def test_secure_boot_brings_its_machine_unless_one_is_said() -> None:
    assert machine(made(firmware="uefi-secure")) == "q35"
    assert machine(made(firmware="uefi-secure", machine="pc-q35-7.2")) == "pc-q35-7.2"
    assert machine(made(firmware="uefi")) is None


def test_a_topology_stands_beside_a_cpu() -> None:
    found = made(topology="1x2x2", vcpus=4, cpu="host-model")
    assert (topology(found), len(found.root.findall("cpu"))) == ("1x2x2", 1)
    assert topology(made(topology="1x2x2", vcpus=4)) == "1x2x2"


@pytest.mark.parametrize(
    ("xml", "firmware"),
    [
        ("<os><loader type='pflash' secure='yes'>/OVMF.secboot.fd</loader></os>", "uefi-secure"),
        ("<os><loader type='pflash'>/OVMF.fd</loader></os>", "uefi"),
        ("<os firmware='efi'/>", "uefi"),
        ("<os firmware='bios'><loader type='rom'>/seabios</loader></os>", None),
    ],
)
def test_others_say_it_in_other_ways(xml: str, firmware: str | None) -> None:
    assert BUILT_IN["firmware"](Definition(f"<domain>{xml}</domain>")) == firmware


@pytest.mark.parametrize(
    ("said", "facts", "why"),
    [
        ({"firmware": "uefi"}, {"firmwares": frozenset({"bios"})}, "ovmf"),
        ({"tpm": "2.0"}, {"tpms": frozenset({"passthrough"})}, "swtpm"),
        ({"firmware": "uefi-secure", "machine": "pc"}, {"machines": {"pc": 4}}, "machine q35"),
        ({"topology": "1x4x2", "vcpus": 4}, {}, "vcpus 8"),
        ({"topology": "1x4x2", "vcpus": 8, "vcpus-max": 16}, {}, "vcpus 8"),
    ],
)
def test_what_cannot_be_says_its_remedy(said: dict[str, object], facts: dict[str, object], why: str) -> None:
    problem = assess(add(NEW.with_attributes(**said)), host(**facts)).problem  # type: ignore[arg-type]
    assert problem
    assert why in problem.help


def test_what_is_not_known_is_left_to_libvirt() -> None:
    assert not assess(add(NEW.with_attributes(firmware="uefi", tpm="2.0")), host()).problem


def test_vcpus_and_topology_change_together() -> None:
    shaped = XML.replace(
        "<devices>", "<vcpu>2</vcpu><cpu><topology sockets='1' cores='2' threads='1'/></cpu><devices>"
    )
    vm = replace(VM.with_attributes(vcpus=2, topology="1x2x1"), record={"xml": shaped, "persistent": True})
    assert assess(change(vm, vcpus=4), fleet(vm)).problem
    assert not assess(change(vm, vcpus=4, topology="1x4x1"), fleet(vm)).problem
    assert assess(change(vm, topology="1x4x1"), fleet(vm)).problem
    assert not assess(change(vm, vcpus=3, topology=None), fleet(vm)).problem
