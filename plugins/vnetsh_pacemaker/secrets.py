"""Secrets of fencing agents: from files here into files of the cluster's hosts, and into nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from vnetsh.backend import FREE, Assessment
from vnetsh.crashpoints import reached
from vnetsh.diagnostics import Diagnostic
from vnetsh.errors import BackendRefused, HostUnreachable
from vnetsh.hosts.secret_files import read
from vnetsh.model import Change, Place, Resource, listed
from vnetsh_pacemaker.cib import pairs, primitives
from vnetsh_pacemaker.drafting import id_of
from vnetsh_pacemaker.marks import META, RENEWING, SECRETS
from vnetsh_pacemaker.members import Look, Members
from vnetsh_pacemaker.shapes import SHAPES
from vnetsh_pacemaker.sort import NO_SECRET, OUTDATED

FOLDER = "/var/lib/pacemaker/lrm/secrets"
"""Where Pacemaker looks for what stands as `lrm://` in a CIB (cibsecret(8))."""
_WRITE = (
    'umask 077; mkdir -p "$1" && cat >"$1/.$2.new" && md5sum <"$1/.$2.new" | cut -c-32 >"$1/$2.sign" && '
    'mv "$1/.$2.new" "$1/$2"'
)


_TELL = (
    '[ "$(id -u)" = 0 ] || exit 1; '
    'for file; do printf "%s\t" "$file"; [ -f "$file" ] && head -c 4096 "$file" | tr -d "\\n\\0"; echo; done'
)


class Secrets:
    """Those of one cluster."""

    def __init__(self, place: Place, members: Members) -> None:
        self._place, self._members = place, members

    def write(self, changes: Sequence[Change]) -> None:
        """Give every host the secrets that are said. Raises `BackendRefused`, `HostUnreachable`.

        A device that is there is marked so meanwhile: who is killed leaves secrets that count as outdated, and with the
        mark goes what Pacemaker's fencer remembers of the old ones.
        """
        for change in changes:
            told = () if gives_back(change) else secrets_of(change.after)
            values = [(folder, option, read(file)) for folder, option, file in told]
            if values and change.before:
                options = "\t".join(option for _, option, _ in values)
                mark = ["--set-parameter", RENEWING, "--parameter-value", options]
                resource = ["crm_resource", "--meta", "--resource", id_of(change.before)]
                self._members.must(self._members.host, [*resource, *mark])
                reached("a secret is to be given to hosts")
            for folder, option, value in values:
                for host in self._place.hosts:
                    self._members.must(host, ["sh", "-c", _WRITE, "sh", folder, option], input=value)

    def appraised(self, change: Change) -> Assessment:
        """Whether the files that a device's secrets are to come from have them."""
        for _, _, file in () if gives_back(change) else secrets_of(change.after):
            try:
                read(file)
            except BackendRefused as error:
                span = change.resource.at("secrets", "name")
                return Assessment(problem=Diagnostic(NO_SECRET, error.message, span, help=error.help))
        return FREE

    def outdated(self, look: Look) -> dict[str, tuple[str, ...]]:
        """By id the secrets of devices that a host was not given as the files here have them.

        Nothing but the hosts' files tells them, so they are read and compared here, and then forgotten.
        """
        found: dict[str, set[str]] = {}
        here: dict[str, tuple[str, str, str]] = {}
        for primitive, _ in primitives(look.cib.configuration):
            id, meta = primitive.get("id", ""), pairs(primitive, META)
            found[id] = {*filter(None, meta.get(RENEWING, "").split("\t"))}
            for option, _, file in (
                one.partition("=") for one in filter(None, meta.get(SECRETS, "").split("\t"))
            ):
                with suppress(BackendRefused):  # it is no file of this machine, or of nobody's business here
                    here[f"{FOLDER}/{id}/{option}"] = id, option, read(file)
        for host in self._place.hosts if here else ():
            try:
                done = self._members.run_on(host, ["sh", "-c", _TELL, "sh", *here])
            except HostUnreachable:
                continue
            for path, tab, value in (line.partition("\t") for line in done.stdout.splitlines()):
                if tab and path in here and value != here[path][2]:
                    found[here[path][0]].add(here[path][1])
        return {id: tuple(sorted(options)) for id, options in found.items() if options}

    def forget(self, changes: Sequence[Change]) -> None:
        """Remove what is needed no more."""
        for change in changes:
            kept = {(folder, option) for folder, option, _ in secrets_of(change.after)}
            for folder, option, _ in secrets_of(change.before):
                for host in self._place.hosts if (folder, option) not in kept else ():
                    paths = [f"{folder}/{option}", f"{folder}/{option}.sign"]
                    self._members.run_on(host, ["rm", "-f", "--", *paths])
                    self._members.run_on(host, ["rmdir", "--ignore-fail-on-non-empty", "--", folder])


def gives_back(change: Change) -> bool:
    """Whether a change takes back that hosts were given secrets: those before are kept nowhere."""
    before = {*listed(change.before.get(OUTDATED))} if change.before else set()
    return change.before is not None and bool({*listed(change.resource.get(OUTDATED))} - before)


def secrets_of(fence: Resource | None) -> Iterator[tuple[str, str, str]]:
    """The secrets of a device: the folder that has them, the option, and the file here."""
    if fence is None or fence.kind != "fence":
        return
    folder = f"{FOLDER}/{id_of(fence) or SHAPES['fence'].id(fence.name)}"
    for one in listed(fence.get("secrets")):
        option, _, file = one.partition("=")
        yield folder, option, file
