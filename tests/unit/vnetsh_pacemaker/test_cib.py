"""A CIB as resources, and changes as one patch of it: also with what others made there."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest
from ha_cibs import HOSTS, NAMES, PLACE, TEXT, add, ha, look_of, patched, text_of, there, vip

from vnetsh.model import ActionKind, Change, Fleet, Place, Resource
from vnetsh_pacemaker import reading, status
from vnetsh_pacemaker.assessing import assess
from vnetsh_pacemaker.cib import pairs, patch_between, read
from vnetsh_pacemaker.drafting import Conflict, drafted
from vnetsh_pacemaker.facts import ClusterFacts
from vnetsh_pacemaker.sort import OTHERS


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
    taken = read(TEXT.replace('id="dlm"', 'id="fence-kvm3"'))
    fence = Resource("fence", "kvm3", PLACE, {"by": "fence_lab", "hosts": ("kvm3",)}, backend="pacemaker")
    assert ("fence", "kvm3") in there(patched(taken, add(fence)))


@pytest.mark.parametrize("marked", [False, True])
def test_a_vm_that_others_put_there_is_theirs_to_take_out(marked: bool) -> None:
    own = replace(
        there(read(TEXT.replace('rsc="own" with-rsc', 'rsc="dlm" with-rsc')))["ha", "web09"], marked=marked
    )
    fleet = Fleet({PLACE: Place(PLACE, sort="pacemaker", noun="cluster", hosts=HOSTS)}, {own.key: own})
    problem = assess(Change(ActionKind.REMOVE, own, None), fleet).problem
    assert problem
    assert problem.code == OTHERS


def test_what_others_told_the_cluster_is_seen() -> None:
    rules = """<rsc_location id="never" rsc="own" node="kvm1.example.org" score="-INFINITY"/>
    <rsc_location id="cli-prefer-own" rsc="own" node="kvm2" score="INFINITY"/></constraints>"""
    text = TEXT.replace("</constraints>", rules)
    seen = reading.observation(look_of(read(text)), NAMES, PLACE).facts
    assert isinstance(seen, ClusterFacts)
    assert (seen.halted, seen.barred, seen.bound) == (
        None,
        {("web09", "kvm1"): "never"},
        {"web09": "cli-prefer-own"},
    )
    pair = "<meta_attributes id='d'><nvpair id='e' name='{}' value='{}'/></meta_attributes>"
    defaults = f"<rsc_defaults>{pair}</rsc_defaults>"
    for old, new in (
        ('name="stonith-enabled" value="true"', 'name="maintenance-mode" value="true"'),
        ('name="stonith-enabled" value="true"', 'name="symmetric-cluster" value="false"'),
        ("</constraints>", "</constraints>" + defaults.format("target-role", "Stopped")),
        ("</constraints>", "</constraints>" + defaults.format("is-managed", "false")),
    ):
        told = reading.observation(look_of(read(TEXT.replace(old, new))), NAMES, PLACE).facts
        assert isinstance(told, ClusterFacts)
        assert told.halted, new
