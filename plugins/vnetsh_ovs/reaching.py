"""Where a host's Open vSwitch is reached."""

from __future__ import annotations

from vnetsh.hosts.transport import Transport
from vnetsh.model import Host
from vnetsh_ovs.attributes import remote_of
from vnetsh_ovsdb.streams import Server


def server_of(host: Host, transport: Transport | None) -> Server:
    """A host's database, in the words of Open vSwitch."""
    return Server(
        host,
        remote_of(host),
        transport,
        service="Open vSwitch",
        unit="openvswitch-switch",
        listen="ovs-vsctl set-manager",
        absent="install and start it (Debian: `apt install openvswitch-switch`), or say where its database is: "
        f"`host {host.name} … ovsdb unix:/PATH`",
    )
