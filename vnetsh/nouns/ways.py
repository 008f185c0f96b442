"""A way that a sentence names, on a fleet: who its ends are, and whether the model lets them meet. Pure."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface, ip_interface

from vnetsh.diagnostics import Diagnostic, Span, did_you_mean
from vnetsh.model import End, Fleet, Resource, Trial
from vnetsh.model.power import RUNNING, STATE
from vnetsh.reach import host_with, meet
from vnetsh.reach.deciding import between
from vnetsh.schema import naming
from vnetsh.schema.phrase import Phrase

Refuse = Callable[[Diagnostic], None]

_KINDS = ("vm", "host")


def trial_of(action: Phrase, fleet: Fleet, refuse: Refuse) -> Trial | None:
    """What is to be tried, as a sentence says it; None, and refused, where that is not clear or cannot be."""
    ends = ends_of(action, fleet, refuse)
    if ends is None:
        return None
    source, target = ends
    own = str(action.value("as") or "")
    problem = sending(source, fleet, action.name_span) or (own and _own(own, source, target, action))
    if problem:
        refuse(problem)
        return None
    said, port, loss = action.value("within"), action.value("port"), action.value("loss")
    trial = Trial(
        source,
        target,
        reaches="no" not in action.schema.words,
        tcp=port if isinstance(port, int) else 0,
        loss=loss if isinstance(loss, int) else None,
        within=said if isinstance(said, int) else Trial.within,
        own=own,
    )
    if trial.tcp and not trial.reaches and not networked(trial, fleet):
        words = f"whether anything between {source} and {target} refuses a connection, no packet tells"
        help = "on networks of a cluster its rules are asked; here `expect no ping` is told"
        refuse(Diagnostic("E476", words, action.name_span, help=help))
        return None
    return trial


def ends_of(action: Phrase, fleet: Fleet, refuse: Refuse) -> tuple[End, End] | None:
    """The two ends of a way; None, and refused, where one is not clear."""
    one, other = action.subjects
    spans = action.subject.words if action.subject and action.subject.words else (action.name_span,) * 2
    source, target = _end(one, spans[0], fleet, refuse), _end(other, spans[1], fleet, refuse)
    address = str(action.value("address") or "")
    if source is None or target is None:
        return None
    if target.kind and address:
        target = End(target.name, target.kind, target.place, target.nics, address)
    if not source.kind:
        host = host_with(source.name, fleet)
        if not host:
            refuse(
                Diagnostic(
                    "E476",
                    f"whose address {source.name} is, nobody knows: nothing can be sent from it",
                    spans[0],
                    help="name the vm or the host that has it",
                )
            )
            return None
        source = End(source.name, "host", host, (), source.name)
    if target.address and not is_address(target.address):
        help = "name an IPv4 address that it has, too, in its place"
        message = f"ways are tried over IPv4, and the address of `{target}` is {target.address}"
        refuse(Diagnostic("E476", message, spans[1], help=help))
        return None
    if (source.kind, source.name, source.place) == (target.kind, target.name, target.place):
        refuse(
            Diagnostic(
                "E232",
                f"`{one}` is at both ends of the way",
                action.name_span,
                help="it leads from one to another one",
            )
        )
        return None
    return source, target


def _end(said: str, span: Span, fleet: Fleet, refuse: Refuse) -> End | None:
    kind, name = naming.apart(said, _KINDS)
    vms = fleet.named("vm", name) if kind in ("", "vm") else []
    host = fleet.hosts.get(name) if kind in ("", "host") else None
    if vms and host:
        refuse(naming.ambiguous(name, _KINDS, span))
        return None
    if len(vms) > 1:
        where = " and on ".join(f"`{vm.place}`" for vm in vms)
        help = "a way names its vms without their hosts: rename one of them"
        refuse(Diagnostic("E220", f"vm `{name}` is on {where}", span, "which of them?", help))
        return None
    if vms:
        nics = tuple(nic for nic in fleet.parts(vms[0]) if nic.get("bridge"))
        return End(name, "vm", vms[0].place, nics)
    if host:
        return End(name, "host", name, (), host.address)
    if not kind and is_address(name):
        return End(name, address=name)
    refuse(_nothing(name, span, fleet))
    return None


def _nothing(name: str, span: Span, fleet: Fleet) -> Diagnostic:
    known = [*{vm.name for vm in fleet.of_kind("vm")}, *fleet.hosts]
    silent = "; ".join(error.message for error in fleet.unreachable.values())
    otherwise = (
        f"it may be where nobody answers: {silent}" if silent else "`show vms` and `show hosts` list them all"
    )
    help = did_you_mean(name, known, otherwise)
    return Diagnostic("E304", f"there is no vm or host `{name}`", span, "not found", help)


def is_address(text: str) -> bool:
    """Whether it is an IPv4 address."""
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True


def vm_at(end: End, fleet: Fleet) -> Resource | None:
    """The vm that an end is."""
    return fleet.get("vm", end.place, end.name) if end.kind == "vm" else None


def silent(end: End, fleet: Fleet) -> str:
    """Why an end cannot answer anybody, as far as its state tells; empty where it can."""
    vm = vm_at(end, fleet)
    state = vm.text(STATE) if vm else ""
    return f"vm {end} is {state}" if state not in ("", RUNNING) else ""


def sending(source: End, fleet: Fleet, span: Span) -> Diagnostic | None:
    """Why nothing can be sent from an end."""
    if why := silent(source, fleet):
        help = "an expectation of it would say nothing: start or resume it first"
        return Diagnostic("E476", f"{why}: nothing is sent from it", span, help=help)
    if source.kind == "vm" and not source.nics:
        return Diagnostic(
            "E476",
            f"vm `{source}` has no NIC on a bridge: there is no place beside it",
            span,
            help="give it one: `vm " + source.name + " port BRIDGE`",
        )
    return None


def _own(own: str, source: End, target: End, action: Phrase) -> Diagnostic | None:
    """Why an address cannot be that of a port beside the source."""
    where, interface = action.place("as"), ip_interface(own)
    if source.kind != "vm":
        help = f"leave `as` out: it is seen from {source.place} itself, which has addresses of its own"
        return Diagnostic("E233", f"`{source}` is a host: no port is made beside it", where, help=help)
    if not isinstance(interface, IPv4Interface):
        return Diagnostic("E233", f"`{own}` is no IPv4 address", where, help="such as `10.0.0.99/24`")
    if target.address and IPv4Address(target.address) == interface.ip:
        return Diagnostic(
            "E233", f"{interface.ip} is the target's own address", where, help="take one that is free"
        )
    if target.address and IPv4Address(target.address) not in interface.network:
        help = f"an address of {target.address}'s network: ways through a router are seen by a guest's agent only"
        return Diagnostic("E233", f"{target.address} is not in {interface.network}", where, help=help)
    return None


def networked(trial: Trial, fleet: Fleet) -> str:
    """The place whose networks of many hosts a trial goes, for at bridges its ends do not meet; empty of others."""
    found = [attached for nic in trial.source.nics if (attached := fleet.attached(nic))]
    plain, other = plain_nics(trial.source, fleet), trial.target
    elsewhere = other.nics and not plain_nics(other, fleet)
    return found[0].place if found and (not plain or elsewhere) else ""


def plain_nics(end: End, fleet: Fleet) -> tuple[Resource, ...]:
    """Those of an end's NICs that are on bridges alone."""
    return tuple(nic for nic in end.nics if not fleet.attached(nic))


def foreseen(trial: Trial, fleet: Fleet) -> tuple[bool | None, str]:
    """Whether a trial will be as expected, by what is known of the networks, and in words why or why not."""
    source, target = trial.source, trial.target
    if why := silent(target, fleet):
        return not trial.reaches, why
    if place := networked(trial, fleet):
        return None, f"the rules and routers of {place} decide that"
    together = meet(source, target, fleet)
    if together is None:
        return None, ""
    if flows := between(source, target, fleet):
        return None, f"{flows} decide that"
    if together:
        return trial.reaches, f"{source} and {target} are in one network"
    return not trial.reaches, f"no network joins {source} and {target}"
