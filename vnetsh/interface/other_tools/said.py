"""What a command line comes to: sentences, and what of it they do not say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field


@dataclass
class Said:
    """Sentences, and remarks on what no sentence says or somebody has to look at. `host` is where it was meant for."""

    host: str
    addresses: Mapping[str, str]
    """The hosts of the inventory, by their addresses."""
    sentences: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def say(self, *words: str) -> None:
        """A sentence of words, the empty ones left out; each is written so that the language takes it whole."""
        self.sentences.append(" ".join(word for word in words if word))

    def other_host(self, address: str) -> str:
        """The host that an address, or a name, is of; the address, where none is known."""
        name = self.addresses.get(address, "")
        if not name and address not in self.addresses.values():
            self.remarks.append(f"no host of the hosts file has the address {address}: put its name there")
        return name or address


WITH_ITS_BRIDGE = "a NIC is said with its bridge; `show bridges` has that of a libvirt network"

Command = Callable[[Sequence[str], Said], None]


def options_of(words: Sequence[str], flags: Set[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Options with their values, in order, and the other words: `--name web`, `--name=web`, `-n web`, `--import`.

    A word behind an option is its value unless that is one of the flags, or the word begins with `-`.
    """
    options: list[tuple[str, str]] = []
    rest: list[str] = []
    waiting = ""
    for word in words:
        if word.startswith("-") and word != "-":
            if waiting:
                options.append((waiting, ""))
            name, equals, value = word.partition("=")
            alone = equals or name in flags
            waiting = "" if alone else name
            if alone:
                options.append((name, value))
        elif waiting:
            options.append((waiting, word))
            waiting = ""
        else:
            rest.append(word)
    return options + ([(waiting, "")] if waiting else []), rest


def keys_of(value: str) -> dict[str, str]:
    """The keys of a value such as `path=/a.qcow2,size=5`; what has no key has the empty one."""
    parts = (part.partition("=") for part in value.split(","))
    return {(key if equals else ""): (text if equals else key) for key, equals, text in parts}
