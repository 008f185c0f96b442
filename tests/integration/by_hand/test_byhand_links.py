"""The `ip` commands of `--explain`, run in a network namespace: the links come out as by vnetsh itself."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator

import pytest
from byhand_running import left, make_by_hand, type_in
from conftest import apply
from own_network import ip, links, own_network  # noqa: F401

from vnetsh.backend import HostCommand
from vnetsh.registry import Plugins
from vnetsh.session import Session
from vnetsh.testing.fleet import local_host

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root")

STEPS = (
    "bridge br0 on kvm1 backend linux uplink nic0 port nic1; bridge br1 on kvm1 backend linux mtu 1400",
    "bridge br0 on kvm1 uplink nic2; bridge br1 on kvm1 uplink nic3 mtu 1300",
    "bridge br1 on kvm1 uplink none mtu none; delete port nic1",
    "delete bridge br0; bridge br2 on kvm1 backend linux uplink nic2 mtu 1500 port nic1",
    "delete bridge br1; bridge br2 on kvm1 stp yes forward-delay 4 ageing 60 port nic1 isolated yes",
    "bridge br2 on kvm1 stp none priority 7 forward-delay 0 port nic1 isolated none",
    "delete bridge br2",
)


@pytest.fixture
def session(plugins: Plugins) -> Iterator[Session]:
    """This namespace as a host: NICs that are up, one of them with somebody's alias."""
    ip("link", "add", "nic3", "type", "veth", "peer", "name", "nic3-peer")
    for nic in ("nic0", "nic1", "nic2", "nic3"):
        ip("link", "set", nic, "up")
    ip("link", "set", "nic1", "alias", "rack 7, it's on top")
    with Session(plugins, {"kvm1": local_host()}) as session:
        yield session


def run(host: str, command: HostCommand) -> None:
    """As a person would: through a shell, and heeding the note."""
    if command.note:
        words = list(command.argv)
        place = words.index("alias") + 1
        (link,) = json.loads(ip("-json", "link", "show", words[words.index("dev") + 1]))
        words[place] = f"{link.get('ifalias', '')} {words[place]}".strip()
        command = HostCommand(tuple(words))
    done = subprocess.run(["sh", "-c", str(command)], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 0, (str(command), done.stderr)


def test_the_same_links_come_out(session: Session) -> None:
    made = []
    for step in STEPS:
        apply(session, step)
        made.append(links())
    for step, expected in zip(STEPS, made, strict=True):
        assert make_by_hand(session, step, run)
        assert not left(session, step)
        assert links() == expected


def test_a_link_that_is_down_joins_and_is_up(session: Session) -> None:
    ip("link", "set", "nic0", "down")
    make_by_hand(session, "bridge br0 on kvm1 backend linux uplink nic0", run)
    assert not left(session, "bridge br0 on kvm1 backend linux uplink nic0")
    (link,) = json.loads(ip("-json", "link", "show", "nic0"))
    assert (link["master"], "UP" in link["flags"]) == ("br0", True)


def test_what_others_made_is_adopted(session: Session) -> None:
    ip("link", "add", "br0", "type", "bridge")
    ip("link", "set", "nic1", "master", "br0")
    for kind, name, owner, alias in (
        ("bridge", "br0", "", "vnetsh"),
        ("bridge", "br0", "lab.vnet", "vnetsh:lab.vnet"),
        ("port", "nic1", "", "rack 7, it's on top vnetsh"),
    ):
        type_in(session, session.adopt(kind, name, owner), run)
        assert f"alias {alias}\n" in ip("link", "show", name)
        assert not session.adopt(kind, name, owner).plan.changes
