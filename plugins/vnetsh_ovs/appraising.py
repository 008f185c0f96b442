"""What only a host can tell against changes of its flows and tunnels; it is asked when the plan is made."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.backend import Assessment
from vnetsh.hosts.transport import Ask
from vnetsh.model import Change, Fleet
from vnetsh_ovs import encrypting, flow_asking
from vnetsh_ovs.flow_writing import is_flow
from vnetsh_ovs.rows import Index


def appraised(changes: Sequence[Change], fleet: Fleet, index: Index, ask: Ask) -> Sequence[Assessment]:
    """An assessment for each change. Raises `HostUnreachable`."""
    of_flows = flow_asking.judged([change for change in changes if is_flow(change)], fleet, ask)
    of_tunnels = encrypting.judged([change for change in changes if not is_flow(change)], fleet, index, ask)
    return [next(of_flows if is_flow(change) else of_tunnels) for change in changes]
