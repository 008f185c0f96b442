from __future__ import annotations

import pytest

from vnetsh.completion import candidates
from vnetsh.plugins import Plugins

NAMES = {"host": ["kvm1", "kvm2"], "bridge": ["vswitch01"], "vm": ["cirros01"], "port": ["p1"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("br", {"bridge"}),
        ("bridge x on ", {"kvm1", "kvm2"}),
        ("bridge x on kvm1, ", {"kvm1", "kvm2"}),
        ("bridge x on kvm1,kvm2,", {"kvm1", "kvm2"}),
        ("tunnel g kvm1<->", {"kvm1", "kvm2"}),
        ("tunnel g kvm1 <-> k", {"kvm1", "kvm2"}),
        ("tunnel g kvm1<->kvm2 on ", {"vswitch01"}),
        ("tunnel g kvm1<->kvm2 type g", {"gre", "geneve"}),
        ("vm a port ", {"vswitch01"}),
        ("vm a port vswitch01 v", {"vlan", "vcpus"}),
        ("migrate ", {"cirros01"}),
        ("bridge b on kvm1; migrate cirros01 ", {"to"}),
        ("bridge b on kvm1\nmigrate cirros01 to ", {"kvm1", "kvm2"}),
        ("migrate cirros01 \\\n to ", {"kvm1", "kvm2"}),
        ("show br", {"bridges"}),
        ("delete v", {"vm"}),
        ("nonsense ", set()),
        ('vm a disk "', set()),
    ],
)
def test_what_fits(text: str, expected: set[str], plugins: Plugins) -> None:
    assert {found.text for found in candidates(text, plugins.vocabulary, NAMES)} == expected


def test_a_key_is_offered_once(plugins: Plugins) -> None:
    found = {c.text for c in candidates("vm a on kvm1 memory 1G ", plugins.vocabulary, NAMES)}
    assert "vcpus" in found
    assert not {"on", "memory"} & found
