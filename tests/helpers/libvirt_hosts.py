"""What the libvirt backend's tests share: two lab hosts with bridges, and the backend on them without the engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from vnetsh.backend import Observation
from vnetsh.engine.connections import Connections
from vnetsh.model import Fleet, Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.testing.fleet import no_progress
from vnetsh_lab import running
from vnetsh_libvirt.backend import LibvirtBackend

IMAGES = "/var/lib/libvirt/images"
BRIDGES = "for b in br1 br2; do ovs-vsctl add-br $b -- set bridge $b datapath_type=netdev; done; "
LINUX = "for b in lbr1 lbr2; do ip link add $b type bridge; ip link set $b up; done"


def add(resource):
    return Change(ActionKind.ADD, None, resource)


def remove(resource):
    return Change(ActionKind.REMOVE, resource, None)


def change(resource, **values):
    return Change(ActionKind.CHANGE, resource, resource.with_attributes(**values))


def move(vm, host):
    return Change(ActionKind.MOVE, vm, replace(vm, place=host))


def vm(name, host="kvm1", **values):
    attributes = {"memory": 80 * 2**20, "vcpus": 1, "disk": "tiny.qcow2", "state": "running", **values}
    said = {key: value for key, value in attributes.items() if value is not None}
    return Resource("vm", name, host, said, backend="libvirt", marked=True)


def port(owner, number, bridge="br1", host="kvm1", **values):
    attributes = {"bridge": bridge, **values}
    return Resource(
        "port", f"{owner}_p{number}", host, attributes, parent=("vm", owner), backend="libvirt", marked=True
    )


class Hosts:
    """The lab's hosts, each with OVS bridges br1 and br2 and Linux bridges lbr1 and lbr2."""

    def __init__(self, lab, timeout=10.0):
        self.lab = lab
        self.hosts = lab.hosts()
        self.said = []
        self.made = {}
        self.backend = LibvirtBackend()
        self.connections = Connections({"libvirt": self.backend}, timeout)
        self.connections.know(self.hosts)
        for host in self.hosts:
            self.connection(host)

    def connection(self, host):
        return self.connections.connection(self.hosts[host], "libvirt")

    def run(self, host, *argv):
        done = self.lab.exec(host, list(argv))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def observe(self, host) -> Observation:
        return self.connection(host).observe(no_progress)

    def fleet(self) -> Fleet:
        seen = {host: self.observe(host) for host in self.hosts}
        resources = {r.key: r for observation in seen.values() for r in observation.resources}
        return Fleet(self.hosts, resources, {(host, "libvirt"): o.facts for host, o in seen.items()})

    def get(self, kind, name, host="kvm1") -> Resource | None:
        return {r.key: r for r in self.observe(host).resources}.get((kind, host, name))

    def apply(self, *changes, host=None):
        """Make changes of one host and see them verified, as the engine does."""
        connection = self.connection(host or changes[0].place)
        connection.keep = self.keep
        connection.apply(changes, self.progress)
        connection.verify(changes, no_progress)

    def keep(self, change, thing):
        """What the engine does: note what is made, say what stays."""
        if "stays" in thing:
            self.said.append(thing["stays"])
        else:
            self.made.setdefault(id(change), []).append(thing)

    def undo(self, *changes):
        """What the engine does to take changes back: by the same connection, with what was made."""
        back = [replace(c.inverse(), made=tuple(self.made.get(id(c), ()))) for c in reversed(changes)]
        self.apply(*back, host=changes[0].place)

    def progress(self, text, fraction=None):
        self.said.append(text)

    def delete(self, name, host="kvm1"):
        """Switch off, undefine, remove the disk: whatever a test left."""
        self.lab.exec(host, ["virsh", "destroy", name])
        self.lab.exec(host, ["virsh", "undefine", name])
        self.lab.exec(host, ["rm", "-f", f"{IMAGES}/{name}.qcow2"])

    def files(self, host) -> set[str]:
        return set(self.run(host, "ls", IMAGES).split())


@contextmanager
def hosts_running() -> Iterator[Hosts]:
    with running(hosts=2) as lab:
        hosts = Hosts(lab)
        try:
            for host in hosts.hosts:
                hosts.run(host, "sh", "-ec", BRIDGES + LINUX)
            yield hosts
        finally:
            hosts.connections.close()
