"""A host of the lab with a NIC of its own for management, by which alone vnetsh reaches it: ssh goes over TCP."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from waiting import eventually

from vnetsh_lab import Lab
from vnetsh_lab.processes import lab_processes, marked

HOST, CONTROLLER = "kvm1", "kvm2"
NIC = "eth1"
MTU = "1400"
SCRIPT = f"bridge vmgmt on {HOST} uplink {NIC}"
FOLDER = "/run/vnetsh-uplink"
SSHD_PID = "/run/sshd-of-the-nic"
SETTINGS = (
    "net/ipv4/conf/eth1/arp_ignore",
    "net/ipv4/conf/eth1/rp_filter",
    "net/ipv6/conf/eth1/disable_ipv6",
)

# The NIC's, in their order: addresses, then routes, then rules.
ADDRESSES = (
    "192.168.50.1/24 brd 192.168.50.255",
    "192.168.50.11/24 label eth1:two",
    "192.168.60.1/28 noprefixroute metric 300",
    "10.9.8.7 peer 10.9.8.6/32",
    "172.30.0.5/24 valid_lft 3000 preferred_lft 2000",
    "2001:db8:50::1/64 nodad",
    "2001:db8:51::1/64 nodad noprefixroute",
)
ROUTES = (
    "192.168.60.0/28 dev eth1 proto kernel scope link src 192.168.60.1 metric 300",
    "default via 192.168.50.2 dev eth1 proto static src 192.168.50.11 metric 77",
    "default via 192.168.50.3 dev eth1 proto dhcp metric 99",
    "198.51.100.0/24 via 192.168.50.2 dev eth1 mtu lock 1300",
    "203.0.113.0/24 nexthop via 192.168.50.2 dev eth1 weight 1 nexthop via 192.168.50.3 dev eth1 weight 2",
    "default via 192.168.50.2 dev eth1 table 100",
    "2001:db8:51::/64 dev eth1 metric 512",
    "2001:db8:99::/48 via 2001:db8:50::2 dev eth1 proto static metric 88",
    "::/0 via 2001:db8:50::2 dev eth1 table 100",
)
RULES = (
    "from 192.168.50.0/24 pref 1000 lookup 100",
    "from all iif eth1 pref 1001 lookup 100",
    "from 2001:db8:50::/64 pref 1000 lookup 100",
    "from ::/0 oif eth1 pref 1001 lookup 100",
)


@dataclass
class Management:
    """The host, the way to it, and what runs `vnetsh` at the other end of it."""

    lab: Lab
    folder: Path

    def on(self, *argv: str, host: str = HOST) -> str:
        """Run a command in a host, not over the network; what it printed."""
        done = self.lab.exec(host, argv)
        assert done.returncode == 0, f"{argv}: {done.stderr}"
        return done.stdout

    def start(self, script: str, *, confirm: int = 0, **environment: str) -> subprocess.Popen[str]:
        """Start `vnetsh` at the controller, on a script or to `undo`; its ssh is the folder's own (see `_SSH`).

        Where a fault is to be waited out, the host does not wait long; else it may take its time.
        """
        confirm = confirm or (3 if "AT" in environment else 15)
        hosts = self.folder / "hosts.vnet"
        with contextlib.suppress(FileNotFoundError):
            (self.folder / "hooked").rmdir()
        said = f'ssh {HOST} ssh-config "{self.folder}/ssh_config" datapath netdev confirm {confirm}'
        hosts.write_text(f"host {HOST} {said}\n")
        command = [str(Path(sys.executable).with_name("vnetsh")), "--hosts", str(hosts), "--yes"]
        return subprocess.Popen(
            [*self._in(CONTROLLER), *command, *([script] if script == "undo" else ["-c", script])],
            env={
                **os.environ,
                **marked(self.lab.folder, CONTROLLER),
                "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
                "XDG_RUNTIME_DIR": str(self.folder),
                "XDG_STATE_HOME": str(self.folder / "state"),
                "NO_COLOR": "1",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, *, confirm: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `vnetsh` at the controller to its end."""
        process = self.start(script, confirm=confirm, **environment)
        out, err = process.communicate(timeout=90)
        return subprocess.CompletedProcess(script, process.returncode, out, err)

    def pid(self, words: str) -> int:
        """The PID, as seen from here, of the host's first process with these words in its command line.

        A shell's subshells are called as it is: they come later.
        """
        return min(
            p.pid for p in lab_processes(self.lab.folder) if p.host == HOST and words in _command(p.pid)
        )

    def reachable(self) -> bool:
        """Whether a new ssh connection over the network comes about."""
        argv = ["ssh", "-F", f"{self.folder}/ssh_config", "-o", "ConnectTimeout=2", "-o", "ControlPath=none"]
        whole = [*self._in(CONTROLLER), *argv, HOST, "true"]
        done = subprocess.run(whole, capture_output=True, timeout=20, check=False)
        return done.returncode == 0

    def datagrams(self, number: int) -> int:
        """Send datagrams to the host; how many it gets within half a second."""
        receive = [*self._in(HOST), sys.executable, "-c", _RECEIVE]
        with subprocess.Popen(receive, stdout=subprocess.PIPE, text=True) as receiver:
            assert receiver.stdout is not None
            assert receiver.stdout.readline() == "ready\n"
            send = [*self._in(CONTROLLER), sys.executable, "-c", _SEND, str(number)]
            subprocess.run(send, check=True, timeout=10)
            return int(receiver.communicate(timeout=10)[0])

    def _in(self, host: str) -> list[str]:
        return ["nsenter", "--target", str(self.lab.pid(host)), "--net", "--"]

    def armed(self) -> bool:
        """Whether a guard waits on the host."""
        return self.lab.exec(HOST, ["test", "-e", f"{FOLDER}/armed"]).returncode == 0

    def file(self, name: str) -> str:
        """What one of the guard's files says, nothing when it is not there."""
        return self.lab.exec(HOST, ["cat", f"{FOLDER}/{name}"]).stdout.strip()

    def addresses(self, link: str) -> list[str]:
        """The global addresses of a link, with all that is set of them but the time they have left."""
        links = json.loads(self.on("ip", "-json", "addr", "show"))
        found = [
            a for one in links if one["ifname"] == link for a in one["addr_info"] if a["scope"] != "link"
        ]
        times = ("valid_life_time", "preferred_life_time")
        return [json.dumps({k: v for k, v in a.items() if k not in times}, sort_keys=True) for a in found]

    def state(self) -> dict[str, object]:
        """All that a step touches and must give back: links, addresses, routes, rules, settings, OVSDB.

        But not the routes to a link's own link-local address: the kernel makes them when it has seen, a second
        later or more, that nobody else has the address.
        """
        links = json.loads(self.on("ip", "-json", "link", "show"))
        about = ("ifname", "flags", "mtu", "address", "master")
        found: dict[str, object] = {
            "links": sorted(str({key: link.get(key) for key in about}) for link in links),
            "addresses": {link["ifname"]: self.addresses(link["ifname"]) for link in links},
            "settings": [self.on("cat", f"/proc/sys/{path}") for path in SETTINGS],
        }
        for version in ("-4", "-6"):
            lines = self.on("ip", "-oneline", version, "route", "show", "table", "all").splitlines()
            found["routes" + version] = sorted(line for line in lines if not line.startswith("local fe80:"))
            found["rules" + version] = self.on("ip", version, "rule", "show").splitlines()
        for table, columns in TABLES.items():
            listing = ("--format=json", f"--columns={columns}", "list", table)
            rows = json.loads(self.on("ovs-vsctl", "--timeout=5", *listing))["data"]
            found[table] = sorted(map(str, rows))
        return found


