"""NICs of VMs: plug, unplug and change them, in the running VM and in its definition alike."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import takewhile
from typing import Any

import libvirt

from vnetsh.backend import ApplyFailed, Progress
from vnetsh.errors import BackendRefused
from vnetsh.model import Resource
from vnetsh.model.change import Change
from vnetsh_libvirt import domain_xml
from vnetsh_libvirt.cleanup import leftovers_of, with_cleanup
from vnetsh_libvirt.definition import (
    LIVE_ONLY,
    Definition,
    Nic,
    attribute_of,
    live_only,
    nic_of,
    of_network,
    record_of,
)
from vnetsh_libvirt.draft import Draft
from vnetsh_libvirt.fields import ANEW, BRIDGE, attributes_of, wrong
from vnetsh_libvirt.filters_at_work import filter_back
from vnetsh_libvirt.guards import SECURITY
from vnetsh_libvirt.libvirt_host import LibvirtHost, existing
from vnetsh_libvirt.link import error_code
from vnetsh_libvirt.plugged import told_by_libvirt

LIVE = libvirt.VIR_DOMAIN_AFFECT_LIVE
CONFIG = libvirt.VIR_DOMAIN_AFFECT_CONFIG

BEHIND = "behind"
"""In a port's record: the addresses of the NICs before its own in the definition, for a guest counts its NICs."""


def behind(definition: Definition, nic: Nic) -> list[str]:
    """The addresses of all that stand before a NIC, also of those that are on no bridge."""
    others = takewhile(lambda one: one is not nic.element, definition.root.iterfind("devices/interface"))
    return [attribute_of(one, "mac", "address") for one in others]


def views(host: LibvirtHost, domain: Any, port: Resource) -> dict[int, Definition]:
    """The domain as it runs and as it is defined, whichever there are, by the flag that changes it.

    Not as it is defined for a port that somebody took out of there: as the VM runs, it has it still.
    """
    found = {}
    if host.link.call(domain.isActive):
        found[LIVE] = host.live(domain)
    if host.persistent(domain) and not live_only(port):
        found[CONFIG] = host.defined(domain)
    return found


def plug(host: LibvirtHost, port: Resource) -> None:
    """Give a VM a NIC; where it runs, also there. One that is there already is left as it is."""
    domain = existing(host, _owner(port))
    place = (port.record or {}).get(BEHIND)
    xmls: dict[str, int] = {}
    defined = ""
    for flag, definition in views(host, domain, port).items():
        nic = definition.nic_of(port)
        if nic is None:
            xml = _text(_new(host, port, flag))
            if flag == CONFIG and isinstance(place, list):
                defined = xml
            else:
                xmls[xml] = xmls.get(xml, 0) | flag
        elif wrong(nic, as_defined(port) if flag == CONFIG else port):
            raise BackendRefused(
                f"{host.name}: the name is taken: {domain.name()} has a port {port.name} already"
            )

    def attach() -> None:
        for xml, flags in xmls.items():
            host.link.call(domain.attachDeviceFlags, xml, flags)

    if not (defined and isinstance(place, list)):
        attach()
        return
    # Libvirt would make it the last one, and a guest counts its NICs.
    old = host.defined(domain, secrets=True).xml
    draft = Draft(old)
    draft.plug(defined, place)
    host.call("defineXML", draft.text)
    with_cleanup(
        attach,
        lambda: leftovers_of(
            f"the port {port.name} is in the definition only", lambda: host.call("defineXML", old)
        ),
    )


def _new(host: LibvirtHost, port: Resource, flag: int) -> ET.Element:
    """A NIC to be plugged: in the definition as it was recorded; where the VM runs, also as its switch had it."""
    openvswitch = _openvswitch(host, port)
    if not port.record:
        return domain_xml.interface(port, openvswitch=openvswitch)
    nic = nic_of(port)
    if flag == LIVE and wrong(nic, port):
        domain_xml.place(nic, port, openvswitch=openvswitch)
    return nic.element


def as_defined(port: Resource) -> Resource:
    """A port as its VM's definition has it: as it was recorded, where it was."""
    return replace(port, attributes=attributes_of(nic_of(port))) if port.record else port


def unplug(host: LibvirtHost, port: Resource, progress: Progress) -> None:
    """Take a NIC away from a VM, and wait until a running guest has let go of it."""
    domain = host.domain(_owner(port))
    if domain is None:
        return
    found = views(host, domain, port)
    nic = found[LIVE].nic_of(port) if LIVE in found else None
    if nic:
        _detach_live(host, domain, nic, progress)
    if CONFIG in found:
        lasting = found[CONFIG].nic_of(port)
        if lasting:
            host.link.call(domain.detachDeviceFlags, _text(lasting.element), CONFIG)


def _detach_live(host: LibvirtHost, domain: Any, nic: Nic, progress: Progress) -> None:
    progress(f"{nic.owner}: waiting for the guest to let go of {nic.name}")
    host.link.call(domain.detachDeviceFlags, _text(nic.element), LIVE)
    if not host.wait(lambda: host.live(domain).nic(nic.name) is None):
        raise BackendRefused(
            f"{host.name}: the guest of {domain.name()} did not let go of {nic.name} in {host.timeout:g} s",
            help="a guest can only when its system has booted: try again, or stop the vm first",
        )


