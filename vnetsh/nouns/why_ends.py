"""The ends of a way that `why` names, as the points where packets begin and end. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vnetsh.diagnostics import Diagnostic, Span, did_you_mean
from vnetsh.model import Fleet, Resource
from vnetsh.nouns.ways import Refuse, is_address
from vnetsh.reach.points import Point, of_address, of_host, of_link, of_port
from vnetsh.schema import naming
from vnetsh.schema.phrase import Phrase

_KINDS = ("vm", "port", "host")


@dataclass(frozen=True)
class Meant:
    """An end as it was said, and its points: none of a vm without a NIC on a bridge, or a host of no known link.

    `address` is one of which nobody here knows whose it is.
    """

    said: str
    points: Sequence[Point]
    vm: Resource | None = None
    host: str = ""
    address: str = ""


def meant_by(action: Phrase, fleet: Fleet, refuse: Refuse) -> tuple[Meant, Meant] | None:
    """Both ends; None, and refused, where one is not clear."""
    spans = action.subject.words if action.subject and action.subject.words else (action.name_span,) * 2
    source, target = (
        _meant(said, span, fleet, refuse) for said, span in zip(action.subjects, spans, strict=True)
    )
    if source is None or target is None:
        return None
    here, there = ({(p.place, p.link) for p in end.points} for end in (source, target))
    if source.said == target.said or (here and here == there) or (source.vm and source.vm is target.vm):
        same = f"`{source.said}` is at both ends of the way"
        refuse(Diagnostic("E232", same, action.name_span, help="it leads from one to another one"))
        return None
    return source, target


def _meant(said: str, span: Span, fleet: Fleet, refuse: Refuse) -> Meant | None:
    kind, name = naming.apart(said, _KINDS)
    found = list(_candidates(said, kind, name, fleet))
    kinds = list(dict.fromkeys(what for what, _ in found))
    if len(kinds) > 1:
        refuse(naming.ambiguous(name, kinds, span))
    elif len(found) > 1:
        refuse(_several(kinds[0], name, [one for _, one in found], span))
    elif not found and is_address(name) and not kind:
        refuse(nobodys(name, span))
    elif not found:
        refuse(_nothing(name, span, fleet))
    else:
        return found[0][1]
    return None


def nobodys(address: str, span: Span | None) -> Diagnostic:
    """That nobody knows who has an address."""
    help = "name the vm, or the port, that has it: of a guest's addresses the hosts know nothing"
    return Diagnostic("E502", f"whose address {address} is, nobody knows", span, "on no link of a host", help)


def _candidates(said: str, kind: str, name: str, fleet: Fleet) -> Iterator[tuple[str, Meant]]:
    host, _, link = name.partition("/")
    if host in fleet.hosts and link and kind in ("", "port"):
        if _there(host, link, fleet):
            yield "port", Meant(said, [of_link(host, link, fleet)], host=host)
        return
    for vm in fleet.named("vm", name) if kind in ("", "vm") else ():
        yield "vm", Meant(said, [of_port(nic, fleet) for nic in fleet.nics(vm)], vm, vm.place)
    for port in fleet.named("port", name) if kind in ("", "port") else ():
        yield "port", Meant(said, [of_port(port, fleet)], host=port.place)
    if name in fleet.hosts and kind in ("", "host"):
        yield "host", Meant(said, of_host(name, fleet), host=name)
    if not kind and is_address(name):
        points = of_address(name, fleet)
        for point in points:
            yield "port", Meant(said, [point], host=point.place)
        if not points and any(fleet.attached(nic) for nic in fleet.of_kind("port")):
            yield "address", Meant(said, [], address=name)  # networks of many hosts may know it


def _there(host: str, link: str, fleet: Fleet) -> bool:
    seen = fleet.interface(host, link) or fleet.link_kind(host, link) is not None
    return bool(seen or link in fleet.addresses(host))


def _several(kind: str, name: str, found: Sequence[Meant], span: Span) -> Diagnostic:
    where = " and on ".join(f"`{one.host}`" for one in found)
    help = "a way names its vms without their hosts: rename one of them"
    if kind == "port":
        links = [f"`{one.host}/{one.points[0].link}`" for one in found]
        help = f"say it with its host: {' or '.join(links)}"
    return Diagnostic("E220", f"{kind} `{name}` is on {where}", span, "which of them?", help)


def _nothing(name: str, span: Span, fleet: Fleet) -> Diagnostic:
    known = [*{one.name for kind in ("vm", "port") for one in fleet.of_kind(kind)}, *fleet.hosts]
    silent = "; ".join(error.message for error in fleet.unreachable.values())
    otherwise = f"it may be where nobody answers: {silent}" if silent else (
        "`show vms`, `show ports` and `show hosts` list them all; any link of a host is `HOST/LINK`"
    )  # fmt: skip
    help = did_you_mean(name, known, otherwise)
    return Diagnostic("E304", f"there is no vm, port or host `{name}`", span, "not found", help)