_RECEIVE = """
import socket
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("192.168.50.1", 7007))
print("ready", flush=True)
received = 0
try:
    while True:
        receiver.settimeout(0.5 if received else 5)
        receiver.recv(99)
        received += 1
except TimeoutError:
    print(received)
"""
_SEND = """
import socket, sys
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(int(sys.argv[1])):
    sender.sendto(b"?", ("192.168.50.1", 7007))
"""


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:  # it has ended
        return ""


TABLES = {
    "bridge": "_uuid,name,ports,external_ids,other_config,datapath_type,mirrors,fail_mode",
    "port": "_uuid,name,interfaces,external_ids,other_config,tag",
    "interface": "_uuid,name,type,options,external_ids,other_config,mtu_request",
}

_SSH = """#!/bin/sh
# As ssh; but at a call whose words have AT in them it kills who called it (before, after, or when half of the
# input is sent), or first runs HOOK, once.
end() { grep -q -e --hosts "/proc/$PPID/cmdline" && kill -9 $PPID; } # not whoever inherits an orphan
case "$*" in
*"${AT:-nothing is called so}"*)
    case "$WHEN" in
    before) end; exit 255 ;;
    after) /usr/bin/ssh "$@"; code=$?; end; exit $code ;;
    half) head -c 4000 | /usr/bin/ssh "$@"; end; exit 255 ;;
    hook) mkdir FOLDER/hooked 2>/dev/null && eval "$HOOK" ;;
    esac ;;
esac
exec /usr/bin/ssh "$@"
"""


