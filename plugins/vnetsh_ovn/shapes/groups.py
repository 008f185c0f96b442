"""Groups of vms: each a group of their ports, to which only that goes which is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vnetsh.model import Resource, Value
from vnetsh_ovn.joining import listed, members_of
from vnetsh_ovn.marks import MEMBERS, ids_of, is_marked, owner_of
from vnetsh_ovn.names import set_name
from vnetsh_ovn.pieces import Found, Piece, Within, of
from vnetsh_ovn.rows import ACL, GROUP, SWITCH_PORT, Index, Ref
from vnetsh_ovn.shapes.acls import CLOSED, DHCP_REPLIES, NEEDED, acl, ports_of
from vnetsh_ovn.shapes.tenants import TENANT_KEY
from vnetsh_ovn.sort import NAME
from vnetsh_ovsdb.operations import Row

GROUP_KEY = "vnetsh-group"
"""Key of such a group; its value is its name."""
RULE = "vnetsh-rule"
"""Key of a group that is an end of one rule alone."""
FOREIGN = "pg:"
"""Before the name of a group that others made, for whatever: no sentence says such a name."""


def group_ref(name: str) -> Ref:
    """A group's row."""
    return Ref(GROUP, set_name("group", name))


def as_refs(ports: Value) -> tuple[Ref, ...]:
    """Logical ports by their names."""
    return tuple(Ref(SWITCH_PORT, str(one)) for one in (ports if isinstance(ports, tuple) else ()))


def port_names(index: Index, group: Row) -> tuple[str, ...]:
    """The names of the ports that are in a group."""
    return tuple(sorted(str(row["name"]) for _, row in index.owned(GROUP, group, "ports")))


class _Groups:
    kind = "group"

    def pieces(self, resource: Resource, index: Index) -> Sequence[Piece]:
        ref, members = group_ref(resource.name), resource.get("members")
        ids = {GROUP_KEY: resource.name, MEMBERS: listed(members if isinstance(members, tuple) else ())}
        columns = {"name": ref.key, "ports": as_refs(resource.get("ports"))}
        within, ports = Within(ref, "acls"), ports_of(ref.key)
        needed, closed = _keys(resource.name)
        return (
            of(resource, Piece(ref, columns, {"external_ids": ids})),
            acl(resource, needed, within, f"{ports} && {DHCP_REPLIES}", "allow-related", NEEDED),
            acl(resource, closed, within, f"{ports} && ip", "drop", CLOSED),
        )

    def read(self, index: Index, place: str) -> Iterator[Found]:
        for uuid, row in index.rows(GROUP):
            ids = ids_of(row)
            if TENANT_KEY in ids or RULE in ids:
                continue
            name = ids.get(GROUP_KEY)
            values: dict[str, Value] = {"ports": port_names(index, row)}
            if members := members_of(ids.get(MEMBERS)):
                values["members"] = members
            rows = [(GROUP, uuid)]
            if name:
                keys = (index.find(Ref(ACL, key)) for key in _keys(name))
                rows += [(ACL, acl) for acl in keys if acl]
            group = Resource(
                self.kind,
                name or f"{FOREIGN}{row['name']}",
                place,
                values,
                backend=NAME,
                marked=is_marked(row),
                owner=owner_of(row),
            )
            yield Found(group, rows)


def _keys(group: str) -> tuple[str, str]:
    return f"group {group} needed", f"group {group} closed"


GROUP_SHAPE = _Groups()