def change(host: LibvirtHost, change: Change, progress: Progress) -> None:
    """Change a NIC in place; replace it where that cannot be, and for what it has from its making only."""
    before, after = change.before, change.after
    assert before
    assert after
    openvswitch = _openvswitch(host, after)
    running = LIVE in views(host, existing(host, _owner(before)), before)
    anew = change.differing().keys() & ANEW or _elsewhere(change) or (running and of_network(before))
    if not anew:
        try:
            _update(host, change, openvswitch)
            return
        except ApplyFailed as error:
            # libvirt moves a running VM's NIC between Linux bridges only.
            if (
                error.__cause__ is None
                or error_code(error.__cause__) != libvirt.VIR_ERR_OPERATION_UNSUPPORTED
            ):
                raise
    _replace(host, change, openvswitch, progress)


def _elsewhere(change: Change) -> bool:
    """Whether a NIC's link is on another bridge than libvirt knows, which would do nothing about it."""
    before = change.before
    return (
        before is not None and BRIDGE in change.differing() and told_by_libvirt(before) != before.attributes
    )


def _update(host: LibvirtHost, change: Change, openvswitch: bool) -> None:
    before, after = change.before, change.after
    assert before
    assert after
    domain = existing(host, _owner(after))
    made: list[tuple[int, str]] = []

    def update() -> None:
        for flag, definition in views(host, domain, before).items():
            nic = _found(host, definition, before).copy()
            if flag == LIVE and wrong(nic, before):
                # Others have changed it at the switch. libvirt does nothing for what it believes to be so already:
                # it is told first what is there.
                domain_xml.place(nic, before, openvswitch=openvswitch)
                host.link.call(domain.updateDeviceFlags, _text(nic.element), flag)
            as_it_was = _text(nic.element)
            if flag == CONFIG and change.undo and after.record:
                nic = _restored(host, nic, change)
            else:
                wanted = after if flag == LIVE else as_changed(nic, change)
                domain_xml.place(nic, wanted, openvswitch=openvswitch)
            if flag == LIVE and change.undo and after.record and SECURITY in change.differing():
                filter_back(nic.element, after)
            host.link.call(domain.updateDeviceFlags, _text(nic.element), flag)
            made.append((flag, as_it_was))

    def back() -> list[str]:
        left = f"the port {before.name} is changed in the running vm only"
        return [
            sentence
            for flag, xml in made
            for sentence in leftovers_of(left, partial(host.link.call, domain.updateDeviceFlags, xml, flag))
        ]

    with_cleanup(update, back)


def _replace(host: LibvirtHost, change: Change, openvswitch: bool, progress: Progress) -> None:
    """Unplug a NIC and plug one that is like it in all that does not change (its model, its limits)."""
    before, after = change.before, change.after
    assert before
    assert after
    found = views(host, existing(host, _owner(before)), before)
    definition = found[max(found)]  # that before the running VM
    nic = _found(host, definition, before)
    if change.undo and after.record:
        new = _restored(host, nic, change)
    else:
        new = nic.copy()
        domain_xml.renew(new, as_changed(nic, change), openvswitch=openvswitch)
    unplug(host, before, progress)
    place = behind(definition, nic)
    with_cleanup(
        lambda: plug(host, _recorded(after, new, place)),
        lambda: leftovers_of(
            f"the port {before.name} is unplugged",
            lambda: plug(host, _recorded(before, nic, place)),
        ),
    )


def _recorded(port: Resource, nic: Nic, place: Sequence[str]) -> Resource:
    """A port that is this NIC, in its VM's definition only if it was there before, and in its place."""
    return replace(port, record={**record_of(nic), BEHIND: place, LIVE_ONLY: live_only(port)})


def as_changed(nic: Nic, change: Change) -> Resource:
    """A port as its NIC is to be in the definition after a change: what that is not about need not be as the VM runs,
    and stays. Taken back, it is to be as recorded.
    """
    port = change.resource
    said = attributes_of(nic_of(port)) if change.undo and port.record else port.attributes
    new = {name: said.get(name) for name in change.differing()}
    return replace(port, attributes={**attributes_of(nic), **new})


def _restored(host: LibvirtHost, nic: Nic, change: Change) -> Nic:
    """A NIC of a definition with a change taken back: the very one of before, unless more was changed since."""
    wanted, old = as_changed(nic, change), nic_of(change.resource)
    if not wrong(old, wanted):
        return old
    new = nic.copy()
    domain_xml.renew(new, wanted, openvswitch=_openvswitch(host, wanted))
    return new


def _found(host: LibvirtHost, definition: Definition, port: Resource) -> Nic:
    nic = definition.nic_of(port)
    if nic is None:
        raise BackendRefused(f"{host.name}: {definition.name} has no port {port.name} any more")
    return nic


def _owner(port: Resource) -> str:
    assert port.parent
    return port.parent[1]


def _openvswitch(host: LibvirtHost, port: Resource) -> bool:
    bridge = port.text(BRIDGE)
    return host.openvswitch([bridge])[bridge]


def _text(element: ET.Element) -> str:
    return ET.tostring(element, encoding="unicode")
