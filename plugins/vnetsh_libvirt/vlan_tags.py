"""The VLANs of a NIC, as libvirt's XML has them: `<vlan trunk='yes'><tag id='5' nativeMode='untagged'/>…`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class VlanTags(NamedTuple):
    """What it carries untagged, and the sorted VLANs that it carries tagged; both None where it says something else."""

    untagged: int | None = None
    trunk: tuple[int, ...] | None = None


def tags_in(vlan: Element | None) -> VlanTags:
    """What a `vlan` element says. One whose native VLAN is tagged, or all that there is, no sentence can say."""
    if vlan is None:
        return VlanTags()
    tags = [int(tag.get("id", "0"), 0) for tag in vlan.iterfind("tag")]
    native = vlan.find("tag[@nativeMode]")
    if native is None:
        trunk = len(tags) > 1 or vlan.get("trunk") == "yes"
        return VlanTags(None, tuple(sorted(tags)) or None) if trunk else VlanTags(tags[0] if tags else None)
    untagged = int(native.get("id", "0"), 0)
    if native.get("nativeMode") != "untagged" or len(tags) < 2:
        return VlanTags()
    return VlanTags(untagged, tuple(sorted(tag for tag in tags if tag != untagged)))


def write_tags(nic: Element, said: VlanTags) -> None:
    """Have a NIC's element say these, and no others."""
    for old in nic.findall("vlan"):
        nic.remove(old)
    if said.untagged is None and not said.trunk:
        return
    vlan = nic.makeelement("vlan", {"trunk": "yes"} if said.trunk else {})
    if said.untagged is not None:
        mode = {"nativeMode": "untagged"} if said.trunk else {}
        vlan.append(vlan.makeelement("tag", {"id": str(said.untagged), **mode}))
    for tag in said.trunk or ():
        vlan.append(vlan.makeelement("tag", {"id": str(tag)}))
    nic.append(vlan)
