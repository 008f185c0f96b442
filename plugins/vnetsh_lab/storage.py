"""Storage for a lab's hosts on its last one: files by NFS, disks by iSCSI and NBD, objects by S3.

The kernels of hosts need nothing for them: QEMU's own drivers reach them all. What lies there is below `FOLDER` of that
host; a server of S3 (moto's) forgets its objects when it ends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from vnetsh.errors import UsageError
from vnetsh_lab.daemons import LOGS, Daemon, Inside, awaited
from vnetsh_lab.layout import HostLayout, Layout
from vnetsh_lab.processes import spawn, until

FOLDER = "/root/storage"
"""Of the host: `nfs` is the export, `nbd` has disks that are exports by their names, `iscsi` those of the target."""
EXPORT, TARGET, LUNS, LUN_SIZE = "/export", "iqn.2026-01.lab:store", 4, 2 * 2**30
S3_PORT = 9000

PROGRAMS = {
    "tgtd": "tgt",
    "ganesha.nfsd": "nfs-ganesha",
    "rpcbind": "rpcbind",
    "nbdkit": "nbdkit",
}
"""What it takes, each with its Debian package; besides nfs-ganesha-vfs, qemu-block-extra and Python's moto."""


def number(layout: Layout) -> int:
    """The number of the host that has the storage; 0: it is a lab without any."""
    return int(layout.storage.read_text()) if layout.storage.exists() else 0


def choose(layout: Layout, hosts: int) -> None:
    """Have the last host of a lab have storage. Raises `UsageError`."""
    if find_spec("moto") is None:
        raise UsageError(
            "the lab's S3 server is moto, which is not installed", help="`pip install 'vnetsh[lab]'`"
        )
    if number(layout) not in (0, hosts):
        raise UsageError(f"this lab's storage is on kvm{number(layout)}", help="`vnetsh lab down` first")
    layout.storage.write_text(str(hosts))


def daemons(layout: Layout, host: HostLayout) -> Sequence[Daemon]:
    """The servers, on the host that has them."""
    if host.number != number(layout):
        return ()
    return (
        _daemon("rpcbind", "mkdir -p /run/rpcbind; rpcbind -w", "rpcinfo -p localhost"),
        _daemon(
            "ganesha.nfsd",
            f"mkdir -p /run/ganesha /var/lib/nfs/ganesha {FOLDER}/nfs\n"
            f"cat >/run/ganesha.conf <<'END'\n{_exports(host)}END\n"
            "ganesha.nfsd -f /run/ganesha.conf -p /run/ganesha.pid -L /run/ganesha.log -N NIV_EVENT",
            f"rpcinfo -t {host.address} nfs 3",
        ),
        _daemon(
            "tgtd",
            f"mkdir -p /run/tgt {FOLDER}/iscsi; tgtd --iscsi portal={host.address}:3260; sleep 0.3; {_luns()}",
            "tgtadm --lld iscsi --op show --mode target --tid 1",
        ),
        _daemon(
            "nbdkit",
            f"mkdir -p {FOLDER}/nbd; nbdkit --ipaddr {host.address} --pidfile /run/nbdkit.pid file dir={FOLDER}/nbd",
            "kill -0 $(cat /run/nbdkit.pid)",
        ),
    )


def _daemon(name: str, start: str, probe: str) -> Daemon:
    log = f"{LOGS}/{name}.log"
    return awaited(name, f"({start}) >>{log} 2>&1", probe, log)


def _exports(host: HostLayout) -> str:
    """ganesha-config(8)."""
    return f"""NFS_CORE_PARAM {{
    Protocols = 3, 4; Enable_UDP = false; Enable_NLM = false; Enable_RQUOTA = false;
    Bind_addr = {host.address}; MNT_Port = 20048; mount_path_pseudo = true;
}}
EXPORT {{
    Export_Id = 1; Path = {FOLDER}/nfs; Pseudo = {EXPORT}; Access_Type = RW; Squash = No_Root_Squash;
    SecType = sys; Protocols = 3, 4; Transports = TCP; FSAL {{ Name = VFS; }}
}}
"""


def _luns() -> str:
    """The disks of the target, empty and thin, which anybody on the wire may use."""
    lines = [f"tgtadm --lld iscsi --op new --mode target --tid 1 -T {TARGET}"]
    for lun in range(1, LUNS + 1):
        file = f"{FOLDER}/iscsi/{lun}.raw"
        lines.append(f"test -e {file} || truncate -s {LUN_SIZE} {file}")
        lines.append(f"tgtadm --lld iscsi --op new --mode logicalunit --tid 1 --lun {lun} -b {file}")
    return "; ".join([*lines, "tgtadm --lld iscsi --op bind --mode target --tid 1 -I ALL"])


def start_storage(layout: Layout, running: Sequence[tuple[HostLayout, int]]) -> None:
    """Start what does not answer. Raises `BackendRefused`."""
    for host, pid in running:
        if host.number == number(layout):
            inside = Inside(host, pid)
            for daemon in daemons(layout, host):
                if not inside.answers(daemon):
                    inside.start(daemon)
            _start_s3(layout, inside)


def _start_s3(layout: Layout, inside: Inside) -> None:
    """Start the S3 server: a program of this machine's Python, in the host's network alone."""
    probe = f"import socket; socket.create_connection(('{inside.host.address}', {S3_PORT}), 1)"
    if inside.call("python3", "-c", probe).returncode == 0:
        return
    paths = os.pathsep.join(path for path in sys.path if path)
    program = ["env", f"PYTHONPATH={paths}", sys.executable, "-m", "moto.server"]
    words = [*program, "-H", inside.host.address, "-p", str(S3_PORT)]
    log = inside.host.folder / "s3.log"
    spawn(
        layout.folder, inside.host.name, ["nsenter", "--target", str(inside.pid), "--net", "--", *words], log
    )
    until(lambda: inside.call("python3", "-c", probe).returncode == 0, timeout=30)
