"""The backend's connection to one cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vnetsh.backend import ApplyFailed, Assessment, Connection, Context, Observation, Progress
from vnetsh.crashpoints import reached
from vnetsh.errors import BackendRefused, VerificationFailed
from vnetsh.model import Attributes, Change, Finding, Fleet, Place, Resource, listed
from vnetsh_pacemaker import reading
from vnetsh_pacemaker.adopting import Adopting
from vnetsh_pacemaker.cib import pairs, patch_between, primitives
from vnetsh_pacemaker.drafting import Conflict, Drafted, alike, drafted, id_of, is_outdated
from vnetsh_pacemaker.members import Look, Members
from vnetsh_pacemaker.secrets import Secrets
from vnetsh_pacemaker.shapes.kept import Names
from vnetsh_pacemaker.shapes.vms import FOLDER
from vnetsh_pacemaker.sort import MEMBER, STANDBY
from vnetsh_pacemaker.standing_by import is_aside, put_aside

_OLD = 103  # CRM_EX_OLD: the CIB is another one by now
_TRIES = 20
_SETTLED = 240.0
"""Seconds in which a cluster does what its CIB says, at most."""


class PacemakerConnection(Connection):
    """One cluster, by whichever of its hosts answers."""

    def __init__(self, place: Place, context: Context) -> None:
        self._place, self._context = place, context
        self.members = Members(place, context)
        self._secrets = Secrets(place, self.members)
        self.adopting = Adopting(place, self.members)

    def observe(self, progress: Progress) -> Observation:
        """All that the cluster has. Raises `HostUnreachable`, `ServiceAbsent`."""
        look = self.members.look()
        return self._seen(look)

    def _seen(self, look: Look) -> Observation:
        outdated = self._secrets.outdated(look)
        return reading.observation(look, self.names(look), self._place.name, outdated)

    def names(self, look: Look) -> Names:
        """By which names the cluster knows what is here."""
        configs = [
            config
            for primitive, _ in primitives(look.cib.configuration)
            if (config := pairs(primitive).get("config", "")) and not config.startswith(f"{FOLDER}/")
        ]
        return Names(look.cib.nodes, self._place.hosts, self._domains(look.host, configs))

    def _domains(self, host: str, configs: Sequence[str]) -> dict[str, str]:
        """The names in files of definitions that others wrote."""
        if not configs:
            return {}
        told = self.members.run_on(host, ["grep", "-H", "-o", "-m1", "<name>[^<]*</name>", "--", *configs])
        lines = (line.rpartition(":<name>") for line in told.stdout.splitlines())
        return {path: name.removesuffix("</name>") for path, _, name in lines}

    def appraise(self, moves: Sequence[Change], fleet: Fleet, progress: Progress) -> Sequence[Assessment]:
        """What only the hosts can tell against vms that the cluster is to have, their disks; and files of secrets."""
        return [
            self._secrets.appraised(change)
            if change.resource.kind == "fence"
            else self.adopting.appraised(change, fleet)
            for change in moves
        ]

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Make all the changes by one patch, with what vms need besides. Raises `ApplyFailed`, `HostUnreachable`."""
        progress(f"pacemaker: {len(changes)} changes")
        asked = changes
        try:
            look = self._quorate()
            if aside := [one for one in changes if one.resource.kind == MEMBER]:
                put_aside(aside, self.members, look, self.names(look))
                self.members.settle_down(_SETTLED)
                changes = [one for one in changes if one not in aside]
            coming = [one for one in changes if one.resource.kind == "ha" and one.before is None]
            going = [one for one in changes if one.resource.kind == "ha" and one.after is None]
            for change in coming:
                self.adopting.write_down(change, self.keep)
            self._secrets.write(changes)
            for change in going:
                self.adopting.let_go(
                    change, self.keep, look, self._there(look).get(("ha", change.resource.name))
                )
            reached("a cluster's patch is to be made")
            self._commit_in_turn(changes)
            reached("a cluster's patch is made")
            self._forgive(changes, look)
            for change in coming:
                if not self.is_stopped(change.resource.name):  # what was taken back is off, as it was
                    self.adopting.take(change.resource.name)
            for change in going:
                self.adopting.forget(change)
            self._secrets.forget(changes)
        except Conflict as error:
            raise ApplyFailed(f"{self._place.name}: {error.message}", change=error.change) from error
        except BackendRefused as error:
            done = tuple(asked) if any(one.resource.kind in ("ha", "fence", MEMBER) for one in asked) else ()
            raise ApplyFailed(f"{self._place.name}: {error.message}", done=done, help=error.help) from error

    def _quorate(self) -> Look:
        look = self.members.look()
        if not look.quorate:
            raise BackendRefused(
                "it has no quorum: nothing was changed", help="`vnetsh doctor` tells of its hosts"
            )
        return look

    def _there(self, look: Look) -> dict[tuple[str, str], Resource]:
        return {(one.kind, one.name): one for one in self._seen(look).resources}

    def _commit_in_turn(self, changes: Sequence[Change]) -> None:
        """Patch the CIB; what is started before what comes last.

        A vm that runs would be stopped, and started anew, if it were to come after what is yet to be started.
        """
        orders = [one for one in changes if one.resource.kind == "order" and one.before is None]
        if first := [one for one in changes if one not in orders]:
            self._commit(first)
        if first and orders:
            self.members.settle_down(_SETTLED)
            reached("a cluster is to be told of an order")
        if orders:
            self._commit(orders)

    def _commit(self, changes: Sequence[Change]) -> None:
        """Patch the CIB, anew as long as it changes meanwhile. Raises `Conflict`, `BackendRefused`."""
        for _ in range(_TRIES):
            look = self._quorate()
            patch = patch_between(look.cib, self._draft(changes, look).draft)
            if not patch:
                return
            done = self.members.run_on(look.host, ["cibadmin", "--patch", "--xml-pipe"], input=patch)
            if done.returncode == 0:
                return
            if done.returncode != _OLD:
                raise BackendRefused(f"the CIB refused: {' '.join(done.stderr.split())}")
        raise BackendRefused("the CIB is changed by others all the time: nothing was changed")

    def _forgive(self, changes: Sequence[Change], before: Look) -> None:
        """What is new must not pay for failures of what was called so before: a cluster remembers them by the name."""
        counted = {
            (pair.get("name") or "").removeprefix("fail-count-").partition("#")[0]
            for pair in before.cib.root.iterfind("status//transient_attributes//nvpair")
            if (pair.get("name") or "").startswith("fail-count-")
        }
        there = self._there(self.members.look()) if counted else {}
        for change in changes:
            found = there.get((change.resource.kind, change.resource.name))
            if found and change.before is None and id_of(found) in counted:
                cleanup = ["crm_resource", "--cleanup", "--resource", id_of(found)]
                self.members.must(before.host, cleanup, timeout=_SETTLED)

    def _draft(self, changes: Sequence[Change], look: Look) -> Drafted:
        return drafted(changes, look.cib, self._there(look), self.names(look))

    def settle(self, changes: Sequence[Change], progress: Progress) -> Sequence[Change] | None:
        """Which of them stand: of a vm's not what the CIB says alone, but also who has its definition."""
        self.members.look()
        self.members.settle_down(_SETTLED)
        look = self.members.look()
        there = self._there(look)
        standing = []
        for change in changes:
            found = there.get((change.resource.kind, change.resource.name))
            if change.resource.kind == MEMBER:
                standing += [change] if is_aside(change, found) else []
                continue
            stands = alike(found, change.after) and not is_outdated(found, change.after)
            if change.resource.kind == "ha" and (change.before is None or change.after is None):
                defined = self.adopting.is_defined(change.resource.name)
                running = look.status.running.get(id_of(found)) if found else None
                managed = running is None or running.managed
                off = bool(found and found.get("stopped"))
                stands = stands and managed and (off or defined == (change.after is None))
            if stands:
                standing.append(change)
        return standing

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Wait until the cluster has done what it was told, and see what runs where. Raises `VerificationFailed`."""
        progress("pacemaker: it does what it was told")
        self.members.look()
        self.members.settle_down(_SETTLED)
        look = self.members.look()
        there = self._there(look)
        for change in changes:
            found = there.get((change.resource.kind, change.resource.name))
            if change.resource.kind == MEMBER:
                self._verify_aside(change, found, look, there)
                continue
            if (found is None) != (change.after is None):
                raise VerificationFailed(f"{self._place.name}: {change} did not come about")
            off = found is None or found.get("stopped")
            if found is None or off or change.resource.kind == "order" or change.undo:
                continue
            running = look.status.running.get(id_of(found))
            if running is None or not running.managed:
                raise VerificationFailed(f"{self._place.name}: {change}: the cluster leaves it alone")
            if not running.up:
                failures = look.status.failures.get(id_of(found), ())
                state = "" if running.role == "Started" else f" ({running.role.lower()})"
                where = f"on {', '.join(running.nodes)}{state}" if running.nodes else "nowhere"
                raise VerificationFailed(
                    f"{self._place.name}: {change}: it runs {where}"
                    + (f": {failures[-1]}" if failures else "")
                )

    def _verify_aside(
        self, change: Change, found: Resource | None, look: Look, there: Mapping[tuple[str, str], Resource]
    ) -> None:
        """See that a host takes nothing, or again something, and that what it had runs. Raises `VerificationFailed`."""
        if not is_aside(change, found):
            raise VerificationFailed(f"{self._place.name}: {change} did not come about")
        before = listed(change.before.get("runs")) if change.before else ()
        for one in there.values():
            running = look.status.running.get(id_of(one))
            if one.kind not in ("ha", "vip") or id_of(one) not in before or not running or change.undo:
                continue
            stays = change.resource.get(STANDBY) and change.resource.name in map(
                self.names(look).host, running.nodes
            )  # a drain that was cut off by a lost quorum may have left its mark alone
            if not running.up or stays:
                where = f"on {', '.join(running.nodes)}" if running.nodes else "nowhere"
                raise VerificationFailed(f"{self._place.name}: {change}: {one.kind} {one.name} runs {where}")

    def tell(self, id: str, name: str, value: str) -> None:
        """Say something of a resource (a meta attribute), or no more. Raises `BackendRefused`, `HostUnreachable`."""
        what = (
            ["--set-parameter", name, "--parameter-value", value] if value else ["--delete-parameter", name]
        )
        self.members.must(self.members.host, ["crm_resource", "--meta", "--resource", id, *what])

    def is_stopped(self, name: str) -> bool:
        """Whether the cluster is told to keep a vm off. Raises `HostUnreachable`."""
        found = self._there(self.members.look()).get(("ha", name))
        return bool(found and found.get("stopped"))

    def id_of_vm(self, name: str) -> str:
        """What the cluster calls a vm that it keeps up. Raises `BackendRefused`, `HostUnreachable`."""
        found = self._there(self.members.look()).get(("ha", name))
        if found is None:
            raise BackendRefused(f"{self._place.name} keeps up no vm {name}")
        return id_of(found)

    def about(self) -> Attributes:
        """Its quorum, its fencing, and what it could not do. Raises `HostUnreachable`, `ServiceAbsent`."""
        from vnetsh_pacemaker.diagnosing import about

        look = self.members.look()
        return about(self._place, look, self._seen(look))

    def diagnose(self, fleet: Fleet, progress: Progress) -> Sequence[Finding]:
        """Its quorum, its links, its fencing, and what it could not do."""
        from vnetsh_pacemaker.diagnosing import findings

        return findings(self._place, self.members, self.members.look(), fleet)
