"""Another size, mark or state for a VM that is there.

What is defined is changed by one call, as a whole: libvirt takes all of it or nothing. What is taken back is put back
as it stood in the definition of before, and what others have changed since stays.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import partial
from typing import Any

import libvirt

from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model.backups import RESTORE
from vnetsh.model.change import Change
from vnetsh.model.power import FORCE, RUNNING
from vnetsh_libvirt import domain_xml, media_changing
from vnetsh_libvirt.backups import restoring
from vnetsh_libvirt.cleanup import leftovers_of, with_cleanup
from vnetsh_libvirt.definition import NAMESPACE, Definition
from vnetsh_libvirt.files import Files
from vnetsh_libvirt.journey import Tell, in_words
from vnetsh_libvirt.keeping import autostarts
from vnetsh_libvirt.libvirt_host import LibvirtHost, existing
from vnetsh_libvirt.mark import placing_of
from vnetsh_libvirt.media import CDROM
from vnetsh_libvirt.placing import keep_live
from vnetsh_libvirt.power import to_state
from vnetsh_libvirt.rebooting import reboot
from vnetsh_libvirt.redrafting import marked_anew, redrafted
from vnetsh_libvirt.resizing import resize
from vnetsh_libvirt.snapshots.taking import revert
from vnetsh_libvirt.states import STATE, reverts
from vnetsh_libvirt.vm_fields import AUTOSTART, MEMORY, VCPUS


def change(host: LibvirtHost, change: Change, files: Files, tell: Tell) -> None:
    """Change what a VM is defined with, its mark and its state. Raises `ApplyFailed`; all is as it was then."""
    before, after = change.before, change.after
    assert before
    assert after
    domain, progress = existing(host, after.name), in_words(tell)
    if reverts(change):
        revert(host, change, progress)
        return
    if change.traceless:
        reboot(host, domain, progress)
        return
    defined = host.defined(domain, secrets=True) if host.persistent(domain) else None
    restores = RESTORE in change.wishes
    if restores and change.undo and (left := restoring.back(host, change, files)):
        raise BackendRefused(left[0])

    def work() -> None:
        if restores and not change.undo:
            restoring.restore(host, change, files, tell)
        if defined:
            _define(host, defined, redrafted(defined, change))
            reached("domain is redefined")
        if marked_anew(change) and host.link.call(domain.isActive):
            _mark_live(host, domain, change)
        if placing_of(before) != placing_of(after) and host.link.call(domain.isActive):
            keep_live(host, domain, after)
        if change.differing().keys() & {MEMORY, VCPUS} and host.state(domain) == RUNNING:
            resize(host, domain, change, files, progress)
        if CDROM in change.differing():
            media_changing.change(host, domain, change)
        if AUTOSTART in change.differing():
            host.link.call(domain.setAutostart, int(autostarts(after)))
        if STATE in change.differing():
            to_state(host, domain, after.text(STATE), progress, force=bool(change.wishes.get(FORCE)))

    def back() -> list[str]:
        left = _medium_back(host, domain, change)
        if restores and not change.undo:
            left += restoring.back(host, change, files)
        if defined is None:
            return left
        now = host.defined(domain, secrets=True)
        left += leftovers_of(
            f"the definition of {after.name} is changed", lambda: _define(host, now, defined.xml)
        )
        if AUTOSTART in change.differing():
            left += leftovers_of(
                f"whether {after.name} is started with {host.name} is changed",
                lambda: host.link.call(domain.setAutostart, int(autostarts(before))),
            )
        return left

    with_cleanup(work, back)


def _medium_back(host: LibvirtHost, domain: Any, change: Change) -> list[str]:
    if CDROM not in change.differing():
        return []
    back = partial(media_changing.change, host, domain, change.inverse())
    return leftovers_of(f"another medium is in the drive of {change.resource.name}", back)


def _define(host: LibvirtHost, now: Definition, xml: str) -> None:
    if xml != now.xml:
        host.call("defineXML", xml)


def _mark_live(host: LibvirtHost, domain: Any, change: Change) -> None:
    after = change.resource
    xml = ET.tostring(domain_xml.mark(after), encoding="unicode") if after.marked else None
    kind, where = libvirt.VIR_DOMAIN_METADATA_ELEMENT, libvirt.VIR_DOMAIN_AFFECT_LIVE
    host.link.call(domain.setMetadata, kind, xml, "vnetsh", NAMESPACE, where)
