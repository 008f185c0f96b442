"""Rules: each a row on the ports of its target, and a group of its own for a vm that is one of its ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vnetsh.model import Resource, Value
from vnetsh.schema import ANY, Ranges
from vnetsh_ovn.marks import KEY, MEMBERS, ids_of, is_marked, owner_of
from vnetsh_ovn.names import set_name
from vnetsh_ovn.pieces import Found, Piece, Within, of
from vnetsh_ovn.rows import ACL, GROUP, SWITCH, Index, Ref
from vnetsh_ovn.shapes.acls import (
    ALLOWED,
    DENIED,
    REPLIES,
    acl,
    asked,
    from_group,
    ports_of,
    within_subnets,
)
from vnetsh_ovn.shapes.groups import GROUP_KEY, RULE, as_refs, group_ref, port_names
from vnetsh_ovn.shapes.tenants import TENANT_KEY
from vnetsh_ovn.sort import NAME
from vnetsh_ovsdb.operations import Row, as_scalar

_ARROW = " -> "
_WAY, _PROTOCOL, _PORTS, _SOURCE, _TARGET = (
    f"vnetsh-{word}" for word in ("way", "protocol", "ports", "from", "to")
)
_SPANS = Ranges()
_NAME_LENGTH = 63  # of an ACL's own name, which is in what it logs
SOURCE, TARGET = "source", "target"
"""Attributes: the ends as they are meant, each a kind and a name; of a network its subnets, of a vm its ports."""


def end(resource: Resource, side: str) -> tuple[str, str, tuple[str, ...]]:
    """An end of a rule: its kind (`any`: whatever there is), its name, and its subnets or ports."""
    said = resource.get(side)
    first, *more = map(str, said) if isinstance(said, tuple) else (ANY,)
    kind, _, name = first.partition(":")
    return kind, name, tuple(more)


class _Rules:
    def __init__(self, kind: str) -> None:
        self.kind = kind

    def pieces(self, resource: Resource, index: Index) -> Sequence[Piece]:
        source, target = self._end(resource, SOURCE), self._end(resource, TARGET)
        key = f"{self.kind} {resource.name}"
        kind, name, subnets = end(resource, TARGET)
        if kind == "network":
            within, to = Within(Ref(SWITCH, name), "acls"), within_subnets(subnets, "dst")
        else:
            within, to = Within(target, "acls"), ports_of(target.key)
        listed = resource.get("ports")
        ports = [int(one) for one in listed] if isinstance(listed, tuple) else []
        what = asked(resource.text("protocol"), ports)
        match = " && ".join(filter(None, (to, self._from(resource, source), what)))
        action, priority = ("allow-related", ALLOWED) if self.kind == "allow" else ("drop", DENIED)
        log = bool(resource.get("log"))
        more = {"name": key[:_NAME_LENGTH], "log": log, "severity": "info" if log else ["set", []]}
        way = resource.get("way")
        ids = {
            _WAY: _ARROW.join(map(str, way if isinstance(way, tuple) else ())),
            _PROTOCOL: resource.text("protocol"),
            **({_PORTS: ",".join(_SPANS.texts(ports))} if ports else {}),
            **{word: _text(resource, side) for side, word in _ENDS.items()},
        }
        rule = acl(resource, key, within, match, action, priority, more)
        found = [
            Piece(rule.ref, rule.columns, {"external_ids": {**ids, **rule.keys["external_ids"]}}, rule.within)
        ]
        if self.kind == "deny" and kind != "group":
            found.append(acl(resource, f"{key} replies", within, f"{to} && ip", "allow-related", REPLIES))
        for side in _ENDS:
            kind, name, ports_of_vm = end(resource, side)
            if kind == "vm":
                ref = self._end(resource, side)
                ids = {RULE: key, MEMBERS: name}
                columns = {"name": ref.key, "ports": as_refs(ports_of_vm)}
                found.append(of(resource, Piece(ref, columns, {"external_ids": ids})))
        return found

    def read(self, index: Index, place: str) -> Iterator[Found]:
        mine = "allow" if self.kind == "allow" else "deny"
        for uuid, row in index.rows(ACL):
            ids = ids_of(row)
            key = ids.get(KEY, "")
            if not key and mine == ("allow" if str(row.get("action")).startswith("allow") else "deny"):
                yield Found(self._foreign(index, uuid, row, place), [(ACL, uuid)])
            elif key.startswith(f"{self.kind} ") and _WAY in ids:
                rows = [(ACL, uuid)]
                others = [Ref(ACL, f"{key} replies")]
                others += [Ref(GROUP, set_name("rule", f"{key} {side}")) for side in _ENDS]
                rows += [(ref.table, other) for ref in others if (other := index.find(ref))]
                yield Found(self._one(index, key, row, place), rows)

    def _one(self, index: Index, key: str, row: Row, place: str) -> Resource:
        ids = ids_of(row)
        values: dict[str, Value] = {
            "way": tuple(ids[_WAY].split(_ARROW)),
            "protocol": ids[_PROTOCOL],
        }
        if ids.get(_PORTS):
            values["ports"] = tuple(n for text in ids[_PORTS].split(",") for n in _SPANS.parse(text))
        if as_scalar(row.get("log")):
            values["log"] = True
        for side, word in _ENDS.items():
            first, *more = ids.get(word, ANY).split(" ")
            if first.startswith("vm:"):
                own = index.row(Ref(GROUP, set_name("rule", f"{key} {side}")))
                more = [*port_names(index, own)] if own else []
            values[side] = (first, *more)
        name = key.removeprefix(f"{self.kind} ")
        return Resource(
            self.kind, name, place, values, backend=NAME, marked=is_marked(row), owner=owner_of(row)
        )

    def _foreign(self, index: Index, uuid: str, row: Row, place: str) -> Resource:
        """What others made: what it is about stands in their own words."""
        words = f"{row['direction']} {row['priority']} {row['match']} {row['action']}"
        name = f"acl:{as_scalar(row.get('name')) or uuid[:8]}"
        values: dict[str, Value] = {"match": words}
        if target := next(_owners(index, uuid), ""):
            values[TARGET] = (target,)
        return Resource(self.kind, f"{name}:{uuid[:8]}", place, values, backend=NAME)

    def _end(self, resource: Resource, side: str) -> Ref:
        kind, name, _ = end(resource, side)
        if kind == "group":
            return group_ref(name)
        return Ref(GROUP, set_name("rule", f"{self.kind} {resource.name} {side}"))

    def _from(self, resource: Resource, group: Ref) -> str:
        kind, _, subnets = end(resource, SOURCE)
        if kind == ANY:
            return ""
        return within_subnets(subnets, "src") if kind == "network" else from_group(group.key)


_ENDS = {SOURCE: _SOURCE, TARGET: _TARGET}


def _owners(index: Index, acl: str) -> Iterator[str]:
    """The things on whose rows a row stands that others made."""
    for owner in index.referring.get(acl, ()):
        row = index.tables[owner.table][owner.uuid]
        if owner.table == SWITCH:
            yield f"network:{row['name']}"
        for key, kind in ((GROUP_KEY, "group"), (TENANT_KEY, "tenant")):
            if name := ids_of(row).get(key):
                yield f"{kind}:{name}"


def _text(resource: Resource, side: str) -> str:
    """An end as its row has it: of a vm its ports are in the group that it has."""
    kind, name, more = end(resource, side)
    return " ".join([f"{kind}:{name}", *(more if kind == "network" else ())]) if name else kind


ALLOW, DENY = _Rules("allow"), _Rules("deny")
