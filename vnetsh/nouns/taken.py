"""Names and links of a host that something has already: for whatever is to be called so, or to take them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import ActionKind, Change, Fleet, Resource, is_nic_name, is_off
from vnetsh.model.facts import ALTNAME
from vnetsh.nouns.claims import LINKS


def problem(change: Change, fleet: Fleet) -> Diagnostic | None:
    """What a change would take from something else on its host, on the fleet as it is just before.

    The kernel's links, ports of switches and what vnetsh knows of share their names. For it takes two
    of a name to go wrong: whoever makes the second is given the first, and takes it away from where it is.
    """
    before, wanted = change.before, change.after
    if wanted is None:
        return None
    if before and (_starts(change) or (change.action is ActionKind.MOVE and not change.undo)):
        parts = (part for part in fleet.parts(before) if part.kind in LINKS)
        coming = (part for part in parts if not _waits_there(part, wanted.place, fleet))
        owners = ((part.name, _owner(fleet, wanted.place, part.name, but=part.key)) for part in coming)
        return next((_taken(name, owner, wanted) for name, owner in owners if owner), None)
    if wanted.kind not in LINKS:
        return None
    if before is None or change.renames:
        owner = _owner(fleet, wanted.place, wanted.name, takes=_takes(wanted), but=wanted.key)
        if owner:
            return _taken(wanted.name, owner, wanted)
    nic = wanted.text("uplink")
    if not nic or (before and before.text("uplink") == nic):
        return None
    owner = _owner(fleet, wanted.place, nic, takes=wanted.name)
    return _taken(nic, owner, wanted, "uplink") if owner else None


def _waits_there(part: Resource, host: str, fleet: Fleet) -> bool:
    """Whether a vm's port was left behind on that very bridge when its host failed: it becomes the vm's again."""
    left = fleet.get("port", host, part.name) if part.kind == "port" else None
    bridge = part.text("bridge")
    return left is not None and bool(left.get("error")) and left.get("type") == "vm" and _stays(left, bridge)


def _starts(change: Change) -> bool:
    """Whether a vm that is off gets its links."""
    before, after = change.before, change.after
    return before is not None and after is not None and is_off(before) and not is_off(after)


def _takes(wanted: Resource) -> str:
    """The bridge for which a link is taken that is there: a NIC that becomes a port; empty where one is made."""
    is_nic = wanted.kind == "port" and "vm" not in (wanted.parent or ())
    return wanted.text("bridge") if is_nic and wanted.get("type") in (None, "system") else ""


def _owner(
    fleet: Fleet, host: str, name: str, *, takes: str = "", but: tuple[str, str, str] = ("", "", "")
) -> str:
    """What has a name on a host, in words; empty when it is free. What a bridge `takes` may be there, on no other."""
    if is_nic_name(name):
        return ""
    return next(_owners(fleet, host, name, takes, but), "")


def _owners(fleet: Fleet, host: str, name: str, takes: str, but: tuple[str, str, str]) -> Iterator[str]:
    for kind in LINKS:
        other = fleet.get(kind, host, name)
        if other and other.key != but and not (takes and _stays(other, takes)):
            yield _described(other)
    bridge = fleet.bridge_of_uplink(host, name)
    if bridge and bridge.name != takes:
        yield f"the uplink of bridge `{bridge.name}`"
    plug = fleet.plug(host, name)
    if plug and plug.bridge != takes and not (plug.error and but[2] == name):  # its own, left behind
        yield f"a link that is on `{plug.bridge}`"
    kind_of_link = fleet.link_kind(host, name)
    if kind_of_link is not None and kind_of_link.startswith(ALTNAME):
        yield f"`{kind_of_link.removeprefix(ALTNAME).strip()}`, whose second name it is"
    elif kind_of_link is not None and (not takes or kind_of_link in ("loopback", "openvswitch")):
        yield "a link of the host" + (f" (of kind {kind_of_link})" if kind_of_link else "")
    later = "" if takes else fleet.reserved(host, name)
    if later:
        yield later


def _stays(port: Resource, bridge: str) -> bool:
    """Whether it is a port of this very bridge, which may become its uplink."""
    return port.parent == ("bridge", bridge) and port.text("bridge") == bridge


def _described(other: Resource) -> str:
    if other.kind == "port":
        return "a port of " + " ".join(other.parent or (other.kind, other.name))
    return f"{other.kind} {other.name}"


def _taken(name: str, owner: str, where: Resource, word: str = "name") -> Diagnostic:
    return Diagnostic(
        "E203",
        f"the name `{name}` is taken on {where.place} by {owner}",
        where.at(word),
        "taken",
        "all links of a host share their names, and each is in one place only: choose another",
    )
