"""The nouns `allow` and `deny`: what may go from one end to another, and what may not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import listed
from vnetsh.schema import ANY, FLAG, Attribute, Choice, Kind, Name, Ranges, naming
from vnetsh_ovn.altering import ALTERED_ATTRIBUTE, RIGHT
from vnetsh_ovn.names import tenant_of
from vnetsh_ovn.nouns.exporting import export
from vnetsh_ovn.nouns.known import one_of, worked_out_as
from vnetsh_ovn.nouns.members import attachments, is_known, ports
from vnetsh_ovn.nouns.renaming import of_rule
from vnetsh_ovn.shapes.rules import SOURCE, TARGET
from vnetsh_ovn.sort import CLUSTER, SORT

if TYPE_CHECKING:
    from vnetsh.model import Fleet, Resource, Value
    from vnetsh.schema.declared import Exported
    from vnetsh.schema.lent import Settling

SENSELESS, NO_OP, TWICE = "E570", "E571", "E572"
"""Codes: what is said of a rule does not go together; it would change nothing; another sentence says the same."""
_ENDS = ("group", "network", "vm")
_WITH_PORTS = ("tcp", "udp")


def _settle(rule: Resource, settler: Settling) -> Sequence[Resource]:
    """Its ends, as they are meant."""
    way = rule.get("way")
    assert isinstance(way, tuple)
    ends = [_end(str(one), rule, settler) for one in way]
    problem = next(_problems(rule, ends, settler), None) if None not in ends else None
    if problem:
        settler.refuse(problem)
    if problem or None in ends:
        return []
    [source, target] = ends
    return [rule.with_attributes(**{SOURCE: source, TARGET: target}, **RIGHT)]


def _end(said: str, rule: Resource, settler: Settling) -> tuple[str, ...] | None:
    """Kind and name of an end, with the subnets of a network or the ports of a vm; None where it is refused."""
    if said == ANY:
        return (ANY,)
    meant = _meant(said, rule, settler)
    if meant is None:
        return None
    kind, name = meant
    if kind == "vm":
        return (f"{kind}:{name}", *ports(settler, rule.place, [name]))
    there = one_of(settler, kind, rule.place, name)
    if there is None:
        words = f"{kind} `{name}` is at another place than the rule"
        settler.refuse(Diagnostic(SENSELESS, words, rule.at("way"), help="say its `cluster`"))
        return None
    subnets = there.get("subnet")
    if kind == "network" and not subnets:
        words = f"network `{name}` has no subnet by which its packets are known"
        settler.refuse(
            Diagnostic(SENSELESS, words, rule.at("way"), help="say the network's `subnet`, or a group")
        )
        return None
    return (
        f"{kind}:{name}",
        *(map(str, subnets) if kind == "network" and isinstance(subnets, tuple) else ()),
    )


def _meant(said: str, rule: Resource, settler: Settling) -> tuple[str, str] | None:
    """Kind and name of an end. Of vms those count that are on networks: the hosts need not be looked at."""
    kind, name = naming.apart(said, _ENDS)
    if kind not in ("", "vm") or not is_known(settler, rule.place, name):
        return settler.meant(said, _ENDS, rule.at("way"))
    others = [one for one in _ENDS[:2] if not kind and settler.find(one, rule.place, name)]
    if not others:
        return "vm", name
    settler.refuse(naming.ambiguous(name, [*others, "vm"], rule.at("way")))
    return None


def _problems(
    rule: Resource, ends: Sequence[tuple[str, ...] | None], settler: Settling
) -> Iterator[Diagnostic]:
    source, target = (end[0] if end else ANY for end in ends)
    protocol, at = rule.text("protocol"), rule.at("way")
    if target == ANY:
        yield Diagnostic(
            SENSELESS,
            "a rule says what goes to something, and `any` is nothing that has ports",
            at,
            help="name a group, a network or a vm; what its members begin themselves is never held up",
        )
    if rule.get("ports") and protocol not in _WITH_PORTS:
        yield Diagnostic(
            SENSELESS, f"what is `{protocol}` has no ports", rule.at("ports"), help="say `tcp` or `udp`"
        )
    if rule.kind == "allow" and target != ANY and not _is_closed(target, rule.place, settler):
        yield Diagnostic(
            NO_OP,
            f"{target.replace(':', ' `', 1)}` is closed by nothing, so that this would change nothing",
            at,
            help="what is in no tenant and in no group takes everything: a `group` closes its members",
        )
    for other in (*settler.settled_of(rule.kind), *settler.fleet.of_kind(rule.kind, rule.place)):
        same = (other.place, other.text("protocol")) == (rule.place, protocol)
        known = tuple(
            (one[0] if isinstance(one := other.get(side), tuple) else ANY) for side in (SOURCE, TARGET)
        )
        if same and other.name != rule.name and known == (source, target):
            yield Diagnostic(
                TWICE,
                f"`{rule.kind} {other.name}` says the same",
                at,
                help="say it as there, or delete that one",
            )


def rules_of(network: Resource, settler: Settling) -> Iterator[Resource]:
    """The rules that follow a network's subnet: those that the segment does not name."""
    if "subnet" not in network.attributes:
        return
    said = {one.key for one in settler.said}
    subnets = listed(network.get("subnet"))
    wanted = (f"network:{network.name}", *subnets)
    for rule in (one for kind in ("allow", "deny") for one in settler.fleet.of_kind(kind, network.place)):
        sides = [side for side in (SOURCE, TARGET) if listed(rule.get(side))[:1] == wanted[:1]]
        differing: dict[str, Value] = {side: wanted for side in sides if rule.get(side) != wanted}
        if not differing or rule.key in said or not rule.marked or not rule.get("way"):
            continue
        if not subnets:
            words = f"{rule.kind} `{rule.name}` knows network `{network.name}` by its subnet"
            settler.refuse(Diagnostic(SENSELESS, words, network.at("subnet"), help="delete the rule first"))
            return
        because = f"network {network.name} changes"
        yield replace(rule, attributes={**differing, **RIGHT}, because=because, span=network.span)


