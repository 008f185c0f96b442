"""The attributes of bridges, ports and tunnels, each said once: where it stands in the database, what a change costs.

Observing, changing, verifying, restoring, costs, `--explain`, and what an export leaves out walk `FIELDS`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vnetsh.model import Impact, Value
from vnetsh_ovs.marks import MESH_KEY
from vnetsh_ovsdb.operations import Row, as_list, as_map, as_scalar, as_set

TUNNEL_TYPES = frozenset({"gre", "vxlan", "geneve"})
_NONE = as_set([])
_NUMERAL = re.compile("0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")


@dataclass(frozen=True)
class Form:
    """How a value goes over the wire. `read` gives None for what cannot be said.

    `empty` is the column's default value, and `unset` what that says.
    """

    read: Callable[[Any], Value]
    write: Callable[[Any], object]
    empty: object = field(default_factory=lambda: _NONE)
    unset: Value = None


def _number_in(text: Any) -> Value:
    """A tunnel's key as vswitchd reads it, by C's rules; None of `flow`: that is set by OpenFlow."""
    digits = str(text).strip()
    if not _NUMERAL.fullmatch(digits):
        return None
    return int(digits, 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10)


def _address_in(text: Any) -> Value:
    """An address in its usual form; what vswitchd takes for none (a name, leading zeros) as it is."""
    if ":" not in str(text):
        return str(text)
    import ipaddress

    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(text))
    return str(text)


YES = Form(lambda value: "yes" if value else None, lambda value: value == "yes", False)
PLAIN = Form(as_scalar, lambda value: value)
TYPE = Form(lambda value: value or "system", lambda value: "" if value == "system" else value, "", "system")
NUMBERS = Form(lambda value: tuple(sorted(as_list(value))) or None, as_set)
ADDRESS = Form(_address_in, str)
NUMBER = Form(_number_in, str)


_ENABLED = Form(lambda text: "yes" if text == "true" else None, lambda value: "true" if value else "false")


@dataclass(frozen=True, eq=False)
class Field:
    """An attribute of a kind. Equal only to itself.

    It stands in a `column` of a `table`, or under a `key` of a map column; of a bridge `Port` and `Interface` are
    its own ones. Without a table it has code of its own (`bridges`, `members`). `along` are columns that are
    set with it, to these values, and cleared with it: where one of them has another value, or one of `unless` has
    any, the row does not say this attribute.

    `default` is what a new one gets where nothing is said. Of a change the plan says `how` it is done and its
    `impact`, and `riders` where vms are on the bridge; messages call it `title`. `bits` are what a number
    has by the thing's `type`, where that is less than a sentence can say. The interface's column `made` tells
    when vswitchd has done it, and `missed` is said where it does not.
    """

    kind: str
    attribute: str
    table: str = ""
    column: str = ""
    form: Form = PLAIN
    key: str = ""
    along: Mapping[str, object] = field(default_factory=dict)
    unless: tuple[str, ...] = ()
    default: Value = None
    title: str = ""
    how: str = ""
    impact: Impact = Impact.BRIEF
    riders: str = ""
    bits: Mapping[str, int] = field(default_factory=dict)
    made: str = ""
    missed: str = ""

    def read(self, row: Row) -> Value:
        """What a row says of it, None for nothing."""
        value = row.get(self.column)
        if value is None:
            return self.form.unset
        if self.key:
            value = as_map(value).get(self.key)
            return None if value is None else self.form.read(value)
        if self.along and any(row.get(c, _NONE) not in (_NONE, wanted) for c, wanted in self.along.items()):
            return None
        if self.unless and any(row.get(c, _NONE) != _NONE for c in self.unless):
            return None
        return self.form.read(value)

    @property
    def columns(self) -> Mapping[str, object]:
        """Its columns, each with its default value."""
        empty = ["map", []] if self.key else self.form.empty
        return {self.column: empty, **dict.fromkeys(self.along, _NONE)}

    def write(self, value: Value) -> Mapping[str, object]:
        """Its columns for a value, None to clear them; not for one that is a key."""
        return self.columns if value is None else {self.column: self.form.write(value), **self.along}


_VNI = {"vxlan": 24, "geneve": 24}  # RFC 7348, 5; RFC 8926, 3.4
_WAY = "packets take the new way at once"
_ISOLATION = "isolation changed on the port"

FIELDS = (
    Field("bridge", "backend"),
    Field("bridge", "uplink"),
    Field(
        "bridge", "mtu", "Interface", "mtu_request", title="MTU", impact=Impact.LIVE,
        riders="NICs of vms keep the MTU that they have",
        made="mtu", missed="has an MTU of {now}, not {wanted}: its device did not take it",
    ),
    Field("port", "bridge", how="moved to bridge {new}"),
    Field("port", "type", "Interface", "type", TYPE, default="system", how="made anew with another type"),
    Field("port", "vlan", "Port", "tag", title="VLAN", how="access VLAN changed on the port"),
    Field("port", "trunk", "Port", "trunks", NUMBERS, along={"vlan_mode": "trunk"}, unless=("tag",),
          how="other VLANs pass on the port"),
    Field("port", "isolated", "Port", "protected", YES, how=_ISOLATION),
    Field("port", "peer", "Interface", "options", Form(str, str), "peer", how="joined with another port"),
    Field("tunnel", "bridge", how="moved to bridge {new}"),
    Field("tunnel", "type", "Interface", "type", TYPE, default="gre", how="made anew with another type"),
    Field("tunnel", "isolated", "Port", "protected", YES, how=_ISOLATION, impact=Impact.LIVE),
    Field("tunnel", "mesh", "Port", "external_ids", Form(str, str), MESH_KEY, impact=Impact.NONE),
    Field("tunnel", "bfd", "Interface", "bfd", _ENABLED, "enable", impact=Impact.NONE),
    Field("tunnel", "remote", "Interface", "options", ADDRESS, "remote_ip", how=_WAY),
    Field("tunnel", "key", "Interface", "options", NUMBER, "key", how=_WAY, bits=_VNI),
)  # fmt: skip

OF_KIND: Mapping[str, tuple[Field, ...]] = {
    kind: tuple(field for field in FIELDS if field.kind == kind) for kind in ("bridge", "port", "tunnel")
}
IN_ROWS = {kind: tuple(field for field in fields if field.table) for kind, fields in OF_KIND.items()}
"""Those that stand in rows."""
ATTRIBUTES = {kind: frozenset(field.attribute for field in fields) for kind, fields in OF_KIND.items()}


def values_of(kind: str, rows: Mapping[str, Row]) -> dict[str, Value]:
    """What rows, by table, say of a kind's attributes."""
    found: dict[str, Value] = {}
    for one in IN_ROWS[kind]:
        value = one.read(rows[one.table])
        if value is not None:
            found[one.attribute] = value
    return found


def columns_of(kind: str, said: Mapping[str, Value]) -> dict[str, dict[str, object]]:
    """The columns, by table, of a new thing with these attributes; those with their default value are left out."""
    found: dict[str, dict[str, object]] = {"Bridge": {}, "Port": {}, "Interface": {}}
    for one in IN_ROWS[kind]:
        value = said.get(one.attribute, one.default)
        if value == one.form.unset:
            continue
        row = found[one.table]
        if one.key:
            pairs: Any = row.setdefault(one.column, ["map", []])
            pairs[1].append([one.key, one.form.write(value)])
        else:
            row |= one.write(value)
    return found


def shown(value: Value) -> str:
    """A value in messages."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
