"""Certificates for migrations by TLS: an authority of the lab's own, and of each host one that it signed."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from vnetsh.errors import BackendRefused
from vnetsh_lab.layout import HostLayout, Layout

PKI = "/etc/libvirt/pki"
"""Where a host has its certificates."""

_DAYS = "3650"
_CONFIG = """[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[host]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = {names}
"""
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def make_authority(layout: Layout) -> None:
    """The lab's own; kept when it is there. Raises `BackendRefused`."""
    if not layout.authority.exists():
        new = layout.authority.with_suffix(".new")
        _sign(layout.folder, "authority", "", layout.authority_key, new, "vnetsh lab")
        new.rename(layout.authority)


def make_certificates(layout: Layout, host: HostLayout) -> None:
    """A host's certificate and key, by which it is a server and a client. Raises `BackendRefused`."""
    folder = host.root / PKI.lstrip("/")
    folder.mkdir(parents=True)
    (folder / "ca-cert.pem").write_text(layout.authority.read_text())
    key, certificate = folder / "server-key.pem", folder / "server-cert.pem"
    signed = ("-CA", str(layout.authority), "-CAkey", str(layout.authority_key))
    names = f"DNS:{host.name}, IP:{host.address}, IP:{host.migration_address}"
    _sign(host.folder, "host", names, key, certificate, host.name, signed)
    for made, name in ((key, "client-key.pem"), (certificate, "client-cert.pem")):
        (folder / name).write_text(made.read_text())
        (folder / name).chmod(0o600)


def _sign(
    folder: Path, section: str, names: str, key: Path, into: Path, subject: str, by: Sequence[str] = ()
) -> None:
    config = folder / "openssl.cnf"
    config.write_text(_CONFIG.format(names=names or "DNS:lab"))
    what = ("-config", str(config), "-extensions", section, "-subj", f"/CN={subject}", "-days", _DAYS)
    argv = ["openssl", "req", "-x509", *_KEY, "-keyout", str(key), "-out", str(into), *what, *by]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise BackendRefused(f"openssl: {done.stderr.strip()}")
    key.chmod(0o600)
