"""A transaction that is taken back by operations known before it was made, on a real ovsdb-server."""

from __future__ import annotations

import pytest
from ovs_hosts import LIVED_IN, OURS, changed, dump, new, removed

from vnetsh.testing.fleet import no_progress
from vnetsh.testing.scratch_ovs import scratch_ovs
from vnetsh_ovs.rows import ROOT
from vnetsh_ovs.translating import translate
from vnetsh_ovs.uplink.reverting import ARMED, disarming, reverting, unless_void, voiding, with_uuids

TOKEN = "5fbe9f6c-1df4-4a52-a4ce-6c4c4d11f6d2"


@pytest.fixture
def bare():
    with scratch_ovs() as running:
        running.vsctl(*LIVED_IN, *MIRRORED)
        yield running


MIRRORED = (  # a port that is sent copies, as vnetsh makes it, with a limit that is vnetsh's
    *("--", "add-port", "old", "mir0", "--", "set", "interface", "mir0", "type=internal"),
    *("--", "--id=@mir0", "get", "port", "mir0", "--", "--id=@m1", "create", "mirror", "name=m1"),
    *("select-src-port=@int0", "select-dst-port=@int0", "output-port=@mir0"),
    *("--", "add", "bridge", "old", "mirrors", "@m1"),
    *("--", "add-port", "old", "lim0", "--", "set", "interface", "lim0", "type=internal"),
    *("--", "--id=@q1", "create", "qos", "type=linux-htb", "other-config:max-rate=5000000"),
    *("external_ids:vnetsh=1", "--", "set", "port", "lim0", "qos=@q1"),
)
CHANGES = {
    "made": lambda link: list(OURS),
    "bridge gone": lambda link: [removed(link, "bridge", "old"), *_members(link, "old")],
    "port gone": lambda link: [removed(link, "port", "int0")],
    "tunnel gone": lambda link: [removed(link, "tunnel", "tun0")],
    "uplink gone": lambda link: [changed(link, "bridge", "old", uplink=None)],
    "uplink replaced": lambda link: [changed(link, "bridge", "old", uplink="eth77")],
    "MTU": lambda link: [changed(link, "bridge", "old", mtu=1400, uplink=None)],
    "vlan": lambda link: [changed(link, "port", "int0", vlan=9)],
    "vlan cleared": lambda link: [changed(link, "port", "int0", vlan=None)],
    "tunnel changed": lambda link: [changed(link, "tunnel", "tun0", remote="192.0.2.8", type="gre", key=None)],
    "isolated": lambda link: [changed(link, "port", "int0", isolated="yes")],
    "trunk": lambda link: [changed(link, "port", "int0", vlan=None, trunk=(1, 2))],
    "tunnel cleared": lambda link: [changed(link, "tunnel", "tun0", key=None, bfd="yes")],
    "limited": lambda link: [changed(link, "port", "mir0", outbound=10**6)],
    "others' limit changed": lambda link: [changed(link, "port", "int0", outbound=2 * 10**6)],
    "made with a limit": lambda link: [new("port", "p9", bridge="old", type="internal", outbound=10**6)],
    "limit changed": lambda link: [changed(link, "port", "lim0", outbound=10**6)],
    "no limit": lambda link: [changed(link, "port", "lim0", outbound=None)],
    "limited port gone": lambda link: [removed(link, "port", "lim0")],
    "other mirror": lambda link: [changed(link, "port", "mir0", mirrors=("int0", "patch0"))],
    "no mirror": lambda link: [changed(link, "port", "mir0", mirrors=None)],
    "mirror made": lambda link: [new("port", "mon0", bridge="old", type="internal", mirrors=("int0",))],
    "bond": lambda link: [changed(link, "port", "bond0", nics=("eth8", "eth10"), mode="active-backup")],
    "all at once": lambda link: [
        changed(link, "port", "int0", vlan=3, isolated="yes"),
        new("port", "mon0", bridge="old", type="internal", mirrors=("patch0",)),
        removed(link, "tunnel", "tun0"),
        new("tunnel", "gre9", bridge="old", type="gre", remote="192.0.2.7"),
    ],
    "moved": lambda link: [new("bridge", "br9"), changed(link, "tunnel", "tun0", bridge="br9")],
    "moved as its bridge goes": lambda link: [
        new("bridge", "br9"),
        changed(link, "tunnel", "tun0", bridge="br9"),
        removed(link, "bridge", "old"),
        *[c for c in _members(link, "old") if c.resource.name != "tun0"],
    ],
}  # fmt: skip


