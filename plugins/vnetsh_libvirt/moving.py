"""Move a VM to another host: live and peer to peer when it runs, else its definition and files are copied.

Both hosts are asked before anything moves, and again when something failed: what is true then decides. A disk is
never overwritten, and never removed before the VM is seen at the other end.
"""

from __future__ import annotations

from concurrent.futures import wait
from contextlib import suppress
from dataclasses import replace
from typing import Any

from vnetsh.backend import ApplyFailed, JobState
from vnetsh.crashpoints import reached as crashpoint
from vnetsh.errors import BackendRefused, HostUnreachable, VnetshError
from vnetsh.hosts.workers import begin
from vnetsh.model.change import Change
from vnetsh.model.power import OFF
from vnetsh_libvirt import domain_xml, limits, storage
from vnetsh_libvirt.at_once import on_the_way
from vnetsh_libvirt.carrying import carry
from vnetsh_libvirt.disks import travelling, travelling_nvram, unknown_to_libvirt
from vnetsh_libvirt.examining import refuse, refuse_for_room
from vnetsh_libvirt.fencing import fence
from vnetsh_libvirt.files import Files
from vnetsh_libvirt.journey import Journey, Tell
from vnetsh_libvirt.keeping import autostarts
from vnetsh_libvirt.libvirt_host import LibvirtHost
from vnetsh_libvirt.migrating import migrate
from vnetsh_libvirt.migration_way import Way
from vnetsh_libvirt.outage.measuring import Measuring
from vnetsh_libvirt.reaching import waited_for
from vnetsh_libvirt.settling import LOST, Ends, end, has_moved, waited
from vnetsh_libvirt.sights import GONE, look, reached
from vnetsh_libvirt.states import STATE
from vnetsh_libvirt.thick_room import see_to_room
from vnetsh_libvirt.vm_fields import AUTOSTART


def move(change: Change, source: LibvirtHost, target: LibvirtHost, files: Files, tell: Tell) -> None:
    """Move a VM; one that is at the target already is fine, and what was left of its move is ended.

    Raises `BackendRefused` when nothing was begun, `ApplyFailed` with what it had to leave, and `HostUnreachable`
    when nobody knows how it ended.
    """
    vm = change.before
    assert vm
    if change.undo:  # what was half-made was under way from there to here
        if not end(ends_of(change, target, source), tell, files.say):
            _finish(change, source, target, files)
            return
    elif change.made:
        if end(ends_of(change, source, target), tell, files.say):
            _finish(change, source, target, files)
            return
        raise BackendRefused(f"{source.name}: {vm.name} has not moved")
    domain, there = source.domain(vm.name), target.domain(vm.name)
    if domain is None and there is not None:
        return
    if domain is None:
        raise BackendRefused(
            f"{source.name}: the domain {vm.name} is gone", help="did somebody else remove it?"
        )
    if there is not None:
        raise BackendRefused(f"{target.name}: the name is taken: libvirt has a domain {vm.name} already")
    with Measuring(change) as measuring:
        with on_the_way(change.resource.name, source, target, tell):
            _go(change, domain, source, target, files, tell, measuring)
        measuring.moved()
        crashpoint("domain has moved")
        concluding = begin("outage", measuring.conclude)  # it waits, for answers and for switches
        try:
            _finish(change, source, target, files)
        finally:
            wait([concluding])
        concluding.result()


def has_come(change: Change, source: LibvirtHost, target: LibvirtHost, tell: Tell) -> bool:
    """Whether a VM has moved, when no migration of it is under way any more. Raises `HostUnreachable`."""
    assert change.before
    with reached(source) as here, reached(target) as there:
        ends = ends_of(change, here, there)
        try:
            return has_moved(ends, *waited(ends, tell))
        except BackendRefused:  # it is at neither, or another one has its name: it has not
            return False


def ends_of(change: Change, source: LibvirtHost, target: LibvirtHost) -> Ends:
    """The ends of a VM's move."""
    vm = change.before
    assert vm
    lost = any(LOST in thing for thing in change.made)
    return Ends(vm.name, source, target, vm.text(STATE) or "running", lost)


def _go(
    change: Change,
    domain: Any,
    source: LibvirtHost,
    target: LibvirtHost,
    files: Files,
    tell: Tell,
    measuring: Measuring,
) -> None:
    name, state = domain.name(), source.state(domain)
    running = state not in OFF
    definition = source.live(domain) if running else source.defined(domain)
    journey = Journey(
        name,
        domain,
        definition,
        (),
        "",
        {},
        source,
        target,
        files,
        tell,
        change.wishes,
        Way.of(change.wishes, source.host, target.host),
        lambda far: measuring.pace(far=far),
    )
    switches = begin("switches", target.openvswitch, [nic.bridge for nic in definition.nics])
    if running:  # until its files are looked at it answers
        measuring.begin(journey)
    views = [definition, *([source.defined(domain)] if running and source.persistent(domain) else [])]
    if not change.undo:  # what it came from has all that it needs
        refuse(definition, running, source, target)
    disks = travelling(source, target, views, files)
    if not change.undo:
        refuse_for_room(disks, source, target)
    nvram = travelling_nvram(source, target, definition, files)
    openvswitch = switches.result()
    proven = running and unknown_to_libvirt(source, views, disks)
    journey = replace(journey, disks=disks, nvram=nvram, openvswitch=openvswitch, proven=proven)
    _note(journey, undo=change.undo)
    kept = source.defined(domain, secrets=True) if running and source.persistent(domain) else None
    try:
        measuring.ready()
        _make_way(journey)
        measuring.moves()
        migrate(journey) if running else carry(journey)
        for disk in journey.disks if running else ():
            if disk.thick:
                see_to_room(target, disk.image.path, disk.image.format, disk.image.capacity, files)
        if kept:
            _define_as_it_was(domain_xml.replugged(kept, openvswitch), target, name)
    except (VnetshError, KeyboardInterrupt) as error:
        _ended(journey, Ends(name, source, target, state), error)


