"""Changes as the `ovs-vsctl` calls that come to the same. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import cast

from vnetsh.backend import HostCommand
from vnetsh.model import Change, Fleet, Host, Resource, Value
from vnetsh.model.nics import bond_nics
from vnetsh_ovs.attributes import DEFAULT, remote_of
from vnetsh_ovs.fields import IN_ROWS, LIMITS, Field, limit_columns
from vnetsh_ovs.flows import FLOW_KEY, cookie_of, text_of
from vnetsh_ovs.marks import MARK, UPLINK_MARK, mark_of, marks_of
from vnetsh_ovs.rows import ALL, MIRRORED, record_of, row_named
from vnetsh_ovs.switching import switching
from vnetsh_ovs.uplink.by_hand import addresses_moving
from vnetsh_ovsdb.operations import as_list

Clause = Sequence[str]
"""One command of ovs-vsctl; several in one call are one transaction."""

_TABLES = ("Bridge", "Port", "Interface")
_UPLINK_MARK = f"external_ids:{UPLINK_MARK}=1"
_NOTED = "how the switch shows it, vnetsh notes beside it"
_RECORDED = "what else it had, vnetsh restores from its record"


def _mark(owner: str) -> str:
    return f"external_ids:{MARK}={mark_of(owner)}"


def commands(change: Change, before: Fleet) -> Sequence[HostCommand]:
    """What to type on the host for a change of a bridge, tunnel or port; nothing for other kinds."""
    by_kind = _BY_KIND.get(change.resource.kind)
    return [*by_kind(change, before.hosts[change.place], before)] if by_kind else []


def _vsctl(host: Host, clauses: Sequence[Clause], note: str = "") -> HostCommand:
    words = ["ovs-vsctl"]
    remote = remote_of(host)
    # Where vnetsh comes by TLS or TCP, the host itself has the usual socket.
    if remote.method == "unix" and str(remote) != DEFAULT:
        words.append(f"--db={remote}")
    if host.text("vswitchd") == "skip":
        words.append("--no-wait")
    for number, clause in enumerate(clauses):
        if number or clause[0].startswith("-"):
            words.append("--")
        words += clause
    return HostCommand(tuple(words), note=note)


# Bridges


def _bridge(change: Change, host: Host, before: Fleet) -> Iterator[HostCommand]:
    old = change.before.text("uplink") if change.before else ""
    new = change.after.text("uplink") if change.after else ""
    yield from _with_addresses(change, host, before, _bridge_clauses(change, host, before, old, new))


def _with_addresses(
    change: Change, host: Host, before: Fleet, clauses: Sequence[Clause]
) -> Iterator[HostCommand]:
    """The call for a change, and the host's own addresses with it, where they move."""
    moving = addresses_moving(change, before)
    note = _RECORDED if change.before is None and change.resource.record else ""
    call = _vsctl(host, clauses, moving.note if moving else note)
    moves = moving.commands() if moving else ()
    if moving and moving.back:  # a bridge that is removed takes its addresses with it
        yield from (*moves, call)
    else:
        yield from (call, *moves)


def _bridge_clauses(change: Change, host: Host, before: Fleet, old: str, new: str) -> list[Clause]:
    name, parent = change.resource.name, change.resource.text("parent")
    if change.after is None:
        # del-br would take along what else is on its VLAN.
        return [("del-port", parent, name) if parent else ("del-br", name)]
    clauses: list[Clause] = []
    if parent:
        if change.before:
            return [*_remarked(change, "port")]
        return [("add-br", name, parent, change.after.text("vlan"))]
    if change.before is None:
        clauses.append(("add-br", name))
        mark = [_mark(change.after.owner)] if change.after.marked else []
        datapath = ["datapath_type=netdev"] if host.text("datapath") == "netdev" else []
        if mark or datapath:
            clauses.append(("set", "bridge", name, *mark, *datapath))
        if mark:
            clauses.append(("set", "port", name, *mark))
    else:
        clauses += _remarked(change, "bridge")
    if old and old != new:
        clauses.append(_dropped(change, name, old))
    if new and old != new:
        clauses.append(_taken(change.after, new, before))
    return [*clauses, *_rows(change.after, change.differing())]


