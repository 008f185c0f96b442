"""Pictures: what is drawn, that nothing lies on something else, that little moves, and the formats."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import combinations
from xml.etree import ElementTree

import pytest
from drawn_fleets import drawn, script
from hostile import NAMES, acts

from vnetsh.model import Fleet, Place, Resource
from vnetsh.pictures.drawing import picture_of
from vnetsh.pictures.drawio import drawio
from vnetsh.pictures.laying import Box, lay
from vnetsh.pictures.page_html import html
from vnetsh.pictures.picture import Line, Picture, Thing, natural
from vnetsh.pictures.svg import svg
from vnetsh.pictures.texts import d2, dot, mermaid
from vnetsh.plain_text import plain
from vnetsh.registry import Plugins
from vnetsh.testing.fleet import bridge, fleet_of, local_host, nic, vm


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def contains(outer: Box, inner: Box) -> bool:
    right = inner.x + inner.width <= outer.x + outer.width
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and right
        and inner.y + inner.height <= outer.y + outer.height
    )


def ids(picture: Picture, kind: str, change: str = "") -> Sequence[str]:
    return [one.id for one in picture.things if one.kind == kind and change in ("", one.change)]


@pytest.mark.parametrize(("vms", "hosts"), [(0, 3), (10, 3), (100, 6), (500, 8)])
def test_nothing_lies_on_something_else_and_what_is_inside_is_inside(
    plugins: Plugins, vms: int, hosts: int
) -> None:
    picture, _, _ = drawn(plugins, script(vms, hosts), hosts)
    assert len(ids(picture, "vm")) == vms
    assert len(ids(picture, "host")) == hosts
    laid = lay(picture)
    for siblings in picture.inside.values():
        for one, other in combinations(siblings, 2):
            assert not overlap(laid.boxes[one.id], laid.boxes[other.id]), (one, other)
    for thing in picture.things:
        box = laid.boxes[thing.id]
        assert contains(laid.boxes.get(thing.within, Box(0, 0, laid.width, laid.height)), box), thing


def test_the_same_fleet_lies_the_same_way_and_one_vm_more_moves_little(plugins: Plugins) -> None:
    one, _, _ = drawn(plugins, script(60, 4), 4)
    again, _, _ = drawn(plugins, script(60, 4), 4)
    assert svg(one, lay(one)) == svg(again, lay(again))
    more, _, _ = drawn(plugins, script(60, 4) + "\nvm db on kvm2 port vswitch01", 4)
    before, after = lay(one).boxes, lay(more).boxes
    stayed = [id for id in before if before[id] == after[id]]
    assert len(stayed) > 0.7 * len(before)


def test_a_plan_is_in_colours(plugins: Plugins) -> None:
    made = script(4, 3)
    picture, _, after = drawn(plugins, made, 3)
    assert ids(picture, "vm", "add") == ids(picture, "vm")
    assert ids(picture, "bridge", "add") == ["bridge:kvm1/br5", "bridge:kvm1/lab", "bridge:kvm2/br5",
                                             "bridge:kvm2/lab", "bridge:kvm3/br5"]  # fmt: skip
    tunnel = next(line for line in picture.lines if line.label.startswith("gre12"))
    assert (tunnel.one, tunnel.other, tunnel.change) == ("bridge:kvm1/lab", "bridge:kvm2/lab", "add")
    assert {line.other for line in picture.lines if line.one == "bridge:kvm1/br5"} >= {"mesh:overlay"}
    # What goes, moves and is changed.
    vms = {key: one for key, one in after.resources.items() if key[0] == "vm"}
    gone = next(key for key in vms if key[2] == "web1")
    moves = next(key for key in vms if key[2] == "web2")
    there = "kvm1" if moves[1] != "kvm1" else "kvm3"
    rest = {key: one for key, one in after.resources.items() if key not in (gone, moves)}
    from dataclasses import replace

    moved = replace(vms[moves], place=there)
    changed = replace(after, resources={**rest, moved.key: moved})
    picture = picture_of(after, plugins.vocabulary, "changed", changed)
    looks = {
        one.name: one.change for one in picture.things if one.kind == "vm" and one.place in (gone[1], there)
    }
    assert looks["web1"] == "remove"
    assert [line.kind for line in picture.lines if line.change == "move"] == ["move"]
    assert {one.place: one.change for one in picture.things if one.name == "web2"} == {
        moves[1]: "leave",
        there: "move",
    }


MARKUP = (
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"]; click t1 href \"javascript:alert(1)\"",
    "x|y", "$$\\href{javascript:alert(1)}{x}$$", "%%{init: {}}%%", "`**b**`", "#quot;", "${x}", "\\", 'a\\"', "'; end",
    "x -> y", "\n  t0 --> t1", "]]>", "<!--", "&lt;script&gt;", "end", "graph", "a" * 5000,
)  # fmt: skip
"""What means something in one of the languages."""


def hostile() -> Picture:
    things = [Thing("host:h", "host", "h")]
    names = [*NAMES, *MARKUP]
    things += [Thing(f"vm:h/{name}", "vm", name, "h", "host:h", wrong=name, tags=[name]) for name in names]
    lines = [Line("host:h", f"vm:h/{name}", "tunnel", name) for name in names]
    return Picture("</title><script>alert(1)</script>", things, lines)


def test_names_of_others_are_words_in_every_format() -> None:
    picture = hostile()
    laid = lay(picture)
    for text in (svg(picture, laid), drawio(picture, laid)):
        ElementTree.fromstring(text)
    root = ElementTree.fromstring(svg(picture, laid))
    assert not [one for one in root.iter() if one.tag.endswith("script")]
    page = html(picture, laid)
    assert page.count("<script") == 3
    data = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert data
    assert [one["name"] for one in json.loads(data[1])["things"]][1:] == [
        plain(name) for name in (*NAMES, *MARKUP)
    ]
    for text in (dot(picture), mermaid(picture), d2(picture)):
        assert len(text.splitlines()) <= 6 + 4 * len((*NAMES, *MARKUP))
        assert acts(text) == []
        text.encode()
    for line in mermaid(picture).splitlines():  # what others named stands in quotes, and has none
        assert line.count('"') in (0, 2)
        assert not set("<>{}`$%") & set(line.replace("<br>", "").partition('"')[2])
    for line in d2(picture).splitlines():
        if words := re.fullmatch(r'\s*[\w. -]+?: (".*")(?: \{.*)?', line):
            json.loads(words[1].replace("\\${", "${"))


def test_the_languages_of_other_tools(plugins: Plugins) -> None:
    picture, _, _ = drawn(plugins, script(3, 2), 2)
    assert 'subgraph "cluster host:kvm1" {' in dot(picture)
    assert 'label="gre12  gre  key 7"' in dot(picture)
    assert re.search(r'subgraph t\d+\["host kvm1"\]', mermaid(picture))
    assert 'host0: "host kvm1" {' in d2(picture)
    assert 'host0.bridge1 -- host1.bridge1: "gre12  gre  key 7"' in d2(picture)


def test_names_are_sorted_as_people_count() -> None:
    assert sorted(["web10", "web2", "web1", "a"], key=natural) == ["a", "web1", "web2", "web10"]


def test_networks_of_a_hosts_own_libvirt(plugins: Plugins) -> None:
    fleet = fleet_of(
        bridge("virbr0", "kvm1", by="linux", network="libvirt's network `default`"),
        vm("web", "kvm1"),
        nic("web_lan", "virbr0", "web", "kvm1", network="default"),
        vm("db", "kvm2"),
        nic("db_lan", "", "db", "kvm2", network="direct"),
        Resource("route", "10.9.0.0/16", "kvm1", {"via": "192.168.1.2", "dev": "virbr0"}),
        Resource("nat", "virbr0", "kvm1", {"networks": ("192.168.122.0/24",)}),
    )
    picture = picture_of(fleet, plugins.vocabulary, "networks")
    assert ids(picture, "network") == ["network:kvm1/default", "network:kvm2/direct"]
    joined = {(line.one, line.other) for line in picture.lines if line.kind == "refers"}
    assert joined == {("bridge:kvm1/virbr0", "network:kvm1/default"), ("network:kvm2/direct", "vm:kvm2/db")}
    about = {one.id: one.about for one in picture.things}
    assert about["host:kvm1"]["routes"] == ("10.9.0.0/16 via 192.168.1.2 dev virbr0",)
    assert about["bridge:kvm1/virbr0"]["nat"] == ("192.168.122.0/24",)
    laid = lay(picture)
    assert contains(laid.boxes["host:kvm1"], laid.boxes["network:kvm1/default"])


def test_tenants_of_one_name_in_two_clusters_are_two(plugins: Plugins) -> None:
    clusters = [
        Place(name, attributes={"type": "ovn"}, sort="ovn", noun="cluster", hosts=("kvm1",))
        for name in ("east", "west")
    ]
    resources = [
        one
        for place in ("east", "west")
        for one in (
            Resource("tenant", "acme", place, {}, backend="ovn"),
            Resource("network", "acme/web", place, {"subnet": ("10.0.1.0/24",)}, backend="ovn"),
            Resource("router", "acme/r1", place, {"networks": ("acme/web",)}, backend="ovn"),
        )
    ]
    fleet = Fleet(
        {one.name: one for one in (local_host("kvm1"), *clusters)}, {one.key: one for one in resources}
    )
    picture = picture_of(fleet, plugins.vocabulary, "clouds")
    assert ids(picture, "tenant") == ["tenant:east/acme", "tenant:west/acme"]
    within = {one.id: one.within for one in picture.things}
    for place in ("east", "west"):
        assert within[f"tenant:{place}/acme"] == f"cluster:{place}"
        assert within[f"network:{place}/acme/web"] == f"tenant:{place}/acme"
    assert {(line.one, line.other) for line in picture.lines} == {
        (f"network:{place}/acme/web", f"router:{place}/acme/r1") for place in ("east", "west")
    }
    texts = [
        dot(picture),
        mermaid(picture),
        d2(picture),
        svg(picture, lay(picture)),
        drawio(picture, lay(picture)),
    ]
    assert all(text.count("acme/web") >= 2 or text.count(">web<") >= 2 for text in texts)
