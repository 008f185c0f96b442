"""What a host has for migrations by TLS: asked in the same breath as its folders. Pure but for the asking's text.

Where QEMU's certificates are, and whether each end has to show one: /etc/libvirt/qemu.conf.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

CONF = "/etc/libvirt/qemu.conf"
OF_MIGRATIONS, USUAL = "/etc/pki/libvirt-migrate", "/etc/pki/qemu"
"""libvirt's own folders: the first one where it is there and nothing else is said."""

AUTHORITY = "ca-cert.pem"
SERVER = (AUTHORITY, "server-cert.pem", "server-key.pem")
CLIENT = ("client-cert.pem", "client-key.pem")

ASK = (
    f'if test -r {CONF}; then tls=$(grep -E "^[[:space:]]*(default|migrate)_tls_" {CONF}); echo "conf $tls"; '
    f'for dir in {OF_MIGRATIONS} {USUAL} $(test -z "$tls" || printf "%s\\n" "$tls" | '
    'sed -n "s/.*_cert_dir *= *.\\([^ \\"]*\\).*/\\1/p"); do '
    'if test ! -e "$dir"; then continue; elif test -r "$dir" -a -x "$dir"; then echo "folder $dir"; '
    'for file in "$dir"/*.pem; do test ! -e "$file" || echo "file $file"; done; '
    'else echo "dark $dir"; fi; done; fi; printf "\\0"; '
)
"""What has a shell tell it, and a NUL."""

_SETTING = re.compile(r"\s*(?:conf )?\s*(\w+_tls_\w+)\s*=\s*\"?([^\"\s#]*)")


@dataclass(frozen=True)
class Tls:
    """Where a host's certificates for migrations are to be, and which files are there.

    `verifies`: whoever connects has to show one as well; `forced`: its libvirt takes no migration without TLS.
    """

    folder: str
    files: frozenset[str]
    verifies: bool = True
    forced: bool = False

    def lacks(self, files: tuple[str, ...]) -> tuple[str, ...]:
        """Those of these files that are not there."""
        return tuple(name for name in files if name not in self.files)


def read(told: str) -> Tls | None:
    """What was told; None where it is not to be seen."""
    lines = told.splitlines()
    if not lines or not lines[0].startswith("conf"):
        return None
    said = {found[1]: found[2] for line in lines if (found := _SETTING.match(line))}
    kinds = {path: kind for kind, _, path in (line.partition(" ") for line in lines)}
    own = OF_MIGRATIONS if OF_MIGRATIONS in kinds else ""
    folder = (
        said.get("migrate_tls_x509_cert_dir") or own or said.get("default_tls_x509_cert_dir") or USUAL
    ).rstrip("/")
    if kinds.get(folder) == "dark":
        return None
    files = [PurePosixPath(path) for path, kind in kinds.items() if kind == "file"]
    there = frozenset(path.name for path in files if str(path.parent) == folder)
    verifies = said.get("migrate_tls_x509_verify") or said.get("default_tls_x509_verify") or "1"
    return Tls(folder, there, verifies != "0", said.get("migrate_tls_force", "0") not in ("", "0"))
