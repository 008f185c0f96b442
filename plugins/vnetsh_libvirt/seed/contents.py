"""What a seed says, file by file. Pure.

JSON is YAML, too: so nothing here has to quote. Formats: cloud-init's documentation of NoCloud, of cloud-config and of
network configuration, version 2.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from vnetsh.model import Attributes, Resource

USER_DATA = "user-data"


def values_of(seed: Resource) -> dict[str, object]:
    """What a seed says, as it is kept."""
    said = {name: value for name, value in seed.attributes.items() if name not in ("vm", "path")}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in said.items() if v is not None}


def attributes_of(kept: Mapping[str, object]) -> Attributes:
    """The attributes of a seed that says that."""
    found = {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
    return {name: value for name, value in found.items() if isinstance(value, str | tuple)}


def digest(seed: Resource, mac: str) -> str:
    """Something that differs when a seed says something else: then its guest takes it for a new instance."""
    text = json.dumps([values_of(seed), mac], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def path_of(folder: str, vm: str, sum: str) -> str:
    """Where a seed's file lies."""
    return f"{folder}/{vm}-seed-{sum}.iso"


def files(seed: Resource, vm: str, mac: str) -> dict[str, str]:
    """The files of a seed, by name; `mac` is the address of the first NIC, empty where there is none."""
    hostname = seed.text("hostname") or vm
    meta = {"instance-id": f"{vm}-{digest(seed, mac)}", "local-hostname": hostname}
    found = {"meta-data": _json(meta), USER_DATA: seed.text(USER_DATA) or _cloud_config(seed, hostname)}
    network = _network(seed, mac)
    return found | ({"network-config": _json(network)} if network else {})


def _json(data: object) -> str:
    return json.dumps(data, indent=1) + "\n"


def _cloud_config(seed: Resource, hostname: str) -> str:
    keys, user = _listed(seed, "ssh-keys"), seed.text("user")
    said: dict[str, object] = {"hostname": hostname}
    if user:
        rights = {"sudo": "ALL=(ALL) NOPASSWD:ALL", "shell": "/bin/bash", "lock_passwd": True}
        said["users"] = [{"name": user, **rights, "ssh_authorized_keys": keys}]
    elif keys:
        said["ssh_authorized_keys"] = keys
    return "#cloud-config\n" + _json(said)


def _network(seed: Resource, mac: str) -> dict[str, object]:
    addresses, servers = _listed(seed, "addresses"), _listed(seed, "nameservers")
    gateway = seed.text("gateway")
    if not mac or not (addresses or servers or gateway):
        return {}
    nic: dict[str, object] = {"match": {"macaddress": mac}}
    if addresses:
        nic["addresses"] = addresses
    else:
        nic["dhcp4"] = True
    if gateway:
        nic["routes"] = [{"to": "default", "via": gateway}]
    if servers:
        nic["nameservers"] = {"addresses": servers}
    return {"version": 2, "ethernets": {"nic0": nic}}


def _listed(seed: Resource, name: str) -> list[str]:
    value = seed.get(name)
    return [str(one) for one in value] if isinstance(value, tuple) else []
