"""What it costs to make, change or remove a VM, and what speaks against it, from the observed fleet. Pure."""

from __future__ import annotations

from vnetsh.backend import Assessment
from vnetsh.model import Fleet, Resource
from vnetsh.model.backups import RESTORE
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh.model.disks import DISKS
from vnetsh.model.power import CLONE, REVERT
from vnetsh.model.snapshots import snapshots_of
from vnetsh_libvirt import capacity, cloning, images, live_sizes, renaming, switching
from vnetsh_libvirt.backups import restore_assessing as backups
from vnetsh_libvirt.definition import Definition, recorded
from vnetsh_libvirt.facts import facts
from vnetsh_libvirt.hardware import HARDWARE, TOPOLOGY
from vnetsh_libvirt.hardware_problems import problem as hardware_problem
from vnetsh_libvirt.keeping import (
    KEEPS_TPM,
    UNREADABLE,
    changed_when_off,
    kept,
    losses_of,
    lost_when_off,
    not_brought_back,
)
from vnetsh_libvirt.mark import mark_of
from vnetsh_libvirt.media_problems import problem as media_problem
from vnetsh_libvirt.plugged import lost_with_links
from vnetsh_libvirt.redrafting import with_topology
from vnetsh_libvirt.refusals import of_one_uuid, refused, template_problem, transient
from vnetsh_libvirt.snapshots.assessing import of_revert, revert_problem
from vnetsh_libvirt.states import STATE, goes_off, is_off, reverts, saves
from vnetsh_libvirt.vm_fields import AUTOSTART, SETTINGS, VM_FIELDS


def assess_vm(change: Change, fleet: Fleet) -> Assessment:
    """The cost of a change of a VM, or the problem that forbids it."""
    unreadable = (change.before.record or {}).get(UNREADABLE) if change.before else None
    if unreadable:
        return refused(
            "E458",
            change.resource,
            f"vm `{change.resource.name}` on {change.place} cannot be read: {unreadable}",
            f"look at it there: `virsh dumpxml {change.resource.name}`",
        )
    match change.action:
        case ActionKind.ADD:
            return _new(change, fleet)
        case ActionKind.REMOVE:
            return _removal(change, fleet)
        case ActionKind.MOVE:
            from vnetsh_libvirt.assessing_moves import assess_move

            return assess_move(change, fleet)
        case _:
            return _changed(change, fleet)


def _new(change: Change, fleet: Fleet) -> Assessment:
    vm = change.resource
    restores = RESTORE in change.wishes and not change.undo
    if restores and (problem := backups.restore_problem(change, fleet)):
        return problem
    if vm.record:
        twin = of_one_uuid(vm, vm.place, fleet)
        if twin:
            return refused(
                "E441",
                vm,
                f"vm `{vm.name}` cannot be brought back: its UUID is that of vm `{twin.name}` on {vm.place}",
                f"give {twin.name} another one: `virsh dumpxml`, `undefine`, `define`",
            )
        if not is_off(vm) and (problem := template_problem(vm, vm, fleet)):
            return problem
        how = backups.of_restore(change, fleet) if restores else "restored from its definition"
        return Assessment(how="; ".join(filter(None, (how, not_brought_back(vm)))))
    problem = (
        images.problem(vm, fleet)
        or images.nvram_problem(vm, fleet)
        or media_problem(Change(ActionKind.ADD, None, vm), fleet)
        or hardware_problem(Change(ActionKind.ADD, None, vm), fleet)
        or capacity.problem(vm, fleet)
    )
    if problem:
        return problem
    if restores:
        return Assessment(how=backups.of_restore(change, fleet))
    source = fleet.get("vm", vm.place, str(change.wishes.get(CLONE, "")))
    if source and (model := recorded(source)):
        return _clone(vm, source, model, fleet)
    said = mark_of(vm)
    if not said.disk:
        return Assessment()
    return Assessment(
        how=f"{said.disk} itself is its disk" if said.imported else f"thin overlay of {said.disk}"
    )


def _clone(vm: Resource, source: Resource, model: Definition, fleet: Fleet) -> Assessment:
    """What a clone has not of its model; refused where it would not start the same."""
    if found := cloning.problem(model):
        return refused("E491", vm, f"vm `{source.name}` cannot be cloned: it has {found[0]}", found[1])
    snapshots = snapshots_of(source, fleet)
    more = [*cloning.missing(model), *([f"its snapshots ({len(snapshots)})"] if snapshots else [])]
    return Assessment(how=f"as {source.name} is" + (f", but for {'; '.join(more)}" if more else ""))