def _members(link, bridge):
    found = [
        r for r in link.observe(no_progress).resources if r.kind != "bridge" and r.text("bridge") == bridge
    ]
    return [removed(link, resource.kind, resource.name) for resource in found]


def rows(ovs):
    """The rows by UUID: they come back as themselves."""
    tables = ["Bridge", "Port", "Interface", "Mirror", "Controller", "QoS"]
    found = ovs.transact(*({"op": "select", "table": t, "where": [], "columns": ["_uuid"]} for t in tables))
    return [sorted(str(row) for row in result["rows"]) for result in found]


def prepared(ovs, link, changes):
    """The operations of a step and the index that they rest on."""
    index = link._live.now()
    transaction = translate(changes, index, "system")
    transaction.set_keys(changes[0], ROOT, index.root, "external_ids", {ARMED: TOKEN})
    return with_uuids(transaction.operations(TOKEN, "test")), index


def failed(results):
    return any(result and "error" in result for result in results)


@pytest.mark.parametrize("case", CHANGES)
def test_taken_back_all_is_as_before(bare, links, case):
    link = links(bare, vswitchd="skip")
    before, uuids = dump(bare), rows(bare)
    operations, index = prepared(bare, link, CHANGES[case](link))
    back = reverting(operations, index, TOKEN)[1:]
    assert failed(bare.transact(*back))  # it is not in effect yet
    assert dump(bare) == before
    assert not failed(bare.transact(unless_void(TOKEN), *operations))
    assert dump(bare) != before
    assert not failed(bare.transact(*back))
    assert dump(bare) == before
    assert rows(bare) == uuids
    assert failed(bare.transact(*back))  # once is enough
    assert dump(bare) == before


def test_what_was_given_up_does_not_happen(bare, links):
    link = links(bare, vswitchd="skip")
    before = dump(bare)
    operations, index = prepared(bare, link, [new("bridge", "br9")])
    assert not failed(bare.transact(*voiding(index.root, TOKEN)[1:]))
    assert failed(bare.transact(unless_void(TOKEN), *operations))
    assert dump(bare) == before


def test_what_is_in_effect_cannot_be_given_up_and_once_confirmed_not_be_taken_back(bare, links):
    link = links(bare, vswitchd="skip")
    operations, index = prepared(bare, link, [new("bridge", "br9")])
    assert not failed(bare.transact(unless_void(TOKEN), *operations))
    assert failed(bare.transact(*voiding(index.root, TOKEN)[1:]))
    assert not failed(bare.transact(*disarming(index.root, TOKEN)[1:]))
    after = dump(bare)
    assert failed(bare.transact(*reverting(operations, index, TOKEN)[1:]))
    assert dump(bare) == after


def test_others_work_meanwhile_is_kept(bare, links):
    link = links(bare, vswitchd="skip")
    operations, index = prepared(bare, link, [changed(link, "bridge", "old", uplink="eth77")])
    back = reverting(operations, index, TOKEN)[1:]
    bare.transact(unless_void(TOKEN), *operations)
    bare.vsctl("add-port", "old", "tap7", "--", "set", "bridge", "old", "other_config:theirs=1")
    assert not failed(bare.transact(*back))
    assert "tap7" in bare.vsctl("list-ports", "old")
    assert "theirs" in bare.vsctl("get", "bridge", "old", "other_config")
