"""The noun `replica`: a copy of a file, in a folder of its host. To make one takes long, so it is a job.

    host kvm1 address 192.0.2.11 replicas "/srv/replicas"     # in the hosts file
    replica golden on kvm1 of "/srv/images/debian12.raw"

A replica is a file and, beside it, `NAME.of`, which says what it is a copy of.
"""

from __future__ import annotations

from vnetsh.hookspecs import BackendRegistry, KindRegistry, hookimpl
from vnetsh.schema import HOSTS, Attribute, Kind, Size, Text
from vnetsh_replica.backend import ReplicaBackend

REPLICA = Kind(
    "replica",
    help="A copy of a file, on its own host.",
    attributes=(
        Attribute("on", HOSTS, "The hosts that have it.", required=True, column=False, clearable=False),
        Attribute("of", Text(what="a file"), "What it is a copy of.", required=True, immutable=True),
        Attribute("size", Size(), "How large it is.", settable=False),
    ),
    brings=(),
    example='replica golden on kvm1 of "/srv/images/debian12.raw"',
)


@hookimpl
def vnetsh_register_kinds(kinds: KindRegistry) -> None:
    """The noun, and the folder of a host."""
    kinds.add(REPLICA)
    folder = Attribute("replicas", Text(what="a folder"), "Its folder of replicas.", otherwise="none")
    kinds.extend("host", folder)


@hookimpl
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """The backend."""
    backends.add(ReplicaBackend())
