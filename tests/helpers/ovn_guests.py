"""Guests without a vm on OVN's networks, and the world outside: namespaces with one NIC each."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from in_lab import on

from vnetsh_lab.lab import Lab
from vnetsh_lab.layout import WIRE
from vnetsh_lab.processes import marked
from vnetsh_lab.wire import Wire

OUTSIDE = "10.77.0.200"
"""The address of the world outside, on the lab's wire."""

_NO_OFFLOAD = """
import ctypes, fcntl, socket, struct, sys
value = ctypes.create_string_buffer(struct.pack("II", 0x17, 0))  # ETHTOOL_STXCSUM: off
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any:
    fcntl.ioctl(any, 0x8946, struct.pack("16sP", sys.argv[1].encode(), ctypes.addressof(value)))
"""


@dataclass(frozen=True)
class End:
    """One end of a conversation: runs commands where its NIC is."""

    run: Callable[..., subprocess.CompletedProcess[str]]
    address: str

    def hears(self, sender: End, source: str, port: int, *, at: str = "") -> bool:
        """Whether a datagram gets here, or `at` another address, that somebody sends from one of theirs."""
        heard = _BESIDE.submit(self.run, "/usr/bin/python3", "-c", _HEARER, str(port))
        time.sleep(0.4)
        done = sender.run("/usr/bin/python3", "-c", _SENDER, source, at or self.address, str(port))
        assert done.returncode == 0, done.stderr
        return heard.result().stdout.strip() == source.partition("%")[0]

    def pings(self, address: str, *, count: int = 2) -> bool:
        """Whether somebody answers there, within some seconds."""
        return any(
            self.run("busybox", "ping", "-c", "1", "-W", "1", address).returncode == 0 for _ in range(count)
        )

    def longest_gap(self, address: str, seconds: float) -> Future[float]:
        """Send echo requests for some seconds, beside all else; how long none of them was answered, at most."""

        def told() -> float:
            done = self.run("/usr/bin/python3", "-c", PINGER, address, str(seconds))
            assert done.returncode == 0, done.stderr
            return float(done.stdout)

        return _BESIDE.submit(told)

    def serves(self, port: int, text: str) -> None:
        """Answer each connection to a TCP port with a text, and the address that it comes from."""
        done = self.run("/usr/bin/python3", "-c", _SERVER, str(port), text)
        assert done.returncode == 0, done.stderr

    def asks(self, address: str, port: int) -> str:
        """What a server says there; empty where none is reached."""
        return self.run("timeout", "3", "busybox", "nc", address, str(port)).stdout.strip()


_BESIDE = ThreadPoolExecutor(4)

PINGER = """
import select, socket, struct, sys, time

def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF

address, seconds = sys.argv[1], float(sys.argv[2])
start = last = time.monotonic()
longest, number = 0.0, 0
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as icmp:
    while (now := time.monotonic()) < start + seconds:
        head = struct.pack("!BBHHH", 8, 0, 0, 0x7677, number)
        icmp.sendto(struct.pack("!BBHHH", 8, 0, checksum(head), 0x7677, number), (address, 0))
        number += 1
        until = now + 0.02
        while (left := until - time.monotonic()) > 0:
            if select.select([icmp], [], [], left)[0]:
                data = icmp.recv(2048)
                if data[20] == 0 and data[24:26] == b"\\x76\\x77":
                    longest, last = max(longest, time.monotonic() - last), time.monotonic()
print(max(longest, time.monotonic() - last))
"""

_HEARER = """
import select, socket, sys
with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as here:
    here.bind(("::", int(sys.argv[1])))
    if select.select([here], [], [], 1.2)[0]:
        print(here.recvfrom(100)[1][0].removeprefix("::ffff:").partition("%")[0])
"""

