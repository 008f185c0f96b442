"""Marks, uplinks, steps and lines for `ip -batch`, without a kernel."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from vnetsh.errors import BackendRefused
from vnetsh_linuxbridge.links import Link, uplink_of
from vnetsh_linuxbridge.steps import AddBridge, DeleteLink, SetFlags, SetLink, steps, taken_back
from vnetsh_linuxbridge.way_ip import line


@pytest.mark.parametrize("alias", ["", "to the core", "vnetshed", "my vnetsh uplink cable"])
@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("uplink", [True, False])
def test_a_port_comes_back_as_it_was(alias: str, up: bool, uplink: bool) -> None:
    link = Link("eth0", up=up, alias=alias)
    assert not link.marked
    taken = link.taken_in("br0", uplink=uplink)
    assert (taken.master, taken.up, taken.marked, taken.marked_uplink) == ("br0", True, True, uplink)
    assert taken.released() == link


def test_what_vnetsh_did_not_take_in_stays_up_when_released() -> None:
    link = Link("eth0", up=True, alias="to the core", master="br0", flags={"hairpin": True})
    assert link.released() == Link("eth0", up=True, alias="to the core")


def test_a_lone_nic_is_the_uplink_of_a_foreign_bridge() -> None:
    """No real NIC can be had in a namespace: the kernel gives every software device a kind."""
    nic, veth = Link("eth0", master="br0"), Link("v0", "veth", master="br0")
    made = Link("v1", "veth", alias="vnetsh uplink", master="br0")
    assert uplink_of([nic, veth]) is nic
    assert uplink_of([nic, Link("eth1", master="br0")]) is None
    assert uplink_of([Link("eth0", alias="vnetsh", master="br0")]) is None
    assert uplink_of([nic, made]) is made


def test_steps_release_before_they_delete_and_make_before_they_join() -> None:
    have = {
        link.name: link
        for link in (Link("old", "bridge", up=True), Link("eth0", master="old"), Link("eth1", master="old"))
    }
    want = {
        "eth0": Link("eth0"),
        "eth1": Link("eth1", master="new", up=True, flags={"hairpin": True}),
        "new": Link("new", "bridge", up=True, alias="vnetsh", mtu=0),
    }
    assert steps(have, want) == [
        SetLink("eth0", master=""),
        DeleteLink("old"),
        AddBridge("new", options={}),
        SetLink("eth1", master="new", up=True),
        SetFlags("eth1", {"hairpin": True}),
        SetLink("new", alias="vnetsh", up=True),
    ]
    assert steps(want, want) == []


def test_an_mtu_is_set_only_where_the_kernel_would_choose_another() -> None:
    port = Link("eth0", master="br0", up=True, mtu=9000)
    for mtu, last in ((0, None), (9000, None), (1400, SetLink("br0", mtu=1400))):
        bridge = Link("br0", "bridge", up=True, mtu=mtu)
        made = steps({"eth0": replace(port, master="")}, {"eth0": port, "br0": bridge})
        assert made[2:] == [SetLink("br0", up=True), *([last] if last else [])]


def test_an_mtu_of_what_is_there_is_set_where_it_differs() -> None:
    have = Link("br0", "bridge", up=True)
    assert steps({"br0": have}, {"br0": replace(have, mtu=0)}) == []
    assert steps({"br0": have}, {"br0": replace(have, mtu=1400)}) == [SetLink("br0", mtu=1400)]


def test_taking_back_sets_no_mtu_that_was_not_set() -> None:
    before = {
        "br0": Link("br0", "bridge", mtu=1500),
        "br1": Link("br1", "bridge", mtu=1400),
        "br2": Link("br2", "bridge", mtu=1300),
        "eth0": Link("eth0", mtu=9000),
    }
    planned = [
        SetLink("br0", up=True),
        SetLink("br1", mtu=1450),
        DeleteLink("br2"),
        SetLink("eth0", master="br0"),
    ]
    found = taken_back(before, planned)
    assert {name: link.mtu for name, link in found.items()} == {
        "br0": 0,
        "br1": 1400,
        "br2": 1300,
        "eth0": 9000,
    }


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (AddBridge("br0"), "link add name br0 type bridge"),
        (
            AddBridge("br0", "52:54:00:00:00:01", {"stp_state": 1}),
            "link add name br0 address 52:54:00:00:00:01 type bridge stp_state 1",
        ),
        (SetLink("br0", mtu=1400), "link set dev br0 mtu 1400"),
        (DeleteLink("br0"), "link delete dev br0"),
        (
            SetLink("eth0", master="br0", alias="vnetsh", up=True),
            "link set dev eth0 master br0 alias vnetsh up",
        ),
        (SetLink("eth0", master="", alias="", up=False), 'link set dev eth0 nomaster alias "" down'),
        (
            SetFlags("eth0", {"hairpin": True, "flood": False}),
            "link set dev eth0 type bridge_slave hairpin on flood off",
        ),
    ],
)
def test_lines_for_ip_batch(step: AddBridge | DeleteLink | SetLink | SetFlags, words: str) -> None:
    assert line(step) == words


@pytest.mark.parametrize("alias", ["two words", "it's", 'a "quote"', "größer", "a;b|c $(d)"])
def test_a_text_stays_one_word(alias: str) -> None:
    assert shlex.split(line(SetLink("eth0", alias=alias)))[-1] == alias


@pytest.mark.parametrize("alias", ["a\nlink delete eth0", "# cut", "both ' and \"", "continued\\"])
def test_a_text_that_would_be_read_as_something_else_is_refused(alias: str) -> None:
    with pytest.raises(BackendRefused):
        line(SetLink("eth0", alias=alias))
