"""What only a host can tell against changes of its flows, tunnels and ports; it is asked when the plan is made."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.backend import FREE, Assessment
from vnetsh.hosts.transport import Ask
from vnetsh.model import Change, Fleet
from vnetsh_ovs import encrypting, flow_asking, shaping
from vnetsh_ovs.rows import Index


def appraised(changes: Sequence[Change], fleet: Fleet, index: Index, ask: Ask) -> Sequence[Assessment]:
    """An assessment for each change. Raises `HostUnreachable`."""

    def of(kind: str) -> Sequence[Change]:
        return [change for change in changes if change.resource.kind == kind]

    found = {
        "flow": flow_asking.judged(of("flow"), fleet, ask),
        "tunnel": encrypting.judged(of("tunnel"), fleet, index, ask),
        "port": shaping.judged(of("port"), ask),
    }
    kinds = (change.resource.kind for change in changes)
    return [next(found[kind]) if kind in found else FREE for kind in kinds]
