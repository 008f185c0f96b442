"""An in-memory fleet for unit tests: hosts, resources and changes in a line each; a context for a backend.

    before = fleet_of(bridge("br0"), vm("web1"), nic("web1_port1", "br0", "web1"))
    assert backend.assess(remove(bridge("br0")), before).problem

Names stand for the host `kvm1` unless another is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import TracebackType

from vnetsh.backend import Backend, Connection, Progress
from vnetsh.errors import ServiceAbsent, VnetshError
from vnetsh.hosts.local import LocalTransport
from vnetsh.hosts.transport import Transport
from vnetsh.model import Facts, Fleet, Host, Place, Resource, Value
from vnetsh.model.change import ActionKind, Change

HOST = "kvm1"


def local_host(name: str = HOST, *, address: str = "192.0.2.1", world: str = "", **attributes: Value) -> Host:
    """A host that is this machine itself; `attributes` as its sentence would say them."""
    return Host(name, address, attributes={"local": True, **attributes}, world=world)


def bridge(name: str, host: str = HOST, *, by: str = "", **attributes: Value) -> Resource:
    """A bridge; `by` is the backend that realises it."""
    return Resource("bridge", name, host, attributes, backend=by, marked=True)


def port(name: str, on: str, host: str = HOST, *, by: str = "", **attributes: Value) -> Resource:
    """A port of the bridge `on`."""
    values: dict[str, Value] = {"bridge": on, **attributes}
    return Resource("port", name, host, values, ("bridge", on), backend=by, marked=True)


def tunnel(
    name: str, on: str, remote: str, host: str = HOST, *, by: str = "", type: str = "gre", **attributes: Value
) -> Resource:
    """One end of a tunnel, on the bridge `on`."""
    values: dict[str, Value] = {"bridge": on, "type": type, "remote": remote, **attributes}
    return Resource("tunnel", name, host, values, backend=by, marked=True)


def vm(name: str, host: str = HOST, *, by: str = "", **attributes: Value) -> Resource:
    """A vm with the values that a new one gets: 512 MiB, 1 vcpu, running."""
    values: dict[str, Value] = {"memory": 512 * 2**20, "vcpus": 1, "state": "running", **attributes}
    return Resource("vm", name, host, values, backend=by, marked=True)


def nic(name: str, on: str, of: str, host: str = HOST, *, by: str = "", **attributes: Value) -> Resource:
    """A NIC of the vm `of` on the bridge `on`, as a backend observes it."""
    values: dict[str, Value] = {"bridge": on, "vm": of, **attributes}
    return Resource("port", name, host, values, ("vm", of), backend=by, marked=True)


def add(wanted: Resource) -> Change:
    """The change that makes a resource."""
    return Change(ActionKind.ADD, None, wanted)


def remove(there: Resource) -> Change:
    """The change that removes a resource."""
    return Change(ActionKind.REMOVE, there, None)


def change(there: Resource, **attributes: Value) -> Change:
    """The change that sets these attributes of a resource; None clears one."""
    return Change(ActionKind.CHANGE, there, there.with_attributes(**attributes))


def move(there: Resource, to: str) -> Change:
    """The change that moves a vm to another host."""
    return Change(ActionKind.MOVE, there, replace(there, place=to))


def fleet_of(
    *resources: Resource,
    hosts: Iterable[Host] = (),
    facts: Mapping[tuple[str, str], Facts] | None = None,
) -> Fleet:
    """A fleet that holds these resources, on the given hosts or on ones of the names that they mention."""
    inventory = {r.place: local_host(r.place) for r in resources} | {host.name: host for host in hosts}
    return Fleet(inventory, {r.key: r for r in resources}, facts or {})


def no_progress(text: str, fraction: float | None = None) -> None:
    """Nobody watches."""


class LocalContext:
    """What the engine lends to connections, on this machine: no ssh, the backends that are given.

    Use as a context manager: leaving it closes every connection.
    """

    def __init__(self, *backends: Backend, timeout: float = 10.0) -> None:
        self._backends = {backend.name: backend for backend in backends}
        self._connections: dict[tuple[str, str], Connection] = {}
        self._places: dict[str, Place] = {}
        self._timeout = timeout

    @property
    def timeout(self) -> float:
        """Seconds that one call to a host may take."""
        return self._timeout

    def transport(self, host: Host) -> Transport:
        """This machine itself."""
        return LocalTransport(host)

    def place(self, name: str) -> Place:
        """A place that is known. Raises `VnetshError`."""
        if found := self._places.get(name):
            return found
        raise VnetshError(f"there is no place {name}")

    def host(self, name: str) -> Host:
        """A host that is known. Raises `VnetshError`."""
        found = self._places.get(name)
        if not isinstance(found, Host):
            raise VnetshError(f"there is no host {name}")
        return found

    def know(self, *places: Place) -> None:
        """There are these places; those that are observed or connected to are known by that."""
        self._places |= {place.name: place for place in places}

    def progress(self, place: str) -> Progress:
        """Nobody watches."""
        return no_progress

    def opened(self, backend: str) -> list[Connection]:
        """Those of a backend's connections that are open."""
        return [found for (_, name), found in self._connections.items() if name == backend]

    def connection(self, place: Place, backend: str) -> Connection:
        """A backend's connection to a place, opened once."""
        self.know(place)
        if (place.name, backend) not in self._connections:
            self._connections[place.name, backend] = self._backends[backend].connect(place, self)
        return self._connections[place.name, backend]

    def observe(self, *places: Place) -> Fleet:
        """The fleet as these places are now, seen by all the backends that serve them."""
        resources: list[Resource] = []
        facts: dict[tuple[str, str], Facts] = {}
        absent: dict[tuple[str, str], VnetshError] = {}
        for place in places:
            for backend in self._backends.values():
                if not backend.serves(place):
                    continue
                try:
                    found = self.connection(place, backend.name).observe(no_progress)
                except ServiceAbsent as error:
                    absent[place.name, backend.name] = error
                    continue
                resources += found.resources
                facts[place.name, backend.name] = found.facts
        inventory = {place.name: place for place in places}
        return Fleet(inventory, {r.key: r for r in resources}, facts, absent)

    def close(self) -> None:
        """Close every connection."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def __enter__(self) -> LocalContext:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
