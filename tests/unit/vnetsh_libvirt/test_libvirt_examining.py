"""What only hosts can tell of a move: what is asked of them, and what becomes of their answers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import libvirt
import pytest

from vnetsh.errors import BackendRefused
from vnetsh.hosts.transport import Completed
from vnetsh_libvirt import examining
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.libvirt_host import LibvirtHost

XML = """<domain type='qemu'><name>web1</name><uuid>6f0f7f0e-3d2a-4c57-9a5b-0c1f5f6d7e8f</uuid>
<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><loader>/fw/CODE.fd</loader></os>
<cpu mode='custom' match='exact'><model>EPYC</model></cpu>
<devices><emulator>/usr/bin/qemu</emulator>
<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='lan'/></interface></devices></domain>"""


def refusal(code: int, text: str) -> BackendRefused:
    error = libvirt.libvirtError(text)
    error.err = (code, 0, text, 0, "", None, None, 0, 0)
    found = BackendRefused(text)
    found.__cause__ = error
    return found


def host(name: str, calls: dict[str, Any] | None = None, says: str = "", code: int = 0) -> LibvirtHost:
    def call(method: str, *arguments: object) -> object:
        found = (calls or {}).get(method, 1)
        if isinstance(found, Exception):
            raise found
        return found

    def ask(argv: object, **more: object) -> Completed:
        return Completed(code, says, "error: no way\n" if code else "")

    transport = SimpleNamespace(ask=ask, run=ask)
    uri = f"qemu+ssh://{name}/system"
    return cast(
        "LibvirtHost", SimpleNamespace(name=name, call=call, transport=transport, timeout=1, peer_uri=uri)
    )


def refused(target: LibvirtHost) -> str:
    try:
        examining.refuse(Definition(XML), True, host("kvm1"), target)
    except BackendRefused as error:
        return error.message if error.help else f"{error.message}, and no remedy"
    return ""


def test_a_host_that_has_all_of_it() -> None:
    assert not refused(host("kvm2"))


@pytest.mark.parametrize(
    ("calls", "says", "why"),
    [
        ({"getDomainCapabilities": refusal(libvirt.VIR_ERR_INTERNAL_ERROR, "no such")}, "", "no domain of web1's kind"),
        ({"compareHypervisorCPU": libvirt.VIR_CPU_COMPARE_INCOMPATIBLE}, "", "its CPU cannot be EPYC"),
        ({"compareHypervisorCPU": refusal(libvirt.VIR_ERR_CPU_INCOMPATIBLE, "avx512f")}, "", "avx512f"),
        ({}, "/fw/CODE.fd\n", "there is no /fw/CODE.fd, which is its firmware of web1"),
        ({}, "lan\n", "its bridge lan is no link there"),
    ],
    ids=["emulator", "cpu", "features", "firmware", "bridge"],
)  # fmt: skip
def test_a_host_that_lacks_something(calls: dict[str, Any], says: str, why: str) -> None:
    said = refused(host("kvm2", calls, says))
    assert why in said
    assert "and no remedy" not in said


@pytest.mark.parametrize("method", ["getDomainCapabilities", "compareHypervisorCPU"])
def test_what_a_libvirt_cannot_be_asked_refuses_nothing(method: str) -> None:
    assert not refused(host("kvm2", {method: refusal(libvirt.VIR_ERR_NO_SUPPORT, "not in this version")}))


def disk(path: str = "/images/web1.qcow2") -> Any:
    return SimpleNamespace(image=SimpleNamespace(path=path))


@pytest.mark.parametrize(
    ("there", "why"),
    [
        ("7 100 4096 0 0\n", ""),
        ("7 1 4096 0 0\n", "0 MiB are free where /images/web1.qcow2 is to be"),
        ("7 1 4096 90 512\n", ""),  # the old copy gives way
        ("gone\n", ""),  # nobody can tell
    ],
)
def test_room_for_what_is_copied(there: str, why: str) -> None:
    source = host("kvm1", says="3 1 4096 90 512\n")
    try:
        examining.refuse_for_room([disk()], source, host("kvm2", says=there))
        said = ""
    except BackendRefused as error:
        said = error.message
    assert bool(said) is bool(why)
    assert why in said


def test_two_disks_on_one_file_system_need_room_for_both() -> None:
    disks = [disk(), disk("/images/data.qcow2")]
    source = host("kvm1", says="3 1 4096 90 512\n3 1 4096 90 512\n")
    with pytest.raises(BackendRefused, match="are free"):
        examining.refuse_for_room(disks, source, host("kvm2", says="7 20 4096 0 0\n7 20 4096 0 0\n"))
