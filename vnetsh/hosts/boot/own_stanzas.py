"""What ifupdown's own files say of an interface whose addresses another one has taken over: set aside, and given back.

The lines stay where they are, as comments that tell whose they were; `auto` lines stay as they are. Pure.
"""

from __future__ import annotations

_BEGINS = frozenset({"iface", "auto", "mapping", "source", "source-directory", "no-auto-down", "no-scripts"})
"""The words that begin a stanza, and so end the one before; `allow-…` too."""


def set_aside(text: str, interface: str) -> str:
    """A file's text with the stanzas of an interface made comments."""
    lines: list[str] = []
    inside = False
    continued = False
    for line in text.splitlines(keepends=True):
        words = line.split()
        if words and not continued and (words[0] in _BEGINS or words[0].startswith("allow-")):
            inside = words[:2] == ["iface", interface]
        lines.append(f"{_mark(interface)}{line}" if inside and line.strip() else line)
        continued = line.rstrip("\n").endswith("\\")
    return "".join(lines)


def given_back(text: str, interface: str) -> str:
    """A file's text with what was set aside of an interface as it was."""
    return "".join(line.removeprefix(_mark(interface)) for line in text.splitlines(keepends=True))


def options_of(text: str, interface: str) -> tuple[list[str], list[str]]:
    """What stands in an interface's stanzas besides its addresses: what it keeps, and what goes along with them.

    It keeps its settings and its hooks, but those by which routes and addresses were made.
    """
    lines = set_aside(text, interface).splitlines()
    said = [
        line.removeprefix(_mark(interface)).strip() for line in lines if line.startswith(_mark(interface))
    ]
    keeps = [line for line in said if line.split()[0] in _KEPT and not _ADDRESSING & set(line.split())]
    return keeps, [line for line in said if line.startswith("dns-")]


_KEPT = frozenset({"pre-up", "up", "post-up", "down", "pre-down", "post-down", "mtu", "hwaddress"})
_ADDRESSING = frozenset({"route", "rule", "address", "addr", "ro", "ru", "r", "a"})


def _mark(interface: str) -> str:
    return f"# vnetsh set aside, of {interface}: "
