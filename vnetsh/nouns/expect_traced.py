"""What is expected over networks of many hosts: by packets of the guest itself, by what their place says, or both.

Nobody can be put beside a guest there. What no packet shows is told by the place, and the answer says by whom it is.
That one is not reached is told by the place alone: that nothing comes back would say nothing.
"""

from __future__ import annotations

import time
from dataclasses import replace

from vnetsh.errors import CannotTell
from vnetsh.model import ECHO, Finding, Fleet, Packet, Traced, Trial, Tried
from vnetsh.nouns.ways import networked, plain_nics
from vnetsh.nouns.why_found import thing
from vnetsh.nouns.why_traced import followed
from vnetsh.schema.lent import Asking

_PAUSE = 0.2
_FOLLOWS = 1.5
"""Seconds in which a host makes what its place has just been told."""
_ANSWER = 1000
"""Milliseconds in which nothing is to come back from one who is not reached."""


def trying(trial: Trial, fleet: Fleet, asking: Asking) -> Tried:
    """What comes of a trial. Raises `CannotTell`, `HostUnreachable`."""
    packet = _packet(trial, fleet)
    if packet is None:
        ends = [replace(end, nics=plain_nics(end, fleet) or end.nics) for end in (trial.source, trial.target)]
        return asking.try_way(replace(trial, source=ends[0], target=ends[1]), fleet)
    tried = _reaches if trial.reaches else _refused
    return tried(trial, packet, fleet, asking)


def _packet(trial: Trial, fleet: Fleet) -> Packet | None:
    """The packet of which the place of its networks is asked; None of a way over bridges."""
    if not networked(trial, fleet):
        return None
    here = [one for nic in trial.source.nics if (one := fleet.attached(nic))]
    there = [one for nic in trial.target.nics if (one := fleet.attached(nic))]
    if not there and not trial.target.address:
        return None
    both = ((one, other) for one in here for other in there if one.get("network") == other.get("network"))
    source, target = next(both, (here[0], next(iter(there), None)))
    protocol = "tcp" if trial.tcp else ECHO
    return Packet(source, target, ("", trial.target.address), protocol, trial.tcp)


def _reaches(trial: Trial, packet: Packet, fleet: Fleet, asking: Asking) -> Tried:
    """By packets where they can be sent; else by what the place says, as often as there is time."""
    if packet.target and packet.source and packet.target.get("network") != packet.source.get("network"):
        told, stop = _told(packet, fleet, asking)
        if _means_another(packet, stop):
            return Tried(False, _words(told, stop), {"by": "trace"})
    try:
        sent = asking.try_way(_alone(trial, packet), fleet)
    except CannotTell as error:
        unsent = error
    else:
        return sent if sent.holds else replace(sent, says=f"{sent.says}{_reason(packet, fleet, asking)}")
    if trial.loss is not None:
        raise unsent
    until = time.monotonic() + trial.within / 1000
    while True:
        told, stop = _told(packet, fleet, asking)
        if stop is None or time.monotonic() > until:
            break
        time.sleep(_PAUSE)
        fleet = asking.observe()
    if stop is None and told.beyond:
        raise CannotTell(f"{told.beyond}; {unsent.message}", help=unsent.help)
    return Tried(stop is None, f"{_words(told, stop)}; not by its guest: {unsent.message}", {"by": "trace"})


def _refused(trial: Trial, packet: Packet, fleet: Fleet, asking: Asking) -> Tried:
    """Whether a rule or a router stops it: that is expected, and that no packet of the guest comes through besides."""
    told, stop = _told(packet, fleet, asking)
    if stop and (stop.symptom or stop not in told.findings):
        raise CannotTell(
            f"that {trial.target} is not reached would say nothing of rules: {stop.says}",
            help="`why` tells what is wrong there",
        )
    if _means_another(packet, stop):
        return Tried(True, _words(told, stop), {"by": "trace"})
    short = replace(_alone(trial, packet), reaches=True, within=min(trial.within, _ANSWER), loss=None)
    try:
        sent = asking.try_way(short, fleet)
    except CannotTell as error:
        seen, by, comes = f"not by its guest: {error.message}", "trace", False
    else:
        seen, by, comes = sent.says, f"trace, {sent.data.get('by')}", sent.holds
    return Tried(stop is not None and not comes, f"{_words(told, stop)}; {seen}", {"by": by})


def _alone(trial: Trial, packet: Packet) -> Trial:
    """The same, tried by the guest alone, at the address that its network has of the target."""
    known = packet.target.get("address") if packet.target else None
    first = next((str(one) for one in known if ":" not in str(one)), "") if isinstance(known, tuple) else ""
    return replace(trial, target=replace(trial.target, address=trial.target.address or first), alone=True)


def _told(packet: Packet, fleet: Fleet, asking: Asking) -> tuple[Traced, Finding | None]:
    """What the place tells, and what stops a packet; the place's own word first. Raises `CannotTell`."""
    until = time.monotonic() + _FOLLOWS
    while True:
        way = followed(packet, fleet, asking)
        if way is None:
            raise CannotTell(
                "no place with networks knows of that way", help="name the vm that has that address"
            )
        told, _, seen = way
        unsure = next((one for one in seen if not one.stops), None)
        if unsure is None:
            break
        if time.monotonic() > until:
            raise CannotTell(
                f"what its place says may not be so on {unsure.at[2]}: {unsure.says}",
                help="`why` tells what mends it",
            )
        time.sleep(_PAUSE)
    return told, next(iter(sorted(seen, key=lambda one: one.symptom)), None)


def _means_another(packet: Packet, stop: Finding | None) -> bool:
    """Whether the target's address is another one's where the source is: of the target no packet tells anything."""
    return bool(stop and packet.target and stop.other == packet.target.key)


def _words(told: Traced, stop: Finding | None) -> str:
    says = f"stops at {thing(stop.at)}: {stop.says}" if stop else told.beyond or "it arrives"
    return f"{says}, {told.rests}"


def _reason(packet: Packet, fleet: Fleet, asking: Asking) -> str:
    """Why nothing came back, as far as the place tells."""
    try:
        return f"; {_words(*_told(packet, fleet, asking))}"
    except CannotTell:
        return ""
