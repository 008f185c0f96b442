"""Domains as resources: a VM, its snapshots and its ports. Also what plans switch, as it is then. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count

from vnetsh.model import Key, Resource, nic_name
from vnetsh.model.power import SAVED
from vnetsh_libvirt.backend_name import NAME
from vnetsh_libvirt.definition import LIVE_ONLY, Definition, Nic, definition_in, record_of, recorded
from vnetsh_libvirt.disk_observing import observed_disks
from vnetsh_libvirt.facts import LibvirtFacts
from vnetsh_libvirt.fields import attributes_of
from vnetsh_libvirt.filters_at_work import AT_WORK, filter_text
from vnetsh_libvirt.nics import BEHIND, behind
from vnetsh_libvirt.seen import Seen
from vnetsh_libvirt.snapshots.snapshot import Snapshot, resource_of
from vnetsh_libvirt.states import STATE
from vnetsh_libvirt.vm_fields import vm_attributes


def resources(seen: Seen, host: str) -> Iterable[Resource]:
    """The VM and its ports: those that it runs with or, when it is off, that are in its definition.

    A NIC that is only in one of both therefore counts as missing where it matters, and adding it mends both.
    """
    name, defined = seen.defined.name, seen.defined
    yield Resource(
        "vm",
        name,
        host,
        vm_attributes(seen),
        backend=NAME,
        marked=defined.mark is not None,
        owner=defined.mark.owner if defined.mark else "",
        record={
            "xml": defined.xml,
            "persistent": seen.persistent,
            **({"live": seen.live.xml} if seen.live is not defined else {}),
            **({"volumes": {**defined.volumes, **seen.live.volumes}} if seen.live.volumes else {}),
            **({"networks": defined.networks} if defined.networks else {}),
            **seen.held,
        },
    )
    for snapshot in map(Snapshot, seen.snapshots):
        yield resource_of(snapshot, name, host, current=snapshot.name == seen.current)
    known: set[str] = set()
    for nic in seen.live.nics:
        port = _port(nic, defined, host, known, running=seen.live is not defined)
        known.add(port.name)
        yield port


def _port(nic: Nic, defined: Definition, host: str, known: Collection[str], *, running: bool) -> Resource:
    """A NIC as a port. One whose link gets another name each time is called by its VM and its address.

    The record of one that runs has its link, and what libvirt itself told of it.
    """
    lasting = defined.like(nic) or nic
    unnamed = (nic_name(defined.name, nic.mac, number) for number in count())
    name = lasting.lasting_name or next(name for name in unnamed if name not in known)
    return Resource(
        "port",
        name,
        host,
        attributes_of(nic),
        parent=("vm", defined.name),
        backend=NAME,
        marked=nic.marked,
        owner=defined.mark.owner if nic.marked and defined.mark else "",
        record={
            **record_of(lasting),
            BEHIND: behind(defined, lasting),
            **({"link": nic.name, "told": dict(attributes_of(nic))} if running and nic.name else {}),
            **({LIVE_ONLY: True} if running and lasting is nic else {}),
            **({AT_WORK: rules} if running and (rules := filter_text(nic.element)) else {}),
        },
    )


def switched(vm: Resource, parts: Sequence[Resource], facts: LibvirtFacts) -> Sequence[Resource]:
    """A VM that has gone off, or was started, and its parts: as they are defined, where it ran otherwise before."""
    record, defined = vm.record or {}, recorded(vm)
    if vm.get(STATE) == SAVED or defined is None or not (record.get("live") and record.get("persistent")):
        return (vm, *parts)

    def told(live: Definition) -> Mapping[Key, Resource]:
        seen = Seen(vm.text(STATE), True, defined, live, record, folder=facts.folder)
        return {r.key: r for r in observed_disks([seen], resources(seen, vm.place), facts, vm.place)}

    now, then = told(definition_in(record, "live")), told(defined)
    known = {one.key for one in (vm, *parts)}
    stay = [_then(one, now.get(one.key), then.get(one.key)) for one in (vm, *parts)]
    return [*filter(None, stay), *(one for key, one in then.items() if key not in now and key not in known)]


def _then(one: Resource, now: Resource | None, then: Resource | None) -> Resource | None:
    """What becomes of it; what earlier sentences made of it stays."""
    if now is None:
        return one
    if then is None:
        return None if (one.record or {}).get(LIVE_ONLY) else one
    names = {*now.attributes, *then.attributes}
    other = {name: then.get(name) for name in names if one.get(name) == now.get(name)}
    attributes = {n: value for n, value in {**one.attributes, **other}.items() if value is not None}
    record = {name: value for name, value in (then.record or {}).items() if name != "live"}
    return replace(one, attributes=attributes, record=record)
