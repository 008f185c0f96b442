"""The attributes of bridges, ports and tunnels, each said once: where it stands in the database, what a change costs.

Observing, changing, verifying, restoring, costs, `--explain`, and what an export leaves out walk `FIELDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vnetsh.model import Impact, Resource, Value
from vnetsh.model.reboot import SURVIVES
from vnetsh_ovs import qos, vlans
from vnetsh_ovs.forms import (
    ADDRESS,
    BOOLEAN,
    DELAY,
    ENABLED,
    HOPS,
    LOSS,
    NONE,
    NUMBER,
    NUMBERS,
    PLAIN,
    RATE,
    SERVICE,
    TYPE,
    YES,
    Form,
    but,
)
from vnetsh_ovs.marks import LINK_KEY, MESH_KEY
from vnetsh_ovsdb.operations import Row, as_map, as_scalar

_GRE, _GRE_BY_IPV6 = "gre", "ip6gre"
TUNNEL_TYPES = frozenset({_GRE, _GRE_BY_IPV6, "vxlan", "geneve"})

GOT, SENT = "QoS", "QoS of an internal port"
"""A port's QoS, by what it limits: the kernel limits what is sent by a device, and by an internal port's that is what
its host sends to the switch; what the switch sends it goes past that.
"""
IMPAIRED = "QoS that does harm"
LIMITS = {"inbound": GOT, "outbound": SENT, "delay": IMPAIRED, "loss": IMPAIRED}
MIRRORED = "what a port mirrors"
"""Not a table: a mirror names ports, and its row only their UUIDs."""
ENCRYPTION = "what a tunnel's options ask for"
"""As little a table: a tunnel is to be encrypted where they name its other end."""
BONDED = "what a bond is"
"""As little a table: the names of a port's interfaces, where they are several."""


