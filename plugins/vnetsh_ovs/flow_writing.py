"""Flows at their switches: written as one bundle a bridge, all or none, and shown anew.

One that goes is taken out before its key is, and one that comes is written after: so whatever a run is cut off at, a
flow of vnetsh's that a switch has is known by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from vnetsh.crashpoints import reached
from vnetsh.errors import HostUnreachable, VerificationFailed
from vnetsh.hosts.transport import Ask, Completed
from vnetsh.model import Change, Resource
from vnetsh_ovs.flow_asking import OFCTL, on_bridge
from vnetsh_ovs.flows import ACTIVE, CHANGED, NOW, SHOWN_KEY, cookie_of, shown_of, text_of, version_of
from vnetsh_ovs.rows import Index
from vnetsh_ovsdb.operations import Row

Send = Callable[[Sequence[str], str], Completed]
"""Runs a command on the host, with this text as its input."""


def is_flow(change: Change) -> bool:
    """Whether a change is one of a flow."""
    return change.resource.kind == "flow"


@contextmanager
def taken_out(changes: Sequence[Change], index: Index, host: str, send: Send | None) -> Iterator[None]:
    """Take flows that go out of their switches; they come back where what follows fails.

    Raises `VerificationFailed` where that was refused. Without `send` there is nothing to take them out of.
    """
    going = [change for change in changes if change.after is None and is_flow(change)]
    if not going or send is None:
        yield
        return
    _write(host, _by_bridge(going, index), index, send)
    reached("flows: taken out")
    try:
        yield
    except BaseException:
        back = (change.inverse() for change in going)
        with suppress(VerificationFailed, HostUnreachable):
            _write(host, _by_bridge(back, index), index, send)
        raise


def bring_about(
    changes: Iterable[Change], index: Index, host: str, send: Send, ask: Ask
) -> Mapping[str, Mapping[str, str]]:
    """Have switches do what is said of flows; what each shows of them, by the bridge's UUID and key, where that is new.

    Raises `VerificationFailed` where one refused it: then that has none of its bridge's flows.
    """
    by_bridge = _by_bridge((c for c in changes if c.after), index)
    reached("flows: about to be written")
    _write(host, by_bridge, index, send)
    reached("flows: written")
    found: dict[str, Mapping[str, str]] = {}
    for bridge, flows in by_bridge.items():
        uuid = index.bridges[bridge]
        row = index.tables["Bridge"][uuid]
        had = on_bridge(bridge, row, ask) or {}
        shown: dict[str, str] = {}
        for change in flows:
            there = had.get(cookie_of(change.resource.name), [])
            if _state_after(change) != ACTIVE:
                continue
            if len(there) != 1:
                raise VerificationFailed(
                    f"{host}: bridge {bridge} has no flow {change.resource.name}", help=_HELP
                )
            if there[0] != shown_of(row, change.resource.name):
                shown[SHOWN_KEY + change.resource.name] = there[0]
        if shown:
            found[uuid] = shown
    return found


_HELP = "what does it have? `ovs-ofctl --names dump-flows BRIDGE` there"


def _by_bridge(changes: Iterable[Change], index: Index) -> Mapping[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    for change in changes:
        bridge = change.resource.text("bridge")
        if is_flow(change) and bridge in index.bridges:
            found.setdefault(bridge, []).append(change)
    return found


def _write(host: str, by_bridge: Mapping[str, Sequence[Change]], index: Index, send: Send) -> None:
    for bridge, changes in by_bridge.items():
        row: Row = index.tables["Bridge"][index.bridges[bridge]]
        lines = [line for change in changes for line in _lines(change)]
        argv = [*OFCTL, "-O", version_of(row) or "OpenFlow14", "--bundle", "add-flows", bridge, "-"]
        done = send(argv, "".join(f"{line}\n" for line in lines))
        if done.returncode:
            said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[0]
            names = ", ".join(change.resource.name for change in changes)
            raise VerificationFailed(
                f"{host}: bridge {bridge} does not take flow {names}: {said}", help=_HELP
            )


def _lines(change: Change) -> Iterable[str]:
    """What `ovs-ofctl add-flows` is told: the earlier one goes, and the later one comes, in one bundle."""
    yield f"delete cookie={cookie_of(change.resource.name)}/-1"
    if change.after:
        yield from (f"add {line}" for line in _as_it_was(change, change.after))


def _state_after(change: Change) -> object:
    """What a switch is to have of a flow: where a change that was cut off is taken back, what was said before it."""
    state = change.resource.get("state")
    half_made = change.undo and state == CHANGED and "state" not in change.differing()
    return ACTIVE if half_made else state


def _as_it_was(change: Change, flow: Resource) -> Iterable[str]:
    """A flow as it is to be; one that a change is taken back of, as its switch had it."""
    state = _state_after(change)
    if change.undo and state == CHANGED and flow.record:
        lines = flow.record[NOW]
        assert isinstance(lines, list)
        return [f"cookie={cookie_of(flow.name)},{line}" for line in lines]
    return [text_of(flow)] if state == ACTIVE else []
