"""What a `host` sentence may say about its Open vSwitch. Imported at start-up: cheap."""

from __future__ import annotations

from vnetsh.model import Host
from vnetsh.schema import Attribute, Choice, Integer, Text
from vnetsh_ovsdb.remote import OvsdbRemote, Remote, parse_remote, tls_attributes

CONFIRM = 30
DEFAULT = "unix:/run/openvswitch/db.sock"


def remote_of(host: Host) -> Remote:
    """Where a host's database is."""
    return parse_remote(host.text("ovsdb", DEFAULT))


def confirm_of(host: Host) -> int:
    """Seconds in which a change of the host's own uplink must be confirmed."""
    return int(host.text("confirm", str(CONFIRM)))


def is_asked(host: Host) -> bool:
    """Whether commands on a host reach the vswitchd that follows its database."""
    return str(remote_of(host)) == DEFAULT and host.text("vswitchd", "wait") == "wait"


HOST_ATTRIBUTES = (
    Attribute(
        "ovsdb",
        OvsdbRemote(),
        "Where its Open vSwitch database is: `unix:/PATH` on the host, `ssl:ADDRESS:PORT`, or "
        "`tcp:ADDRESS:PORT` (neither encrypted nor authenticated).",
        default=DEFAULT,
        column=False,
        backends=("ovs",),
    ),
    *tls_attributes("ovs"),
    Attribute(
        "datapath",
        Choice(what="a datapath", choices=("system", "netdev")),
        "Datapath of new OVS bridges: `system` is the kernel's, `netdev` runs in userspace.",
        default="system",
        column=False,
        backends=("ovs",),
    ),
    Attribute(
        "confirm",
        Integer(what="a number of seconds", least=2, most=600),
        "Seconds after which the host takes an uplink that carries its addresses back by itself, unless it was "
        "reached over a new connection.",
        default=CONFIRM,
        column=False,
        backends=("ovs",),
    ),
    Attribute(
        "vswitchd",
        Choice(what="a way to treat vswitchd", choices=("wait", "skip")),
        "`wait` until ovs-vswitchd has made what the database says; `skip`: there is none (a bare database).",
        default="wait",
        column=False,
        backends=("ovs",),
    ),
    Attribute("ovs-version", Text(), "The version of its Open vSwitch.", settable=False),
)
