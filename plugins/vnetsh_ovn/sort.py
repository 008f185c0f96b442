"""The places of OVN: what a `cluster … type ovn` sentence says of its databases. Imported at start-up: cheap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vnetsh.model import Host, Place
from vnetsh.schema import Attribute, Name
from vnetsh_ovsdb.remote import OvsdbRemote, Remote, parse_remote, tls_attributes

SORT = "ovn"
NAME, CHASSIS = "ovn", "chassis"  # the backends

IN_MEMORY = "ovn-demo"
"""The backend of the demo."""

NOT_ASKED = "E579"
"""Code: `ovn-trace` cannot be asked."""

INTEGRATION = "br-int"
"""The bridge of a chassis that all its NICs are on (ovn-controller(8))."""

CLUSTER = Attribute(
    "cluster",
    Name(what="a cluster of the type `ovn`", ref=SORT),
    "The cluster whose database has it.",
    otherwise="the only one there is",
    column=False,
    clearable=False,
)
"""By which the sentences of OVN's nouns say where their objects are."""


@dataclass(frozen=True)
class Database:
    """One of OVN's two databases: its name, and its socket on the hosts that keep it."""

    name: str
    socket: str
    port: int


NORTHBOUND = Database("OVN_Northbound", "/run/ovn/ovnnb_db.sock", 6641)
SOUTHBOUND = Database("OVN_Southbound", "/run/ovn/ovnsb_db.sock", 6642)

CLUSTER_ATTRIBUTES = (
    Attribute(
        "northbound",
        OvsdbRemote(what="a list of places of OVSDB servers", many=True),
        "Where the servers of its northbound database are: `ssl:ADDRESS:PORT`, or `tcp:ADDRESS:PORT` (neither "
        "encrypted nor authenticated); `unix:/PATH` is on each of its hosts.",
        otherwise=f"`unix:{NORTHBOUND.socket}` on each of its hosts",
        column=False,
    ),
    Attribute(
        "southbound",
        OvsdbRemote(what="a list of places of OVSDB servers", many=True),
        "Where its chassis reach the servers of its southbound database.",
        otherwise=f"`ssl:ADDRESS:{SOUTHBOUND.port}` of each of its hosts",
        column=False,
    ),
    *tls_attributes(NAME),
)


def remotes_of(place: Place, database: Database) -> Sequence[Remote]:
    """Where vnetsh reaches a database: by the host's own sockets, unless the sentence says otherwise."""
    said = place.attributes.get("northbound" if database is NORTHBOUND else "southbound")
    beyond = place.attributes.get("northbound")  # whoever says that is not on the hosts
    if not isinstance(beyond, tuple) or not isinstance(said, tuple):
        return (Remote("unix", database.socket),)
    return tuple(parse_remote(str(one)) for one in said)


def southbound_of(place: Place, hosts: Mapping[str, Host]) -> str:
    """What a chassis is told of the southbound database, as `ovn-remote` has it."""
    said = place.attributes.get("southbound")
    if isinstance(said, tuple):
        return ",".join(map(str, said))
    return ",".join(
        f"ssl:{f'[{a}]' if ':' in a else a}:{SOUTHBOUND.port}"
        for name in place.hosts
        if name in hosts and (a := hosts[name].address)
    )