# A veth leaves checksums to the other end, and a switch in userspace does not make up for them (ethtool -K tx off).
_CHECKSUMS = """
import array, fcntl, socket, struct, sys
value = array.array("B", struct.pack("II", 0x17, 0))  # ETHTOOL_STXCSUM
request = struct.pack("16sP", sys.argv[1].encode(), value.buffer_info()[0])
fcntl.ioctl(socket.socket(), 0x8946, request)  # SIOCETHTOOL
"""


def _in_namespace(pid: int, *argv: str) -> None:
    subprocess.run(["nsenter", "--target", str(pid), "--net", "--", *argv], check=True, timeout=10)


_CLEARING = (
    "ovs-vsctl --timeout=5 --if-exists del-br vmgmt -- remove Open_vSwitch . external_ids vnetsh-armed",
    f"rm -rf {FOLDER}",
    f"ip link del {NIC}",
    *(f"ip {v} rule del pref {pref}" for v in ("-4", "-6") for pref in (1000, 1001)),
)


@contextlib.contextmanager
def management(lab: Lab) -> Iterator[Management]:
    """Such a host, and at the end none."""
    folder = Path(tempfile.mkdtemp())  # a short one: the path of a unix socket has few characters
    managed = Management(lab, folder)
    try:
        _write_files(managed)
        _lay_wire(lab.pid(HOST), lab.pid(CONTROLLER))
        _furnish(managed)
        sshd = ["/usr/sbin/sshd", "-E", "/run/sshd.log", "-f", "/run/vnetsh-lab/sshd_config"]
        managed.on(*sshd, "-o", f"PidFile={SSHD_PID}")
        assert eventually(managed.reachable)
        yield managed
    finally:
        _clear(managed)


def _lay_wire(here: int, there: int) -> None:
    _in_namespace(here, "ip", "link", "add", NIC, "type", "veth", "peer", "name", NIC, "netns", str(there))
    _in_namespace(there, "ip", "link", "set", NIC, "mtu", MTU, "up")
    for pid in (here, there):
        _in_namespace(pid, sys.executable, "-c", _CHECKSUMS, NIC)
    for address in ("192.168.50.2/24", "192.168.50.3/24"):
        _in_namespace(there, "ip", "addr", "add", address, "dev", NIC)
    _in_namespace(there, "ip", "addr", "add", "2001:db8:50::2/64", "dev", NIC, "nodad")


def _furnish(managed: Management) -> None:
    """Give the NIC all that a NIC may have; wait until its link-local address is there."""
    managed.on("ip", "link", "set", NIC, "mtu", MTU, "up")
    for address in ADDRESSES:
        managed.on("ip", "addr", "add", *address.split(), "dev", NIC)
    for route in ROUTES:
        managed.on("ip", "route", "append", *route.split())
    for rule in RULES:
        managed.on("ip", "-6" if "::" in rule else "-4", "rule", "add", *rule.split())
    local = ("ip", "-6", "route", "show", "table", "local", "type", "local", "dev")
    for link in (NIC, "vswitch01"):
        assert eventually(lambda link=link: "fe80" in managed.on(*local, link))


def _clear(managed: Management) -> None:
    """End and remove everything, also what a test that failed has left."""
    lab = managed.lab
    listener = lab.exec(HOST, ["cat", SSHD_PID]).stdout.strip()
    if listener:
        lab.exec(HOST, ["kill", "-KILL", listener])
    for process in lab_processes(lab.folder):
        if process.host == HOST and "sh ./guard" in _command(process.pid):
            os.kill(process.pid, signal.SIGKILL)
    for pid in masters(managed.folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for command in _CLEARING:
        lab.exec(HOST, command.split())
    shutil.rmtree(managed.folder)


def masters(folder: Path) -> list[int]:
    """The ssh connections that outlived their vnetsh."""
    argv = ["pgrep", "-f", f"^ssh: {folder}/"]
    found = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
    return [int(pid) for pid in found.stdout.split()]


def _write_files(managed: Management) -> None:
    layout, folder = managed.lab.layout, managed.folder
    (folder / "ssh_config").write_text(f"""Host {HOST}
    HostName 192.168.50.1
    HostKeyAlias {HOST}
    User root
    IdentityFile {layout.ssh_key}
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile {layout.known_hosts}
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    CheckHostIP no
""")
    shim = folder / "bin" / "ssh"
    shim.parent.mkdir()
    shim.write_text(_SSH.replace("FOLDER", str(folder)))
    shim.chmod(0o755)
