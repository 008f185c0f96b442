"""Rules, groups and load balancers as rows: what matches, what comes back from the rows, who joins which group."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest

from vnetsh.model import ActionKind, Change, Resource, Value
from vnetsh_ovn.altering import ALTERED, as_it_is
from vnetsh_ovn.commands_by_rows import words
from vnetsh_ovn.joining import following, joined
from vnetsh_ovn.marks import MEMBERS, VM
from vnetsh_ovn.pieces import Piece, Within
from vnetsh_ovn.rows import ACL, BALANCER, GROUP, SWITCH_PORT, Index, Ref
from vnetsh_ovn.shapes import SHAPES
from vnetsh_ovn.shapes.acls import asked
from vnetsh_ovsdb.layout import Layout
from vnetsh_ovsdb.operations import as_pairs

WEB = ("group:acme/webs",)


def index_of(*pieces: Piece) -> Index:
    """An index in which pieces are rows."""
    refers = {GROUP: {"ports": SWITCH_PORT, "acls": ACL}}
    tables: dict[str, dict[str, Any]] = defaultdict(dict)
    numbers = {one.ref: f"0000000{number}" for number, one in enumerate(pieces)}
    for one in pieces:
        plain = {name: value for name, value in one.columns.items() if not isinstance(value, tuple)}
        tables[one.ref.table][numbers[one.ref]] = {
            "name": "",
            **plain,
            **{column: as_pairs(keys) for column, keys in one.keys.items()},
        }
    layout = Layout("", {}, {}, {}, {}, defaultdict(dict, refers))
    return Index(layout, tables, "")


EMPTY = index_of()


def rule(kind: str, source: tuple[str, ...], target: tuple[str, ...], **more: Value) -> Resource:
    """A rule whose ends are known."""
    way = tuple(one[0].partition(":")[2] or one[0] for one in (source, target))
    values: dict[str, Value] = {"way": way, "protocol": "tcp", "source": source, "target": target, **more}
    name = f"{' -> '.join(way)} {values['protocol']}"
    return Resource(kind, name, "region1", values, backend="ovn", marked=True)


@pytest.mark.parametrize(
    ("protocol", "ports", "match"),
    [
        ("tcp", (), "tcp"),
        ("udp", (53,), "udp.dst == {53}"),
        ("tcp", (80, 443), "tcp.dst == {80, 443}"),
        ("tcp", (*range(8000, 8011),), "(tcp.dst >= 8000 && tcp.dst <= 8010)"),
        ("tcp", (80, *range(90, 93)), "(tcp.dst == {80} || (tcp.dst >= 90 && tcp.dst <= 92))"),
        ("icmp", (), "(icmp4 || icmp6)"),
        ("all", (), "ip"),
    ],
)
def test_what_is_asked_for(protocol: str, ports: tuple[int, ...], match: str) -> None:
    assert asked(protocol, ports) == match


@pytest.mark.parametrize(
    ("one", "match", "within"),
    [
        (rule("allow", ("any",), WEB), "outport == @group.acme.webs && tcp", Ref(GROUP, "group.acme.webs")),
        (
            rule("deny", ("group:dbs",), WEB),
            "outport == @group.acme.webs && (ip4.src == $group.dbs_ip4 || ip6.src == $group.dbs_ip6) && tcp",
            Ref(GROUP, "group.acme.webs"),
        ),
        (
            rule(
                "allow", ("network:office", "10.9.0.0/24", "fd09::/64"), ("network:acme/web", "10.0.1.0/24")
            ),
            "(ip4.dst == 10.0.1.0/24) && (ip4.src == 10.9.0.0/24 || ip6.src == fd09::/64) && tcp",
            Ref("Logical_Switch", "acme/web"),
        ),
    ],
)
def test_a_rule_stands_on_its_targets_row(one: Resource, match: str, within: Ref) -> None:
    row = SHAPES[one.kind].pieces(one, EMPTY)[0]
    assert row.columns["match"] == match
    assert row.columns["action"] == ("allow-related" if one.kind == "allow" else "drop")
    assert row.within == (Within(within, "acls"),)


@pytest.mark.parametrize(
    "one",
    [
        rule("allow", ("any",), WEB, ports=(80, 443), log=True),
        rule("deny", ("network:office", "10.9.0.0/24"), ("vm:web01",), protocol="all"),
        Resource("group", "acme/webs", "region1", {"members": ("web01", "web02"), "ports": ()}, marked=True),
        Resource(
            "loadbalancer",
            "acme/www",
            "region1",
            {
                "address": "fd00::100",
                "tcp": 80,
                "to": ("fd00::1", "web01"),
                "port": 8080,
                "backends": ("fd00::1", "fd00::2"),
            },
            marked=True,
        ),
    ],
    ids=lambda one: one.kind,
)
def test_rows_say_what_they_were_made_from(one: Resource) -> None:
    shape = SHAPES[one.kind]
    index = index_of(*shape.pieces(one, EMPTY))
    [(found, rows)] = shape.read(index, "region1")
    found = as_it_is(found, shape, index)
    assert {**found.attributes} == {**one.attributes}
    assert (found.name, found.marked) == (one.name, True)
    assert len(rows) == len(shape.pieces(one, EMPTY)), "all of them go with it"


def test_what_others_alter_is_told() -> None:
    one = rule("allow", ("any",), WEB)
    shape = SHAPES["allow"]
    [piece] = shape.pieces(one, EMPTY)
    wider = Piece(piece.ref, {**piece.columns, "match": "ip", "log": True, "severity": "info"}, piece.keys)
    index = index_of(wider)
    [(found, _)] = shape.read(index, "region1")
    assert as_it_is(found, shape, index).get(ALTERED) == ("match",), "log is said by an attribute"
    assert found.get("log") is True


def test_a_port_joins_the_groups_that_name_its_vm() -> None:
    def group(name: str, members: str) -> Piece:
        return Piece(Ref(GROUP, name), {"name": name}, {"external_ids": {MEMBERS: members}})

    there, new = group("old", "web01/web02"), group("new", "web02")
    port = Piece(Ref(SWITCH_PORT, "p"), {}, {"external_ids": {VM: "web02"}}, (Within(Ref("x", "y"), "z"),))
    groups = following(index_of(there), [new, port])
    assert [one.ref.key for one in joined(port, groups).within] == ["y", "old", "new"]
    other = Piece(Ref(SWITCH_PORT, "q"), {}, {"external_ids": {VM: "db01"}})
    assert joined(other, groups) is other


def test_what_no_sentence_says_of_others_load_balancers() -> None:
    def seen(vips: dict[str, str], **columns: object) -> Resource:
        index = index_of(Piece(Ref(BALANCER, "lb"), {"name": "lb", **columns}, {"vips": vips}))
        [(found, _)] = SHAPES["loadbalancer"].read(index, "region1")
        return found

    plain = {"10.0.0.1:80": "10.0.0.2:8080,10.0.0.3:8080"}
    assert seen(plain).attributes == {
        "address": "10.0.0.1",
        "tcp": 80,
        "backends": ("10.0.0.2", "10.0.0.3"),
        "to": ("10.0.0.2", "10.0.0.3"),
        "port": 8080,
    }
    for other in (
        seen({**plain, "10.0.0.9:80": "10.0.0.2:80"}),
        seen({"10.0.0.1:80": "10.0.0.2:80,10.0.0.3:81"}),
        seen({"10.0.0.1": "10.0.0.2"}),
        seen(plain, protocol="sctp"),
        seen(plain, options=as_pairs({"reject": "true"})),
    ):
        assert list(other.attributes) == ["otherwise"]


def test_what_is_put_right_by_hand_says_all_of_it_again() -> None:
    one = rule("allow", ("any",), WEB, ports=(80,))
    [piece] = SHAPES["allow"].pieces(one, EMPTY)
    row = {"external_ids": as_pairs(piece.keys["external_ids"])}
    before = replace(one.with_attributes(altered=("match",)), record={"rows": {ACL: {"4f0e": row}}})
    said = words(Change(ActionKind.CHANGE, before, one)).argv
    assert said[:3] == ("set", ACL, "4f0e")
    assert 'match="outport == @group.acme.webs && tcp.dst == {80}"' in said
    gone = replace(before, record={"rows": {}})
    made = words(Change(ActionKind.CHANGE, gone, one)).argv
    assert made[:3] == ("--id=@new1", "create", ACL)
    assert made[-5:] == ("add", GROUP, "group.acme.webs", "acls", "@new1")
