"""What a host is told of its uplinks for each start, in the same step in which they change.

A file that says more than the database wins: it makes the bridge again that has the host's addresses. So it is written
before the database takes an uplink, and after the database has let one go: whenever the power fails, the host starts
as it was, or as it is to be.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from vnetsh.hosts.boot import keeping
from vnetsh.hosts.boot.files import OPTION, SYSTEMS, File, Stanzas
from vnetsh.hosts.boot.taking_over import read_own
from vnetsh.model import Change, Resource
from vnetsh.model.reboot import SURVIVES
from vnetsh_ovs.commands import added
from vnetsh_ovs.marks import NOTE
from vnetsh_ovs.observing import OvsFacts
from vnetsh_ovs.rows import Index
from vnetsh_ovs.starting import PART, TakenOver, being_up, in_place_of, nics_of, said_of
from vnetsh_ovs.uplink.addresses import Addresses, all_of
from vnetsh_ovs.uplink.steps import Settings, Step
from vnetsh_ovs.uplink.swaps import Swap, Way, as_text, note_of
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

    def given(self, bridge: str) -> Sequence[str]:
        """The addresses that a bridge has by sentences: they came by no NIC, and go to none."""
        return self._found.given(bridge)

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
            ways = [way for way in (swap.dropped, swap.taken) if way]
            said = [line for way in ways for line in stanzas.pop(_thing(swap, way), ())]
            was = in_place_of(said)
            if not was and swap.dropped and not swap.dropped.is_bond:
                was = [swap.dropped.port]
            back += was
            if not swap.taken or not _asked(swap.change):
                continue
            thing, nics = _thing(swap, swap.taken), swap.taken.nics
            if not step.note:
                stanzas[thing] = being_up(thing, nics)
                continue
            lines = _lines(step, self.given(swap.bridge))
            after = [shlex.join(one) for one in names if swap.bridge in one]
            if in_place_of(said) and not step.names:
                lines, after = _lines_of(said)  # else what comes back by an undo would be said otherwise
            after = [*_writing(step.quiet), *after]
            # One that was the uplink before is it again: those that came after it have nothing to do with it.
            nic = step.names[0][0] if step.names else "" if swap.taken.is_bond else swap.taken.port
            others = was[was.index(nic) :] if nic in was else [*filter(None, [nic]), *was]
            own = columns[swap.bridge]
            taken = TakenOver(swap.bridge, nics, _added(swap.change, step.note), own, lines, after, others)
            stanzas[thing] = taken.commands()
            aside |= dict.fromkeys(others, thing)
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
            name = change.resource.name
            nics = nics_of(change.after) if change.after else ()
            was = in_place_of(stanzas.get(name, ()))
            if not change.after or not nics or not _asked(change):
                stanzas.pop(name, None)
                back += was
                continue
            bridge, port = change.after.text("bridge") or name, change.after.text("uplink") or name
            given = self.given(bridge)
            came = came_along(index, port, addresses.names(bridge), given)
            if said_of(stanzas, name, nics, came):
                continue
            stanzas[name] = being_up(name, nics)
            back += was
            if came:
                note = note_of(index, port)
                lines = (
                    f"-4 link set {bridge} up",
                    *all_of(addresses, bridge, [*note.get("stay", ()), *given]),
                )
                settings = _writing(dict.fromkeys(note.get("settings", ()), "1"))
                others = list(dict.fromkeys([note.get("nic", port), *was]))
                stanzas[name] = TakenOver(
                    bridge,
                    nics,
                    _added(change, as_text(note)),
                    columns_of(index, bridge),
                    lines,
                    settings,
                    others,
                ).commands()
                aside |= dict.fromkeys(others, name)
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
        nics = nics_of(one) if one.marked else ()
        bridge, port = one.text("bridge") or one.name, one.text("uplink") or one.name
        there, given = found.addresses.get(bridge, ()), found.at_start.given(bridge)
        addresses = came_along(index, port, there, given) if nics else ()
        survives = nics and said_of(found.at_start.stanzas, one.name, nics, addresses)
        seen.append(one.with_attributes(**{SURVIVES: "yes"}) if survives else one)
    return seen


def came_along(index: Index, port: str, addresses: Sequence[str], given: Sequence[str]) -> list[str]:
    """Those of a bridge's addresses that its uplink, or a bond, brought along; `given` are those of vnetsh's own."""
    note = note_of(index, port)
    own = {*note.get("stay", ()), *given}
    return [address for address in addresses if address not in own] if "stay" in note else []


def columns_of(index: Index, bridge: str) -> Mapping[str, str]:
    """The columns of a bridge without which it would be another one, as `ovs-vsctl` takes them."""
    row = index.tables["Bridge"][index.bridges[bridge]]
    return columns_in(row.get("datapath_type"), as_map(row.get("other_config")))


def columns_in(datapath: object, config: Mapping[str, str]) -> Mapping[str, str]:
    """As `columns_of`, by what they are."""
    found = {"datapath_type": str(datapath)} if datapath else {}
    return {**found, **({"other_config:hwaddr": f'"{config["hwaddr"]}"'} if "hwaddr" in config else {})}


def _thing(swap: Swap, way: Way) -> str:
    """What has a stanza because of a way: the bridge whose uplink it is, or the bond."""
    return way.port if way.is_bond else swap.bridge


def _lines(step: Step, given: Collection[str]) -> list[str]:
    """The lines for `ip` of a step, but for the NICs' states: its bridge is up first, else what stays finds no way.

    Addresses that are `given` by sentences come at the start by other lines, as long as these say so.
    """
    up, *arrive = step.move.arrive
    lines = [*(f"{line} 2>/dev/null" for line in step.move.leave), *arrive]
    not_here = [" link set ", *(f" addr add {address} " for address in given)]
    return [up, *(line for line in lines if not any(words in line for words in not_here))]


def _lines_of(commands: Sequence[str]) -> tuple[list[str], list[str]]:
    """Those lines of what a host was told, and its commands for DNS settings."""
    lines = [command.removeprefix("ip ") for command in commands if command.startswith("ip -")]
    return lines, [command for command in commands if command.startswith("resolvectl ")]


def _added(change: Change, note: str) -> Sequence[str]:
    """The words of `ovs-vsctl` that put an uplink on its bridge, or a bond with what is noted of it."""
    words = added(cast(Resource, change.after))
    return words if change.resource.kind == "bridge" else [*words, f"external_ids:{NOTE}={json.dumps(note)}"]


def _asked(change: Change) -> bool:
    return change.after is not None and change.after.get(SURVIVES) == "yes"


def _writing(settings: Settings) -> Sequence[str]:
    return [
        f"echo {shlex.quote(value)} >{shlex.quote('/proc/sys/' + path)}" for path, value in settings.items()
    ]
