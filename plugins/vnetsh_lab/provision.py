"""A host's files before it starts: the configuration of its daemons, and its ssh keys."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

from vnetsh.errors import BackendRefused
from vnetsh.model import Attributes, Place
from vnetsh_lab.certificates import PKI, make_certificates
from vnetsh_lab.host_network import NETWORK_FILES, write_network
from vnetsh_lab.layout import (
    IMAGES,
    INSIDE,
    MARK_HOST,
    MARK_LAB,
    MOST_HOSTS,
    USER,
    USER_ID,
    HostLayout,
    Layout,
)

_FOLDERS = (
    "etc/libvirt/qemu/networks",
    "etc/openvswitch",
    "root",
    "var/lib/libvirt/images",
    "var/lib/misc",
    "var/lib/openvswitch",
    "var/cache/libvirt",
    "var/log/libvirt",
    "var/log/openvswitch",
)


OWN_FOLDERS = (
    "var/lib/corosync",
    "var/lib/pacemaker",
    "var/lib/pcsd",
    "var/log/corosync",
    "var/log/pacemaker",
    "var/lib/nfs",
)
"""Folders that belong to users of their own: a host has them where this machine has."""

_OWN = ("libvirt", "openvswitch", "vnetsh", "NetworkManager", *NETWORK_FILES)
"""Of /etc: what a host has of its own, and nothing of this machine's."""


def provision(layout: Layout, host: HostLayout, network: str = "") -> None:
    """Write all files of a host that is not running; its /etc is this machine's otherwise.

    `network` is the system by which it gets its network when it starts (`network_files`).
    """
    shutil.copytree("/etc", host.root / "etc", symlinks=True, ignore=_not_its_own)
    for folder in _FOLDERS:
        (host.root / folder).mkdir(parents=True, exist_ok=True)
    for folder in OWN_FOLDERS:
        if Path("/", folder).is_dir():
            subprocess.run(["cp", "-a", "--parents", folder, host.root], cwd="/", check=True)
    write_network(host, network)
    hosts = [layout.host(number) for number in range(1, MOST_HOSTS + 1)]
    etc = host.root / "etc"
    if not network:  # else that gives it
        (etc / "rc.local").write_text(
            f"# The lab gives this host its address {host.address} at each start.\n"
        )
    names = "".join(f"{h.address} {h.name}\n" for h in hosts)
    (etc / "hosts").write_text(f"127.0.0.1 localhost\n::1 localhost\n{names}")
    (etc / "hostname").write_text(f"{host.name}\n")
    # sshd without PAM lets nobody in whose password field begins with `!`, as root's does on many machines.
    (etc / "shadow").write_text("".join(f"{user}:*:19000:0:99999:7:::\n" for user in ("root", USER)))
    (etc / "shadow").chmod(0o600)
    _add_user(etc)
    (etc / "libvirt/libvirtd.conf").write_text(_libvirtd_conf(host))
    (etc / "libvirt/qemu.conf").write_text(_qemu_conf(host))
    make_certificates(layout, host)
    with as_file(files("vnetsh_lab") / "data/sbin") as programs:
        shutil.copytree(programs, host.folder / "sbin")
    for program in (host.folder / "sbin").iterdir():
        program.chmod(0o755)
    (host.folder / "sshd_config").write_text(_sshd_config(layout, host))
    _make_key(host.folder / "ssh_host_ed25519_key", host.name)
    shutil.copy(f"{layout.ssh_key}.pub", host.folder / "authorized_keys")


def _not_its_own(folder: str, names: list[str]) -> list[str]:
    """What of this machine's /etc a host does not get: also what is no file, and what nobody may read."""
    here = Path(folder)
    own = {here / name for name in names if (here / name).relative_to("/etc").as_posix() in _OWN}
    kinds = ("is_file", "is_dir", "is_symlink")
    return [
        name
        for name in names
        if here / name in own or not any(getattr(here / name, kind)() for kind in kinds)
    ]


def put_image(host: HostLayout, image: Path, name: str) -> None:
    """Put a guest's image under that name into a host's image folder, if there is none."""
    target = host.root / IMAGES.lstrip("/") / name
    if not target.exists():
        new = target.with_name(f".{name}.new")  # one that is half copied is no image yet
        # A copy, no link: a vm that has the image itself as its disk must not write into the other hosts'.
        shutil.copy(image, new)
        new.rename(target)


