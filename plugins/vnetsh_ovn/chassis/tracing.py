"""What a chassis tells of a way: whether its ovn-controller runs, and has made the port and the tunnel."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.hosts.transport import Ask
from vnetsh.model import Finding, Hop, Route
from vnetsh_ovn.sort import CHASSIS, INTEGRATION
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.operations import Row, as_map, as_scalar, select

_DATABASE = "Open_vSwitch"
_STATUS = ("ovn-appctl", "--timeout=2", "-t", "ovn-controller", "connection-status")
_START = "systemctl start ovn-controller"
_ABSENT = 127


def findings(host: str, route: Route, client: Client, ask: Ask | None) -> Iterator[Finding]:
    """What is wrong at the hops of a route that this chassis is. Raises `HostUnreachable`."""
    hops = route.at(host, CHASSIS)
    if not hops:
        return
    columns = ["name", "type", "options", "external_ids", "ofport", "error"]
    rows = client.call("transact", [_DATABASE, select("Interface", [], columns)])[0].get("rows", [])
    for hop in hops:
        yield from _port(hop, rows)
        yield from _tunnel(hop, rows)
    yield from _controller(hops[0], ask)


def _controller(hop: Hop, ask: Ask | None) -> Iterator[Finding]:
    """What is made already stays in its switch without it: what has changed since does not come about."""
    if ask is None:
        yield Finding(hop.key, "not asked for its ovn-controller: there is no shell", stops=False)
        return
    done = ask(_STATUS)
    said = done.stdout.strip()
    if done.returncode == _ABSENT:
        yield Finding(hop.key, "not asked for its ovn-controller: it has no `ovn-appctl`", stops=False)
    elif done.returncode:
        says = "its ovn-controller does not answer: what has changed since it did is not made there"
        yield Finding(hop.key, says, command=_START, stops=False)
    elif said != "connected":
        says = f"its ovn-controller is {said} with the southbound database: what has changed since is not made there"
        yield Finding(
            hop.key, says, advice="is the way there, and what its `ovn-remote` says right?", stops=False
        )


def _port(hop: Hop, rows: list[Row]) -> Iterator[Finding]:
    if not hop.link:
        return
    row = next((one for one in rows if as_map(one["external_ids"]).get("iface-id") == hop.link), None)
    if row is None:
        yield Finding(hop.key, f"no port of its {INTEGRATION} is the NIC's (iface-id {hop.link})")
        return
    name = str(row["name"])
    error = as_scalar(row.get("error"))
    if error or as_scalar(row.get("ofport")) in (None, -1):
        yield Finding(hop.key, f"its switch says of port {name}: {error or 'it could not be made'}")
    elif as_map(row["external_ids"]).get("ovn-installed") != "true":
        yield Finding(hop.key, f"its ovn-controller has not made what port {name} needs", symptom=True)


def _tunnel(hop: Hop, rows: list[Row]) -> Iterator[Finding]:
    if not hop.remote:
        return
    row = next((one for one in rows if as_map(one["options"]).get("remote_ip") == hop.remote), None)
    if row is None:
        yield Finding(hop.key, f"its {INTEGRATION} has no tunnel to {hop.remote}")
    elif error := as_scalar(row.get("error")):
        yield Finding(hop.key, f"its switch says of the tunnel to {hop.remote}: {error}")
