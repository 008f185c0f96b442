"""Nouns `record` and `netname`, and a backend that keeps them in a file of the host.

A line has the format of /etc/hosts or, for a netname, of /etc/networks.
"""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.backend import ApplyFailed, Assessment, Backend, Connection, Context, Observation, Progress
from vnetsh.errors import BackendRefused, VerificationFailed
from vnetsh.hookspecs import BackendRegistry, KindRegistry, hookimpl
from vnetsh.hosts.transport import Transport
from vnetsh.model import Attributes, Fleet, Key, Place, Resource
from vnetsh.model.change import ActionKind, Change, Impact
from vnetsh.schema import HOSTS, Address, Attribute, Kind, Subnet, Text

RECORD = Kind(
    "record",
    help="The name of a machine, in the host's names file.",
    attributes=(
        Attribute("on", HOSTS, "The hosts that know it.", required=True, column=False, clearable=False),
        Attribute("address", Address(), "What it stands for.", required=True, clearable=False),
        Attribute("alias", Text(what="another name"), "A second name."),
    ),
    example="record web on kvm1 address 192.0.2.80",
)

NETNAME = Kind(
    "netname",
    help="The name of a subnet, in the host's names file.",
    attributes=(
        Attribute("on", HOSTS, "The hosts that know it.", required=True, column=False, clearable=False),
        Attribute("subnet", Subnet(), "What it stands for: nobody else's.", required=True, clearable=False),
    ),
    example="netname lan on kvm1 subnet 192.0.2.0/24",
)

_MARK = "# vnetsh"


class NamesFile(Backend):
    """The backend: hosts that have a `names-file`."""

    name = "names"
    kinds = frozenset({"record", "netname"})
    preferred = True

    def serves(self, place: Place) -> bool:
        """Whether the host has such a file."""
        return bool(place.text("names-file"))

    def assess(self, change: Change, fleet: Fleet) -> Assessment:
        """A name that goes is missed by those who use it."""
        return Assessment(
            Impact.BRIEF if change.action is ActionKind.REMOVE else Impact.NONE, how="file rewritten"
        )

    def connect(self, place: Place, context: Context) -> NamesConnection:
        """Over the host's transport."""
        return NamesConnection(place, context.transport(context.host(place.name)))


class NamesConnection(Connection):
    """One host's names file, rewritten whole and moved into place."""

    def __init__(self, host: Place, transport: Transport) -> None:
        self._host = host
        self._path = host.text("names-file")
        self._transport = transport

    def observe(self, progress: Progress) -> Observation:
        """One record or netname a line."""
        return Observation(tuple(self._read().values()))

    def apply(self, changes: Sequence[Change], progress: Progress) -> None:
        """Write all changes in one step."""
        records = self._read()
        for change in changes:
            if change.after:
                records[change.after.key] = change.after
            else:
                records.pop(change.resource.key, None)
        text = "".join(
            f"{r.text('address') or r.text('subnet')} {r.name} {r.text('alias')} {_MARK}\n"
            for _, r in sorted(records.items())
        )
        for argv, input in (
            (["tee", f"{self._path}.new"], text),
            (["mv", f"{self._path}.new", self._path], ""),
        ):
            done = self._transport.run(argv, input=input)
            if done.returncode:
                raise ApplyFailed(
                    f"{self._host.name}: {done.stderr.strip()}", help="may the file be written?"
                )

    def verify(self, changes: Sequence[Change], progress: Progress) -> None:
        """Read it back."""
        records = self._read()
        for change in changes:
            if change.after and change.after.key not in records:
                raise VerificationFailed(f"{change.after.name} is not in {self._path}")

    def _read(self) -> dict[Key, Resource]:
        done = self._transport.run(["cat", self._path])
        if done.returncode and "No such file" not in done.stderr:
            raise BackendRefused(f"{self._host.name}: {done.stderr.strip()}")
        records = {}
        for line in done.stdout.splitlines():
            words, _, mark = line.partition("#")
            address, name, *alias = words.split()
            kind = "netname" if "/" in address else "record"
            values: Attributes = {"subnet": address}
            if kind == "record":
                values = {"address": address, "alias": alias[0] if alias else None}
            resource = Resource(kind, name, self._host.name, values, backend="names", marked="vnetsh" in mark)
            records[resource.key] = resource
        return records


@hookimpl
def vnetsh_register_kinds(kinds: KindRegistry) -> None:
    """The nouns, and where a host keeps its file."""
    kinds.add(RECORD)
    kinds.add(NETNAME)
    kinds.extend("host", Attribute("names-file", Text(what="a file"), "The host's file of names."))


@hookimpl
def vnetsh_register_backends(backends: BackendRegistry) -> None:
    """The backend."""
    backends.add(NamesFile())
