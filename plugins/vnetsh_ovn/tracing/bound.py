"""Where the ports are that a packet passes, by the southbound database: on which chassis, and whether these follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vnetsh.model import Finding, Fleet, Hop
from vnetsh_ovn.gateways import OvnFacts
from vnetsh_ovn.sort import CHASSIS, NAME, SOUTHBOUND
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.operations import as_scalar, select


@dataclass(frozen=True)
class At:
    """Where a port is: the chassis' own name, its host, and where its tunnels end; empty of one that is nowhere."""

    chassis: str = ""
    host: str = ""
    address: str = ""
    encap: str = ""
    up: bool = False


class Bound:
    """The ports of one way, and all chassis, as the southbound database has them now."""

    def __init__(self, southbound: Client, ports: Sequence[str], place: str, fleet: Fleet) -> None:
        self._place, self._fleet = place, fleet
        asked = [
            *(
                select("Port_Binding", [["logical_port", "==", one]], ["logical_port", "chassis", "up"])
                for one in ports
            ),
            select("Chassis", [], ["_uuid", "name", "hostname"]),
            select("Encap", [], ["chassis_name", "ip", "type"]),
            select("Chassis_Private", [], ["name", "nb_cfg"]),
            select("SB_Global", [], ["nb_cfg"]),
        ]
        answers = southbound.ask("transact", [SOUTHBOUND.name, *asked])
        *found, chassis, encaps, followed, reached = [one.get("rows", []) for one in answers]
        names = {row["_uuid"][1]: row for row in chassis}
        self._ends: Mapping[str, Mapping[str, Any]] = {row["chassis_name"]: row for row in encaps}
        self._ports = {row["logical_port"]: self._at(row, names) for rows in found for row in rows}
        self._followed = {row["name"]: int(row["nb_cfg"]) for row in followed}
        self._reached = max((int(row["nb_cfg"]) for row in reached), default=0)

    def _at(self, row: Mapping[str, Any], chassis: Mapping[str, Mapping[str, Any]]) -> At:
        uuid = as_scalar(row["chassis"])
        there = chassis.get(uuid[1] if isinstance(uuid, list) else str(uuid or ""), {})
        if not there:
            return At()
        end = self._ends.get(there["name"], {})
        host = self._host(there["name"], there["hostname"])
        return At(there["name"], host, end.get("ip", ""), end.get("type", ""), bool(as_scalar(row["up"])))

    def _host(self, chassis: str, hostname: str) -> str:
        """The host that a chassis is, as the hosts file calls it."""
        addresses = {address: host.name for host in self._fleet.hosts.values() for address in host.addresses}
        for one in self._fleet.facts_of(self._place, NAME, OvnFacts).chassis.values():
            if one.name == chassis:
                return next((addresses[at] for at in one.addresses if at in addresses), one.host)
        return hostname or chassis

    def at(self, port: str) -> At:
        """Where a port is."""
        return self._ports.get(port, At())

    def hops(self, ports: Sequence[str], nics: Mapping[str, str]) -> Iterator[Hop]:
        """The chassis of ports in their order; `nics` are those of vms, each with the host where its vm is."""
        found = (
            (self.at(port) if self.at(port).host else At(host=nics.get(port, "")), port) for port in ports
        )
        there = [(at, port if port in nics else "") for at, port in found if at.host]
        for number, (here, link) in enumerate(there):
            beyond = there[number + 1][0] if number + 1 < len(there) else here
            remote = beyond.address if beyond.host != here.host else ""
            says = f"chassis {here.host}, {here.encap} to {beyond.host} ({remote})" if remote else ""
            backend = CHASSIS if here.host in self._fleet.hosts else ""
            yield Hop(
                "host", here.host, here.host, says, backend, link,
                remote=remote, origin=here.address, carries=here.encap,
            )  # fmt: skip

    def late(self, ports: Sequence[str]) -> Iterator[Finding]:
        """Chassis that have not followed the database: what was changed last they may not have made."""
        for at in dict.fromkeys(self.at(port) for port in ports):
            behind = self._reached - self._followed.get(at.chassis, 0)
            if at.host and behind > 0:
                says = f"its ovn-controller has not made the last {behind} changes of the database"
                yield Finding(("host", at.host, at.host), says, stops=False, advice=f"does it run? `{_RUNS}`")


_RUNS = "ovn-appctl -t ovn-controller connection-status"
