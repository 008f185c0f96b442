"""A running VM's NICs as their switches see them: libvirt only knows what it once asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vnetsh.backend import Assessment
from vnetsh.model import Attributes, Fleet, Plug, Resource
from vnetsh_libvirt.fields import BRIDGE, NIC_FIELDS, shown
from vnetsh_libvirt.refusals import refused

_TAGS = frozenset(field.name for field in NIC_FIELDS if field.tags)


def completed(port: Resource, fleet: Fleet) -> Resource:
    """A port with the bridge and VLANs that its link has; as libvirt tells it where nobody sees that link."""
    told = told_by_libvirt(port)
    plug = plug_of(port, fleet)
    if plug:
        bridge = told.get(BRIDGE) if told.get(BRIDGE) in plug.bridges else plug.bridge
        kept = {name: value for name, value in told.items() if name not in plug.tells}
        error = {"error": plug.error} if plug.error else {}
        return replace(port, attributes={**kept, **plug.bridges[str(bridge)], BRIDGE: bridge, **error})
    if _is_nowhere(port, fleet):
        told = {name: value for name, value in told.items() if name not in (BRIDGE, *_TAGS)}
    return replace(port, attributes=told)


def told_by_libvirt(port: Resource) -> Attributes:
    """What libvirt tells of a port."""
    told = (port.record or {}).get("told")
    return told if isinstance(told, dict) else port.attributes


def plug_of(port: Resource, fleet: Fleet) -> Plug | None:
    """Where a port's link is plugged in; None where it has none, or nobody sees it."""
    link = (port.record or {}).get("link")
    return fleet.plug(port.place, str(link)) if link else None


def settings_of(port: Resource, fleet: Fleet) -> Sequence[str]:
    """What others set on a port's link at its switch, in words: it is lost when the link is made anew."""
    plug = plug_of(port, fleet)
    if plug is None:
        return []
    own = {"mtu_request"} if port.get("mtu") else set()
    xml = str((port.record or {}).get("xml"))
    own |= {"qos", "ingress_policing_rate"} if "<bandwidth" in xml else set()
    return [words for name, words in plug.settings.items() if name not in own]


def lost_with_links(vm: Resource, fleet: Fleet) -> str:
    """What others set on a VM's links, which are made anew when it starts again, in words."""
    lost = [
        f"{port.name}: {', '.join(found)}" for port in fleet.nics(vm) if (found := settings_of(port, fleet))
    ]
    return f"what others set on its links goes: {'; '.join(lost)}" if lost else ""


def moved_without(vm: Resource, target: str, fleet: Fleet) -> Iterator[Assessment]:
    """What a running VM's links have at their switches that libvirt does not know, and so not bring to another host."""
    for port in fleet.nics(vm):
        lost = [*settings_of(port, fleet)]
        told = told_by_libvirt(port)
        # What a sentence before the move changes libvirt is told of.
        seen = completed(replace(port, attributes=told), fleet)
        for name in (BRIDGE, *sorted(_TAGS)):
            if told.get(name) != port.get(name) == seen.get(name):
                lost.append(
                    f"{name} {shown(port.get(name) or 'none')}, not {shown(told.get(name) or 'none')}"
                )
        if lost:
            yield refused(
                "E455",
                vm,
                f"port `{port.name}` of `{vm.name}` has at its switch what libvirt would not bring along: "
                + ", ".join(lost),
                "others set it there: clear it, or set it anew by sentences, first to `none` and then as it shall be",
            )


def _is_nowhere(port: Resource, fleet: Fleet) -> bool:
    """Whether a NIC that runs is on no bridge: its bridge's backend tells of all that are, and not of its link."""
    link = (port.record or {}).get("link")
    bridge = fleet.get("bridge", port.place, str(told_by_libvirt(port).get(BRIDGE)))
    return bool(link) and bridge is not None and fleet.tells_of_plugs(port.place, bridge.backend)