_SENDER = """
import socket, sys, time
family, *_, source = socket.getaddrinfo(sys.argv[1], 0, type=socket.SOCK_DGRAM)[0]
with socket.socket(family, socket.SOCK_DGRAM) as here:
    here.bind(source)
    for _ in range(3):
        here.sendto(b"x", (sys.argv[2], int(sys.argv[3])))
        time.sleep(0.1)
"""

_SERVER = """
import os, socket, sys
family = socket.AF_INET6
with socket.socket(family) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("::", int(sys.argv[1])))
    server.listen()
    if os.fork():
        os._exit(0)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    while True:
        client, where = server.accept()
        client.sendall(f"{sys.argv[2]} {where[0].removeprefix('::ffff:')}\\n".encode())
        client.close()
"""


@dataclass
class Guests:
    """Those of a lab, and what they need of it."""

    lab: Lab
    central: str = "kvm1"
    ends: dict[str, End] = field(default_factory=dict)

    def guest(self, host: str, name: str, network: str, address: str, gateway: str, *, mac: str = "") -> End:
        """A guest on a network: a logical port, and a namespace with its NIC on a host."""
        plain = address.partition("/")[0]
        mac = mac or "02:00:00:" + ":".join(f"{int(part):02x}" for part in plain.split(".")[1:])
        self.northbound(
            f"--may-exist lsp-add {network} port-{name} -- lsp-set-addresses port-{name} '{mac} {plain}'"
        )
        script = f"""
            ip netns add {name}
            ovs-vsctl add-port br-int {name} -- set interface {name} type=internal external_ids:iface-id=port-{name}
            ip link set {name} netns {name}
            ip -n {name} link set lo up
            ip -n {name} link set {name} address {mac} mtu 1442 up
            ip -n {name} address add {address} dev {name}
            ip -n {name} route add default via {gateway}
        """
        on(self.lab, host, "sh", "-ec", script)
        self.northbound(f"--timeout=10 wait-until logical_switch_port port-{name} up=true")

        def run(*argv: str) -> subprocess.CompletedProcess[str]:
            return self.lab.exec(host, ["ip", "netns", "exec", name, *argv])

        self.ends[name] = End(run, plain)
        return self.ends[name]

    def as_vm(self, name: str, network: str) -> None:
        """Have a guest count as a vm of that name, which is its tenant's."""
        ids = f"external_ids:vnetsh-vm={name} external_ids:vnetsh-nic={name}_port1"
        group = f"tenant.{network.partition('/')[0]}"
        self.northbound(
            f"-- set logical_switch_port port-{name} {ids}"
            f" -- --id=@port get logical_switch_port port-{name} -- add port_group {group} ports @port"
        )

    def outside(self) -> End:
        """The world outside: the wire's own namespace."""
        pid = Wire(self.lab.folder).pid()

        def run(*argv: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                ["nsenter", "--target", str(pid), "--net", "--", *argv],
                env=marked(self.lab.folder, WIRE),  # what goes on in the background ends with the lab
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )

        run("ip", "address", "replace", f"{OUTSIDE}/24", "dev", "wire")
        for device in re.findall(r"(?m)^\d+: ([^:@]+)", run("ip", "-o", "link").stdout):
            run("/usr/bin/python3", "-c", _NO_OFFLOAD, device)
        return End(run, OUTSIDE)

    def northbound(self, command: str) -> str:
        """What `ovn-nbctl` says."""
        return on(self.lab, self.central, "sh", "-c", f"ovn-nbctl {command}")

    def dump(self) -> str:
        """All of the northbound database but what no two runs have in common: UUIDs and numbers that only grow."""
        text = on(
            self.lab,
            self.central,
            "sh",
            "-c",
            "ovsdb-client -f csv dump unix:/run/ovn/ovnnb_db.sock OVN_Northbound",
        )
        return _plain(text)


def _plain(text: str) -> str:
    lines, table = [], ""
    for line in text.splitlines():
        table = line if line.endswith(" table") else table
        if "NB_Global" not in table:
            lines.append(f"{table}: " + re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", line))
    return "\n".join(sorted(lines))
