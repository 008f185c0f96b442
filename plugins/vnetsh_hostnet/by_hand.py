"""Changes as commands to type: the very ones that are run, on a host as a fleet tells of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.backend import HostCommand
from vnetsh.model import Fleet
from vnetsh.model.change import Change
from vnetsh_hostnet.files import dhcp_file, dhcp_text, nat_file, nat_text, table
from vnetsh_hostnet.fitting import texts
from vnetsh_hostnet.observing import HostFacts, route_of
from vnetsh_hostnet.record import FILE, NAME, Record
from vnetsh_hostnet.seen import Seen
from vnetsh_hostnet.steps import steps


def commands(change: Change, after: Fleet) -> Sequence[HostCommand]:
    """What to type on the host: without vnetsh's own record, for what is done by hand is nothing that it gave."""
    found = steps(_seen(after.after([change.inverse()]), change.place), [change])
    return [typed(step) for step in found if FILE not in step.argv and step.argv != ("sh", "-s")]


def typed(step: HostCommand) -> HostCommand:
    """A step as somebody would type it."""
    if step.argv[:2] != ("sh", "-c"):
        return step
    first = step.argv[4]
    if step.input:
        return HostCommand(("tee", first), input=step.input)
    return HostCommand(("pkill", "-F", first))


def _seen(fleet: Fleet, host: str) -> Seen:
    """A host on which all that is recorded is so, as far as nothing is known to be wrong with it."""
    ours = [one for one in fleet.resources.values() if one.place == host and one.backend == NAME]
    record = Record({(one.kind, one.name): one for one in ours})
    well = [one for one in ours if not one.get("error")]
    facts = fleet.facts_of(host, NAME, HostFacts)
    addresses = {**fleet.addresses(host)}
    for one in well:
        if one.kind == "address":
            addresses[one.name] = [*addresses.get(one.name, ()), *texts(one, "addresses")]
    nats, dhcps = ([one for one in well if one.kind == kind] for kind in ("nat", "dhcp"))
    files = {dhcp_file(one.name): dhcp_text(one, record) for one in dhcps}
    return Seen(
        record,
        addresses,
        up=frozenset(addresses),
        routes=frozenset(route_of(one) for one in well if one.kind == "route"),
        forward="1" if nats else facts.forward,
        tables={f"ip {table(one.name)}": ["masquerade"] for one in nats},
        files={**files, **{nat_file(one.name): nat_text(one) for one in nats}},
        serving=frozenset(one.name for one in dhcps),
    )
