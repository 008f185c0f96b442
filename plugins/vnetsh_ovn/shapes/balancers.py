"""Load balancers: each a row that all networks and routers know from which somebody may ask for its address."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from vnetsh.model import Resource, Value, listed
from vnetsh_ovn.marks import KEY, ids_of, is_marked, owner_of
from vnetsh_ovn.pieces import Found, Piece, Within, of
from vnetsh_ovn.rows import BALANCER, CHECK, ROUTER, SWITCH, Index, Ref
from vnetsh_ovn.sort import NAME
from vnetsh_ovsdb.operations import Row, as_map, as_scalar, as_uuids

PROTOCOLS = ("tcp", "udp")
_TO, _VIP = "vnetsh-to", "vnetsh-vip"
_BETWEEN = "/"
_EVERY = {"interval": "2", "timeout": "1", "success_count": "1", "failure_count": "2"}
"""How a backend is asked, in seconds, and after how many answers it counts: one that is down is out in about 6 s."""
_KNOWN = {"networks": SWITCH, "routers": ROUTER}


def protocol_of(balancer: Resource) -> str:
    """Its protocol; empty where none is said."""
    return next((one for one in PROTOCOLS if balancer.get(one) is not None), "")


def vip_of(balancer: Resource) -> str:
    """Its address and port."""
    return _with_port(balancer.text("address"), balancer.text(protocol_of(balancer)))


def _check(name: str) -> Ref:
    return Ref(CHECK, f"loadbalancer {name}")


def _with_port(address: str, port: str) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _apart(text: str) -> tuple[str, int] | None:
    """An address and a port; None of what is neither."""
    address, _, port = text.rpartition(":")
    try:
        return str(ipaddress.ip_address(address.strip("[]"))), int(port)
    except ValueError:
        return None


class _Balancers:
    kind = "loadbalancer"

    def pieces(self, resource: Resource, index: Index) -> Sequence[Piece]:
        ref, protocol = Ref(BALANCER, resource.name), protocol_of(resource)
        port = resource.text("port") or resource.text(protocol)
        backends = ",".join(_with_port(one, port) for one in listed(resource.get("backends")))
        ids = {_TO: _BETWEEN.join(listed(resource.get("to"))), _VIP: f"{protocol} {vip_of(resource)}"}
        checks = [one.split() for one in listed(resource.get("checks"))]
        keys = {
            "vips": {vip_of(resource): backends},
            "external_ids": ids,
            "ip_port_mappings": {address: f"{port}:{source}" for address, port, source in checks},
        }
        within = [
            Within(Ref(table, name), "load_balancer")
            for word, table in _KNOWN.items()
            for name in listed(resource.get(word))
        ]
        columns = {"name": resource.name, "protocol": protocol}
        found = [of(resource, Piece(ref, columns, keys, tuple(within)))]
        if resource.get("check"):
            check = Piece(
                _check(resource.name),
                {"vip": vip_of(resource)},
                {"options": _EVERY},
                (Within(ref, "health_check"),),
            )
            found.append(of(resource, check, keyed=True))
        return found

    def read(self, index: Index, place: str) -> Iterator[Found]:
        seen: set[str] = set()
        for uuid, row in index.rows(BALANCER):
            if KEY in ids_of(row):  # a forward's
                continue
            name = str(row.get("name") or "")
            if not name or name in seen:
                name = f"{name}:{uuid[:8]}"
            seen.add(name)
            values, rows = _values(row), [(BALANCER, uuid)]
            if values is None:
                values = {
                    "otherwise": " ".join(f"{vip} to {to}" for vip, to in as_map(row.get("vips")).items())
                }
            elif check := index.find(_check(name)):
                values["check"] = True
                rows.append((CHECK, check))
            for word, table in _KNOWN.items():
                owners = index.referring.get(uuid, ())
                names = (str(index.tables[table][o.uuid]["name"]) for o in owners if o.table == table)
                values[word] = tuple(sorted(names)) or None
            said = {word: value for word, value in values.items() if value is not None}
            balancer = Resource(
                self.kind, name, place, said, backend=NAME, marked=is_marked(row), owner=owner_of(row)
            )
            yield Found(balancer, rows)


def _values(row: Row) -> dict[str, Value] | None:
    """What a row says; None where no sentence can say that."""
    vips, ids = as_map(row.get("vips")), ids_of(row)
    protocol = as_scalar(row.get("protocol")) or "tcp"
    if _VIP in ids:
        protocol, vip = ids[_VIP].split(" ")
        to = vips.get(vip, "")
    elif len(vips) == 1 and not _has_more(row):
        [(vip, to)] = vips.items()
    else:
        return None
    front, backends = _apart(vip), [_apart(one) for one in to.split(",") if one]
    ports = {one[1] for one in backends if one}
    if front is None or None in backends or len(ports) > 1 or protocol not in PROTOCOLS:
        return None
    addresses = tuple(one[0] for one in backends if one)
    found: dict[str, Value] = {"address": front[0], protocol: front[1], "backends": addresses or None}
    said = ids.get(_TO)
    found["to"] = tuple(said.split(_BETWEEN)) if said else addresses or None
    if ports and ports != {front[1]}:
        found["port"] = ports.pop()
    mappings = as_map(row.get("ip_port_mappings")).items()
    found["checks"] = tuple(sorted(f"{a} {' '.join(to.rsplit(':', 1))}" for a, to in mappings)) or None
    return found


def _has_more(row: Row) -> bool:
    """Whether others have said what no sentence says."""
    fields = row.get("selection_fields") not in (None, ["set", []])
    return bool(as_map(row.get("options")) or as_uuids(row.get("health_check")) or fields)


BALANCER_SHAPE = _Balancers()
