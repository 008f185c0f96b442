"""Pools on demo hosts: what they cost and what refuses them. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import ActionKind, Change, Fleet
from vnetsh.model.disks import place_of


def assess(change: Change, fleet: Fleet) -> Assessment:
    """What it costs to make a pool or to remove it, or what refuses that."""
    pool = change.resource
    if change.action is ActionKind.ADD:
        for other in fleet.of_kind("pool", pool.place):
            if place_of(other) == place_of(pool):
                message = f"{place_of(pool)} on {pool.place} is the folder of pool `{other.name}` already"
                help = f"use that: `pool {other.name}`; libvirt takes one pool of a folder only"
                return Assessment(problem=Diagnostic("E472", message, pool.at("path"), "", help))
        if pool.get("type") == "logical":
            return Assessment(how="libvirt keeps it, and activates none of its volumes")
        if pool.get("source"):
            kept = "no host mounts it" if pool.get("type") == "nfs" else "no host logs in"
            return Assessment(how=f"QEMU reaches it, {kept}; its disks are not copied when vms move")
        return Assessment(how="" if pool.get("shared") else "its folder is made if it is missing")
    if change.action is not ActionKind.REMOVE:
        return Assessment()
    disks = (disk for disk in fleet.of_kind("disk", pool.place) if disk.get("pool") == pool.name)
    users = sorted({disk.parent[1] for disk in disks if disk.parent})
    if not users:
        return Assessment(how="libvirt forgets it; its files stay")
    named = ", ".join(f"`{user}`" for user in users)
    message = f"pool `{pool.name}` of {pool.place} has disks of vm {named}"
    help = "delete these disks or vms first, or leave the pool"
    return Assessment(problem=Diagnostic("E472", message, pool.at("name"), "", help))
