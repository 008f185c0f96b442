"""The demo: KVM hosts in memory, for tutorials, tests and plugin authors. No root, no daemons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vnetsh.hookspecs import World, hookimpl

if TYPE_CHECKING:
    from vnetsh.hookspecs import BackendRegistry, CommandRegistry
    from vnetsh.model import Place

WORLD = "demo"
CLOUD = "region1"
HA = "ha1"
"""The place whose networks are all hosts'."""
ILL = "ill"
"""The argument of a world whose hosts have faults, for `doctor` to find; and the mark of these hosts."""
_MOST_HOSTS = 254  # 192.0.2.0/24, the addresses of RFC 5737 that are nobody's


def demo_hosts(argument: str) -> Mapping[str, Place]:
    """The hosts kvm1 to kvmN (3 when `argument` is empty); of `ill` three, some with faults. Raises `UsageError`."""
    from vnetsh.errors import UsageError
    from vnetsh.model import Host, Place

    more = {ILL: True} if argument == ILL else {}
    argument = "" if more else argument
    count = int(argument or 3) if not argument or (argument.isascii() and argument.isdigit()) else 0
    if not 1 <= count <= _MOST_HOSTS:
        raise UsageError(
            f"`--demo={argument}` is not a number of hosts",
            help=f"from 1 to {_MOST_HOSTS}: `--demo=3`; `--demo={ILL}` has three with faults",
        )
    names = {f"kvm{n}": f"192.0.2.{n}" for n in range(1, count + 1)}
    hosts = {
        name: Host(name, address=address, attributes=more, world=WORLD) for name, address in names.items()
    }
    cloud = Place(CLOUD, attributes={"type": "ovn"}, sort="ovn", noun="cluster", hosts=("kvm1",), world=WORLD)
    kept = Place(
        HA,
        attributes={"type": "pacemaker"},
        sort="pacemaker",
        noun="cluster",
        hosts=tuple(hosts)[:3],
        world=WORLD,
    )
    return {**hosts, cloud.name: cloud, kept.name: kept}


@hookimpl
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """Register the backend of demo hosts; every load of the plugins has fresh ones."""
    from vnetsh_demo.backend import DemoBackend

    backends.add(DemoBackend())


@hookimpl
def vnetsh_register_commands(commands: CommandRegistry) -> None:
    """Register the world: `--demo[=N]`."""
    commands.add_world(
        World(
            WORLD,
            "work on N hosts in memory (3; `ill`: with faults, for `doctor`): nothing real is touched",
            demo_hosts,
            argument="N",
            real=False,
        )
    )
