"""What ifupdown's own files say of an interface whose addresses another one has taken over: set aside, and given back.

The lines stay where they are, as comments that tell whose they were; `auto` lines stay as they are. An interface's
second names of ifupdown's (`eth0:1`), which give it more addresses, go along. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_BEGINS = frozenset(
    {"iface", "auto", "mapping", "source", "source-directory", "no-auto-down", "no-scripts", "rename"}
)
"""The words that begin a stanza, and so end the one before; `allow-…` too."""


def set_aside(text: str, interface: str) -> str:
    """A file's text with the stanzas of an interface made comments."""
    return "".join(
        _mark(interface) + line if device and line.strip() else line
        for lines, device in _of(text, interface)
        for line in lines
    )


def given_back(text: str, interface: str) -> str:
    """A file's text with what was set aside of an interface as it was."""
    return "".join(line.removeprefix(_mark(interface)) for line in _physical(text))


def options_of(text: str, interface: str) -> tuple[Mapping[str, list[str]], list[str]]:
    """What stands in an interface's stanzas besides its addresses: what it keeps, by name, and what goes with them.

    It keeps its settings, also those by which others' hooks make it (`bond-slaves`), each once; and its hooks, but
    those by which routes and addresses were made.
    """
    keeps: dict[str, list[str]] = {}
    goes = []
    names: set[tuple[str, str]] = set()
    for lines, device in _of(given_back(text, interface), interface):
        said = " ".join(line.strip().removesuffix("\\").strip() for line in lines)
        word = said.partition(" ")[0].partition("\t")[0]
        if not device or not said or said.startswith("#"):
            continue
        if word == "iface":
            keeps.setdefault(device, [])
        elif word.startswith("dns-"):
            goes.append(said)
        elif word in _HOOKS:
            if not _ADDRESSING.search(said) and said not in keeps[device]:
                keeps[device].append(said)
        elif word not in _ADDRESSES and (device, word) not in names:  # ifupdown joins those of one name
            names.add((device, word))
            keeps[device].append(said)
    return keeps, list(dict.fromkeys(goes))


_HOOKS = frozenset({"pre-up", "up", "post-up", "down", "pre-down", "post-down"})
_ADDRESSING = re.compile(
    r"\bip\s+(?:(?:-\S+|inet6?)\s+)*[ar]\w*\b|\broute\s+(?:-\S+\s+)*(?:add|del)\b|\bifconfig\b.*\d[.:]"
)
_ADDRESSES = frozenset(
    {
        *("address", "netmask", "network", "broadcast", "metric", "gateway", "pointopoint", "scope"),
        *("preferred-lifetime", "accept_ra", "autoconf", "privext", "dhcp", "request_prefix"),
        *("dad-attempts", "dad-interval", "ll-attempts", "ll-interval"),
        *("hostname", "leasehours", "leasetime", "vendor", "client"),
    }
)
"""What says how an interface gets its addresses (interfaces(5))."""


def _of(text: str, interface: str) -> Iterator[tuple[list[str], str]]:
    """A text's lines, those together that continue each other; and of a stanza of the interface, its name there."""
    device = ""
    for lines in _logical(text):
        words = lines[0].split()
        if words and (words[0] in _BEGINS or words[0].startswith("allow-")):
            names = words[1:2] if words[0] == "iface" else []
            device = next((n for n in names if n.partition(":")[0] == interface), "")
        yield lines, device


def _logical(text: str) -> Iterator[list[str]]:
    """Lines as ifupdown joins them: a comment goes on nowhere."""
    lines: list[str] = []
    for line in _physical(text):
        lines.append(line)
        if line.endswith("\\\n") and not lines[0].lstrip().startswith("#"):
            continue
        yield lines
        lines = []
    if lines:
        yield lines


def _physical(text: str) -> list[str]:
    """Lines with their ends; other than `splitlines`, ifupdown knows one kind."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _mark(interface: str) -> str:
    return f"# vnetsh set aside, of {interface}: "
