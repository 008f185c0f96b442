"""Fleets to be drawn: so many VMs on hosts in memory, with bridges, VLANs, tunnels and a mesh."""

from __future__ import annotations

from vnetsh.diagnostics import Source
from vnetsh.model import Fleet
from vnetsh.pictures.drawing import picture_of
from vnetsh.pictures.picture import Picture
from vnetsh.registry import Plugins
from vnetsh.session import Session


def script(vms: int, hosts: int) -> str:
    """That many VMs on hosts `kvm1` and on, in three VLANs; each third has a NIC on the overlay, too."""
    lines = [f"for h in 1..{hosts} {{ bridge br5 on kvm$h }}", "bridge lab on kvm1", "bridge lab on kvm2"]
    lines += [
        "bridge lab on kvm1 port px type patch peer py",
        "bridge br5 on kvm1 port py type patch peer px",
    ]
    lines += ["bridge lab on kvm2 port eth9"]
    lines += [f"mesh overlay kvm[1-{hosts}] on br5", "tunnel gre12 kvm1<->kvm2 on lab key 7"]
    for number in range(1, vms + 1):
        more = "port br5" if number % 3 == 0 else ""
        lines.append(
            f"vm web{number} on kvm{number % hosts + 1} port vswitch01 vlan {number % 3 * 10 + 10} {more}"
        )
    return "\n".join(lines)


def drawn(plugins: Plugins, text: str, hosts: int) -> tuple[Picture, Fleet, Fleet]:
    """The picture of a plan of that script, and the fleets before and after it."""
    with Session(plugins, plugins.worlds["demo"].hosts(str(hosts))) as session:
        prepared = session.prepare(Source("<test>", text))
        after = prepared.after
        return picture_of(prepared.fleet, session.vocabulary, "test", after), prepared.fleet, after
