"""A vm comes under a cluster, and goes from it again, running all the while.

Under it no libvirt has its definition: it lies in a file of the same name on every host, and whichever starts it makes
it of that. Coming: the files, then the cluster's resource, which finds it running, then its host's libvirt forgets the
definition. Going: the cluster leaves it alone, its host's libvirt is given the definition, the cluster forgets that it
ever ran, then the resource goes. Killed anywhere between there is a definition, and never a second vm: with the
resource there only the cluster starts it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from xml.etree.ElementTree import Element, ParseError, fromstring

from vnetsh.backend import FREE, Assessment
from vnetsh.crashpoints import reached
from vnetsh.diagnostics import Diagnostic
from vnetsh.errors import BackendRefused, HostUnreachable
from vnetsh.model import Change, Fleet, Place, Resource, Thing
from vnetsh.model.disks import SHARED_MARK
from vnetsh_pacemaker.drafting import LEAVE, id_of
from vnetsh_pacemaker.facts import host_of
from vnetsh_pacemaker.marks import LEAVING
from vnetsh_pacemaker.members import Look, Members
from vnetsh_pacemaker.shapes.vms import FOLDER, file_of
from vnetsh_pacemaker.sort import NOT_FIT, UNSHARED

VIRSH = ("virsh", "-c", "qemu:///system")
_WRITE = 'umask 077; mkdir -p "$1" && cat >"$2.new" && mv "$2.new" "$2"'
_SETTLED = 60.0
"""Seconds in which a cluster has found a vm, or let go of it, at most."""

_SHARED = frozenset(["nfs", "nfs4", "ceph", "gfs/gfs2", "ocfs2", "smb2", "cifs", "gpfs", "lustre", "fuseblk"])
"""File systems of many hosts, as stat(1) calls them; whether a file there is the same one is seen besides."""

_MARK = f'cd -- "$1" 2>/dev/null && stat -c "%n %i" -- {SHARED_MARK}* 2>/dev/null | sort | head -n 1'
"""What tells of the mark in a folder that several hosts have mounted (`pool … shared yes`)."""


class Adopting:
    """Those of one cluster."""

    def __init__(self, place: Place, members: Members) -> None:
        self._place, self._members = place, members

    def _virsh(self, host: str, *words: str) -> str:
        return self._members.must(host, [*VIRSH, *words])

    def appraised(self, change: Change, fleet: Fleet) -> Assessment:
        """Whether every host has the disks of a vm that comes."""
        vm = change.resource
        hosts = [one.place for one in fleet.named("vm", vm.name)]
        new = not change.before or ("migrate" in change.differing() and vm.get("migrate"))
        if vm.kind != "ha" or not new or len(hosts) != 1 or hosts[0] not in self._place.hosts:
            return FREE
        done = self._members.run_on(hosts[0], [*VIRSH, "dumpxml", "--inactive", vm.name])
        if done.returncode:
            return FREE  # it is yet to be made: what is then is looked at before it is written down
        problem = self.unfit(vm, hosts[0], done.stdout)
        return Assessment(problem=problem) if problem else FREE

    def unfit(self, vm: Resource, host: str, xml: str) -> Diagnostic | None:
        """Why a vm of this definition cannot be on all hosts."""
        try:
            domain = fromstring(xml)
        except ParseError as error:
            return Diagnostic(NOT_FIT, f"vm `{vm.name}`: libvirt on {host} gives no XML: {error}", vm.span)
        for device in domain.findall("devices/hostdev"):
            what = device.get("type", "device")
            return Diagnostic(
                NOT_FIT, f"vm `{vm.name}` has a {what} device of {host}, which no other host has", vm.at("name"),
                help="take it out of the vm first",
            )  # fmt: skip
        for path in _files(domain):
            kind = self._kind(host, path)
            marked = kind not in _SHARED and bool(kind) and self._is_marked(path.rpartition("/")[0])
            local = not marked and kind not in _SHARED
            why = (
                f"is on {host} alone ({kind or 'it is not there'})" if local else self._elsewhere(host, path)
            )
            if why:
                return Diagnostic(
                    UNSHARED, f"vm `{vm.name}`: {path} {why}", vm.at("name"),
                    help="its disks have to be where every host of the cluster reaches them: by NFS, iSCSI, NBD or "
                    "RBD, or in a folder of all hosts: `pool … shared yes`",
                )  # fmt: skip
            if marked and vm.get("migrate"):
                return Diagnostic(
                    UNSHARED, f"vm `{vm.name}`: libvirt takes {path} for a file of {host} alone, and refuses the "
                    "cluster's live moves of it as unsafe", vm.at("migrate"),
                    help="leave `migrate` out: the cluster stops the vm and starts it elsewhere",
                )  # fmt: skip
        return None

    def _kind(self, host: str, path: str) -> str:
        """What the file system of a file is called; empty where there is no such file."""
        return self._members.run_on(host, ["stat", "--file-system", "--format=%T", "--", path]).stdout.strip()

    def _is_marked(self, folder: str) -> bool:
        """Whether every host of the cluster sees the same mark in a folder: what is there is the same everywhere."""
        script = ["sh", "-c", _MARK, "sh", folder]
        seen = {self._members.run_on(one, script).stdout.strip() for one in self._place.hosts}
        return len(seen) == 1 and "" not in seen

    def _elsewhere(self, host: str, path: str) -> str:
        """Why a file is not the same one on every host of the cluster; empty where it is."""
        identity = ["stat", "--format=%i %s", "--", path]
        mine = self._members.run_on(host, identity).stdout
        others = [one for one in self._place.hosts if one != host]
        missing = [one for one in others if self._members.run_on(one, identity).stdout != mine]
        return f"is not the same file on {', '.join(missing)}" if missing else ""

    def write_down(self, change: Change, keep: Callable[[Change, Thing], None]) -> None:
        """Have its definition on every host. Raises `BackendRefused`, `HostUnreachable`."""
        vm = change.resource
        if change.undo and not self.defined_at(vm.name):
            return  # it is under the cluster still: its files are there
        host = self._host_of(vm.name)
        xml = self._virsh(host, "dumpxml", "--inactive", "--security-info", vm.name)
        if problem := self.unfit(vm, host, xml):
            raise BackendRefused(problem.message, help=problem.help)
        for one in self._place.hosts:
            if not change.undo:
                keep(change, {"what": f"{file_of(vm.name)} on {one}", "at": one})
            self._members.must(one, ["sh", "-c", _WRITE, "sh", FOLDER, file_of(vm.name)], input=xml)
            reached("a definition for a cluster is written")

    def is_defined(self, name: str) -> bool:
        """Whether a libvirt has its definition."""
        return bool(self.defined_at(name))

    def _running_at(self, name: str) -> list[str]:
        return [
            one for one in self._place.hosts if name in self._listed(one, "--state-running", "--state-paused")
        ]

    def defined_at(self, name: str) -> list[str]:
        """The hosts whose libvirt has its definition."""
        return [one for one in self._place.hosts if name in self._listed(one, "--persistent")]

    def _listed(self, host: str, *which: str) -> list[str]:
        """The vms of a host that are so; none of one that does not answer: the cluster sees to it that it is off."""
        try:
            return self._members.run_on(host, [*VIRSH, "list", "--name", "--all", *which]).stdout.splitlines()
        except HostUnreachable:
            return []

    def _host_of(self, name: str) -> str:
        """The one host where it runs. Raises `BackendRefused`."""
        hosts = self._running_at(name) or self.defined_at(name)
        if len(hosts) != 1:
            where = f"on {' and '.join(hosts)}" if hosts else "nowhere"
            raise BackendRefused(f"vm {name} runs {where}")
        return hosts[0]

    def take(self, name: str) -> None:
        """Its libvirt forgets the definition, once the cluster has found the vm."""
        self._members.settle_down(_SETTLED)
        for host in self.defined_at(name):
            reached("a vm's definition is to be forgotten")
            self._virsh(host, "undefine", name, "--keep-nvram")

    def define_at(self, host: str, name: str) -> None:
        """Have the libvirt of one host have its definition, and no other. Raises `BackendRefused`."""
        had = self.defined_at(name)
        if host not in had:
            self._virsh(host, "define", file_of(name))
        reached("a vm is defined for a while")
        for other in had:
            if other != host:
                self._virsh(other, "undefine", name, "--keep-nvram")

    def let_go(
        self, change: Change, keep: Callable[[Change, Thing], None], look: Look, there: Resource | None
    ) -> None:
        """Give a vm back to libvirt, where it runs. Raises `BackendRefused`, `HostUnreachable`."""
        name = change.resource.name
        id = id_of(there) if there else ""
        if id:
            if not change.undo:
                keep(change, {"what": f"{file_of(name)} on each host of {self._place.name}", "goes": "yes"})
            running = look.status.running.get(id)
            for node in (
                running.nodes if running else ()
            ):  # nobody defines elsewhere what runs where nobody looks
                self._virsh(host_of(node, self._place.hosts), "domstate", name)
            meta = ["crm_resource", "--meta", "--resource", id]
            for word, value in ((LEAVING, "1"), ("is-managed", "false")):
                told = ["--set-parameter", word, "--parameter-value", value]
                self._members.must(look.host, [*meta, *told])
            self._members.settle_down(_SETTLED)
            reached("a cluster leaves a vm alone")
        self._define(name)
        reached("a vm is defined again")
        if id:
            rules = "".join(
                f'<rsc_location id="{LEAVE}{id}-{number}" rsc="{id}" node="{node}" score="-INFINITY" '
                'resource-discovery="never"/>'
                for number, node in enumerate(look.cib.nodes)
            )
            modify = ["cibadmin", "--modify", "--allow-create", "--scope", "constraints", "--xml-pipe"]
            self._members.must(look.host, modify, input=f"<constraints>{rules}</constraints>")
            self._members.must(
                look.host, ["crm_resource", "--refresh", "--resource", id, "--force"], timeout=_SETTLED + 5
            )
            self._members.settle_down(_SETTLED)
            reached("a cluster has forgotten that a vm ran")

    def _define(self, name: str) -> None:
        """Where it runs its libvirt has its definition from now on; where it runs nowhere, one of them."""
        running, defined = self._running_at(name), self.defined_at(name)
        hosts = running or [one for one in self._place.hosts if one in defined] or [self._members.host]
        if hosts[0] not in defined:
            self._virsh(hosts[0], "define", file_of(name))

    def forget(self, change: Change) -> None:
        """Its files go."""
        for host in self._place.hosts:
            with suppress(HostUnreachable):  # nobody reads it any more
                self._members.run_on(host, ["rm", "-f", "--", file_of(change.resource.name)])


def _files(domain: Element) -> Iterator[str]:
    """The files and devices of a host that a domain has as disks or firmware variables."""
    for disk in domain.iterfind("devices/disk"):
        source = disk.find("source")
        if disk.get("type") in ("file", "block") and source is not None and not _may_miss(disk):
            yield source.get("file") or source.get("dev") or ""
        elif disk.get("type") == "volume" and source is not None:
            yield f"{source.get('pool')}/{source.get('volume')}"
    for variables in domain.iterfind("os/nvram"):
        if variables.text:
            yield variables.text


def _may_miss(disk: Element) -> bool:
    """Whether a disk may be missing where the vm starts."""
    source = disk.find("source")
    return source is not None and source.get("startupPolicy") in ("optional", "requisite")
