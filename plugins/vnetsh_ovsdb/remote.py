"""Where an OVSDB server listens, and what a sentence says about it. Imported at start-up: cheap."""

from __future__ import annotations

from dataclasses import dataclass

from vnetsh.schema import Attribute, BadValue, Text, ValueType

KEY = "ovsdb-key"
CERTIFICATE = "ovsdb-certificate"
AUTHORITY = "ovsdb-ca"


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


def tls_attributes(backend: str) -> tuple[Attribute, ...]:
    """What a sentence says of the files for `ssl:` (`streams` reads them from the place)."""
    about = {
        KEY: "The private key for `ssl:`, a PEM file here.",
        CERTIFICATE: "The certificate for `ssl:`, a PEM file here.",
        AUTHORITY: "The authority that signed the certificate of the server at `ssl:`, a PEM file here.",
    }
    return tuple(
        Attribute(name, Text(what="a file"), help, otherwise="none", column=False, backends=(backend,))
        for name, help in about.items()
    )
