"""NICs of one MAC address that come to meet: a vm starts or moves, or two networks are joined. Pure.

A copy of a vm, or a restored one, has the MAC addresses of the other. They may both be there, as long as no network has
two that run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import ActionKind, Change, Fleet, Resource, is_nic_name, is_off
from vnetsh.planning.loops import may_join
from vnetsh.reach import Reach

_SEEN = frozenset({"state", "bridge", "vlan", "trunk"})
"""The attributes of a vm and its NICs that tell whether others see it, and who."""


def macs_do_not_meet(changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterator[Diagnostic]:
    """No network gets a second running NIC of one MAC address."""
    concerned = [change for change in changes if _shows(change) or may_join(change)]
    twins = _twins(after) if concerned else {}
    if not twins:
        return
    new = {change.resource.key for change in changes if change.after and "mac" in change.differing()}
    have, had = Reach(after), Reach(before)
    for mac, nics in twins.items():
        for at, one in enumerate(nics):
            for other in nics[at + 1 :]:
                if (one.place, one.parent) == (other.place, other.parent):
                    continue  # a guest may do so with NICs of its own
                if new & {one.key, other.key} or not have.reaches(one, other):
                    continue  # of an address that is said anew it is told anyway
                was = _as_it_was(one, before), _as_it_was(other, before)
                if was[0] and was[1] and had.reaches(was[0], was[1]):
                    continue
                change = next((c for c in concerned if _is_of(c, one) or _is_of(c, other)), concerned[0])
                first, second = (other, one) if _is_of(change, one) else (one, other)
                yield _refused(change, mac, first, second)


def _shows(change: Change) -> bool:
    """Whether it may bring a NIC into a network: the vm starts or moves, or is put on another one."""
    if change.after is None or change.resource.kind not in ("vm", "port"):
        return False
    return change.action is ActionKind.MOVE or not _SEEN.isdisjoint(change.differing())


def _twins(fleet: Fleet) -> Mapping[str, Sequence[Resource]]:
    """The NICs of vms that run whose MAC address another one has, too, by that address."""
    found: dict[str, list[Resource]] = {}
    for nic in fleet.of_kind("port"):
        if nic.get("mac") and nic.get("bridge") and _runs(nic, fleet):
            found.setdefault(nic.text("mac").lower(), []).append(nic)
    return {mac: nics for mac, nics in found.items() if len(nics) > 1}


def _runs(nic: Resource, fleet: Fleet) -> bool:
    vm = fleet.get("vm", nic.place, nic.parent[1]) if nic.parent and nic.parent[0] == "vm" else None
    return vm is not None and not is_off(vm)


def _as_it_was(nic: Resource, before: Fleet) -> Resource | None:
    """A NIC of a vm that ran before, where it was then."""
    there = [one for one in before.named("port", nic.name) if one.parent == nic.parent and _runs(one, before)]
    return next((one for one in there if one.place == nic.place), there[0] if there else None)


def _is_of(change: Change, nic: Resource) -> bool:
    """Whether a change is of a NIC, or of its vm."""
    resource = change.resource
    return resource.place == nic.place and (resource.kind, resource.name) in (("port", nic.name), nic.parent)


def _refused(change: Change, mac: str, one: Resource, other: Resource) -> Diagnostic:
    return Diagnostic(
        "E210",
        f"the MAC address {mac} would be in one network twice: {called(other)} would meet {called(one)}",
        change.resource.at("name"),
        "taken",
        f"stop {' '.join(one.parent or ())} first, or keep the two on networks that nothing joins",
    )


def called(nic: Resource) -> str:
    """A NIC in words; one that is known by its address only has no name that would say more."""
    kind, name = nic.parent or ("bridge", nic.text("bridge"))
    what = "a NIC" if is_nic_name(nic.name) else f"port `{nic.name}`"
    return f"{what} of {kind} `{name}` on {nic.place}"
