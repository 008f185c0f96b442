"""The noun `service`, which lives in a place of its own: a directory, kept by an OVSDB server with a schema of its own.

cluster dir1 type directory on kvm1, kvm2 socket "/run/directory.sock"     # in the hosts file
service web in dir1 address 192.0.2.80 ports 80, 443
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.hookspecs import BackendRegistry, KindRegistry, hookimpl
from vnetsh.schema import Address, Attribute, Integer, Kind, Name, Text
from vnetsh_directory.backend import SOCKET, SORT, DirectoryBackend
from vnetsh_directory.checking import two_at_one_door

if TYPE_CHECKING:
    from vnetsh.hookspecs import Script

SERVICE = Kind(
    "service",
    help="Where a service is found: an entry of a directory.",
    sort=SORT,
    attributes=(
        Attribute(
            "in",
            Name(what="a directory", ref=SORT),
            "The directory that has it.",
            otherwise="the only one there is",
            column=False,
            clearable=False,
        ),
        Attribute("address", Address(), "Its address.", required=True, clearable=False),
        Attribute(
            "ports",
            Integer(what="a list of ports", least=1, most=65535, many=True, ordered=False),
            "The ports that it listens on, in no order.",
            otherwise="none",
        ),
    ),
    brings=(),
    example="service web in dir1 address 192.0.2.80 ports 80, 443",
)


@hookimpl
def vnetsh_register_kinds(kinds: KindRegistry) -> None:
    """The noun, the type of its places, and where on their hosts the server listens."""
    kinds.add(SERVICE)
    kinds.add_cluster_type(SORT)
    kinds.extend(
        "cluster",
        Attribute("socket", Text(what="a unix socket"), "A directory's socket.", otherwise=f"`{SOCKET}`"),
    )
    kinds.explain("vnetsh_directory.checking:EXPLANATIONS")


@hookimpl
def vnetsh_check(topology: Script) -> Iterable[Diagnostic]:
    """Two services at one door."""
    return two_at_one_door(topology)


@hookimpl
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """The backend."""
    backends.add(DirectoryBackend())
