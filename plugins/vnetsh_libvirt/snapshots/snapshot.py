"""A snapshot as libvirt's XML tells of it. Pure.

Elements: https://libvirt.org/formatsnapshot.html
"""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from vnetsh.model import Resource, Value
from vnetsh.model.power import CRASHED, PAUSED, RUNNING, SLEEPING, STATE, STOPPED
from vnetsh.model.snapshots import SNAPSHOT, TAKEN, name_of
from vnetsh_libvirt.backend_name import NAME
from vnetsh_libvirt.definition import Definition

_STATES: Mapping[str, str] = {
    "running": RUNNING,
    "blocked": RUNNING,
    "paused": PAUSED,
    "pmsuspended": SLEEPING,
    "crashed": CRASHED,
}
"""virDomainSnapshotState in the language's words; every other one has no memory: `stopped`."""

EXTERNAL = "external: in files of its own"
"""The note of a snapshot that is not on the VM's own disks."""


@dataclass(frozen=True)
class Snapshot:
    """One snapshot of a VM, by its XML."""

    xml: str

    @cached_property
    def _root(self) -> ET.Element:
        return ET.fromstring(self.xml)

    @property
    def name(self) -> str:
        """Its name, which no other one of its VM has."""
        return self._root.findtext("name", "")

    @property
    def description(self) -> str:
        """What whoever took it says of it."""
        return self._root.findtext("description", "")

    @property
    def taken(self) -> int:
        """When it was taken, in seconds since 1970 by its host's clock."""
        return int(self._root.findtext("creationTime", "0"))

    @property
    def state(self) -> str:
        """What its VM was then: going back brings it there."""
        return _STATES.get(self._root.findtext("state", ""), STOPPED)

    @property
    def external(self) -> bool:
        """Whether a part of it is in files of its own: libvirt goes back to none such before 9.9."""
        parts = [*self._root.iterfind("memory"), *self._root.iterfind("disks/disk")]
        return any(part.get("snapshot") == "external" for part in parts)

    @property
    def left_out(self) -> list[str]:
        """The disks that its VM writes to and that are no part of it: they stay as they are."""
        out = {disk.get("name") for disk in self._root.iterfind("disks/disk[@snapshot='no']")}
        disks = self.defined.disks if self.defined else ()
        return [disk.target for disk in disks if not disk.readonly and disk.target in out]

    @cached_property
    def defined(self) -> Definition | None:
        """What its VM was defined with; None of one that says nothing of it (made before 0.9.5)."""
        for where in ("inactiveDomain", "domain"):
            if (element := self._root.find(where)) is not None:
                return Definition(ET.tostring(element, encoding="unicode"))
        return None


def when(seconds: int) -> str:
    """A time as people write it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def resource_of(snapshot: Snapshot, vm: str, host: str, *, current: bool) -> Resource:
    """A snapshot as a thing of the fleet."""
    told: dict[str, Value] = {"vm": vm, STATE: snapshot.state, TAKEN: when(snapshot.taken)}
    told |= {"current": "yes"} if current else {}
    told |= {"note": EXTERNAL} if snapshot.external else {}
    name = name_of(vm, snapshot.name)
    return Resource(SNAPSHOT, name, host, told, backend=NAME, record={"xml": snapshot.xml})


def snapshot_of(resource: Resource) -> Snapshot | None:
    """What was observed of it; None of one that is yet to be taken."""
    xml = (resource.record or {}).get("xml")
    return Snapshot(str(xml)) if xml else None
