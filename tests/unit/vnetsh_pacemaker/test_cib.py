"""A CIB as resources, and changes as one patch of it: also with what others made there."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring, tostring

import pytest

from vnetsh.model import ActionKind, Change, Fleet, Place, Resource, Value
from vnetsh_pacemaker import reading, status
from vnetsh_pacemaker.assessing import assess
from vnetsh_pacemaker.cib import Cib, alike, pairs, patch_between, read
from vnetsh_pacemaker.drafting import Conflict, drafted
from vnetsh_pacemaker.members import Look
from vnetsh_pacemaker.shapes.kept import Names
from vnetsh_pacemaker.sort import OTHERS

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


def test_what_others_made_is_seen_as_it_is() -> None:
    seen = there(read(TEXT))
    power = seen["fence", "power"]
    assert (power.text("by"), power.get("hosts"), power.get("options")) == (
        "fence_ipmilan",
        ("kvm1", "kvm2"),
        ("ip=192.0.2.9",),
    )
    assert "hush" not in repr(power), "what is secret is in no resource, and so in no journal"
    assert "hush" not in repr(power.record)
    assert seen["vip", "192.0.2.77"].get("named-by") == ("beside", "group g")
    own = seen["ha", "web09"]
    assert (own.text("prefer"), own.get("named-by"), own.marked) == ("kvm2", ("beside",), False)
    assert {name for kind, name in seen if kind == "ha-resource"} == {"dlm", "c", "g", "beside"}


def test_what_is_made_is_seen_as_it_was_said_and_leaves_all_else() -> None:
    cib = read(TEXT)
    wanted = [
        vip(prefix=24, prefer="kvm1"),
        ha(restart=3, migrate=True, transport="tcp"),
        ha("web02", apart=("web01",)),
    ]
    after = patched(cib, *map(add, wanted))
    seen = there(after)
    for one in wanted:
        made = seen[one.kind, one.name]
        assert made.marked
        assert made.owner == one.owner
        assert {name: made.get(name) for name in one.attributes} == {**one.attributes}
    assert seen["ha", "web01"].get("apart") == ("web02",), "to say it of one is enough"
    assert set(there(cib)) <= {*seen}
    rule = after.root.find(".//rsc_location[@id='vnetsh-prefer-vip-192.0.2.50']")
    assert rule is not None
    assert rule.get("node") == "kvm1.example.org", "by the cluster's own name of the host"


def test_what_is_made_goes_without_a_trace_and_comes_back_as_it_was() -> None:
    cib = read(TEXT)
    made = patched(cib, add(vip(prefer="kvm1")), add(ha(restart=3)))
    primitive = made.root.find(".//primitive[@id='web01']")
    assert primitive is not None
    primitive.append(
        fromstring("<utilization id='u'><nvpair id='u-c' name='cpu' value='2'/></utilization>")
    )  # others'
    gone = patched(
        made,
        *(
            Change(ActionKind.REMOVE, there(made)[key], None)
            for key in (("vip", "192.0.2.50"), ("ha", "web01"))
        ),
    )
    assert {*there(gone)} == {*there(cib)}
    assert "vnetsh" not in text_of(gone)
    back = patched(
        gone,
        *(
            (Change(ActionKind.REMOVE, there(made)[key], None).inverse())
            for key in (("vip", "192.0.2.50"), ("ha", "web01"))
        ),
    )
    assert there(back)["vip", "192.0.2.50"].text("prefer") == "kvm1"
    assert back.root.find(".//primitive[@id='web01']/utilization") is not None


def test_what_others_changed_meanwhile_is_not_written_over() -> None:
    cib = read(TEXT)
    made = patched(cib, add(vip(prefix=24)))
    before = there(made)["vip", "192.0.2.50"]
    other = patched(made, Change(ActionKind.CHANGE, before, before.with_attributes(prefix=16)))
    with pytest.raises(Conflict, match="somebody else has changed it"):
        drafted(
            [Change(ActionKind.CHANGE, before, before.with_attributes(prefix=28))], other, there(other), NAMES
        )
    assert not patch_between(
        other,
        drafted(
            [Change(ActionKind.CHANGE, before, before.with_attributes(prefix=16))], other, there(other), NAMES
        ).draft,
    )


def test_a_patch_is_for_the_version_that_it_was_made_of() -> None:
    cib = read(TEXT)
    patch = fromstring(patch_between(cib, drafted([add(vip())], cib, there(cib), NAMES).draft))
    source, target = patch.find("version/source"), patch.find("version/target")
    assert source is not None
    assert target is not None
    assert (source.attrib, target.get("epoch")) == (
        {"admin_epoch": "0", "epoch": "7", "num_updates": "3"},
        "8",
    )


def test_a_secret_is_only_pointed_at() -> None:
    cib = read(TEXT)
    fence = Resource(
        "fence",
        "kvm3",
        PLACE,
        {"by": "fence_ipmilan", "hosts": ("kvm3",), "secrets": ("password=/root/p",)},
        backend="pacemaker",
        marked=True,
    )
    made = patched(cib, add(fence))
    primitive = made.root.find(".//primitive[@id='fence-kvm3']")
    assert primitive is not None
    assert pairs(primitive)["password"] == "lrm://"
    assert there(made)["fence", "kvm3"].get("secrets") == ("password=/root/p",)
    assert "xml" in (there(made)["fence", "kvm3"].record or {}), (
        "there is no secret in it, so it can be put back"
    )


def test_what_was_begun_to_let_a_vm_go_is_taken_back() -> None:
    made = patched(read(TEXT), add(ha(prefer="kvm1")))
    primitive, rules = made.root.find(".//primitive[@id='web01']"), made.root.find(".//constraints")
    assert primitive is not None
    assert rules is not None
    meta = primitive.find("meta_attributes")
    assert meta is not None
    meta.append(fromstring("<nvpair id='m' name='is-managed' value='false'/>"))
    rules.append(
        fromstring("<rsc_location id='vnetsh-leave-web01-0' rsc='web01' node='kvm2' score='-INFINITY'/>")
    )
    back = patched(made, add(there(made)["ha", "web01"]))
    assert "is-managed" not in text_of(back)
    assert "vnetsh-leave" not in text_of(back)


def test_crm_mon_tells_what_runs_where_and_what_failed() -> None:
    text = """<pacemaker-result><nodes><node name="kvm1" online="true" standby="true"/><node name="kvm2" online="true"/>
    <node name="kvm3" online="false" unclean="true"/></nodes>
    <resources><resource id="web01" managed="false" failed="false"><node name="kvm2"/></resource></resources>
    <failures>
    <failure op_key="vip-10.0.1.50_start_0" node="kvm1" exitstatus="error" exitreason="findif failed"/></failures>
    </pacemaker-result>"""
    told = status.read(text)
    assert told.nodes == {"kvm1": "standby", "kvm2": "online", "kvm3": "unclean"}
    assert told.running == {"web01": status.Running(("kvm2",), managed=False)}
    assert told.failures == {"vip-10.0.1.50": ["start on kvm1: findif failed"]}


def test_what_others_call_so_is_not_written_over() -> None:
    """A vm, and something else of that name in the cluster: it gets another one there, also in rules."""
    cib = read(TEXT.replace('id="dlm"', 'id="web01"'))
    order = Resource(
        "order", "web01 then 192.0.2.50", PLACE, {"first": "web01", "then": "192.0.2.50"}, backend="pacemaker"
    )
    after = patched(cib, add(vip()), add(ha()), add(order))
    seen = there(after)
    assert (seen["ha", "web01"].record or {})["id"] == "vnetsh-web01"
    assert seen["ha-resource", "web01"].text("about") == "ocf:pacemaker:controld, in clone c"
    assert ("order", "web01 then 192.0.2.50") in seen
    rule = after.root.find(".//rsc_order")
    assert rule is not None
    assert rule.get("first") == "vnetsh-web01"


@pytest.mark.parametrize("marked", [False, True])
def test_a_vm_that_others_put_there_is_theirs_to_take_out(marked: bool) -> None:
    own = replace(
        there(read(TEXT.replace('rsc="own" with-rsc', 'rsc="dlm" with-rsc')))["ha", "web09"], marked=marked
    )
    fleet = Fleet({PLACE: Place(PLACE, sort="pacemaker", noun="cluster", hosts=HOSTS)}, {own.key: own})
    problem = assess(Change(ActionKind.REMOVE, own, None), fleet).problem
    assert problem
    assert problem.code == OTHERS
