"""What the lab needs of the machine: programs, their Debian packages, and rights."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping

from vnetsh.errors import UsageError

PROGRAMS = {  # program: the Debian package that brings it
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setsid": "util-linux",
    "tini": "tini",
    "ip": "iproute2",
    "dnsmasq": "dnsmasq-base",
    "nft": "nftables",
    "ovs-vswitchd": "openvswitch-switch",
    "libvirtd": "libvirt-daemon-system",
    "virsh": "libvirt-clients",
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "openssl": "openssl",
    "busybox": "busybox-static",
    "syslinux": "syslinux",
    "mcopy": "mtools",
    "cpio": "cpio",
    "mke2fs": "e2fsprogs",
}
"""The Debian packages that a lab needs."""


OF_NETWORKS = {"ifupdown": {"ifup": "ifupdown"}, "netplan": {"netplan": "netplan.io"}}
"""The same, by the network system that its hosts are to have."""


NONE: Mapping[str, str] = {}


def search_path() -> str:
    """Where programs are looked for: also where daemons are, which a user's own path may leave out."""
    own = [os.environ["PATH"]] if os.environ.get("PATH") else []
    return os.pathsep.join([*own, "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"])


def missing_packages(network: str = "", further: Mapping[str, str] = NONE) -> list[str]:
    """The packages whose programs are not there."""
    path = search_path()
    programs = {**PROGRAMS, **OF_NETWORKS.get(network, {}), **further}
    return sorted({package for program, package in programs.items() if not shutil.which(program, path=path)})


def require(network: str = "", further: Mapping[str, str] = NONE) -> None:
    """Raise `UsageError` with one remedy when the lab cannot be had here, its hosts with that network system."""
    missing = missing_packages(network, further)
    if missing:
        sudo = "" if os.geteuid() == 0 else "sudo "
        raise UsageError(
            f"the lab needs programs that are not installed: {', '.join(missing)}",
            help=f"{sudo}apt-get install -y {' '.join(missing)}",
        )
    require_root()


def require_root() -> None:
    """Raise `UsageError` for anybody else than root."""
    if os.geteuid() != 0:
        raise UsageError("the lab needs root: it makes namespaces and mounts", help="run it by sudo")