@dataclass(frozen=True, eq=False)
class Field:
    """An attribute of a kind. Equal only to itself.

    It stands in a `column` of a `table`, or under a `key` of a map column; of a bridge `Port` and `Interface` are
    its own ones. Without a table it has code of its own (`bridges`, `members`).

    Of one that shares its columns with others `reads` tells its value, and `whole` gives the columns for a thing of
    these attributes, of those that are `shared`; `own` are those that say nothing else.

    One that `follows` another attribute is written anew when that changes, too.

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
    reads: Callable[[Row], Value] | None = None
    whole: Callable[[Mapping[str, Value]], Mapping[str, object]] | None = None
    shared: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    follows: str = ""
    default: Value = None
    title: str = ""
    how: str = ""
    impact: Impact = Impact.BRIEF
    riders: str = ""
    bits: Mapping[str, int] = field(default_factory=dict)
    made: str = ""
    missed: str = ""

    def is_due(self, said: Collection[str]) -> bool:
        """Whether it is to be written when these attributes are said."""
        return self.attribute in said or self.follows in said

    def read(self, row: Row) -> Value:
        """What a row says of it, None for nothing."""
        if self.reads:
            return self.reads(row)
        value = row.get(self.column)
        if value is None:
            return self.form.unset
        if self.key:
            value = as_map(value).get(self.key)
            return None if value is None else self.form.read(value)
        return self.form.read(value)

    @property
    def columns(self) -> Mapping[str, object]:
        """Its columns, each with its default value."""
        if self.shared:
            return dict.fromkeys(self.shared, NONE)
        return {self.column: ["map", []] if self.key else self.form.empty}

    def write(self, value: Value) -> Mapping[str, object]:
        """Its columns for a value, None to clear them; not for one that is a key, or has others in its columns."""
        return self.columns if value is None else {self.column: self.form.write(value)}

    def columns_for(self, said: Mapping[str, Value]) -> Mapping[str, object]:
        """Its columns for a thing of these attributes; not for one that is a key."""
        return self.whole(said) if self.whole else self.write(said.get(self.attribute, self.default))


def _tunnel_type(row: Row) -> Value:
    """Open vSwitch calls GRE over IPv6 another type, which its kernel datapath tells from GRE."""
    kind = row.get("type")
    return _GRE if kind == _GRE_BY_IPV6 else kind


def _tunnel_columns(said: Mapping[str, Value]) -> Mapping[str, object]:
    kind = said.get("type", _GRE)
    return {"type": _GRE_BY_IPV6 if kind == _GRE and ":" in str(said.get("remote")) else kind}


_VNI = {"vxlan": 24, "geneve": 24}  # RFC 7348, 5; RFC 8926, 3.4
_WAY = "packets take the new way at once"
_NOT_TAKEN = "has an MTU of {now}, not {wanted}: its device did not take it"
_OUTER = "another outer header from the next packet on"
_ISOLATION = "isolation changed on the port"

FIELDS = (
    Field("bridge", "backend"),
    Field("bridge", "uplink"),
    Field(
        "bridge", "mtu", "Interface", "mtu_request", title="MTU", impact=Impact.LIVE,
        riders="NICs of vms keep the MTU that they have",
        made="mtu", missed=_NOT_TAKEN,
    ),
    Field("port", "bridge", how="moved to bridge {new}"),
    Field("port", "type", "Interface", "type", TYPE, default="system", how="made anew with another type"),
    Field("port", "vlan", "Port", "tag", title="VLAN", how="another VLAN untagged on the port",
          reads=lambda row: as_scalar(row.get("tag")), whole=vlans.access, shared=vlans.TAGS, own=("tag",)),
    Field("port", "trunk", "Port", "trunks", NUMBERS, how="other VLANs pass on the port",
          reads=vlans.trunk, whole=vlans.tags, shared=vlans.TAGS, own=("trunks", "vlan_mode")),
    Field("port", "qinq", "Port", "cvlans", NUMBERS, how="what passes on the port is wrapped otherwise",
          reads=vlans.qinq, whole=vlans.tags, shared=vlans.TAGS, own=("cvlans", "vlan_mode")),
    Field("port", "qinq-ethtype", "Port", "other_config", PLAIN, vlans.ETHTYPE, reads=vlans.ethtype,
          how="another Ethernet type on what the port wraps"),
    Field("port", "inbound", GOT, "other_config", RATE, qos.MOST, reads=qos.limit, impact=Impact.LIVE,
          how="another limit of what it gets"),
    Field("port", "outbound", SENT, "other_config", RATE, qos.MOST, reads=qos.limit, impact=Impact.LIVE,
          how="another limit of what it sends"),
    Field("port", "delay", IMPAIRED, "other_config", DELAY, qos.LATENCY, reads=qos.delay, impact=Impact.LIVE,
          how="packets of the port held back otherwise"),
    Field("port", "loss", IMPAIRED, "other_config", LOSS, qos.LOSS, reads=qos.loss, impact=Impact.LIVE,
          how="more or fewer packets of the port are lost"),
    Field(
        "port", "mtu", "Interface", "mtu_request", title="MTU", impact=Impact.LIVE,
        made="mtu", missed=_NOT_TAKEN,
    ),
    Field("port", "isolated", "Port", "protected", YES, how=_ISOLATION),
    Field("port", "mirrors", MIRRORED, "ports", how="other packets copied to the port",
          reads=lambda row: row.get("ports") or None),
    Field("port", "nics", BONDED, "nics", how="the bond is other NICs", reads=lambda row: row.get("nics") or None),
    Field("port", "mode", "Port", "bond_mode", but("active-backup"), how="the bond shares out its packets otherwise"),
    Field("port", "lacp", "Port", "lacp", but("off"), how="the bond comes to terms otherwise"),
    Field("port", "peer", "Interface", "options", Form(str, str), "peer", how="joined with another port"),
    Field("tunnel", "bridge", how="moved to bridge {new}"),
    Field("tunnel", "type", "Interface", "type", how="made anew with another type", default=_GRE,
          reads=_tunnel_type, whole=_tunnel_columns, shared=("type",), follows="remote"),
    Field("tunnel", "isolated", "Port", "protected", YES, how=_ISOLATION, impact=Impact.LIVE),
    Field("tunnel", "mesh", "Port", "external_ids", Form(str, str), MESH_KEY, impact=Impact.NONE),
    Field("tunnel", "link", "Port", "external_ids", Form(str, str), LINK_KEY),
    Field("tunnel", "bfd", "Interface", "bfd", ENABLED, "enable", impact=Impact.NONE),
    Field("tunnel", "remote", "Interface", "options", ADDRESS, "remote_ip", how=_WAY),
    Field("tunnel", "local", "Interface", "options", ADDRESS, "local_ip", how=_WAY),
    Field("tunnel", "key", "Interface", "options", NUMBER, "key", how=_WAY, bits=_VNI),
    Field("tunnel", "ttl", "Interface", "options", HOPS, "ttl", how=_OUTER, impact=Impact.LIVE),
    Field("tunnel", "tos", "Interface", "options", SERVICE, "tos", how=_OUTER, impact=Impact.LIVE),
    Field("tunnel", "df", "Interface", "options", BOOLEAN, "df_default", how=_OUTER, impact=Impact.LIVE),
    Field("tunnel", "csum", "Interface", "options", BOOLEAN, "csum", how=_OUTER, impact=Impact.LIVE),
    Field("tunnel", "remote-name", "Interface", "options", Form(str, str), "remote_name"),
    Field("tunnel", "encrypted", ENCRYPTION, "options", how="encrypted, or not any more",
          reads=lambda row: "yes" if as_map(row.get("options")).get("remote_name") else None),
    *(Field("flow", one, how=f"other {one} at the switch") for one in ("table", "priority", "match", "actions")),
    Field("flow", "bridge"), Field("flow", "state", how="put back at the switch"),
)  # fmt: skip

OF_KIND: Mapping[str, tuple[Field, ...]] = {
    kind: tuple(field for field in FIELDS if field.kind == kind)
    for kind in ("bridge", "port", "tunnel", "flow")
}
IN_ROWS = {kind: tuple(field for field in fields if field.table) for kind, fields in OF_KIND.items()}
"""Those that stand in rows."""
_SEEN = {"bridge": {SURVIVES}, "port": {SURVIVES, "mirror"}}
ATTRIBUTES = {
    kind: frozenset({field.attribute for field in fields} | _SEEN.get(kind, set()))
    for kind, fields in OF_KIND.items()
}
"""All that it can give, and two that stand in no column: what survives a reboot (`starting`), a mirror of others'."""