def _remarked(change: Change, table: str) -> Iterator[Clause]:
    """Take something for vnetsh's own, or no longer."""
    before, after = cast(Resource, change.before), cast(Resource, change.after)
    if (before.marked, before.owner) == (after.marked, after.owner):
        return
    if after.marked:
        yield ("set", table, after.name, _mark(after.owner))
    else:
        yield ("remove", table, after.name, "external_ids", MARK)


def _dropped(change: Change, bridge: str, nic: str) -> Clause:
    record = record_of(cast(Resource, change.after))
    earlier = row_named(record, "Port", nic) if change.undo else ""
    if earlier and UPLINK_MARK not in marks_of(record["Port"][earlier]):
        return ("remove", "port", nic, "external_ids", UPLINK_MARK)  # it was a port before it was the uplink
    return ("del-port", bridge, nic)


def _taken(bridge: Resource, nic: str, before: Fleet) -> Clause:
    there = before.get("port", bridge.place, nic)
    if there and there.text("bridge") == bridge.name:
        return ("set", "port", nic, _UPLINK_MARK)
    return ("add-port", bridge.name, nic, _mark(bridge.owner), _UPLINK_MARK)


# Ports and tunnels


def _member(change: Change, host: Host, before: Fleet) -> Iterator[HostCommand]:
    yield from _with_addresses(change, host, before, _member_clauses(change))
    yield from (HostCommand(tuple(argv)) for argv in switching(change))


def _member_clauses(change: Change) -> Sequence[Clause]:
    after = change.after
    if after is None:
        before = cast(Resource, change.before)
        return [("del-port", before.text("bridge"), before.name)]
    name, differing = after.name, change.differing()
    if change.before is None:
        if bond_nics(after):
            return [added(after)]
        values = _values(after, "Port", differing)
        values += [_mark(after.owner)] if after.marked else []
        return [
            ("add-port", after.text("bridge"), name, *values),
            *_rows(after, differing, ("Interface",)),
            *_limit(after, differing),
            *_mirror(after, differing),
        ]
    clauses: list[Clause] = []
    if change.before.text("bridge") != after.text("bridge"):  # the very same port, with all that it has
        clauses += [
            ("--id=@port", "get", "port", name),
            ("remove", "bridge", change.before.text("bridge"), "ports", "@port"),
            ("add", "bridge", after.text("bridge"), "ports", "@port"),
        ]
    return [
        *clauses,
        *_bonded(change, differing),
        *_rows(after, differing),
        *_limit(after, differing),
        *_mirror(after, differing),
        *_remarked(change, "port"),
    ]


def added(thing: Resource) -> Clause:
    """What puts a bridge's uplink on it, or a bond."""
    if thing.kind == "bridge":
        return ("add-port", thing.name, thing.text("uplink"))
    values = _values(thing, "Port", thing.attributes)
    values += [_mark(thing.owner)] if thing.marked else []
    return ("add-bond", thing.text("bridge"), thing.name, *bond_nics(thing), *values)


def _bonded(change: Change, said: Mapping[str, tuple[Value, Value]]) -> Iterator[Clause]:
    """NICs that come into a bond, and those that go."""
    old, new = (set(one) if isinstance(one, tuple) else set() for one in said.get("nics", ((), ())))
    yield from (("add-bond-iface", change.resource.name, str(nic)) for nic in sorted(map(str, new - old)))
    yield from (("del-bond-iface", change.resource.name, str(nic)) for nic in sorted(map(str, old - new)))


