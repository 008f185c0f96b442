"""Who reaches whom between hosts in memory: nothing is sent, the networks tell. Pure."""

from __future__ import annotations

from dataclasses import replace

from vnetsh.errors import CannotTell
from vnetsh.model import Fleet, LinkFacts, Trial, Tried, Watching
from vnetsh.reach import meet


def tried(trial: Trial, fleet: Fleet) -> Tried:
    """What comes of a trial. Raises `CannotTell` where the networks of an end are not known."""
    source, target = trial.source, trial.target
    if "" in (source.kind, target.kind):
        raise CannotTell(
            f"whose address {target} is, nobody knows", help="name the vm or the host that has it"
        )
    together = meet(source, target, _with_addresses(fleet))
    if together is None:
        raise CannotTell(f"in which networks {source} and {target} are, nobody knows")
    says = "are in one network" if together else "are in no network together"
    return Tried(
        together == trial.reaches,
        f"in memory nothing is sent; {source} and {target} {says}",
        {"by": "model", "from": source.place, "answered": together},
    )


def watched(trial: Trial, fleet: Fleet) -> Watching:
    """A way that is kept: plans that would part its ends are refused. Raises `CannotTell` where it is not there."""
    now = tried(trial, fleet)
    if not now.holds:
        raise CannotTell(now.says, code="E479")
    return Watching("in memory nothing is sent", lambda: Tried(True, now.says, now.data))


def _with_addresses(fleet: Fleet) -> Fleet:
    """The fleet with each host's address at the link by which it is reached: in memory no link has any."""
    facts = {
        at: replace(found, addresses={found.underlay_link: [f"{fleet.hosts[at[0]].address}/24"]})
        if isinstance(found, LinkFacts) and at[0] in fleet.hosts
        else found
        for at, found in fleet.facts.items()
    }
    return replace(fleet, facts=facts)
