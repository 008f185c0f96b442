"""Which addresses NICs get on networks: of the demo, whose nouns and checks are those of real places."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vnetsh.diagnostics import Source
from vnetsh.engine.failures import PlanRefused
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh_demo import demo_hosts

NET = "zone a on kvm1, kvm2, kvm3 cluster region1\nnetwork web subnet 10.0.1.0/29\n"
VM = "vm {0} on kvm1 memory 8M disk tiny.qcow2 port web name {0}p{1}\n"


@pytest.fixture
def session() -> Iterator[Session]:
    with Session(load_plugins(), demo_hosts("")) as session:
        yield session


def made(session: Session, text: str) -> dict[str, tuple[object, ...]]:
    """The addresses that NICs got, by their names, of all that there are after a script."""
    report = session.apply(session.prepare(Source("test", text), lock=True))
    assert report.ok, report.failures
    found = {one.name: one.get("address") for one in session.look("attachment")}
    return {name: value for name, value in found.items() if isinstance(value, tuple)}


def refused(session: Session, text: str) -> str:
    with pytest.raises(PlanRefused) as error:
        session.prepare(Source("test", text))
    return error.value.problems[0].message


def test_the_first_that_nobody_has_or_will_have(session: Session) -> None:
    text = NET + VM.format("a", "") + VM.format("b", " address 10.0.1.2") + VM.format("c", "")
    first = made(session, text)
    assert first == {"ap": ("10.0.1.3",), "bp": ("10.0.1.2",), "cp": ("10.0.1.4",)}
    again = made(session, VM.format("d", "") + VM.format("a", ""))
    assert again == {**first, "dp": ("10.0.1.5",)}
    made(session, "router r networks web\nloadbalancer www address 10.0.1.6 tcp 80 to b")
    assert refused(session, VM.format("e", "")) == "network `web` has no free address in 10.0.1.0/29"
    assert refused(session, VM.format("e", " address 10.0.1.6")) == "10.0.1.6 is load balancer www's already"
    assert refused(session, VM.format("e", " address 10.0.1.4")) == "10.0.1.4 is NIC cp's already"
    assert refused(session, VM.format("e", " address 10.0.1.1")) == "10.0.1.1 is its gateway's already"


def test_a_network_of_which_only_something_is_said_has_its_subnet_still(session: Session) -> None:
    made(session, NET)
    assert made(session, "network web mtu 1400\n" + VM.format("a", "")) == {"ap": ("10.0.1.2",)}


def test_two_of_one_script_cannot_have_the_same(session: Session) -> None:
    text = NET + VM.format("a", " address 10.0.1.3") + VM.format("b", " address 10.0.1.3")
    assert refused(session, text) == "10.0.1.3 is port bp's already"
