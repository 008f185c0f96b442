"""What a host is told of its uplinks for each start, in the same step in which they change.

A file that says more than the database wins: it makes the bridge again that has the host's addresses. So it is written
before the database takes an uplink, and after the database has let one go: whenever the power fails, the host starts
as it was, or as it is to be.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vnetsh.hosts.boot import keeping
from vnetsh.hosts.boot.files import OPTION, SYSTEMS, File, Stanzas
from vnetsh.hosts.boot.taking_over import read_own
from vnetsh.model import Change, Resource
from vnetsh.model.reboot import SURVIVES
from vnetsh_ovs.marks import NOTE, marks_of
from vnetsh_ovs.observing import OvsFacts
from vnetsh_ovs.rows import Index
from vnetsh_ovs.starting import PART, TakenOver, being_up, in_place_of, nics_of, said_of
from vnetsh_ovs.uplink.addresses import Addresses, all_of
from vnetsh_ovs.uplink.swaps import Settings, Step, Swap
from vnetsh_ovsdb.operations import as_map

if TYPE_CHECKING:
    from vnetsh.hosts.boot.keeping import AtStart
    from vnetsh.hosts.transport import Transport


@dataclass(frozen=True)
class Told:
    """Shell scripts that tell a host what it does at its start: `first`, or `last` of a step; `back` as it was."""

    first: str = ":\n"
    last: str = ":\n"
    back: str = ":\n"


class StartOfHost:
    """What a host does at its start, as it was just read, and how that is changed. Raises `HostUnreachable`."""

    def __init__(self, transport: Transport, timeout: float) -> None:
        self._transport = transport
        self._timeout = timeout
        self._found: AtStart = keeping.read(transport, PART, timeout)

    def refuse(self, changes: Sequence[Change]) -> None:
        """Raise `BackendRefused` where the host would make something else of these changes at its next start."""
        self._found.refuse(change.resource.name for change in changes)

    def told(
        self,
        swaps: Sequence[Swap],
        steps: Sequence[Step],
        columns: Mapping[str, Mapping[str, str]],
        names: Sequence[Sequence[str]],
    ) -> Told:
        """What a host is told of these swaps, each made by a step.

        `columns` are those of bridges that may be made again, `names` the commands that give them their DNS settings.
        """
        if not self._found.system:
            return Told()
        stanzas = {**self._found.stanzas}
        aside: dict[str, str] = {}
        back: list[str] = []
        for swap, step in zip(swaps, steps, strict=True):
            was = in_place_of(stanzas.pop(swap.bridge, ())) or [nic for nic in [swap.dropped] if nic]
            if swap.taken and _asked(swap.change):
                up, *arrive = (
                    step.move.arrive
                )  # first: else what stays on the bridge (in `leave`) finds no way
                lines = (up, *(f"{line} 2>/dev/null" for line in step.move.leave), *arrive)
                after = [*_writing(step.after), *(shlex.join(one) for one in names if swap.bridge in one)]
                # One that was the uplink before is it again: those that came after it have nothing to do with it.
                nics = was[was.index(swap.taken) :] if swap.taken in was else [swap.taken, *was]
                taken = TakenOver(swap.bridge, swap.taken, columns[swap.bridge], lines, after, nics)
                stanzas[swap.bridge] = taken.commands()
                aside |= dict.fromkeys(nics, swap.bridge)
            back += was
        files, were = self._files(stanzas, aside, back)
        writing = keeping.writing(files)
        first = any(swap.taken for swap in swaps)
        return Told(writing if first else ":\n", ":\n" if first else writing, keeping.writing(were))

    def keep(self, changes: Sequence[Change], index: Index, addresses: Addresses) -> None:
        """Tell a host what these changes of bridges and bonds ask for, all else being done. Raises `BackendRefused`."""
        if not self._found.system:
            return
        stanzas = {**self._found.stanzas}
        aside: dict[str, str] = {}
        back: list[str] = []
        for change in changes:
            bridge = change.resource.name
            nics = nics_of(change.after) if change.after else ()
            was = in_place_of(stanzas.get(bridge, ()))
            if not nics or not _asked(change):
                stanzas.pop(bridge, None)
                back += was
                continue
            nic = nics[0]
            came = came_along(index, nic, addresses.names(bridge)) if change.resource.kind == "bridge" else ()
            if said_of(stanzas, bridge, nics, came):
                continue
            stanzas[bridge] = being_up(*nics)
            back += was
            if came:
                note = note_of(index, nic)
                lines = (f"-4 link set {bridge} up", *all_of(addresses, bridge, note.get("stay", ())))
                settings = _writing(dict.fromkeys(note.get("settings", ()), "1"))
                others = list(dict.fromkeys([nic, *was]))
                stanzas[bridge] = TakenOver(
                    bridge, nic, columns_of(index, bridge), lines, settings, others
                ).commands()
                aside |= dict.fromkeys(others, bridge)
        if stanzas != self._found.stanzas:
            files, _ = self._files(stanzas, aside, back)
            keeping.put(self._transport, files, self._timeout)

    def _files(
        self, stanzas: Stanzas, aside: Mapping[str, str], back: Sequence[str]
    ) -> tuple[Sequence[File], Sequence[File]]:
        """The files that say so, and the same as they are; `aside` are NICs, each with the bridge it left."""
        system = SYSTEMS[self._found.system]
        back = [nic for nic in back if nic not in aside]
        own = read_own(self._transport, self._found.managers, [*aside, *back], self._timeout)
        anew = {*aside, *back}
        said = {
            device: commands for device, commands in stanzas.items() if device.partition(":")[0] not in anew
        }
        for nic, bridge in aside.items():
            keeps, goes = own.options(nic)
            said[bridge] = [*(OPTION + line for line in goes), *said[bridge]]
            # A stanza of its own: it may have an `auto` line.
            said |= {device: [OPTION + line for line in lines] for device, lines in keeps.items()}
        others = own.changed(aside, back)
        files = [*system.files(PART, said), *others]
        return files, [*system.files(PART, self._found.stanzas), *own.restored(others)]


def with_survivors(resources: Sequence[Resource], index: Index, found: OvsFacts) -> Sequence[Resource]:
    """A host's resources; of bridges and bonds those that survive its reboot, with their NICs, say so."""
    seen = []
    for one in resources:
        nics, uplink = nics_of(one) if one.marked else (), one.text("uplink")
        addresses = came_along(index, uplink, found.addresses.get(one.name, ())) if uplink else ()
        survives = nics and said_of(found.at_start.stanzas, one.name, nics, addresses)
        seen.append(one.with_attributes(**{SURVIVES: "yes"}) if survives else one)
    return seen