def _mirror(after: Resource, said: Collection[str]) -> Iterator[Clause]:
    """A mirror that sends a port copies, or none."""
    mirrored = after.get("mirrors")
    if "mirrors" not in said:
        return
    if not isinstance(mirrored, tuple):
        yield ("--id=@mirror", "get", "mirror", after.name)
        yield ("remove", "bridge", after.text("bridge"), "mirrors", "@mirror")
        return
    ports = [] if mirrored == (ALL,) else [str(name) for name in mirrored]
    references = ",".join(f"@{number}" for number, _ in enumerate(ports))
    copies = [f"{column}={references}" for column in MIRRORED] if ports else ["select_all=true"]
    for number, name in enumerate(ports):
        yield (f"--id=@{number}", "get", "port", name)
    yield ("--id=@to", "get", "port", after.name)
    names = f"name={after.name}"
    yield ("--id=@mirror", "create", "mirror", names, "output_port=@to", _mark(after.owner), *copies)
    yield ("add", "bridge", after.text("bridge"), "mirrors", "@mirror")


def _limit(after: Resource, said: Collection[str]) -> Iterator[Clause]:
    """Another QoS for a port, or none; the row of before stays by this, of no use."""
    if not LIMITS.keys() & said:
        return
    columns = limit_columns(after)
    if not columns:
        yield ("clear", "port", after.name, "qos")
        return
    limits = [
        one for one in IN_ROWS[after.kind] if one.attribute in LIMITS and after.get(one.attribute) is not None
    ]
    words = [word for one in limits for word in _said(one, after)]
    yield ("set", "port", after.name, "qos=@limit")
    yield ("--id=@limit", "create", "qos", f"type={columns['type']}", _mark(after.owner), *words)


# What stands in rows


def _rows(after: Resource, said: Collection[str], tables: Sequence[str] = _TABLES) -> Iterator[Clause]:
    """Set what was said of a thing's rows, and clear what is none now."""
    for table in tables:
        row = (table.lower(), after.name)
        values = _values(after, table, said)
        if values:
            yield ("set", *row, *values)
        for field in IN_ROWS[after.kind]:
            if field.table == table and field.attribute in said and after.get(field.attribute) is None:
                yield _cleared(field, after, row)


def _cleared(field: Field, after: Resource, row: tuple[str, str]) -> Clause:
    if field.key:
        return ("remove", *row, field.column, field.key)
    if isinstance(field.form.empty, bool):  # a column that cannot be empty
        return ("set", *row, f"{field.column}={_word(field.form.empty)}")
    columns = field.columns_for(after.attributes)
    return ("clear", *row, *(column for column, value in columns.items() if value == field.form.empty))


def _values(after: Resource, table: str, said: Collection[str]) -> list[str]:
    """Words that set columns of a row: those that were said, but not those that a new row has anyway."""
    found: list[str] = []
    for field in IN_ROWS[after.kind]:
        value = after.get(field.attribute)
        if field.table == table and field.is_due(said) and value is not None:
            found += _said(field, after)
    return [*dict.fromkeys(found)]


def _said(field: Field, after: Resource) -> Iterator[str]:
    if field.key:
        yield f"{field.column}:{field.key}={field.form.write(after.get(field.attribute))}"
        return
    for column, written in field.columns_for(after.attributes).items():
        if written != field.form.empty:
            yield f"{column}={_word(written)}"


def _word(written: object) -> str:
    """A column's value as ovs-vsctl wants it."""
    if isinstance(written, bool):
        return str(written).lower()
    return ",".join(map(str, as_list(written)))


# Flows


def _flow(change: Change, host: Host, before: Fleet) -> Iterator[HostCommand]:
    """A flow is written anew as a whole; before it goes it is taken out of the switch."""
    flow = change.resource
    ofctl = ("ovs-ofctl", "--names", "-O", "OpenFlow14")
    bridge = flow.text("bridge")
    if change.before:
        yield HostCommand((*ofctl, "del-flows", bridge, f"cookie={cookie_of(flow.name)}/-1"))
    key = FLOW_KEY + flow.name
    if change.after is None:
        yield _vsctl(host, [("remove", "bridge", bridge, "external_ids", key)])
        return
    text = text_of(flow)
    yield _vsctl(host, [("set", "bridge", bridge, f"external_ids:{key}={json.dumps(text)}")])
    yield HostCommand((*ofctl, "add-flow", bridge, text), note=_NOTED)


_BY_KIND = {"bridge": _bridge, "port": _member, "tunnel": _member, "flow": _flow}
