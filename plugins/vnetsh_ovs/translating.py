"""Changes into one OVSDB transaction, on the rows as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from vnetsh.model import Resource, Value
from vnetsh.model.change import ActionKind, Change
from vnetsh_ovs.columns import (
    interface_columns,
    mark_of,
    marked,
    optional,
    own_interface_columns,
    port_columns,
    record_of,
    row_named,
)
from vnetsh_ovs.observing import (
    MARK,
    UPLINK_MARK,
    is_tap,
    member,
    own_interface,
    requested_mtu,
    uplink_of,
)
from vnetsh_ovs.restoring import Restorer
from vnetsh_ovs.rows import Index, Place, as_map, as_uuids, reference
from vnetsh_ovs.transaction import Conflict, Operation, Transaction, as_pairs, as_set, is_row

_MEMBERS = frozenset({"port", "tunnel"})


def translate(changes: Sequence[Change], index: Index, datapath: str) -> Transaction:
    """The transaction that makes the changes; empty when all of them are made already.

    A change whose outcome is there is left out, so that doing or undoing twice does no harm. Raises
    `Conflict` when the rows are neither as a change found them nor as it leaves them.
    """
    return Translation(changes, index, datapath).translated()


class Translation:
    """Changes that are about to become a transaction."""

    def __init__(self, changes: Sequence[Change], index: Index, datapath: str) -> None:
        self._changes = changes
        self._index = index
        self._datapath = datapath
        self.transaction = Transaction(index)
        self._restorer = Restorer(index, self.transaction, self._taken)
        self._new_bridges: dict[str, Operation] = {}
        self._uplinks: dict[str, str] = {}
        gone = [c.before for c in changes if c.action is ActionKind.REMOVE and c.before]
        self._gone_bridges = {resource.name for resource in gone if resource.kind == "bridge"}
        members = [c for c in changes if c.resource.kind in _MEMBERS and c.before]
        self._leaving = {c.resource.name for c in members if not c.after or "bridge" in c.differing()}

    def translated(self) -> Transaction:
        """The transaction that makes them. Raises `Conflict`."""
        for change in self._changes:
            after = change.after
            if change.resource.kind == "bridge":
                self._translate_bridge(change)
            elif after is None:
                self._remove_member(change)
            elif change.before is None:
                self._add_member(change, after)
            else:
                self._change_member(change, after)
                self._change_mark(change, "Port", self._index.ports[after.name].uuid)
        self._restorer.link()
        return self.transaction

    def _taken(self, name: str) -> bool:
        """Whether there is a port of that name."""
        return name in self._index.ports

    # Bridges

    def _translate_bridge(self, change: Change) -> None:
        if change.after is None:
            self._remove_bridge(change)
        elif change.before is None:
            self._add_bridge(change, change.after)
        else:
            self._change_uplink(change, change.before.text("uplink"), change.after.text("uplink"))
            self._change_mtu(change, change.before.get("mtu"), change.after.get("mtu"))
            self._change_mark(change, "Bridge", self._index.bridges.get(change.resource.name, ""))

    def _add_bridge(self, change: Change, after: Resource) -> None:
        existing = self._index.bridges.get(after.name)
        if existing:
            have = (self._uplink(existing), requested_mtu(self._index, after.name))
            if have == (after.text("uplink"), after.get("mtu")):
                return
            raise Conflict(change, f"bridge {after.name} has come into being meanwhile")
        record = record_of(after)
        uuid = row_named(record, "Bridge", after.name)
        if uuid:
            self.transaction.add_bridge(self._restorer.restore(change, record, "Bridge", uuid))
            self._new_bridges[after.name] = self._restorer.row(uuid)
            return
        ports = [self._new_port(change, after.name, own_interface_columns(after), {})]
        row: Operation = {"name": after.name, "ports": as_set(ports), "external_ids": marked(after.owner)}
        if self._datapath == "netdev":
            row["datapath_type"] = "netdev"
        self.transaction.add_bridge(self.transaction.insert(change, "Bridge", row))
        self._new_bridges[after.name] = row
        if after.text("uplink"):
            self._take_uplink(change, after.name, after.text("uplink"))

    def _remove_bridge(self, change: Change) -> None:
        before = cast(Resource, change.before)
        bridge = self._index.bridges.get(before.name)
        if bridge is None:
            return
        self._refuse_unseen_ports(change, before, bridge)
        row = self._index.tables["Bridge"][bridge]
        ports = as_set([reference(uuid) for uuid in as_uuids(row.get("ports"))])
        message = f"the ports of bridge {before.name} were changed meanwhile"
        self.transaction.expect(change, message, "Bridge", is_row(bridge), {"ports": ports})
        self.transaction.remove_bridge(bridge)

    def _refuse_unseen_ports(self, change: Change, before: Resource, bridge: str) -> None:
        """What the plan did not see does not go with a bridge: no record could restore it."""
        seen = {before.name, before.text("uplink"), *self._leaving}
        record = record_of(before)
        for row in record.get("Port", {}).values():
            if not is_tap([(uuid, record["Interface"][uuid]) for uuid in as_uuids(row.get("interfaces"))]):
                seen.add(row["name"])
        ports = {row["name"]: row for _, row in self._index.bridge_ports(bridge)}
        unseen = sorted(ports.keys() - seen)
        if not unseen:
            return
        taps = [name for name in unseen if is_tap(self._index.interfaces(ports[name]))]
        if taps:
            raise Conflict(
                change,
                f"bridge {before.name} still carries ports of vms: {', '.join(taps)}",
                "stop, delete or migrate those vms first",
            )
        raise Conflict(change, f"bridge {before.name} has got ports meanwhile: {', '.join(unseen)}")

    def _change_mark(self, change: Change, table: str, uuid: str) -> None:
        """Take something for vnetsh's own, or no longer."""
        before, after = cast(Resource, change.before), cast(Resource, change.after)
        if (before.marked, before.owner) == (after.marked, after.owner):
            return
        mark = mark_of(after.owner) if after.marked else None
        if as_map(self._index.tables[table][uuid].get("external_ids")).get(MARK) != mark:
            self.transaction.set_keys(change, table, uuid, "external_ids", {MARK: mark})

    def _change_mtu(self, change: Change, before: Value, after: Value) -> None:
        name = change.resource.name
        now = requested_mtu(self._index, name)
        found = own_interface(self._index, name)
        if found is None or before == after or now == after:
            return
        if now != before:
            raise Conflict(change, f"the MTU of bridge {name} is {now} by now, not {before}")
        message = f"the MTU of bridge {name} was changed meanwhile"
        self.transaction.expect(
            change, message, "Interface", is_row(found[0]), {"mtu_request": optional(before)}
        )
        self.transaction.update(change, "Interface", found[0], {"mtu_request": optional(after)})

    # Uplinks

    def _change_uplink(self, change: Change, before: str, after: str) -> None:
        name = change.resource.name
        bridge = self._index.bridges.get(name)
        if bridge is None:
            raise Conflict(change, f"bridge {name} is gone")
        now = self._uplink(bridge)
        if now == after:
            return
        if now != before:
            raise Conflict(
                change, f"the uplink of bridge {name} is {now or 'none'} by now, not {before or 'none'}"
            )
        if before:
            self._drop_uplink(change, bridge, before)
        if after:
            self._take_uplink(change, name, after)

    def _drop_uplink(self, change: Change, bridge: str, nic: str) -> None:
        port = self._index.ports[nic].uuid
        marks = as_map(self._index.tables["Port"][port].get("external_ids"))
        record = record_of(cast(Resource, change.after))
        earlier = row_named(record, "Port", nic)
        was_marked = earlier and UPLINK_MARK in as_map(record["Port"][earlier].get("external_ids"))
        if UPLINK_MARK in marks and earlier and not was_marked:
            # It was a port here before it became the uplink: that is what it becomes again.
            self.transaction.set_keys(change, "Port", port, "external_ids", {UPLINK_MARK: None})
        else:
            self.transaction.detach(change, bridge, port)

    def _take_uplink(self, change: Change, bridge: str, nic: str) -> None:
        there = self._index.ports.get(nic)
        if there is None:
            self._attach(change, bridge, self._uplink_port(change, nic))
        elif there.bridge == self._index.bridges.get(bridge):
            self.transaction.set_keys(change, "Port", there.uuid, "external_ids", {UPLINK_MARK: "1"})
        else:
            raise self._name_taken(change, nic, there)

    def _uplink_port(self, change: Change, nic: str) -> list[str]:
        record = record_of(cast(Resource, change.after))
        earlier = row_named(record, "Port", nic)
        if earlier:
            return self._restorer.restore(change, record, "Port", earlier)
        return self._new_port(change, nic, {}, {"external_ids": marked(change.resource.owner, uplink=True)})

    # Ports and tunnels

    def _add_member(self, change: Change, after: Resource) -> None:
        there = self._index.ports.get(after.name)
        if there:
            if not self._is_as_wanted(there, after):
                raise self._name_taken(change, after.name, there)
            return
        uuid = row_named(record_of(after), "Port", after.name) if after.record else ""
        if uuid and self._restorer.restored(uuid):
            return  # its bridge brought it back
        if uuid:
            port = self._restorer.restore(change, record_of(after), "Port", uuid)
        else:
            port = self._new_port(change, after.name, interface_columns(after), port_columns(after))
        self._attach(change, after.text("bridge"), port)

    def _is_as_wanted(self, there: Place, wanted: Resource) -> bool:
        kind, have = self._member(there)
        default = "gre" if kind == "tunnel" else "system"
        said = {"type": default, **wanted.attributes}
        names = ("bridge", "type", "vlan", "remote", "key")
        return kind == wanted.kind and all(have.get(name) == said.get(name) for name in names)

    def _member(self, place: Place) -> tuple[str, dict[str, Value]]:
        """What a port is, a word (only `port` and `tunnel` are ours to change), and its attributes."""
        row = self._index.tables["Port"][place.uuid]
        bridge = self._index.bridge_name(place.bridge)
        interfaces = self._index.interfaces(row)
        kind, attributes = member(bridge, row, interfaces)
        if is_tap(interfaces):
            kind = "vm's port"
        elif row["name"] == bridge:
            kind = "local port"
        elif row["name"] == self._uplink(place.bridge):
            kind = "uplink"
        return kind, attributes

    def _uplink(self, bridge: str) -> str:
        if bridge not in self._uplinks:
            self._uplinks[bridge] = uplink_of(self._index, bridge)
        return self._uplinks[bridge]

    def _remove_member(self, change: Change) -> None:
        before = cast(Resource, change.before)
        there = self._index.ports.get(before.name)
        if there is None or before.text("bridge") in self._gone_bridges:
            return  # gone, or about to go with its bridge
        kind, have = self._member(there)
        if have["bridge"] != before.text("bridge") or kind != before.kind:
            raise Conflict(change, f"{before.name} is {_a(kind)} of bridge {have['bridge']} by now")
        self.transaction.detach(change, there.bridge, there.uuid)

    def _change_member(self, change: Change, after: Resource) -> None:
        there = self._index.ports.get(after.name)
        if there is None:
            raise Conflict(change, f"{after.kind} {after.name} is gone")
        kind, have = self._member(there)
        if kind != after.kind:
            raise self._name_taken(change, after.name, there)
        due = {}
        for name, (old, new) in change.differing().items():
            if have.get(name) == new:
                continue
            if have.get(name) != old:
                now = have.get(name)
                raise Conflict(change, f"{name} of {after.kind} {after.name} is {now} by now, not {old}")
            due[name] = new
        if "bridge" in due:
            self.transaction.detach(change, there.bridge, there.uuid)
            self._attach(change, str(due["bridge"]), reference(there.uuid))
        if "vlan" in due:
            self._change_tag(change, there, have.get("vlan"), due["vlan"])
        if due.keys() & {"type", "remote", "key"}:
            self._change_interface(change, there, after, due)

    def _change_tag(self, change: Change, there: Place, old: Value, new: Value) -> None:
        message = f"the VLAN of port {change.resource.name} was changed meanwhile"
        self.transaction.expect(change, message, "Port", is_row(there.uuid), {"tag": optional(old)})
        self.transaction.update(change, "Port", there.uuid, {"tag": optional(new)})

    def _change_interface(
        self, change: Change, there: Place, after: Resource, due: Mapping[str, Value]
    ) -> None:
        """Change what is due of a tunnel; all else, and options that vnetsh does not know, stay."""
        uuid, row = self._index.interfaces(self._index.tables["Port"][there.uuid])[0]
        as_read = {"type": row.get("type", ""), "options": row.get("options", as_pairs({}))}
        message = f"{after.kind} {after.name} was changed meanwhile"
        self.transaction.expect(change, message, "Interface", is_row(uuid), as_read)
        wanted = interface_columns(after)
        if "type" in due:
            self.transaction.update(change, "Interface", uuid, {"type": wanted.get("type", "")})
        options = as_map(wanted.get("options"))
        values = {
            option: options.get(option)
            for name, option in (("remote", "remote_ip"), ("key", "key"))
            if name in due
        }
        if values:
            self.transaction.set_keys(change, "Interface", uuid, "options", values)

    # Common

    def _attach(self, change: Change, bridge: str, port: list[str]) -> None:
        if bridge in self._new_bridges:
            self._new_bridges[bridge]["ports"][1].append(port)
        elif bridge in self._index.bridges:
            self.transaction.attach(change, self._index.bridges[bridge], port)
        else:
            raise Conflict(change, f"there is no bridge {bridge}")

    def _new_port(self, change: Change, name: str, interface: Operation, port: Operation) -> list[str]:
        device = self.transaction.insert(change, "Interface", {"name": name, **interface})
        row = {"name": name, "interfaces": device, "external_ids": marked(change.resource.owner), **port}
        return self.transaction.insert(change, "Port", row)

    def _name_taken(self, change: Change, name: str, there: Place) -> Conflict:
        kind, have = self._member(there)
        values = ", ".join(f"{key} {value}" for key, value in have.items() if key != "bridge")
        return Conflict(
            change,
            f"the name {name} is taken on this host: by {_a(kind)} of bridge {have['bridge']} ({values})",
            "choose another name, or delete that one first",
        )


def _a(kind: str) -> str:
    return f"an {kind}" if kind == "uplink" else f"a {kind}"
