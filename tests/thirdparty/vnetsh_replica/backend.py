"""The backend `replica`: files of a folder, copied piece by piece."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.backend import ApplyFailed, Assessment, Backend, Connection, Context, Job, Observation, Progress
from vnetsh.errors import BackendRefused, VerificationFailed
from vnetsh.hosts.transport import Transport
from vnetsh.model import Attributes, Change, Fleet, Place, Resource
from vnetsh_replica.copying import Copying, run

_LIST = 'cd "$1" && for of in *.of; do [ -f "$of" ] && stat -c "%s %n" "${of%.of}" && cat "$of"; done; true'


class ReplicaBackend(Backend):
    """Replicas on hosts that have a folder for them."""

    name = "replica"
    kinds = frozenset({"replica"})
    preferred = True
    attributes = {"replica": frozenset({"of"})}  # noqa: RUF012 - as the base class says

    def serves(self, place: Place) -> bool:
        """Hosts with a folder."""
        return bool(place.text("replicas"))

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """Nothing but time: what a replica was copied from stays."""
        return Assessment(how="copied" if change.before is None else "")

    def connect(self, place: Place, context: Context) -> ReplicaConnection:
        """Over the host's transport."""
        return ReplicaConnection(place, context.transport(context.host(place.name)))


class ReplicaConnection(Connection):
    """One host's folder."""

    def __init__(self, place: Place, transport: Transport) -> None:
        self._place = place
        self._folder = place.text("replicas")
        self._transport = transport

    def observe(self, progress: Progress) -> Observation:
        """The files that say what they are copies of."""
        lines = run(self._transport, ["sh", "-c", _LIST, "sh", self._folder]).splitlines()
        found = []
        for about, of in zip(lines[::2], lines[1::2], strict=True):
            size, name = about.split(" ", 1)
            values: Attributes = {"of": of, "size": int(size)}
            found.append(Resource("replica", name, self._place.name, values, backend="replica", marked=True))
        return Observation(found)

    def begin(self, changes: Sequence[Change]) -> Job | None:
        """Copying is a job; to remove files is none. A step does the one or the other."""
        copies = {f"{self._folder}/{c.after.name}": c.after.text("of") for c in changes if c.after}
        return Copying(self._transport, copies) if copies else None

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Remove what goes."""
        files = [f"{self._folder}/{change.resource.name}" for change in changes]
        try:
            run(
                self._transport,
                ["rm", "-f", *(f"{file}{end}" for file in files for end in (".of", ".part", ""))],
            )
        except BackendRefused as error:
            raise ApplyFailed(error.message) from error

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """As large as what it is a copy of."""
        for change in changes:
            if change.after:
                files = [f"{self._folder}/{change.after.name}", change.after.text("of")]
                sizes = run(self._transport, ["stat", "-L", "-c", "%s", *files]).split()
                if sizes[0] != sizes[1]:
                    raise VerificationFailed(
                        f"{self._place.name}: {files[1]} has changed while it was copied"
                    )
