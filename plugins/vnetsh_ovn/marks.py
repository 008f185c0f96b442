"""What vnetsh leaves in `external_ids` of OVN's rows: whose they are, and by which name it finds them again."""

from __future__ import annotations

from vnetsh_ovsdb.operations import Row, as_map

MARK = "vnetsh"
"""Key of every row that vnetsh makes; its value is the script that made it, or `1`."""
KEY = "vnetsh-key"
"""Key of a row that has no name of its own, or none that is alone; its value is what it is found by."""
VM = "vnetsh-vm"
"""Key of a logical port that is a vm's NIC: the vm."""
MEMBERS = "vnetsh-members"
"""Key of a group of ports: the vms whose ports these are."""


def ids_of(row: Row) -> dict[str, str]:
    """The external_ids of a row."""
    return as_map(row.get("external_ids"))


def mark_of(owner: str) -> str:
    """What a mark says: the script that made it, where that has a name."""
    return owner or "1"


def is_marked(row: Row) -> bool:
    """Whether vnetsh made a row."""
    return MARK in ids_of(row)


def owner_of(row: Row) -> str:
    """The script that made a row; empty where that has no name."""
    found = ids_of(row).get(MARK, "")
    return "" if found == "1" else found
