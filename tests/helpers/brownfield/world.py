"""What a round's hosts are made of: things that others made, with the commands that make them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

HOSTS = ("kvm1", "kvm2")
IMAGES = "/var/lib/libvirt/images"


@dataclass(frozen=True)
class Thing:
    """Something on a host: in words, and as the lines of a shell that make it."""

    host: str
    said: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Ill:
    """What `takeover`'s report is to name: a thing, and words of what is said of it. On `host` "": on either."""

    host: str
    kind: str
    name: str
    says: str
    late: bool = False
    """Whether it can be told later than the report is made, and is told by another ill, too."""


@dataclass(frozen=True)
class Nic:
    """A NIC of a VM: the bridge where the sentence can say it, and its name where it is a fixed one."""

    mac: str
    bridge: str
    name: str = ""


@dataclass(frozen=True)
class Vm:
    """A VM, as far as the sentences need to know it."""

    name: str
    host: str
    state: str
    nics: tuple[Nic, ...]


def port_of(bridge: str, name: str, *settings: str, kind: str = "", options: Sequence[str] = ()) -> str:
    """ovs-vsctl's call that adds a port with these columns, its interface of a type with these columns."""
    interface = [f"type={kind}"] * bool(kind) + [*options]
    set_interface = ["--", "set", "interface", name, *interface] if interface else []
    return shlex.join(["ovs-vsctl", "--may-exist", "add-port", bridge, name, *settings, *set_interface])


@dataclass
class World:
    """Random hosts as they come to be. Names are as people give them; some are taken twice on purpose."""

    random: Random
    things: list[Thing] = field(default_factory=list)
    openvswitch: dict[str, list[str]] = field(default_factory=lambda: {host: [] for host in HOSTS})
    linux: dict[str, list[str]] = field(default_factory=lambda: {host: [] for host in HOSTS})
    networks: dict[str, list[str]] = field(default_factory=lambda: {host: [] for host in HOSTS})
    images: dict[str, list[str]] = field(default_factory=lambda: {host: [] for host in HOSTS})
    ports: dict[str, list[str]] = field(default_factory=lambda: {host: [] for host in HOSTS})
    fake: set[str] = field(default_factory=set)
    tunnels: list[str] = field(default_factory=list)
    vms: list[Vm] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    ills: list[Ill] = field(default_factory=list)
    """All that is wrong: what the report names beside these is a false alarm."""
    unsaid: list[Ill] = field(default_factory=list)
    """Some of what no sentence says."""
    lazy: set[tuple[str, str]] = field(default_factory=set)
    """The networks of libvirt's, each with its host, that are active and not started with their host."""

    def maybe(self, likely: float) -> bool:
        """True as often as that."""
        return self.random.random() < likely

    def name(self, *stems: str) -> str:
        """A name that nothing has: one of the stems, else with a number. Three in four are plain words."""
        plain = [stem for stem in stems if re.fullmatch(r"[A-Za-z0-9_.-]+", stem)]
        stem = self.random.choice(plain if plain and self.maybe(0.75) else stems)
        number, name = 0, stem
        while name in self.taken:
            number += 1
            name = f"{stem[:12]}{number}"
        self.taken.add(name)
        return name

    def mac(self) -> str:
        """An address as libvirt gives them."""
        last = len(self.taken)
        self.taken.add(f"mac {last}")
        return f"52:54:00:{self.random.randrange(256):02x}:{last // 256:02x}:{last % 256:02x}"

    def ill(self, host: str, kind: str, name: str, says: str, *, late: bool = False) -> None:
        """Note what is wrong, once."""
        if (one := Ill(host, kind, name, says, late)) not in self.ills:
            self.ills.append(one)

    def no_words(self, host: str, kind: str, name: str, *says: str) -> None:
        """Note what no sentence says."""
        self.unsaid += [Ill(host, kind, name, one) for one in says]

    def make(self, host: str, said: str, *commands: str | Sequence[str]) -> None:
        """Note a thing: each command is a line of a shell or the words of one."""
        lines = tuple(one if isinstance(one, str) else shlex.join(one) for one in commands)
        self.things.append(Thing(host, said, lines))

    def script(self, host: str) -> str:
        """What makes all that a host has; it ends at the first command that fails."""
        lines = [line for thing in self.things if thing.host == host for line in thing.lines]
        return "\n".join(["set -e", "exec 2>&1", *lines, ""])

    def bridges(self, host: str) -> list[str]:
        """The bridges of a host, of both kinds."""
        return self.openvswitch[host] + self.linux[host]

    def text(self) -> str:
        """The hosts' contents in words."""
        return "\n".join(f"  {thing.host}: {thing.said}" for thing in self.things)
