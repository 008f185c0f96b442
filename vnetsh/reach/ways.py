"""Whether one end of a way is in a network with another one, as far as anybody knows. Pure."""

from __future__ import annotations

from vnetsh.model import End, Fleet
from vnetsh.reach.addresses import owners, plain_address, seen
from vnetsh.reach.segments import Domain, Reach


def meet(one: End, other: End, fleet: Fleet) -> bool | None:
    """Whether a frame of the one can come to the other; None where nobody knows in which network one of them is.

    Routers are not known: who is reached through one is in no network with whom it is reached from.
    """
    reach = Reach(fleet)
    ends = domains(one, fleet, reach), domains(other, fleet, reach)
    if ends[0] is None or ends[1] is None:
        return None
    return not ends[0].isdisjoint(ends[1])


def domains(end: End, fleet: Fleet, reach: Reach) -> frozenset[Domain] | None:
    """The domains that an end is in; None where nobody knows."""
    if end.kind == "vm":
        return frozenset(domain for nic in end.nics for domain in reach.domains(nic))
    places = seen(fleet).get(plain_address(end.address), ()) if end.address else ()
    return frozenset(domain for place in places for domain in reach.link(*place)) if places else None


def host_with(address: str, fleet: Fleet) -> str:
    """The host that has an address; empty where none is known to."""
    return owners(fleet).get(plain_address(address), "")
