"""Hosts as their cluster has them: who is in standby, and how one comes to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vnetsh.crashpoints import reached
from vnetsh.model import Attributes, Change, Resource, listed
from vnetsh_pacemaker.facts import STANDBY as IN_STANDBY
from vnetsh_pacemaker.marks import DRAINED
from vnetsh_pacemaker.members import Look, Members
from vnetsh_pacemaker.shapes.kept import Names
from vnetsh_pacemaker.sort import MEMBER, NAME, SET_ASIDE, STANDBY

_YES = ("true", "1", "yes", "on", "y")


def members(look: Look, names: Names, place: str, fences: Sequence[Resource]) -> Iterator[Resource]:
    """All of them."""
    for node, state in look.status.nodes.items():
        host, told = names.host(node), look.cib.node_attributes(node)
        fenced = [one.name for one in fences if one.get("hosts") is None or host in listed(one.get("hosts"))]
        runs = sorted(id for id, one in look.status.running.items() if node in one.nodes)
        values: Attributes = {
            "state": state,
            STANDBY: state == IN_STANDBY or told.get("standby", "").lower() in _YES,
            SET_ASIDE: DRAINED in told,
            "fenced-by": tuple(fenced),
            "runs": tuple(runs),
        }
        said = {word: value for word, value in values.items() if value}
        yield Resource(MEMBER, host, place, said, backend=NAME, inherent=STANDBY not in said)


def put_aside(changes: Sequence[Change], cluster: Members, look: Look, names: Names) -> None:
    """Have hosts be in standby, or no more. Raises `BackendRefused`, `HostUnreachable`."""
    for change in changes:
        node, aside = names.node(change.resource.name), bool(change.resource.get(STANDBY))
        told = {"standby": "on" if aside else "", DRAINED: "1" if change.resource.get(SET_ASIDE) else ""}
        for name, value in sorted(told.items(), reverse=aside):  # the mark is never without what it is of
            if value or name in look.cib.node_attributes(node):
                what = ["--update", value] if value else ["--delete"]
                cluster.must(look.host, ["crm_attribute", "--node", node, "--name", name, *what])
                reached("a cluster is told of a host")


def is_aside(change: Change, found: Resource | None) -> bool:
    """Whether a host is as a change has it."""
    return found is not None and all(
        bool(found.get(name)) == bool(change.resource.get(name)) for name in (STANDBY, SET_ASIDE)
    )