def _removal(change: Change, fleet: Fleet) -> Assessment:
    vm = change.resource
    losing = losses_of(vm, fleet)
    if losing:
        return refused("E453", vm, f"vm `{vm.name}` has {losing[0]}, which would be lost", losing[1])
    if not vm.record:
        disk = ", its new disk removed" if mark_of(vm).own else ""
        return Assessment(Impact.DESTROY, (vm.name,), f"switched off and undefined{disk}")
    if transient(vm):
        return Assessment(Impact.DESTROY, (vm.name,), "shut down; it has no definition that would stay")
    defined, version = recorded(vm), facts(fleet, vm.place).version
    if defined and defined.own_tpm and version and version < KEEPS_TPM:
        return refused(
            "E453",
            vm,
            f"vm `{vm.name}` has a TPM, whose state the libvirt of {vm.place} would remove with it",
            "libvirt keeps it from version 8.9; stop the vm instead",
        )
    erased = change.wishes.get(DISKS)
    stays = list(kept(vm, erased if isinstance(erased, tuple) else ()))
    staying = " and ".join(filter(None, (", ".join(stays[:-1]), *stays[-1:])))
    one = staying and "," not in staying and " and " not in staying and not staying.endswith(("s", "files"))
    how = f"undefined; {staying} {'is' if one else 'are'} kept" if staying else "undefined"
    if RESTORE in change.wishes and change.undo:
        return Assessment(Impact.DESTROY, (vm.name,), f"undefined; {backups.BACK}")
    if is_off(vm):
        return Assessment(how=how)
    lost = (lost_when_off(vm), lost_with_links(vm, fleet), changed_when_off(vm), not_brought_back(vm))
    how = "; ".join(filter(None, (f"shut down and {how}", *lost)))
    return Assessment(Impact.RESTART, (vm.name,), how)


def _changed(change: Change, fleet: Fleet) -> Assessment:
    before, after, differing = change.before, change.after, change.differing()
    assert before
    assert after
    if change.renames:
        return renaming.assess(change, fleet)
    problem = (
        _forbidden(before, after, change)
        or hardware_problem(change, fleet)
        or media_problem(change, fleet)
        or switching.problem(change, fleet)
        or (revert_problem(change, fleet) if reverts(change) else None)
        or (backups.restore_problem(change, fleet) if RESTORE in change.wishes else None)
        or capacity.changed_problem(change, fleet)
    )
    if problem:
        return problem
    if reverts(change):
        return of_revert(change, fleet)
    if RESTORE in change.wishes:
        if change.undo:
            return Assessment(Impact.DESTROY, (before.name,), backups.BACK)
        return Assessment(how=backups.of_restore(change, fleet))
    if change.traceless:
        return switching.of_reboot(before)
    now = live_sizes.as_it_is(change, fleet)
    costs = [field.cost(now) for field in VM_FIELDS if field.name in differing]
    goes: tuple[str, ...] = ()
    if REVERT in change.wishes:
        costs.append(Assessment(how="what it had written before stays lost"))
    if goes_off(change):
        goes = (lost_when_off(before), lost_with_links(before, fleet), changed_when_off(before))
    elif saves(change):
        goes = (lost_with_links(before, fleet), switching.room_of(before, fleet))
    return Assessment(
        max((cost.impact for cost in costs), default=Impact.NONE),
        tuple(dict.fromkeys(hit for cost in costs for hit in cost.hits)),
        "; ".join(dict.fromkeys(filter(None, (*(cost.how for cost in costs), *goes)))),
    )


def _forbidden(before: Resource, after: Resource, change: Change) -> Assessment | None:
    """What the VM's definition does not allow, or would lose something by."""
    differing = change.differing()
    if transient(before) and AUTOSTART in differing:
        return refused(
            "E447",
            after,
            f"vm `{after.name}` has no persistent definition: libvirt starts none like that with its host",
            "define it first",
            word=AUTOSTART,
        )
    if transient(before) and (said := differing.keys() & HARDWARE.keys()):
        return refused(
            "E447",
            after,
            f"vm `{after.name}` has no persistent definition: its {' and '.join(sorted(said))} stays as it is",
            "libvirt forgets such a vm when it stops; define it first",
            word=min(said),
        )
    if transient(before) and differing.keys() & SETTINGS.keys():
        return refused(
            "E447",
            after,
            f"vm `{after.name}` has no persistent definition: its {' and '.join(SETTINGS)} are as they are",
            "libvirt forgets such a vm when it stops; define it first",
        )
    if transient(before) and STATE in differing and is_off(after):
        return refused(
            "E447",
            after,
            f"vm `{after.name}` has no persistent definition: stopped it would be gone",
            f"if it may go: `delete vm {after.name}`; else define it first",
        )
    defined = recorded(before)
    if defined and TOPOLOGY in differing:
        defined = with_topology(defined, after.get(TOPOLOGY))
    for name, setting in SETTINGS.items():
        value = setting.wanted(name, after)
        if defined is None or name not in differing or value is None or change.undo:
            continue
        why = setting.problem(defined, value)
        if why:
            return refused(
                "E452",
                after,
                f"vm `{after.name}` cannot be given `{name}` {setting.number(value)}{setting.unit}: {why}",
                f"change both together: `virsh edit {after.name}`",
                word=name,
            )
    return None
