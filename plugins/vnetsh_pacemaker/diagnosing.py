"""What is wrong with a cluster, for `doctor`: quorum, links, fencing, and what it could not do."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.backend import Observation
from vnetsh.errors import HostUnreachable
from vnetsh.model import Attributes, Finding, Fleet, Place, Resource, Severity, listed
from vnetsh_pacemaker.assessing import unfenced
from vnetsh_pacemaker.facts import MAINTENANCE, ONLINE, STANDBY, ClusterFacts, facts_of
from vnetsh_pacemaker.members import Look, Members
from vnetsh_pacemaker.sort import OUTDATED

_PAIR = 2
_CONNECTED = ("localhost", "connected")


def findings(place: Place, members: Members, look: Look, fleet: Fleet) -> list[Finding]:
    """All of them."""
    facts = facts_of(place.name, fleet)
    version = look.cib.option("dc-version").partition("-")[0]
    found = [Finding(_key(place), f"Pacemaker {version}, as {look.host} says", severity=Severity.NOTE)]
    found += _quorum(place, members, look, facts)
    found += _links(place, members, look)
    found += _fencing(place, facts, fleet)
    found += _failures(place, look, fleet)
    return found


def about(place: Place, look: Look, seen: Observation) -> Attributes:
    """What a cluster tells of itself."""
    bare = unfenced(place.hosts, [one for one in seen.resources if one.kind == "fence"])
    told_to = isinstance(seen.facts, ClusterFacts) and seen.facts.fences
    fencing = (
        "no (`stonith-enabled=false`)" if not told_to else f"not of {', '.join(bare)}" if bare else "yes"
    )
    return {
        "quorum": f"{'yes' if look.quorate else 'no'}, as {look.host} says",
        "fencing": fencing,
        "failed": tuple(f"{id}: {words[-1]}" for id, words in look.status.failures.items()) or None,
        "pacemaker-version": look.cib.option("dc-version").partition("-")[0],
    }


def _key(place: Place) -> tuple[str, str, str]:
    return (place.noun, place.name, place.name)


def _quorum(place: Place, members: Members, look: Look, facts: ClusterFacts) -> Iterator[Finding]:
    if not look.quorate:
        advice = "have most of its hosts answer each other: it starts nothing before, and vnetsh changes nothing of it"
        yield Finding(_key(place), "it has no quorum", advice=advice)
    for host, state in sorted(facts.nodes.items()):
        if state in (MAINTENANCE, STANDBY):
            command = f"pcs node {'unmaintenance' if state == MAINTENANCE else 'unstandby'} {host}"
            yield Finding(
                _key(place), f"host {host} is in {state}", command=command, severity=Severity.WARNING
            )
        elif state != ONLINE:
            yield Finding(
                _key(place), f"host {host} is {state}", advice=f"see to {host}, its corosync and pacemaker"
            )
    conf = " ".join(members.run(["cat", "/etc/corosync/corosync.conf"]).stdout.split())
    two = "two_node: 1" in conf
    if len(facts.nodes) == _PAIR and not two:
        advice = "`two_node: 1` in the section `quorum` of corosync.conf, on both, and `corosync-cfgtool -R`"
        says = "it has two hosts and is not told so: when one fails, the other has no quorum"
        yield Finding(_key(place), says, advice=advice)
    elif two and len(facts.nodes) > _PAIR:
        says = "it is told that it has two hosts (`two_node: 1`), and has more: both sides of a split would go on"
        yield Finding(
            _key(place), says, advice="take `two_node` out of corosync.conf, and `corosync-cfgtool -R`"
        )
    if two and "wait_for_all: 0" in conf:
        says = "a host of it that starts while it does not see the other one starts all by itself (`wait_for_all: 0`)"
        advice = "take `wait_for_all` out of corosync.conf, on both, and `corosync-cfgtool -R`"
        yield Finding(_key(place), says, advice=advice, severity=Severity.WARNING)


def _links(place: Place, members: Members, look: Look) -> Iterator[Finding]:
    """Links between hosts that are not connected, as each host sees them."""
    nodes = {one.get("id", ""): one.get("uname", "") for one in look.cib.configuration.iterfind("nodes/node")}
    for host in place.hosts:
        try:
            done = members.run_on(host, ["corosync-cfgtool", "-s"])
        except HostUnreachable:
            continue  # that is said of the host
        if done.returncode:
            says = f"corosync of {host} does not answer: {done.stderr.strip() or done.stdout.strip()}"
            yield Finding(_key(place), says, command="systemctl restart corosync pacemaker")
            continue
        link = ""
        for line in done.stdout.splitlines():
            words = line.split()
            if words[:2] == ["LINK", "ID"]:
                link = words[2]
            if words[:1] == ["nodeid:"] and words[-1] not in _CONNECTED:
                other = words[1].rstrip(":")
                says = f"link {link} of {host} to {nodes.get(other) or f'node {other}'} is {words[-1]}"
                yield Finding(
                    _key(place), says, advice="see to the network between them", severity=Severity.WARNING
                )


def _fencing(place: Place, facts: ClusterFacts, fleet: Fleet) -> Iterator[Finding]:
    bare = unfenced(place.hosts, fleet.of_kind("fence", place.name))
    if not facts.fences:
        says = "it is told not to fence: after a split, what it keeps up may run on both sides"
        command = "pcs property set stonith-enabled=true"
        yield Finding(_key(place), says, command=command, severity=Severity.WARNING)
    elif bare:
        says = f"nothing fences {', '.join(bare)}"
        yield Finding(_key(place), says, advice=f"`fence {bare[0]} by AGENT …`", severity=Severity.WARNING)
    for one in fleet.of_kind("fence", place.name):
        if outdated := listed(one.get(OUTDATED)):
            files = dict(pair.partition("=")[::2] for pair in listed(one.get("secrets")))
            which = ", ".join(f"`{option}` ({files[option]})" for option in outdated if option in files)
            says = f"a host of it has not the secret of fence {one.name} that is here: {which}"
            again = f"say its sentence again: `fence {one.name} by {one.text('by')} secrets …`"
            yield Finding(_key(place), says, advice=again, severity=Severity.WARNING)


def _failures(place: Place, look: Look, fleet: Fleet) -> Iterator[Finding]:
    for id, failures in look.status.failures.items():
        command = f"crm_resource --cleanup --resource {id}"
        nowhere = not (running := look.status.running.get(id)) or not running.nodes
        severity = Severity.ERROR if nowhere else Severity.WARNING
        yield Finding(_key(place), f"{id}: {failures[-1]}", command=command, severity=severity)
    for one in fleet.of_kind("ha", place.name):
        yield from _second_definitions(place, one, fleet)
        if one.name in facts_of(place.name, fleet).unmanaged:
            says = f"vm {one.name} is left alone: nobody starts it elsewhere when its host fails"
            yield Finding(
                _key(place), says, command=f"pcs resource manage {one.name}", severity=Severity.WARNING
            )


def _second_definitions(place: Place, kept: Resource, fleet: Fleet) -> Iterator[Finding]:
    """Definitions of a vm where the cluster does not run it: of one that was off, and that others started elsewhere."""
    at = listed(kept.get("at"))
    for vm in fleet.named("vm", kept.name):
        if vm.place in place.hosts and at and vm.place not in at:
            runs = f"{place.name} runs it on {', '.join(at)}"
            says = f"libvirt has a definition of it, and {runs}: it could be started twice"
            yield Finding(vm.key, says, command=f"virsh undefine {vm.name} --keep-nvram")
