"""What a pool costs, and what speaks against it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.backend import FREE, Assessment
from vnetsh.model import ActionKind, Change, Fleet, Resource
from vnetsh.model.backups import BACKUP
from vnetsh.model.disks import place_of
from vnetsh_libvirt.disk_fields import POOL
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.refusals import refused
from vnetsh_libvirt.remote import folder_of
from vnetsh_libvirt.users import views

_SHARED = "a mark in it shows whether each host sees the same; its disks are not copied when vms move"


def assess_pool(change: Change, fleet: Fleet) -> Assessment:
    """The cost of a change of a pool, or the problem that forbids it."""
    pool = change.resource
    if change.action is ActionKind.ADD:
        if taken := _taken(pool, fleet):
            return taken
        if pool.get("type") == "logical":
            return Assessment(how="libvirt keeps it, and activates none of its volumes")
        if pool.get("source"):
            kept = "no host mounts it" if pool.get("type") == "nfs" else "no host logs in"
            return Assessment(how=f"QEMU reaches it, {kept}; its disks are not copied when vms move")
        if pool.get("shared"):
            return Assessment(how=_SHARED)
        return Assessment(how="" if _is_there(pool, fleet) else "its folder is made if it is missing")
    if change.action is ActionKind.REMOVE:
        there = fleet.get("pool", pool.place, pool.name)
        if change.undo and pool.marked and there and not there.marked:
            return refused(
                "E472",
                pool,
                f"pool `{pool.name}` of {pool.place} is another one than the run made: somebody has defined it since",
                "leave it, or say it: `delete pool`",
            )
        if pool.get("type") == "logical" and there and there.get("state") == "running":
            return refused(
                "E603",
                pool,
                f"pool `{pool.name}` of {pool.place} is active: to stop it would deactivate all of {place_of(pool)}",
                f"where none of its volumes is in use: `virsh pool-destroy {pool.name}` first",
            )
        users = sorted(set(_users(pool, fleet)))
        if users:
            named = ", ".join(f"`{user}`" for user in users)
            return refused(
                "E472",
                pool,
                f"pool `{pool.name}` of {pool.place} has disks of vm {named}",
                "delete these disks or vms first, or leave the pool",
            )
        return Assessment(how=f"libvirt forgets it; its files stay{_backups(pool, fleet)}")
    if "secret" in change.differing():
        kept = "its secret stays: what it was before is kept nowhere"
        return Assessment(how=kept if change.undo else "libvirt's secret there is renewed")
    if "shared" in change.differing():
        return Assessment(how=_SHARED if pool.get("shared") else "its disks are copied when vms move")
    if change.before and not change.before.marked and pool.marked:
        return refused(
            "E472",
            pool,
            f"pool `{pool.name}` of {pool.place} cannot be adopted: libvirt keeps no mark of a pool",
            "leave it: `delete pool` removes it all the same",
        )
    return FREE


def _backups(pool: Resource, fleet: Fleet) -> str:
    """What is said of the backups in it."""
    there = [one for one in fleet.of_kind(BACKUP, pool.place) if one.get("pool") == pool.name]
    named = f"{len(there)} backup{'s' if len(there) > 1 else ''}"
    return f", {named} among them, which nobody sees then" if there else ""


def _taken(pool: Resource, fleet: Fleet) -> Assessment | None:
    for name, other in (facts(fleet, pool.place).defined_pools or {}).items():
        if other.path == pool.get("path") and name != pool.name and fleet.get("pool", pool.place, name):
            return refused(
                "E472",
                pool,
                f"{other.path} on {pool.place} is the folder of pool `{name}` already",
                f"use that: `pool {name}`; libvirt takes one pool of a folder only",
                word="path",
            )
    for name, known in facts(fleet, pool.place).remote_pools.items():
        if known.url == place_of(pool) and name != pool.name and fleet.get("pool", pool.place, name):
            return refused(
                "E472",
                pool,
                f"{known.url} is pool `{name}` of {pool.place} already",
                f"use that: `pool {name}`; libvirt takes one pool of it only",
                word="source",
            )
    others = facts(fleet, pool.place).other_pools or {}
    if pool.name in others:
        return refused(
            "E472",
            pool,
            f"{pool.place} has a pool `{pool.name}` that is no folder: {others[pool.name]}",
            "choose another name",
        )
    return None


def _is_there(pool: Resource, fleet: Fleet) -> bool:
    return pool.text("path") in facts(fleet, pool.place).folders


def _users(pool: Resource, fleet: Fleet) -> Iterator[str]:
    """The VMs with disks or media in a pool, by whatever name; as they are, and as they will be."""
    for disk in fleet.of_kind("disk", pool.place):
        if disk.get(POOL) == pool.name and disk.parent:
            yield disk.parent[1]
    for vm in fleet.of_kind("vm", pool.place):
        for one in (disk for view in views(vm) for disk in view.all_disks):
            gone = one.device == "disk" and not fleet.get("disk", pool.place, f"{vm.name}/{one.name}")
            inside = folder_of(one.path) == place_of(pool)
            if not gone and (one.pool == pool.name or inside):
                yield vm.name
