"""Another name for a VM that is off, and for its NICs' links that are called after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vnetsh.backend import Assessment
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused
from vnetsh.model import Fleet, Resource
from vnetsh.model.change import Change
from vnetsh.model.snapshots import snapshots_of
from vnetsh_libvirt import domain_xml
from vnetsh_libvirt.checkpoints import others
from vnetsh_libvirt.cleanup import leftovers_of, with_cleanup
from vnetsh_libvirt.definition import Definition, recorded
from vnetsh_libvirt.domain_xml import alias_of
from vnetsh_libvirt.draft import Draft
from vnetsh_libvirt.mark import placing_of
from vnetsh_libvirt.named_files import nvram_of
from vnetsh_libvirt.refusals import refused
from vnetsh_libvirt.states import saved

if TYPE_CHECKING:
    from vnetsh_libvirt.libvirt_host import LibvirtHost


def assess(change: Change, fleet: Fleet) -> Assessment:
    """What speaks against another name for a VM; it costs nothing."""
    vm, defined = change.before, recorded(change.before) if change.before else None
    assert vm
    held = (
        (bool(snapshots_of(vm, fleet)), "snapshots", f"`delete snapshot {vm.name}/…`, if they may go"),
        (bool(others(vm)), "checkpoints of backups", "`virsh checkpoint-delete`"),
        (saved(vm), "a saved state", f"start it, which goes on from that, and stop it: `start {vm.name}`"),
        (
            defined is not None and bool(nvram_of(defined)),
            "a file of its firmware's variables, called after it",
            f"make a vm anew with its disk: `vm {change.resource.name} on {vm.place} … import`",
        ),
    )
    for has, what, help in held:
        if has:
            return refused("E490", vm, f"vm `{vm.name}` cannot be renamed: it has {what}", help)
    return Assessment(how=f"called {vm.name} until now; the files of its disks keep their names")


def rename(host: LibvirtHost, change: Change, ports: Sequence[Change]) -> None:
    """Rename a VM with its ports; one that has its new name already gets its ports'. Raises `ApplyFailed`."""
    old, new = change.before, change.after
    assert old
    assert new
    there = host.domain(old.name)
    if there is not None:
        _refuse_another(host, old, host.defined(there))
        host.link.call(there.rename, new.name, 0)
        reached("vm is renamed")

    def ports_follow() -> None:
        domain = host.domain(new.name)
        if domain is None:
            raise BackendRefused(
                f"{host.name}: the domain {old.name} is gone", help="did somebody else remove it?"
            )
        _refuse_another(host, old, host.defined(domain))
        before = host.defined(domain, secrets=True).xml
        after = _renamed(before, change, ports)
        if after != before:
            host.call("defineXML", after)
        reached("ports are renamed")

    def back() -> list[str]:
        domain = host.domain(new.name)
        if there is None or domain is None:
            return []
        return leftovers_of(
            f"{old.name} is called {new.name}", lambda: host.link.call(domain.rename, old.name, 0)
        )

    with_cleanup(ports_follow, back)


def _refuse_another(host: LibvirtHost, vm: Resource, there: Definition) -> None:
    known = recorded(vm)
    if known and known.uuid and known.uuid != there.uuid:
        raise BackendRefused(f"{host.name}: {vm.name} is another domain now: left alone")


def _renamed(xml: str, change: Change, ports: Sequence[Change]) -> str:
    """A definition that says what the VM was called, and whose NICs have the names of these ports."""
    draft, said = Draft(xml), placing_of(change.resource)
    if Definition(xml).placing != said:
        draft.placing(domain_xml.placing(said))
    for port in ports:
        if port.renames and port.before and port.after:
            draft.rename_nic(port.before.name, port.after.name, alias_of(port.before), alias_of(port.after))
    return draft.text
