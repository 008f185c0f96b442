"""What a server has already of what vnetsh speaks of: its own objects, and those of others that are in the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_interface
from typing import Any

from vnetsh.model import Fleet
from vnetsh_netbox.objects import Device, Theirs, host_tag
from vnetsh_netbox.server import Record, Server
from vnetsh_netbox.sorts import (
    ADDRESS,
    CLUSTER,
    CLUSTER_TYPE,
    DISK,
    MAC,
    MARK,
    NIC,
    TAG,
    VLAN,
    VLAN_GROUP,
    VM,
    VRF,
    Known,
    Ref,
    Sort,
    Wanted,
)  # fmt: skip


@dataclass(frozen=True)
class There:
    """What is there: `own` is vnetsh's and the fleet's, by reference, and what else stays as it is.

    `kept` are those of `own` on which others hung something, with what that is; `taken` what others have of what
    would be made, in words.
    """

    own: Mapping[Ref, Record]
    stays: Mapping[Ref, Record]
    kept: Mapping[Ref, str] = field(default_factory=dict)
    taken: Mapping[Ref, str] = field(default_factory=dict)


def tags_of(record: Record) -> set[str]:
    """The slugs of its tags."""
    return {tag["slug"] for tag in record.get("tags") or ()}


def number(value: Any) -> Any:
    """What a record refers to, by its number; else the value itself."""
    return value.get("id") if isinstance(value, dict) else value


def theirs(server: Server, hosts: Collection[str], vlans: Collection[int]) -> tuple[Theirs, list[str]]:
    """Devices that are called as hosts and are in a cluster, and VLANs for everywhere; with remarks."""
    remarks: list[str] = []
    devices: dict[str, list[Record]] = defaultdict(list)
    for one in server.read("dcim.devices", "name", hosts):
        devices[str(one["name"])].append(one)
    found: dict[str, Device] = {}
    for host, some in sorted(devices.items()):
        cluster = number(some[0].get("cluster"))
        if len(some) > 1:
            remarks.append(f"{len(some)} devices are called {host}: its vms have none")
        elif cluster is None:
            remarks.append(f"device {host} is in no cluster: its vms are in `{MARK}`, and have no device")
        else:
            found[host] = Device(int(some[0]["id"]), int(cluster))
    numbers: dict[int, list[int]] = defaultdict(list)
    for one in server.read(VLAN.path, "vid", vlans):
        if MARK not in tags_of(one) and one.get("site") is None:
            numbers[int(one["vid"])].append(int(one["id"]))
    return Theirs(found, {vid: ids[0] for vid, ids in numbers.items() if len(ids) == 1}), remarks


def look(server: Server, wanted: Iterable[Wanted], fleet: Fleet) -> There:
    """What the server has of these, and of what was there before."""
    looking = _Looking(server, [*wanted], {host_tag(host) for host in fleet.hosts})
    looking.stays()
    looking.vms()
    return There(looking.own, looking.known, looking.kept, looking.taken)


class _Looking:
    def __init__(self, server: Server, wanted: list[Wanted], hosts: Collection[str]) -> None:
        self._server, self._wanted, self._hosts = server, wanted, hosts
        self.own: dict[Ref, Record] = {}
        self.known: dict[Ref, Record] = {}
        self.kept: dict[Ref, str] = {}
        self.taken: dict[Ref, str] = {}
        self._refs: dict[tuple[Sort, int], Ref] = {}

    def _keys(self, sort: Sort) -> list[str]:
        return [one.ref.key[0] for one in self._wanted if one.ref.sort is sort]

    def stays(self) -> None:
        """What is made once, and left as it is."""
        for sort in (TAG, CLUSTER_TYPE, CLUSTER, VLAN_GROUP, VRF, VLAN):
            name = sort.keys[0]
            keys = {*self._keys(sort)}
            for one in self._server.read(sort.path, name, keys):
                group = one.get("group") or {}
                if sort is VLAN and group.get("slug") != MARK:
                    continue
                self._note(self.known, Ref(sort, (str(one[name]),)), one)

    def _note(self, where: dict[Ref, Record], ref: Ref, one: Record) -> None:
        if ref not in where:  # of several of a name the oldest is it
            where[ref] = one
            self._refs[ref.sort, int(one["id"])] = ref

    def vms(self) -> None:
        """The fleet's vms with what is of them; and those of others of the same name."""
        known = (
            [MARK] if Ref(TAG, (MARK,)) in self.known else []
        )  # it refuses to look for a tag that is not there
        tagged = self._server.read(VM.path, "tag", known)
        mine = [one for one in tagged if tags_of(one) & {*self._hosts}]
        for one in mine:
            self._note(self.own, Ref(VM, (str(one["name"]),)), one)
        ids = {int(one["id"]) for one in self.own.values()}
        for one in self._server.read(VM.path, "name", self._keys(VM)):
            if int(one["id"]) not in ids and self._in_our_cluster(one):
                whose = "another fleet" if MARK in tags_of(one) else "others"
                self.taken[Ref(VM, (str(one["name"]),))] = f"{whose} made one of that name"
        self._parts_of_vms(ids)
        self._addresses_of_others()

    def _in_our_cluster(self, one: Record) -> bool:
        """Whether it is where ours is to be: there may be one of a name in a cluster."""
        wanted = next(w for w in self._wanted if w.ref == Ref(VM, (str(one["name"]),)))
        cluster = wanted.fields["cluster"]
        there = self.known.get(cluster) if isinstance(cluster, Ref) else None
        at = cluster.id if isinstance(cluster, Known) else there["id"] if there else None
        return at is not None and at == number(one.get("cluster"))

    def _parts_of_vms(self, ids: Collection[int]) -> None:
        for sort in (NIC, DISK):
            for one in self._server.read(sort.path, "virtual_machine_id", ids):
                vm = self._refs[VM, int(number(one["virtual_machine"]))]
                self._part(Ref(sort, (*vm.key, str(one["name"]))), one, (vm,))
        nics = [id for sort, id in self._refs if sort is NIC]
        for sort, name in ((MAC, "mac_address"), (ADDRESS, "address")):
            for one in self._server.read(sort.path, "vminterface_id", nics):
                nic = self._refs[NIC, int(one["assigned_object_id"])]
                space = [(one.get("vrf") or {}).get("name", "")] if sort is ADDRESS else []
                value = str(one[name]).upper() if sort is MAC else str(ip_interface(one[name]))
                self._part(Ref(sort, (*nic.key, *space, value)), one, (nic, Ref(VM, nic.key[:1])))

    def _part(self, ref: Ref, one: Record, wholes: Iterable[Ref]) -> None:
        """A part of ours; what others made keeps what it is on."""
        self._refs[ref.sort, int(one["id"])] = ref
        if MARK in tags_of(one):
            self._note(self.own, ref, one)
            return
        self.taken[ref] = "others made one"
        for whole in wholes:
            self.kept.setdefault(whole, str(ref))

    def _addresses_of_others(self) -> None:
        """Addresses that are somewhere else already, which NetBox does not take twice."""
        wanted = {
            (str(ip_interface(one.ref.key[3]).ip), one.ref.key[2]): one.ref
            for one in self._wanted
            if one.ref.sort is ADDRESS
        }
        ids = {int(one["id"]) for ref, one in self.own.items() if ref.sort is ADDRESS}
        for one in self._server.read(ADDRESS.path, "address", {address for address, _ in wanted}):
            space = (one.get("vrf") or {}).get("name", "")
            ref = wanted.get((str(ip_interface(one["address"]).ip), space))
            if ref and ref not in self.own and int(one["id"]) not in ids:
                self.taken.setdefault(ref, "others have it")
