"""Runs by chance, rolled back, brought back, and rolled back again: the fleet is each time as it was then."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from conftest import apply
from faces import face_of

from vnetsh import journal
from vnetsh.diagnostics import ProblemsFound
from vnetsh.errors import VnetshError
from vnetsh.interface.undoing import rollback, undo
from vnetsh.session import Session


def _there(demo: Session) -> dict[object, dict[str, object]]:
    return {
        key: {name: value for name, value in one.attributes.items() if value is not None}
        for key, one in demo.observe().resources.items()
        if one.kind in ("bridge", "port", "vm")
    }


def _line(chance: random.Random) -> str:
    vm, bridge, host = f"v{chance.randint(0, 1)}", f"br{chance.randint(0, 2)}", f"kvm{chance.randint(1, 2)}"
    port, inner, vlan = f"{vm}_{chance.choice('ab')}", f"x{bridge[-1]}{host[-1]}", chance.randint(1, 4)
    lines = (
        f"vm {vm} port {chance.choice(('br0', 'br1'))} name {port} vlan {vlan}",
        f"vm {vm} on {host} memory {chance.choice((128, 256, 512))}M",
        f"migrate {vm} to {host}",
        f"delete port {port}",
        f"delete vm {vm}",
        f"bridge {bridge} on {host}",
        f"bridge {bridge} on {host} port {inner} type internal vlan {vlan}",
        f"delete port {inner}",
        f"delete bridge {bridge} on {host}",
    )
    return "; ".join(chance.choice(lines) for _ in range(chance.choice((1, 1, 2, 3))))


def _last(demo: Session) -> int:
    return next(journal.runs(demo.runs)).number


@pytest.mark.parametrize("seed", range(8))
def test_the_fleet_is_as_it_was_then(demo: Session, seed: int) -> None:
    chance, face = random.Random(seed), face_of(demo)
    face.options.arguments.yes = True
    apply(
        demo,
        "bridge br0 on kvm1, kvm2; bridge br1 on kvm1, kvm2; vm v0 on kvm1 memory 256M port br0 name v0_a",
    )
    then = {_last(demo): _there(demo)}
    while len(then) < 6:
        with suppress(VnetshError, ProblemsFound):
            apply(demo, _line(chance))
            then.setdefault(_last(demo), _there(demo))
    first, *_, end = sorted(then)
    chosen = chance.choice(sorted(then)[:-1])

    assert rollback(face, ["to", "run", str(chosen)]) == 0
    assert _there(demo) == then[chosen]
    assert _last(demo) > end, "these runs come to nothing: another seed"
    assert undo(face, [str(_last(demo))]) == 0
    assert _there(demo) == then[end]
    assert rollback(face, ["to", "run", str(first)]) == 0
    assert _there(demo) == then[first]
