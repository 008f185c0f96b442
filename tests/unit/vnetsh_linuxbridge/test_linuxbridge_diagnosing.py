"""Bridges of others that would be gone after a reboot: told by whether any file that is read then names them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from vnetsh.model import Severity
from vnetsh_linuxbridge.diagnosing import not_lasting
from vnetsh_linuxbridge.links import BRIDGE, Link


def entry(name: str, *addresses: str, **more: object) -> dict[str, Any]:
    return {"ifname": name, "addr_info": [{"family": "inet", "local": one, **more} for one in addresses]}


def found(files: str, *entries: dict[str, Any], alias: str = "") -> list[str]:
    links = {one["ifname"]: Link(one["ifname"], BRIDGE, alias=alias) for one in entries}

    def said(words: Collection[str]) -> Collection[str]:
        return [word for word in words if word in files]

    told = list(not_lasting("kvm1", entries, links, said))
    assert all(one.severity is Severity.WARNING and one.advice for one in told)
    return [f"{one.at[2]}: {one.says}" for one in told]


def test_a_bridge_that_no_file_names() -> None:
    (said,) = found("iface br0 inet static", entry("br0"), entry("br1"))
    assert said.startswith("br1: nothing speaks of it")


def test_an_address_that_no_file_has() -> None:
    files = "br0: {addresses: [10.0.0.1/24]}"
    (said,) = found(files, entry("br0", "10.0.0.1", "10.0.0.9"))
    assert said.startswith("br0: nothing that its host reads at its start has its address 10.0.0.9")


def test_a_lease_and_what_programs_or_vnetsh_make_are_no_matter() -> None:
    assert found("br0", entry("br0", "10.0.0.9", dynamic=True)) == []
    assert found("", entry("docker0", "172.17.0.1"), entry("br-0123456789ab"), entry("virbr0")) == []
    assert found("", entry("br0"), alias="vnetsh") == []
