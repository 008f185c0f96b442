"""The verb `link`: take the tunnels between two hosts down, to see what comes of it, and up again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import LINK_DOWN, LINK_UP, Fleet, Resource
from vnetsh.model.change import ActionKind, Change
from vnetsh.reach import host_with
from vnetsh.schema import BRIDGE, ENDS, Attribute, Choice, Verb

if TYPE_CHECKING:
    from vnetsh.schema.lent import Settling
    from vnetsh.schema.phrase import Phrase


def _plan(action: Phrase, settler: Settling) -> Sequence[Change]:
    hosts, bridge = action.subjects, action.value("on")
    between = [*_between(hosts, settler.fleet)]
    meant = [end for end in between if bridge in (None, end.get("bridge"))]
    if not meant:
        on = f" on `{bridge}`" if bridge else ""
        settler.refuse(
            Diagnostic(
                "E525",
                f"no tunnel joins `{hosts[0]}` and `{hosts[1]}`{on}",
                action.place("on") if bridge else action.name_span,
                help=did_you_mean(
                    str(bridge or ""),
                    sorted({end.text("bridge") for end in between}),
                    "`show tunnels` lists them; a NIC's cable is its vm's: `vm web1 port lan link down`",
                ),
            )
        )
        return ()
    link = LINK_DOWN if action.value("state") == LINK_DOWN else None
    return [
        Change(ActionKind.CHANGE, end, _with(end, link, action)) for end in meant if end.get("link") != link
    ]


def _with(end: Resource, link: str | None, action: Phrase) -> Resource:
    return replace(end.with_attributes(link=link), span=action.span, words=action.words)


def _between(hosts: Sequence[str], fleet: Fleet) -> Iterator[Resource]:
    """The ends of tunnels at either host that lead to the other one."""
    for here, there in (hosts, hosts[::-1]):
        for end in fleet.of_kind("tunnel", here):
            if host_with(end.text("remote"), fleet) == there:
                yield end


LINK_VERB = Verb(
    "link",
    help="Take the tunnels between two hosts down, or up again: all of them, or those of one bridge. Those of Open "
    "vSwitch come up with each start of ovs-vswitchd.",
    subject=ENDS,
    operands=(
        Attribute(
            "state",
            Choice(what="the state of a link", choices=(LINK_UP, LINK_DOWN)),
            "Whether something passes.",
            required=True,
        ),
    ),
    attributes=(Attribute("on", BRIDGE, "Those that are on this bridge.", otherwise="all", clearable=False),),
    plan=_plan,
    example="link kvm1<->kvm2 down",
)
