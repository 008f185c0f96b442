"""What is made together and would have one name, whatever the hosts hold."""

from __future__ import annotations

import pytest

from vnetsh.model import ActionKind, Change, Resource
from vnetsh.nouns.claims import made_together


def add(kind: str, name: str, place: str = "kvm1", **attributes: str) -> Change:
    vm = attributes.pop("vm", "")
    parent = ("vm", vm) if vm else ("bridge", attributes["bridge"]) if kind == "port" else None
    return Change(ActionKind.ADD, None, Resource(kind, name, place, attributes, parent))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (add("bridge", "q"), add("tunnel", "q", bridge="q")),
        (add("bridge", "q"), add("port", "q", vm="web")),
        (add("bridge", "c", uplink="u1"), add("bridge", "d", uplink="u1")),
        (add("bridge", "c", uplink="u1"), add("port", "u1", bridge="d")),
        (add("port", "u1", vm="a"), add("port", "u1", vm="b")),
    ],
)
def test_one_name_for_two_things_that_are_made_together(one: Change, other: Change) -> None:
    for changes in ([one, other], [other, one]):
        assert [problem.code for problem in made_together(changes)] == ["E203"]
    assert not [*made_together([one]), *made_together([other])]


def test_what_has_its_name_already_does_not_get_it_anew() -> None:
    bridge = Resource("bridge", "q", "kvm1", {"uplink": "u1"})
    stays = Change(ActionKind.CHANGE, bridge, bridge.with_attributes(mtu=1400))
    taken = Change(
        ActionKind.CHANGE,
        Resource("bridge", "d", "kvm1", {}),
        Resource("bridge", "d", "kvm1", {"uplink": "u2"}),
    )
    assert not [*made_together([stays, taken, add("bridge", "u1", "kvm2"), add("tunnel", "q", "kvm2")])]
