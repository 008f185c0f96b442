"""What a host's ovs-ofctl tells of flows: which of them its switches have, and whether a new one would be taken.

It changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from vnetsh.backend import Assessment
from vnetsh.diagnostics import Diagnostic
from vnetsh.hosts.transport import Ask
from vnetsh.model import Change, Fleet, Resource
from vnetsh_ovs.flows import (
    ACTIVE,
    CHANGED,
    LOST,
    NOW,
    OURS,
    UNKNOWN,
    cookie_of,
    dumped,
    numbered,
    ports_in,
    shown_of,
    text_of,
    version_of,
)
from vnetsh_ovs.rows import Index, bridge_row
from vnetsh_ovsdb.operations import Row

OFCTL = ("ovs-ofctl", "--timeout=5", "--names")

_PARSE = ("ovs-ofctl", "parse-flow")
"""Says what it leaves out of a match, but knows no ports by name."""
_DIFF = """
ovs-ofctl parse-flow "$4" >/dev/null
printf '%s\\n' "$3" | ovs-ofctl --timeout=5 --names -O "$1" diff-flows "$2" /dev/stdin
"""
"""The same, and then what a switch says of a flow, which changes nothing there."""
_ONE = re.compile(r"([+-])((?:table=\d+ )?\S*?)(?: cookie=(0x[0-9a-f]+))?(?: [a-z_]+(?:=\S+)?)* actions=.*")
_OTHER_FLOW = "0x766e6574feedfeed"
"""A cookie that no flow has: so one that is asked about differs from all."""
_IN_FILE = re.compile(r"ovs-ofctl: (?:/dev/stdin:1: )?")
_NO_PORT = re.compile(r'"?(.+?)"?: (?:invalid or unknown port for in_port|output to unknown port)')
_SILENT = ("is not a bridge or a socket", "failed to connect", "not found")
_NARROWED = re.compile(r"\| pre: (.*)\n.*\|post: (.*)")


def with_states(flows: Sequence[Resource], index: Index, ask: Ask | None) -> Sequence[Resource]:
    """Flows as the database says them, each with what its switch has of it. Raises `HostUnreachable`."""
    had: dict[str, Mapping[str, list[str]] | None] = {}
    found = []
    for flow in flows:
        bridge = flow.text("bridge")
        row = index.tables["Bridge"][index.bridges[bridge]]
        if bridge not in had:
            had[bridge] = on_bridge(bridge, row, ask)
        found.append(_with_state(flow, had[bridge], shown_of(row, flow.name)))
    return found


def on_bridge(bridge: str, row: Row, ask: Ask | None) -> Mapping[str, list[str]] | None:
    """The flows of vnetsh's that a switch has, by their cookies; None where it cannot be asked."""
    version = version_of(row)
    if ask is None or not version:
        return None
    done = ask([*OFCTL, "--no-stats", "-O", version, "dump-flows", bridge, OURS])
    return None if done.returncode else dumped(done.stdout)


def _with_state(flow: Resource, had: Mapping[str, list[str]] | None, shown: str) -> Resource:
    if had is None:
        return flow.with_attributes(state=UNKNOWN)
    there = had.get(cookie_of(flow.name), [])
    state = ACTIVE if there == [shown] else CHANGED if there else LOST
    return replace(flow.with_attributes(state=state), record={NOW: there})


def judged(changes: Sequence[Change], fleet: Fleet, ask: Ask) -> Iterator[Assessment]:
    """What the host's own parser, and what its switches have, say of flows that are to be. Raises `HostUnreachable`."""
    gone = {cookie_of(c.resource.name) for c in changes if c.before}  # what they are to be is looked at, too
    told: dict[tuple[str, str], str] = {}
    for change in changes:
        flow = change.after
        if flow is None or change.undo:
            yield Assessment()
            continue
        yield Assessment(problem=_problem(flow, fleet, ask, gone, told))


def _problem(
    flow: Resource, fleet: Fleet, ask: Ask, gone: set[str], told: dict[tuple[str, str], str]
) -> Diagnostic | None:
    bridge = fleet.get("bridge", flow.place, flow.text("bridge"))
    row = bridge_row(bridge, flow.text("bridge"))
    text = text_of(flow, _OTHER_FLOW)
    if row:
        done = ask(["sh", "-c", _DIFF, "sh", version_of(row), flow.text("bridge"), text, numbered(text)])
    else:  # its bridge is yet to be made
        done = ask([*_PARSE, numbered(text)])
    if narrowed := _NARROWED.search(done.stderr):
        said, taken = (one.strip().split(",") for one in narrowed.groups())
        dropped = ",".join(one for one in said if one not in taken)
        return Diagnostic(
            "E521",
            f"flow `{flow.name}` would take more than it says: the switch would leave out `{dropped}`",
            flow.at("match", "name"),
            help="say the protocol, too: `tcp,tp_dst=23`",
        )
    if done.returncode not in (0, 2):
        why = _IN_FILE.sub("", (done.stderr.strip().splitlines() or ["ovs-ofctl failed"])[-1])
        if any(words in why for words in _SILENT):
            return Diagnostic(
                "E523",
                f"{flow.place} cannot be told flow `{flow.name}`: {why}",
                flow.at("bridge"),
                help="does its ovs-vswitchd run? `systemctl start openvswitch-switch` there",
            )
        unknown = _NO_PORT.fullmatch(why)
        if unknown and unknown[1] in ports_in(flow):  # that is yet to be made, too
            return None
        words = ("actions", "match") if "action" in why else ("match", "actions")
        return Diagnostic(
            "E521",
            f"{flow.place} does not take flow `{flow.name}`: {why}",
            flow.at(*words, "name"),
            help="`man ovs-fields` and `man ovs-actions` tell what there is",
        )
    return _taken(flow, done.stdout, gone, told)


def _taken(flow: Resource, text: str, gone: set[str], told: dict[tuple[str, str], str]) -> Diagnostic | None:
    """Whether another flow of the same table, priority and match is there, or was said: one would replace the other."""
    lines = [one.groups() for line in text.splitlines() if (one := _ONE.fullmatch(line))]
    mine = next((match for sign, match, cookie in lines if (sign, cookie) == ("+", _OTHER_FLOW)), None)
    if mine is None:
        return None
    other = next((cookie for sign, match, cookie in lines if sign == "-" and match == mine), "none")
    twin = told.setdefault((flow.text("bridge"), mine), flow.name)
    if other in ("none", cookie_of(flow.name), *gone) and twin == flow.name:
        return None
    whose = (
        f"flow `{twin}`" if twin != flow.name else f"a flow of others{f' (cookie {other})' if other else ''}"
    )
    return Diagnostic(
        "E522",
        f"flow `{flow.name}` would replace {whose} on bridge `{flow.text('bridge')}` of {flow.place}: "
        f"both are `{mine.strip() or 'table=0'}`",
        flow.at("match", "priority", "name"),
        help="two of the same table, priority and match cannot be: give it another `priority`, or remove the other one",
    )
