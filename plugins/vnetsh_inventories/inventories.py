"""What the hosts hold for other tools: an inventory of Ansible's, a topology of containerlab's. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from vnetsh.model import Fleet, Host
from vnetsh.reach.joints import is_outside, joints
from vnetsh.reach.segments import device_of
from vnetsh.reach.vm_addresses import vm_addresses

Tree = Mapping[str, Any]

_NAME = re.compile(r"[\w.@+][\w .@+-]*")
"""What Ansible takes for a host's name and nothing else: `a[1:9]` are nine hosts to it, and `{{ … }}` is run."""


def inventory(form: str, fleet: Fleet) -> Tree:
    """The document of a format, `ansible-inventory` or `containerlab`, as YAML has it."""
    return ansible(fleet) if form == "ansible-inventory" else containerlab(fleet)


def text(form: str, fleet: Fleet) -> str:
    """The document as YAML."""
    import yaml

    left = sorted({vm.name for vm in fleet.of_kind("vm") if not _NAME.fullmatch(vm.name)})
    remarks = [
        f"# left out: vm {json.dumps(name)}: no name for Ansible\n" for name in left if form != "containerlab"
    ]
    return "".join(remarks) + yaml.safe_dump(inventory(form, fleet), sort_keys=False)


def ansible(fleet: Fleet) -> Tree:
    """Hosts are the group `hypervisors`, vms the group `vms`, and once more the group of their host and each VLAN.

    https://docs.ansible.com/ansible/latest/collections/ansible/builtin/yaml_inventory.html
    """
    hypervisors = {name: _hypervisor(host) for name, host in fleet.hosts.items()}
    groups: dict[str, dict[str, Any]] = {"hypervisors": {"hosts": hypervisors}, "vms": {"hosts": {}}}
    for vm in sorted(fleet.of_kind("vm"), key=lambda one: (one.name, one.place)):
        if not _NAME.fullmatch(vm.name):
            continue
        nics = sorted(fleet.nics(vm), key=lambda one: one.name)
        about = {
            "ansible_host": next((text.partition("/")[0] for _, text in vm_addresses(fleet, vm)), None),
            "vnetsh_host": vm.place,
            "vnetsh_state": vm.get("state"),
            "vnetsh_macs": [nic.text("mac") for nic in nics if nic.get("mac")],
        }
        groups["vms"]["hosts"][vm.name] = _known(about)
        vlans = sorted({nic.get("vlan") for nic in nics if isinstance(nic.get("vlan"), int)}, key=str)
        for group in (f"on_{vm.place}", *(f"vlan_{vlan}" for vlan in vlans)):
            groups.setdefault(_group(group), {"hosts": {}})["hosts"][vm.name] = {}
    return {"all": {"children": groups}}


def _hypervisor(host: Host) -> dict[str, Any]:
    user, _, target = host.text("ssh").rpartition("@")
    about = {
        "ansible_host": target or host.address,
        "ansible_user": user,
        "ansible_connection": "local" if host.attributes.get("local") else None,
        "ansible_become": True if host.attributes.get("sudo") else None,
    }
    return _known(about)


def _known(about: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in about.items() if value not in (None, "", [])}


def _group(name: str) -> str:
    """A name as Ansible takes it for a group."""
    return re.sub(r"\W", "_", name, flags=re.ASCII)


def containerlab(fleet: Fleet) -> Tree:
    """Bridges are bridges, vms nodes of the image that `$IMAGE` says, tunnels and patch ports links between bridges.

    https://containerlab.dev/manual/topo-def-file/
    """
    nodes: dict[str, Any] = {}
    links: list[dict[str, list[str]]] = []
    for bridge in sorted(fleet.of_kind("bridge"), key=lambda one: (one.place, one.name)):
        if not bridge.get("parent"):
            nodes[f"{bridge.place}-{bridge.name}"] = {
                "kind": "bridge" if bridge.backend == "linux" else "ovs-bridge"
            }
    for vm in sorted(fleet.of_kind("vm"), key=lambda one: (one.name, one.place)):
        nodes[vm.name] = {"kind": "linux", "image": "${IMAGE:=alpine:latest}", "group": vm.place}
        for number, nic in enumerate(sorted(fleet.nics(vm), key=lambda one: one.name), 1):
            host, name = device_of(fleet, nic.place, nic.text("bridge"))[0]
            if f"{host}-{name}" in nodes:
                links.append({"endpoints": [f"{vm.name}:eth{number}", f"{host}-{name}:{nic.name}"]})
    for joint in joints(fleet, down=True):
        if not (is_outside(joint.one) or is_outside(joint.other)):
            ends = zip((joint.one, joint.other), joint.links, strict=True)
            links.append({"endpoints": [f"{host}-{name}:{link}" for (host, name), link in ends]})
    return {"name": "vnetsh", "topology": {"nodes": nodes, "links": links}}