def _is_closed(target: str, place: str, settler: Settling) -> bool:
    """Whether anything is kept from a target that is not allowed."""
    kind, _, name = target.partition(":")
    if kind != "vm":
        return kind == "group" or bool(tenant_of(name))
    groups = [one for one in settler.said if one.kind == "group"]
    groups += settler.fleet.of_kind("group", place)
    grouped = any(name in members for one in groups if isinstance(members := one.get("members"), tuple))
    return grouped or any(tenant_of(one.text("network")) for one in attachments(settler, place, name))


def _unsaid(rule: Resource) -> str:
    return "" if rule.get("way") else f"made by others: {rule.text('match')}"


def _export(kind: Kind, resources: Sequence[Resource], fleet: Fleet) -> Iterator[Exported]:
    return export(kind, resources, _unsaid)


def _kind(name: str, help: str, example: str) -> Kind:
    end = Name(what="a way", refs=_ENDS, way=True, qualified=True, or_any=True)
    return Kind(
        name,
        plural="allowed" if name == "allow" else "denied",
        help=help,
        sort=SORT,
        operands=(
            Attribute(
                "way", end, "From where to where: groups, networks, vms, or `any` that sends.", required=True
            ),
            Attribute(
                "protocol",
                Choice(what="a protocol", choices=("tcp", "udp", "icmp", "all")),
                "The protocol.",
                required=True,
            ),
            Attribute(
                "ports",
                Ranges(what="a list of ports", least=1, most=65535),
                "The ports that it goes to.",
                otherwise="all",
            ),
        ),
        attributes=(
            CLUSTER,
            Attribute(
                "log",
                FLAG,
                "What it is about is logged packet by packet, by ovn-controller on the host of its target.",
            ),
            worked_out_as(SOURCE, "Who sends, as that is known.", ordered=True),
            worked_out_as(TARGET, "Who gets it, as that is known.", ordered=True),
            ALTERED_ATTRIBUTE,
            worked_out_as("match", "What others had said.", many=False),
        ),
        identity=("way", "protocol"),
        requires=("tenant", "network", "group"),
        brings=(),
        settle=_settle,
        renamed=of_rule,
        export=_export,
        example=example,
    )


ALLOW_KIND = _kind(
    "allow",
    "What may go to a group, a tenant's network or a vm, which is else closed to it; replies always may.",
    "allow any -> webs tcp 80, 443",
)
DENY_KIND = _kind(
    "deny",
    "What may not go to a group, a network or a vm, whatever is allowed.",
    "deny public -> webs tcp 22",
)
