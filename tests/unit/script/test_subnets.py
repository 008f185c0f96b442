"""Subnets that overlap: by the type of a plugin's attribute, whatever its noun."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import found

from vnetsh.schema import HOSTS, Attribute, Kind, Subnet, Verb
from vnetsh.session import Session

MANY = Subnet(what="a list of subnets", many=True)
ON = Attribute("on", HOSTS, "", required=True)
KINDS = (
    Kind("lan", attributes=(ON, Attribute("subnet", Subnet(), ""))),
    Kind("zone", attributes=(ON, Attribute("nets", MANY, ""), Attribute("inner", Subnet(overlaps=True), ""))),
)


@pytest.fixture
def session(demo: Session) -> Session:
    vocabulary = demo.vocabulary
    for kind in KINDS:
        vocabulary.kinds[kind.name] = kind
    host = vocabulary.kinds["host"]
    pods = Attribute("pods", Subnet(), "")
    vocabulary.kinds["host"] = replace(host, attributes=(*host.attributes, pods))
    vocabulary.verbs["renumber"] = Verb("renumber", plan=lambda *_: ())
    return demo


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("lan a on kvm1 subnet 10.0.0.0/8\nlan b on kvm2 subnet 10.1.0.0/16", [2]),
        ("lan a on kvm1 subnet 10.1.0.0/16\nlan b on kvm2 subnet 10.0.0.0/8", [2]),
        ("lan a on kvm1 subnet 10.1.0.0/16\nlan b on kvm2 subnet 10.1.0.0/16", [2]),
        ("lan a on kvm1 subnet 2001:db8::/32\nlan b on kvm2 subnet 2001:db8:1::/48", [2]),
        ("lan a on kvm1 subnet 10.0.0.0/9\nlan b on kvm1 subnet 10.128.0.0/9", []),
        ("lan a on kvm1 subnet 0.0.0.0/0\nlan b on kvm1 subnet ::/0", []),
        # One thing, on two hosts.
        ("lan a on kvm1 subnet 10.0.0.0/8\nlan a on kvm2 subnet 10.1.0.0/16", []),
        # Two nouns; several values; the order of the sentences, not of the numbers.
        ("zone z on kvm1 nets 192.0.2.0/25, 10.1.0.0/16\nlan a on kvm1 subnet 10.1.2.0/24", [2]),
        ("lan c on kvm1 subnet 10.1.2.0/24\nzone z on kvm1 nets 192.0.2.0/25, 10.1.0.0/16", [2]),
        ("zone z on kvm1 nets 10.0.0.0/8, 10.1.0.0/16", []),
        # One holds many, and what lies between belongs to the holder itself.
        (
            "lan b on kvm1 subnet 10.2.0.0/16\nlan c on kvm1 subnet 10.3.0.0/16\nlan a on kvm1 subnet 10.0.0.0/8",
            [3, 3],
        ),
        ("zone z on kvm1 nets 10.0.0.0/8, 10.1.0.0/16\nlan a on kvm1 subnet 10.1.2.0/24", [2]),
        # Where the type allows it.
        ("zone y on kvm1 inner 10.0.0.0/8\nzone z on kvm1 inner 10.0.0.0/8", []),
        ("zone y on kvm1 inner 10.0.0.0/8\nlan a on kvm1 subnet 10.0.0.0/8", []),
        # Over actions, until something is deleted, renumbered or said to have none.
        ("lan a on kvm1 subnet 10.0.0.0/8\nstop web1\nlan b on kvm1 subnet 10.0.0.0/8", [3]),
        ("lan a on kvm1 subnet 10.0.0.0/8\nstop web1\nlan a on kvm1\nlan b on kvm1 subnet 10.0.0.0/8", [4]),
        ("lan a on kvm1 subnet 10.0.0.0/8\ndelete lan a\nlan b on kvm1 subnet 10.0.0.0/8", []),
        ("lan a on kvm1 subnet 10.0.0.0/8\nrenumber\nlan b on kvm1 subnet 10.0.0.0/8", []),
        (
            "lan a on kvm1 subnet 10.0.0.0/8\nstop web1\nlan a on kvm1 subnet none\nlan b on kvm1 subnet 10.0.0.0/8",
            [],
        ),
        ("lan a on kvm1 subnet 10.0.0.0/8\nlan b on kvm1 subnet 10.0.0.0/9\nstop web1\nlan a on kvm1", [2]),
        # Of hosts too.
        ("host kvm8 pods 10.8.0.0/16\nlan a on kvm1 subnet 10.8.9.0/24", [2]),
        ("host kvm8 pods 10.8.0.0/16\nhost kvm9 pods 10.8.0.0/17", [2]),
    ],
)
def test_subnets_lie_apart(session: Session, text: str, lines: list[int]) -> None:
    problems = found(session, text)
    assert {p.code for p in problems} <= {"E214"}
    assert [p.span.source.position(p.span.start)[0] for p in problems if p.span] == lines


def test_the_later_one_names_the_earlier(session: Session) -> None:
    (problem,) = found(
        session, "lan a on kvm1 subnet 10.0.0.0/8\nfor i in 1..2 { lan b on kvm$i subnet 10.1.0.0/16 }"
    )
    assert problem.message == "subnet 10.1.0.0/16 of lan `b` overlaps 10.0.0.0/8 of lan `a`"
    assert problem.help == "give one of the two another subnet: the other is in line 1"


def test_thousands_are_checked_at_once(session: Session) -> None:
    text = "".join(f"lan n{i} on kvm1 subnet 10.{i // 256}.{i % 256}.0/24\n" for i in range(3000))
    assert found(session, text) == []
