"""Secrets of fencing agents: from files here into files of the cluster's hosts, and into nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from vnetsh.errors import BackendRefused
from vnetsh.model import Change, Place, Resource, listed
from vnetsh_pacemaker.drafting import id_of
from vnetsh_pacemaker.members import Members
from vnetsh_pacemaker.shapes import SHAPES

FOLDER = "/var/lib/pacemaker/lrm/secrets"
"""Where Pacemaker looks for what stands as `lrm://` in a CIB (cibsecret(8))."""
_WRITE = (
    'umask 077; mkdir -p "$1" && cat >"$1/.$2.new" && md5sum <"$1/.$2.new" | cut -c-32 >"$1/$2.sign" && '
    'mv "$1/.$2.new" "$1/$2"'
)


class Secrets:
    """Those of one cluster."""

    def __init__(self, place: Place, members: Members) -> None:
        self._place, self._members = place, members

    def write(self, changes: Sequence[Change]) -> None:
        """Give every host the secrets that are said. Raises `BackendRefused`, `HostUnreachable`."""
        for change in changes:
            for folder, option, file in secrets_of(change.after):
                value = read(file)
                for host in self._place.hosts:
                    self._members.must(host, ["sh", "-c", _WRITE, "sh", folder, option], input=value)

    def forget(self, changes: Sequence[Change]) -> None:
        """Remove what is needed no more."""
        for change in changes:
            kept = {(folder, option) for folder, option, _ in secrets_of(change.after)}
            for folder, option, _ in secrets_of(change.before):
                for host in self._place.hosts if (folder, option) not in kept else ():
                    paths = [f"{folder}/{option}", f"{folder}/{option}.sign"]
                    self._members.run_on(host, ["rm", "-f", "--", *paths])
                    self._members.run_on(host, ["rmdir", "--ignore-fail-on-non-empty", "--", folder])


def secrets_of(fence: Resource | None) -> Iterator[tuple[str, str, str]]:
    """The secrets of a device: the folder that has them, the option, and the file here."""
    if fence is None or fence.kind != "fence":
        return
    folder = f"{FOLDER}/{id_of(fence) or SHAPES['fence'].id(fence.name)}"
    for one in listed(fence.get("secrets")):
        option, _, file = one.partition("=")
        yield folder, option, file


def read(file: str) -> str:
    """The secret in a file. Raises `BackendRefused`."""
    try:
        value = Path(file).expanduser().read_text().rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BackendRefused(f"the secret in {file} cannot be read: {error}") from error
    if not value or "\n" in value:
        raise BackendRefused(f"{file} should have one line, the secret")
    return value
