"""What Open vSwitch tells when somebody wants to see it: its version, and what its interfaces have counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vnetsh.backend import Counters, Telling
from vnetsh.model import Attributes, Key, Resource, link_of
from vnetsh_ovs.rows import DATABASE, Index
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.live_index import LiveIndex
from vnetsh_ovsdb.operations import select

OVS_VERSION = "ovs-version"
_ERRORS = ("rx_errors", "tx_errors")
_DROPS = ("rx_dropped", "tx_dropped")


class TellsOfOvs(Telling):
    """A connection to a database of Open vSwitch that tells what that knows."""

    _live: LiveIndex[Index]
    _following: Client

    def about(self) -> Attributes:
        """The version. Raises `HostUnreachable`."""
        version = self._live.now().version
        return {OVS_VERSION: version} if version else {}

    def counters(self, resources: Sequence[Resource]) -> Mapping[Key, Counters]:
        """As its interfaces have counted. Raises `HostUnreachable`."""
        return counters(resources, self._following)


def counters(resources: Sequence[Resource], client: Client) -> Mapping[Key, Counters]:
    """Those of their interfaces; what one takes is what is sent by whoever is behind it. Raises `HostUnreachable`."""
    wanted = {link_of(one): one for one in resources}
    rows = client.ask("transact", [DATABASE, select("Interface", [], ["name", "statistics"])])[0]["rows"]
    named = ((wanted.get(row["name"]), dict(row["statistics"][1])) for row in rows)
    return {one.key: _seen(stats, turned=one.kind == "bridge") for one, stats in named if one and stats}


def _seen(stats: Mapping[str, Any], *, turned: bool) -> Counters:
    """A bridge's own interface is its host's end, as any port's: what the switch gives it is received there."""
    received, sent = ("rx", "tx") if turned else ("tx", "rx")
    words = f"{received}_bytes", f"{received}_packets", f"{sent}_bytes", f"{sent}_packets"
    errors, drops = (sum(stats.get(word, 0) for word in some) for some in (_ERRORS, _DROPS))
    bytes_in, packets_in, bytes_out, packets_out = (stats.get(word) for word in words)
    return Counters(bytes_in, packets_in, bytes_out, packets_out, errors, drops)
