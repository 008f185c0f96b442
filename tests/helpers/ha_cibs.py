"""A CIB with what others made there, and what changes make of it."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring, tostring

from vnetsh.model import ActionKind, Change, Resource, Value
from vnetsh_pacemaker import reading, status
from vnetsh_pacemaker.cib import Cib, alike, patch_between, read
from vnetsh_pacemaker.drafting import drafted
from vnetsh_pacemaker.members import Look
from vnetsh_pacemaker.shapes.kept import Names

HOSTS = ("kvm1", "kvm2", "kvm3")
PLACE = "ha1"
TEXT = """
<cib admin_epoch="0" epoch="7" num_updates="3" have-quorum="1"><configuration>
<crm_config><cluster_property_set id="all"><nvpair id="x" name="stonith-enabled" value="true"/></cluster_property_set>
</crm_config>
<nodes><node id="1" uname="kvm1.example.org"/><node id="2" uname="kvm2"/><node id="3" uname="kvm3"/></nodes>
<resources>
<primitive id="power" class="stonith" type="fence_ipmilan"><instance_attributes id="power-i">
<nvpair id="power-h" name="pcmk_host_list" value="kvm1.example.org kvm2"/>
<nvpair id="power-ip" name="ip" value="192.0.2.9"/>
<nvpair id="power-p" name="password" value="hush"/></instance_attributes></primitive>
<group id="g"><primitive id="theirs" class="ocf" provider="heartbeat" type="IPaddr2"><instance_attributes id="theirs-i">
<nvpair id="theirs-ip" name="ip" value="192.0.2.77"/><nvpair id="theirs-n" name="arp_count" value="9"/>
</instance_attributes></primitive></group>
<primitive id="own" class="ocf" provider="heartbeat" type="VirtualDomain"><instance_attributes id="own-i">
<nvpair id="own-c" name="config" value="/srv/own.xml"/></instance_attributes></primitive>
<clone id="c"><primitive id="dlm" class="ocf" provider="pacemaker" type="controld"/></clone>
</resources>
<constraints><rsc_location id="likes" rsc="own" node="kvm2" score="INFINITY"/>
<rsc_colocation id="beside" rsc="own" with-rsc="theirs" score="INFINITY"/></constraints>
</configuration><status/></cib>"""
NAMES = Names(["kvm1.example.org", "kvm2", "kvm3"], HOSTS, {"/srv/own.xml": "web09"})


def look_of(cib: Cib) -> Look:
    return Look("kvm1", cib, status.Status({"kvm1.example.org": "online"}))


def there(cib: Cib) -> dict[tuple[str, str], Resource]:
    found = reading.observation(look_of(cib), NAMES, PLACE).resources
    return {(one.kind, one.name): one for one in found}


def patched(cib: Cib, *changes: Change) -> Cib:
    """The CIB after a patch, as Pacemaker applies one: what goes first, then what comes, at its position."""
    draft = drafted(changes, cib, there(cib), NAMES).draft
    text = patch_between(cib, draft)
    assert text
    root = read(text_of(cib)).root
    config = root.find("configuration")
    assert config is not None
    for change in fromstring(text).findall("change[@operation='delete']"):
        section, _, name = change.get("path", "").partition("/cib/configuration/")[2].partition("/")
        home = config.find(section)
        assert home is not None
        [gone] = [one for one in home if f"[@id='{one.get('id')}']" in name]
        home.remove(gone)
    for change in fromstring(text).findall("change[@operation='create']"):
        home = config.find(change.get("path", "").rpartition("/")[2])
        assert home is not None
        home.insert(int(change.get("position", "0")), change[0])
    assert all(
        alike(one, other)
        for name in ("resources", "constraints")
        for one, other in zip(found(config, name), found(draft, name), strict=True)
    )
    return Cib(root)


def text_of(cib: Cib) -> str:

    return tostring(cib.root, encoding="unicode")


def found(config: Element, name: str) -> list[Element]:
    section = config.find(name)
    assert section is not None
    return [*section]


def ha(name: str = "web01", **values: Value) -> Resource:
    return Resource("ha", name, PLACE, values, backend="pacemaker", marked=True)


def vip(**values: Value) -> Resource:
    return Resource(
        "vip", "192.0.2.50", PLACE, {"on": "br0", **values}, backend="pacemaker", marked=True, owner="a.vnet"
    )


def add(one: Resource) -> Change:
    return Change(ActionKind.ADD, None, one)
