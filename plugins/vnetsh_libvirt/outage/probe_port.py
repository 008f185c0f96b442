"""The port of a prober: one end of a veth pair whose other end is in a network namespace of this process alone.

So the host's own network has nothing to do with it: it answers no ARP there, gets no address, forwards nothing; and
when the process is killed the kernel removes the pair. A part of the program that is sent to hosts, as `gaps` is.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

_CLONE_NEWNET = 0x40000000
_ARP = 0x0806
SO_TIMESTAMPNS = 35
PORT = r"""
set -e
name=$1 mac=$2 mtu=$3 peer=$4 own=$5 namespace=$6 bridge=$7 tag=$8 interface=$9
ip -batch - <<END
link add $name address $mac mtu $mtu type veth peer name $peer address $own mtu $mtu netns $namespace
link set $name addrgenmode none arp off alias vnetsh-probe
END
trap 'test $? = 0 || ip link delete "$name"' EXIT
# No address of its own: the host's network is not to take part in anything here.
! test -e "/proc/sys/net/ipv6/conf/$name/disable_ipv6" || echo 1 >"/proc/sys/net/ipv6/conf/$name/disable_ipv6"
if test -d "/sys/class/net/$bridge/bridge"; then
    ip link set "$name" master "$bridge" up
else
    ip link set "$name" up
    # That it works is seen by the answers: nobody waits for ovs-vswitchd.
    ovs-vsctl --timeout=5 --no-wait -- add-port "$bridge" "$name" ${tag:+"tag=$tag"} vlan_mode=access \
        external_ids:vnetsh-probe=1 other_config:transient=true \
        other_config:stp-enable=false other_config:rstp-enable=false \
        ${interface:+-- set interface "$name" "external_ids:iface-id=$interface"}
fi
"""
GONE = r"""
test -d "/sys/class/net/$2/bridge" || ovs-vsctl --timeout=5 --no-wait -- --if-exists del-port "$1"
! test -e "/sys/class/net/$1" || ip link delete "$1"
"""


class Refused(Exception):
    """Why a bridge cannot be probed, in words."""


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


class Outside:
    """Runs shell commands in the host's own network, which this process has left."""

    def __init__(self) -> None:
        self._network = os.open("/proc/self/ns/net", os.O_RDONLY)
        if _libc().unshare(_CLONE_NEWNET):
            code = ctypes.get_errno()
            root = " (it takes root)" if code == errno.EPERM else ""
            raise Refused("no network namespace can be made: " + os.strerror(code) + root)

    def run(self, script: str, *words: str) -> None:
        """Run a script with these words. Raises `Refused` with what it said."""
        libc, network = _libc(), self._network

        def enter() -> None:
            libc.setns(network, _CLONE_NEWNET)

        done = subprocess.run(
            ["sh", "-c", script, "sh", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=enter,
            start_new_session=True,
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise Refused(said[-1] if said else f"sh ended with {done.returncode}")


def mac_of(first: str) -> str:
    """A MAC of our own, locally administered."""
    return ":".join([first, *(f"{byte:02x}" for byte in os.urandom(6 - len(first.split(":"))))])


def bytes_of(mac: str) -> bytes:
    """A MAC as it is in frames."""
    return bytes.fromhex(mac.replace(":", ""))


def read(path: str) -> str:
    """What a file says, without its end of line; empty where there is none."""
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


class Port:
    """A port of its own on a bridge, with an access VLAN where one is said; `socket` has its ARP frames."""

    def __init__(self, said: Any) -> None:
        self.name = str(said["name"])
        self.bridge = str(said["bridge"])
        self.tag = str(said.get("vlan") or "")
        self.interface = str(said.get("interface") or "")
        self.own = str(said.get("own") or "") or mac_of("ae")
        self.link = ""
        self.socket: socket.socket | None = None

    def plug(self, outside: Outside, number: int) -> None:
        """Make the port. Raises `Refused`."""
        folder = "/sys/class/net/" + self.bridge
        stp = read(folder + "/bridge/stp_state")
        if stp not in ("", "0"):
            raise Refused("it runs STP, which a new port disturbs")
        mtu = read(folder + "/mtu") or "1500"
        if stp == "" and not Path(folder).exists():
            raise Refused("there is no such bridge")
        self.link = f"probe{number}"
        # A Linux bridge takes the lowest MAC of its ports for its own: this is none. And it, and Open vSwitch, the
        # smallest MTU: so it is the bridge's.
        words = (
            self.name,
            mac_of("fe:ff"),
            mtu,
            self.link,
            self.own,
            str(os.getpid()),
            self.bridge,
            self.tag,
            self.interface,
        )
        outside.run(PORT, *words)
        try:
            subprocess.check_call(["ip", "link", "set", self.link, "arp", "off", "addrgenmode", "none", "up"])
            found = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ARP))
            found.bind((self.link, _ARP))
            found.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            found.setblocking(False)
            self.socket = found  # another thread may use it from now on
        except (OSError, subprocess.CalledProcessError) as error:
            self.unplug(outside)
            raise Refused(str(error)) from None

    def unplug(self, outside: Outside) -> None:
        """Remove the port."""
        if self.socket:
            self.socket.close()
            self.socket = None
        outside.run(GONE, self.name, self.bridge)