def _add_user(etc: Path) -> None:
    """An ordinary user besides root, who may do all by sudo (where this machine has that), without a password."""
    for name, line in (
        ("passwd", f"{USER}:x:{USER_ID}:{USER_ID}:vnetsh lab:/run/{USER}:/bin/sh"),
        ("group", f"{USER}:x:{USER_ID}:"),
    ):
        others = [
            one for one in Path("/etc", name).read_text().splitlines() if not one.startswith(f"{USER}:")
        ]
        (etc / name).write_text("".join(f"{one}\n" for one in [*others, line]))
    (etc / "sudoers").write_text(f"root ALL=(ALL:ALL) ALL\n{USER} ALL=(root) NOPASSWD: ALL\n")
    (etc / "sudoers").chmod(0o440)


def _libvirtd_conf(host: HostLayout) -> str:
    # TCP without authentication: only peers inside the lab's own wire can come by, for migrations.
    return f"""listen_tls = 0
listen_tcp = 1
listen_addr = "0.0.0.0"
auth_tcp = "none"
auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
host_uuid = "{host.uuid}"
log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
"""


def _qemu_conf(host: HostLayout) -> str:
    return f"""user = "root"
group = "root"
dynamic_ownership = 1
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
migration_address = "0.0.0.0"
migration_host = "{host.address}"
default_tls_x509_cert_dir = "{PKI}"
"""


def _sshd_config(layout: Layout, host: HostLayout) -> str:
    return f"""HostKey {INSIDE}/ssh_host_ed25519_key
AuthorizedKeysFile {INSIDE}/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
AllowStreamLocalForwarding yes
PrintMotd no
PrintLastLog no
MaxSessions 100
SetEnv {MARK_LAB}={layout.folder} {MARK_HOST}={host.name}
Subsystem sftp /usr/lib/openssh/sftp-server
"""


def _make_key(path: Path, comment: str) -> None:
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise BackendRefused(f"ssh-keygen: {done.stderr.strip()}")


def make_client_key(layout: Layout) -> None:
    """The key by which the lab's user comes to the hosts; kept when it is there."""
    if not layout.ssh_key.exists():
        _make_key(layout.ssh_key, "vnetsh lab")


def write_ssh_config(layout: Layout, hosts: Sequence[tuple[HostLayout, int | None]]) -> None:
    """Write ssh_config and known_hosts for hosts and the PIDs of their PID 1; None of one that is switched off."""
    known, blocks = [], []
    for host, pid in hosts:
        key = (host.folder / "ssh_host_ed25519_key.pub").read_text().split()
        known.append(f"{host.name} {key[0]} {key[1]}\n")
        enter = f"nsenter --target {pid} --net --mount --uts --ipc --pid --"
        marks = f"{MARK_LAB}={layout.folder} {MARK_HOST}={host.name}"
        sshd = f"/usr/sbin/sshd -i -E /run/sshd.log -f {INSIDE}/sshd_config"
        blocks.append(
            f"""Host {host.name}
    HostName {host.name}
    HostKeyAlias {host.name}
    User root
    ProxyCommand {f"env {marks} {enter} {sshd}" if pid else "false"}
    IdentityFile {layout.ssh_key}
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile {layout.known_hosts}
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    CheckHostIP no
"""
        )
    _replace(layout.known_hosts, "".join(known))
    _replace(layout.ssh_config, "".join(blocks))


def write_hosts_file(layout: Layout, hosts: Sequence[HostLayout], places: Sequence[Place]) -> None:
    """Write the hosts, and what they lead to, in vnetsh's language, for `--hosts`."""
    lines = []
    for host in hosts:
        attributes = {"address": host.address, **host_attributes(layout, host)}
        lines.append(f"host {host.name} {_words(attributes)}\n")
    for place in places:
        lines.append(f"{place.noun} {place.name} {_words(place.attributes)} on {', '.join(place.hosts)}\n")
    _replace(layout.hosts_file, "".join(lines))


def host_attributes(layout: Layout, host: HostLayout) -> dict[str, str]:
    """What vnetsh has to know of a lab host besides its address; some are attributes of the backends' own."""
    return {
        "ssh": host.name,
        "ssh-config": str(layout.ssh_config),
        "datapath": "netdev",
        "images": IMAGES,
        "domain-type": "qemu",
        "libvirt-peer": host.libvirt_peer,
    }


def _words(attributes: Attributes) -> str:
    values = {key: value if isinstance(value, tuple) else (value,) for key, value in attributes.items()}
    return " ".join(f"{key} {', '.join(_quoted(str(one)) for one in value)}" for key, value in values.items())


def _quoted(value: str) -> str:
    return f'"{value}"' if any(c in value for c in "/:+,@") else value


def _replace(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.rename(path)