def values_of(kind: str, rows: Mapping[str, Row]) -> dict[str, Value]:
    """What rows, by table, say of a kind's attributes."""
    found: dict[str, Value] = {}
    for one in IN_ROWS[kind]:
        value = one.read(rows.get(one.table, {}))
        if value is not None:
            found[one.attribute] = value
    return found


def beside(interfaces: Sequence[Row], limit: Row, mirrored: Value) -> dict[str, Row]:
    """What a port has in rows of other tables: its QoS, under what that limits, what it mirrors, a bond's NICs."""
    nics = tuple(sorted(str(row["name"]) for row in interfaces)) if len(interfaces) > 1 else None
    limits = SENT if interfaces[0].get("type") == "internal" else GOT
    return {limits: limit, IMPAIRED: limit, MIRRORED: {"ports": mirrored}, BONDED: {"nics": nics}}


def columns_of(kind: str, said: Mapping[str, Value]) -> dict[str, dict[str, object]]:
    """The columns, by table, of a new thing with these attributes; those with their default value are left out."""
    found: dict[str, dict[str, object]] = {
        "Bridge": {},
        "Port": {},
        "Interface": {},
        GOT: {},
        SENT: {},
        IMPAIRED: {},
        MIRRORED: {},
        BONDED: {},
        ENCRYPTION: {},
    }
    for one in IN_ROWS[kind]:
        value = said.get(one.attribute, one.default)
        if value == one.form.unset:
            continue
        row = found[one.table]
        if one.whole:
            row |= {c: value for c, value in one.whole(said).items() if value != NONE}
        elif one.key:
            pairs: Any = row.setdefault(one.column, ["map", []])
            pairs[1].append([one.key, one.form.write(value)])
        else:
            row |= one.write(value)
    return found


def limit_columns(port: Resource) -> dict[str, object]:
    """The columns of a port's QoS, none where it is not limited."""
    columns = columns_of("port", port.attributes)
    table = next((table for table in LIMITS.values() if columns[table]), "")
    return {"type": qos.NETEM if table == IMPAIRED else qos.LIMIT, **columns[table]} if table else {}


def shown(value: Value) -> str:
    """A value in messages."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
