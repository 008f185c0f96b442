"""What a `host` sentence may say about its Open vSwitch. Imported at start-up: cheap."""

from __future__ import annotations

from dataclasses import dataclass

from vnetsh.model import Host
from vnetsh.schema import Attribute, BadValue, Choice, Integer, Text, ValueType

CONFIRM = 30
DEFAULT = "unix:/run/openvswitch/db.sock"


@dataclass(frozen=True)
class Remote:
    """Where a database is: `unix` with a path on the host, or `ssl` or `tcp` with an address and a port."""

    method: str
    path: str = ""
    address: str = ""
    port: int = 0

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.method == "unix" else f"{self.method}:{self.address}:{self.port}"


def parse_remote(text: str) -> Remote:
    """The remote that a text of ovs-vsctl's form names; an IPv6 address is in brackets. Raises `BadValue`."""
    method, _, rest = text.partition(":")
    if method == "unix" and rest.startswith("/"):
        return Remote("unix", path=rest)
    address, _, port = rest.rpartition(":")
    if method in ("ssl", "tcp") and address and port.isascii() and port.isdigit() and 0 < int(port) < 65536:
        return Remote(method, address=address.removeprefix("[").removesuffix("]"), port=int(port))
    raise BadValue(
        f"`{text}` is not a place of a database", "`unix:/PATH`, `ssl:ADDRESS:PORT` or `tcp:ADDRESS:PORT`"
    )


@dataclass(frozen=True)
class OvsdbRemote(ValueType):
    """A place of an OVSDB server, kept as it was written."""

    what: str = "a place of an OVSDB server"

    def parse(self, text: str) -> str:
        """The text itself, once it has been checked."""
        parse_remote(text)
        return text


def remote_of(host: Host) -> Remote:
    """Where a host's database is."""
    return parse_remote(host.text("ovsdb", DEFAULT))


def confirm_of(host: Host) -> int:
    """Seconds in which a change of the host's own uplink must be confirmed."""
    return int(host.text("confirm", str(CONFIRM)))


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
    Attribute(
        "ovsdb-key",
        Text(what="a file"),
        "The private key for `ovsdb ssl:`, a PEM file here.",
        otherwise="none",
        column=False,
        backends=("ovs",),
    ),
    Attribute(
        "ovsdb-certificate",
        Text(what="a file"),
        "The certificate for `ovsdb ssl:`, a PEM file here.",
        otherwise="none",
        column=False,
        backends=("ovs",),
    ),
    Attribute(
        "ovsdb-ca",
        Text(what="a file"),
        "The authority that signed the certificate of `ovsdb ssl:`'s server, a PEM file here.",
        otherwise="none",
        column=False,
        backends=("ovs",),
    ),
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
)
