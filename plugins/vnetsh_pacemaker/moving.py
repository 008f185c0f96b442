"""A cluster moves, stops or starts a vm.

For a move it is told where, and that is taken back once the vm is there. A vm that it keeps off has its definition with
the libvirt of one host: so it is seen like any other. It is there before the cluster stops the vm, and goes again once
that runs, wherever.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, tostring

from vnetsh.backend import ApplyFailed, Connection, Context, Observation, Progress
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused, ServiceAbsent, VerificationFailed
from vnetsh.model import KEEPER, ActionKind, Change, Host, is_off, listed
from vnetsh.model.power import FORCE
from vnetsh_pacemaker.adopting import VIRSH
from vnetsh_pacemaker.connection import PacemakerConnection
from vnetsh_pacemaker.hindrances import rule_of_move
from vnetsh_pacemaker.marks import DRAINED, ROLE
from vnetsh_pacemaker.members import Look
from vnetsh_pacemaker.sort import NAME

_DRAINED = "drained"
_MOVED = 300
"""Seconds that a move may take. What the cluster is told for it holds no longer, whoever is killed meanwhile."""


class VmConnection(Connection):
    """One host's vms of clusters."""

    def __init__(self, host: Host, context: Context) -> None:
        self._host, self._context = host, context

    def observe(self, progress: Progress) -> Observation:
        """Nothing: libvirt tells of vms, and the cluster of what it keeps up."""
        return Observation()

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Move or switch the vms, one after the other. Raises `ApplyFailed`, `HostUnreachable`."""
        done: list[Change] = []
        for change in changes:
            moves = change.action is ActionKind.MOVE
            progress(f"vm {change.resource.name}: its cluster {'moves' if moves else 'switches'} it")
            try:
                self._make(change)
                done.append(change)
                self._remember(change)
            except (BackendRefused, ServiceAbsent) as error:
                raise ApplyFailed(error.message, change=change, done=tuple(done), help=error.help) from error

    def _make(self, change: Change) -> None:
        cluster, id = self._cluster_of(change)
        look = cluster.members.look()
        if not look.quorate:
            raise BackendRefused(f"{change.resource.name}: its cluster has no quorum: nothing was changed")
        if is_off(change.resource):
            self._keep_off(change, cluster, id, look)
        else:
            self._bring(change, cluster, id, look)
            cluster.adopting.take(change.resource.name)

    def _remember(self, change: Change) -> None:
        """Have a cluster know where a vm that was drained came from, once that is there; or forget it."""
        cluster, id = self._cluster_of(change)
        drained = " ".join(listed(change.resource.get(_DRAINED)))
        if drained != cluster.members.look().cib.told(id, DRAINED):
            reached("a cluster is to be told where a vm came from")
            cluster.tell(id, DRAINED, drained)

    def _keep_off(self, change: Change, cluster: PacemakerConnection, id: str, look: Look) -> None:
        """Have a vm be off, and its definition be with the libvirt of its host."""
        name, host = change.resource.name, change.resource.place
        cluster.adopting.define_at(host, name)
        if look.cib.is_off(id):
            return
        cluster.tell(id, ROLE, "Stopped")
        reached("a cluster stops a vm")
        if change.wishes.get(FORCE):
            cluster.members.run_on(host, [*VIRSH, "destroy", name])
        cluster.members.settle_down(_MOVED)

    def _bring(self, change: Change, cluster: PacemakerConnection, id: str, look: Look) -> None:
        """Have a vm run at a host, wherever it does now, if anywhere."""
        names, target = cluster.names(look), change.resource.place
        off = look.cib.is_off(id)
        if names.node(target) in look.status.running[id].nodes and not off:
            return
        resource = ["crm_resource", "--resource", id]
        where = [*resource, "--move", "--node", names.node(target), "--lifetime", f"PT{_MOVED}S"]
        cluster.members.must(look.host, where)
        reached("a cluster moves a vm")
        try:
            if off:
                cluster.tell(id, ROLE, "")
                reached("a cluster starts a vm")
            cluster.members.settle_down(_MOVED)
        finally:
            self._clear(cluster, id)

    def _clear(self, cluster: PacemakerConnection, id: str) -> None:
        """Take back what a cluster was told for a move, and no more: others may have banned the vm somewhere."""
        rule = tostring(Element("rsc_location", id=rule_of_move(id)), encoding="unicode")
        cluster.members.run(["cibadmin", "--delete", "--xml-text", rule])

    def settle(self, changes: Sequence[Change], progress: Progress) -> Sequence[Change] | None:
        """Wait until its cluster has done with a vm, and take back what was there for a while; those that stand."""
        standing = []
        for change in changes:
            cluster, id = self._cluster_of(change)
            forced = is_off(change.resource) and change.wishes.get(FORCE) and not change.undo
            # Else its guest is waited for, as its agent does.
            if forced and cluster.members.look().cib.is_off(id):
                cluster.members.run_on(change.resource.place, [*VIRSH, "destroy", change.resource.name])
            cluster.members.settle_down(_MOVED)
            self._clear(cluster, id)
            name, defined = change.resource.name, cluster.adopting.defined_at(change.resource.name)
            if defined and not cluster.members.look().cib.is_off(id):
                cluster.adopting.take(name)
            elif len(defined) > 1:
                cluster.adopting.define_at(change.place if change.place in defined else defined[0], name)
            standing += [change] if not self._against(change, cluster, id) else []
        return standing

    def _cluster_of(self, change: Change) -> tuple[PacemakerConnection, str]:
        """The cluster that keeps a vm up, and what that calls it. Raises `BackendRefused`, `HostUnreachable`."""
        place = self._context.place(str(change.wishes[KEEPER]))
        connection = self._context.connection(place, NAME)
        assert isinstance(connection, PacemakerConnection)
        return connection, connection.id_of_vm(change.resource.name)

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """See that each runs where it was to be, and nowhere else; or is off. Raises `VerificationFailed`."""
        for change in changes:
            cluster, id = self._cluster_of(change)
            if says := self._against(change, cluster, id):
                raise VerificationFailed(f"{change} did not come about: {says}")

    def _against(self, change: Change, cluster: PacemakerConnection, id: str) -> str:
        """Why a change has not come about, in words; empty where it has."""
        vm, look = change.resource, cluster.members.look()
        running = look.status.running[id]
        at = [cluster.names(look).host(node) for node in running.nodes]
        defined = cluster.adopting.defined_at(vm.name)
        if look.cib.told(id, DRAINED).split() != [*listed(vm.get(_DRAINED))]:
            return "its cluster was not told where it came from"
        if is_off(vm):
            if look.cib.is_off(id) and not at and defined == [vm.place]:
                return ""
            return f"it runs on {', '.join(at) or 'no host'}, and is defined on {', '.join(defined)}"
        if at == [vm.place] and running.up and not defined:
            return ""
        why = look.status.failures.get(id, ())
        words = f"it is on {', '.join(at) or 'no host'}"
        return f"{words}: {why[-1]}" if why else words