def _define_as_it_was(xml: str, target: LibvirtHost, name: str) -> None:
    """Libvirt indents what is in the definition's metadata anew when it migrates it: have it as it was."""
    found = target.domain(name)
    if found is not None and target.defined(found, secrets=True).xml != xml:
        target.call("defineXML", xml)


def _note(journey: Journey, *, undo: bool) -> None:
    """Write down what will be of no use when the VM is at the target; what a run made, it has written down itself."""
    files, source, mark = journey.files, journey.source, journey.definition.mark
    views = (journey.definition, source.defined(journey.domain))
    files.note(source, "", goes="its definition")  # the plan says where one is that is left
    for disk in journey.disks:
        image = disk.image
        template = storage.path_of(source, mark.disk) if mark and mark.own else ""
        below = image.backing.path if image.backing else ""
        thin = (
            bool(template) and template == below and image.path == storage.overlay_path(source, journey.name)
        )
        made = image.path in (disk.path for view in views for disk in view.made_disks)
        files.note_kept(source, image.path, goes=(thin or made) and not undo)
    if journey.nvram:
        files.note_kept(source, journey.nvram, goes=False)


def _make_way(journey: Journey) -> None:
    """Remove what a run of before made or left at the target, where the VM's files are to be."""
    files, target = journey.files, journey.target
    limits.forget(target, journey.definition)
    known = {*files.made_on(target), *files.to_go(target), *files.old_on(target)}
    # Of all others it was just seen that there is nothing; and nothing is made where something is.
    for path in known.intersection((*(disk.image.path for disk in journey.disks), journey.nvram)):
        if path in files.old_on(target) and files.of_own(target, path):
            files.note(target, f"{path} on {target.name}", replaced=path)
        why = files.remove(target, path)
        if why:
            raise BackendRefused(f"{target.name}: {why}")


def _ended(journey: Journey, ends: Ends, error: VnetshError | KeyboardInterrupt) -> None:
    """After a failure: where the VM is, with what was made of no use removed. Nothing is raised where it did move.

    Raises `HostUnreachable` where nobody knows: then nothing is touched.
    """

    def tell(state: JobState) -> None:
        with suppress(KeyboardInterrupt):  # it is being broken off already
            journey.tell(state)

    message = error.message if isinstance(error, VnetshError) else "interrupted"
    with suppress(VnetshError):  # what libvirt and QEMU say does not tell of servers
        why = waited_for(ends.source, journey.definition)
        message += f"; {why}" if why and why not in message else ""
    try:
        with reached(ends.source) as source:
            leftovers = _left(journey, replace(ends, source=source), tell)
    except HostUnreachable as lost:
        where = f"{ends.name} is on {ends.source.name} or on {ends.target.name}, nobody knows yet"
        raise type(lost)(f"{message}; {where}: {lost.message}", help=lost.help) from error
    if leftovers is not None:
        stays = f"{message}; {ends.name} stays on {ends.source.name}"
        help = error.help if isinstance(error, VnetshError) else ""
        raise ApplyFailed(stays, leftovers=leftovers, help=help) from error


def _left(journey: Journey, ends: Ends, tell: Tell) -> list[str] | None:
    """What is left at the target of a VM that stays, in sentences; None when it is there."""
    try:
        with reached(ends.target) as target:
            if end(replace(ends, target=target), tell, journey.files.say):
                return None
            return journey.files.remove_made(target)
    except HostUnreachable as lost:
        here = look(ends.source, ends.name)
        if here.state != GONE and not here.busy:  # then it must not begin to run there later
            fence(ends.target, journey.definition.uuid)
        # Not that it hangs: of the host where the work is done, this is not so.
        raise HostUnreachable(lost.message, help=lost.help) from lost


def _finish(change: Change, source: LibvirtHost, target: LibvirtHost, files: Files) -> None:
    """What is left to do when the VM is at the target."""
    assert change.before
    name = change.before.name
    domain = target.domain(name)
    if domain is not None and _starts_itself(change) and target.persistent(domain):
        target.link.call(domain.setAutostart, 1)
    files.say_stays(filter(None, (files.remove(source, path) for path in files.to_go(source))))
    if change.undo:
        files.say_stays(files.remove_made(source, files.replaced_on(source)))
    files.note_left(source)
    old = [path for path in files.old_on(source) if files.of_own(source, path)]
    files.say_stays(f"{name}: its old copy is kept: {path} on {source.name}" for path in old)


def _starts_itself(change: Change) -> bool:
    """Whether it is to start with its host; taken back, also where a killed run had not set that at the target yet."""
    ends = [vm for vm in (change.before, change.after) if vm]
    return any(autostarts(vm) or (change.undo and bool((vm.record or {}).get(AUTOSTART))) for vm in ends)
