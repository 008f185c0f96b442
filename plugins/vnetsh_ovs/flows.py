"""Flows as keys of their bridge's `external_ids`, and as ovs-ofctl says them. Pure.

Open vSwitch keeps no flows: a start of vswitchd loses them. What was said of each stays in the database, in the words
in which ovs-ofctl takes it; so it is known whose it is, and that the switch has lost it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence

from vnetsh.model import Resource, Value
from vnetsh_ovs.marks import marks_of
from vnetsh_ovsdb.operations import Row, as_list

FLOW_KEY = "vnetsh-flow-"
"""Key of a bridge for each of its flows, with its name behind; its value is what `ovs-ofctl add-flow` takes."""
OWNER_KEY = "vnetsh-owner-of-flow-"
"""The script that made a flow, where that has a name."""
SHOWN_KEY = "vnetsh-shown-flow-"
"""A flow as the switch shows it, which may be other words for the same."""
KEYS = (FLOW_KEY, OWNER_KEY, SHOWN_KEY)

ACTIVE, LOST, CHANGED, UNKNOWN = "active", "lost", "changed", "unknown"
NOW = "now"
"""What the record of an observed flow holds: what the switch has of it."""

_PREFIX = 0x766E6574  # `vnet`
OURS = f"cookie={_PREFIX << 32:#x}/0xffffffff00000000"
"""All flows of vnetsh's, as ovs-ofctl says it."""

_SAID = re.compile(r"cookie=0x[0-9a-f]+,table=(\d+),priority=(\d+)(?:,(.+?))?,actions=(.+)")
_DUMPED = re.compile(r"\s*cookie=(0x[0-9a-f]+), (.+)")
_WRITTEN = re.compile(r"OpenFlow1[345]")
"""The versions in which flows are written as one bundle, all or none."""


def cookie_of(name: str) -> str:
    """By what the switch tells a flow from those of others."""
    return f"{_PREFIX << 32 | zlib.crc32(name.encode()):#x}"


def text_of(flow: Resource, cookie: str = "") -> str:
    """A flow as ovs-ofctl takes it."""
    match = f",{flow.text('match')}" if flow.get("match") else ""
    cookie = cookie or cookie_of(flow.name)
    said = f"table={flow.get('table', 0)},priority={flow.get('priority', 32768)}"
    return f"cookie={cookie},{said}{match},actions={flow.text('actions')}"


def keys_for(flow: Resource | None, name: str) -> Mapping[str, str | None]:
    """The keys of a flow, None for those that it has not: what the switch shows is not known yet."""
    return {
        FLOW_KEY + name: text_of(flow) if flow else None,
        OWNER_KEY + name: (flow.owner or None) if flow else None,
        SHOWN_KEY + name: None,
    }


def flows_of(bridge: Row) -> Iterator[tuple[str, Mapping[str, Value], str]]:
    """The flows that were said of a bridge: name, attributes, and the script that made each."""
    keys = marks_of(bridge)
    for key, text in keys.items():
        said = _SAID.fullmatch(text) if key.startswith(FLOW_KEY) else None
        if not said:
            continue
        name = key.removeprefix(FLOW_KEY)
        values: dict[str, Value] = {
            "bridge": str(bridge["name"]),
            "table": int(said[1]),
            "priority": int(said[2]),
            "match": said[3],
            "actions": said[4],
        }
        yield (
            name,
            {key: value for key, value in values.items() if value is not None},
            keys.get(OWNER_KEY + name, ""),
        )


def shown_of(bridge: Row, name: str) -> str:
    """A flow as its switch showed it when it was written; empty when that was never so."""
    return marks_of(bridge).get(SHOWN_KEY + name, "")


def dumped(text: str) -> Mapping[str, list[str]]:
    """The flows of a dump, by their cookies, each without it."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if flow := _DUMPED.fullmatch(line):
            found.setdefault(flow[1], []).append(flow[2])
    return found


def version_of(bridge: Row) -> str:
    """The OpenFlow version in which a bridge's flows are written; empty where it speaks none that has bundles."""
    spoken = [one for one in map(str, as_list(bridge.get("protocols"))) if _WRITTEN.fullmatch(one)]
    return max(spoken, default="") if as_list(bridge.get("protocols")) else "OpenFlow14"


_RESERVED = frozenset(
    {"local", "in_port", "normal", "flood", "all", "controller", "any", "none", "table", "unset"}
)
_NAMED = re.compile(r'\b(in_port=|output:)("[^"]+"|[^,()]+)')


def ports_in(flow: Resource) -> Sequence[str]:
    """The names of the ports that a flow says."""
    words = (word.strip('"') for _, word in _NAMED.findall(f"{flow.text('match')},{flow.text('actions')}"))
    return [word for word in words if _is_name(word)]


def numbered(text: str) -> str:
    """The text of a flow with a number for each port's name: what no switch is asked of cannot know names."""
    return _NAMED.sub(lambda found: f"{found[1]}1" if _is_name(found[2]) else found[0], text)


def _is_name(word: str) -> bool:
    return not (
        word.isdigit()
        or word.lower() in _RESERVED
        or "[" in word
        or word.startswith(("reg", "xreg", "xxreg"))
    )
