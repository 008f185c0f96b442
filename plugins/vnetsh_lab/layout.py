"""Where a lab keeps its things and what its hosts are called: all derived from the state folder and a number."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from vnetsh.errors import UsageError

STATE_VARIABLE = "VNETSH_LAB_DIR"
MARK_LAB = "VNETSH_LAB"  # in the environment of every process of a lab: its state folder
MARK_HOST = "VNETSH_LAB_HOST"  # and the host it belongs to, or `wire`
WIRE = "wire"
SWITCHES = "power"  # what the process of the power switches belongs to; a host's way to it is called so, too
MOST_HOSTS = 8
UNDERLAY_MTU = "1600"  # room for a tunnel's headers around a guest's 1500 bytes
IMAGES = "/var/lib/libvirt/images"
USER, USER_ID = "ops", 4200  # an ordinary user of each host, who may use sudo
INSIDE = "/run/vnetsh-lab"  # the host's own folder, as seen inside the host


@dataclass(frozen=True)
class HostLayout:
    """One host of a lab: its number gives its name, addresses and folder."""

    lab: Path
    number: int

    @property
    def name(self) -> str:
        """Its name in the language, its hostname, and its name for ssh."""
        return f"kvm{self.number}"

    @property
    def address(self) -> str:
        """Its address on the underlay, a /24."""
        return f"10.77.0.{self.number}"

    @property
    def migration_address(self) -> str:
        """One for which it has a certificate, in a network that nobody has until they give it to both: a /24."""
        return f"10.78.0.{self.number}"

    @property
    def mac(self) -> str:
        """vswitch01's: locally administered, the same at each start."""
        return f"02:77:00:00:00:{self.number:02x}"

    @property
    def nic_mac(self) -> str:
        """eth0's: another one than vswitch01's, or the kernel would take its packets a second time."""
        return f"02:77:00:00:01:{self.number:02x}"

    @property
    def uuid(self) -> str:
        """What libvirt knows the host by; two equal ones would refuse to migrate."""
        return f"77770000-0000-4000-8000-{self.number:012d}"

    @property
    def folder(self) -> Path:
        """Its files: `root/` is what it has instead of the outer machine's, the rest is the lab's own."""
        return self.lab / self.name

    @property
    def root(self) -> Path:
        """What is mounted over the outer machine's folders."""
        return self.folder / "root"

    @property
    def ready(self) -> Path:
        """Written last, when the whole host is up; holds the PID of its PID 1 as seen from outside."""
        return self.folder / "ready"

    @property
    def ready_pid(self) -> int | None:
        """What is written there; None where nothing is."""
        try:
            return int(self.ready.read_text())
        except (OSError, ValueError):
            return None

    @property
    def off(self) -> Path:
        """Says that the host was switched off: its files wait for it."""
        return self.folder / "off"

    @property
    def libvirt_peer(self) -> str:
        """How another host's libvirtd reaches this one's."""
        return f"qemu+tcp://{self.address}/system"


@dataclass(frozen=True)
class Layout:
    """The state folder of one lab."""

    folder: Path

    @property
    def marker(self) -> Path:
        """Says that the folder is a lab's: no other is ever removed."""
        return self.folder / ".vnetsh-lab"

    @property
    def ssh_config(self) -> Path:
        """An ssh config with a `Host` for each host."""
        return self.folder / "ssh_config"

    @property
    def ssh_key(self) -> Path:
        """The key that the hosts let in."""
        return self.folder / "id_ed25519"

    @property
    def authority(self) -> Path:
        """The certificate of the lab's own authority, which signs those of its hosts."""
        return self.folder / "ca-cert.pem"

    @property
    def authority_key(self) -> Path:
        """The authority's key."""
        return self.folder / "ca-key.pem"

    @property
    def known_hosts(self) -> Path:
        """The keys of the hosts themselves."""
        return self.folder / "known_hosts"

    @property
    def hosts_file(self) -> Path:
        """The hosts in vnetsh's own language."""
        return self.folder / "hosts.vnet"

    @property
    def ovn(self) -> Path:
        """How many hosts keep OVN's databases; there in a lab with OVN."""
        return self.folder / "ovn"

    @property
    def ha(self) -> Path:
        """How many hosts a Pacemaker cluster has; there in a lab with one."""
        return self.folder / "ha"

    @property
    def storage(self) -> Path:
        """Which host has storage for the others; there in a lab with any."""
        return self.folder / "storage"

    def host(self, number: int) -> HostLayout:
        """The host of that number, from 1."""
        return HostLayout(self.folder, number)


def number_of(name: str) -> int:
    """The number in a host's name. Raises `UsageError` for a name that no lab has."""
    match = re.fullmatch(r"kvm([1-9][0-9]*)", name)
    if not match or int(match[1]) > MOST_HOSTS:
        raise UsageError(f"a lab has no host `{name}`", help=f"its hosts are kvm1 to kvm{MOST_HOSTS}")
    return int(match[1])


def lab_folder(folder: Path | str | None = None) -> Path:
    """The state folder: the one given, `$VNETSH_LAB_DIR`, or /run/vnetsh-lab. Raises `UsageError`.

    ssh takes the path through a shell and `%` in it for its own: so few characters are allowed.
    """
    path = Path(folder or os.environ.get(STATE_VARIABLE) or "/run/vnetsh-lab").absolute()
    if not re.fullmatch(r"[A-Za-z0-9/_.,+@-]+", str(path)) or len(path.parts) < 3:
        raise UsageError(
            f"`{path}` cannot hold a lab", help="a folder of its own, of letters, digits and `/_.,+@-` only"
        )
    return path.parent.resolve() / path.name
