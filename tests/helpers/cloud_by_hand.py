"""A cloud that somebody made by `ovn-nbctl`, after OVN's own tutorials, with OpenStack's marks."""

from __future__ import annotations

import shlex
from pathlib import Path

from scratch_ovn import ScratchOvn

COMMANDS = (Path(__file__).parent / "cloud_by_hand.nbctl").read_text().splitlines()
"""Each after `ovn-nbctl`."""


def make_by_hand(ovn: ScratchOvn) -> None:
    """Make it."""
    for command in COMMANDS:
        ovn.nbctl(*shlex.split(command))
    options = ovn.nbctl("--bare", "--columns=_uuid", "find", "dhcp_options", "cidr=192.168.0.0/24").split()[0]
    ovn.nbctl("set", "logical_switch_port", "sw0-port1", f"dhcpv4_options={options}")
    dns = ovn.nbctl("--bare", "--columns=_uuid", "find", "dns", "external_ids:for=sw0").strip()
    ovn.nbctl("add", "logical_switch", "sw0", "dns_records", dns)
    ovn.nbctl("--add-duplicate", "ls-add", "sw0")