def note_of(index: Index, nic: str) -> Mapping[str, Any]:
    """What is noted of an uplink that brought addresses along."""
    place = index.ports.get(nic)
    text = marks_of(index.tables["Port"][place.uuid]).get(NOTE) if place else None
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def came_along(index: Index, nic: str, addresses: Sequence[str]) -> list[str]:
    """Those of a bridge's addresses that its uplink brought along."""
    note = note_of(index, nic)
    return [address for address in addresses if address not in note["stay"]] if "stay" in note else []


def columns_of(index: Index, bridge: str) -> Mapping[str, str]:
    """The columns of a bridge without which it would be another one, as `ovs-vsctl` takes them."""
    row = index.tables["Bridge"][index.bridges[bridge]]
    return columns_in(row.get("datapath_type"), as_map(row.get("other_config")))


def columns_in(datapath: object, config: Mapping[str, str]) -> Mapping[str, str]:
    """As `columns_of`, by what they are."""
    found = {"datapath_type": str(datapath)} if datapath else {}
    return {**found, **({"other_config:hwaddr": f'"{config["hwaddr"]}"'} if "hwaddr" in config else {})}


def _asked(change: Change) -> bool:
    return change.after is not None and change.after.get(SURVIVES) == "yes"


def _writing(settings: Settings) -> Sequence[str]:
    return [
        f"echo {shlex.quote(value)} >{shlex.quote('/proc/sys/' + path)}" for path, value in settings.items()
    ]
