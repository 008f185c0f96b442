from __future__ import annotations

import pytest

from vnetsh.language.completion import candidates
from vnetsh.registry import Plugins

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
        ("vm a port vswitch01 v", {"vlan", "vcpus", "vcpus-max"}),
        ("migrate ", {"cirros01"}),
        ("stop cirros01, ", {"cirros01"}),
        ("delete bridge ", {"vswitch01"}),
        ("show vms ", {"on", "columns", "where", "sort", "cirros01"}),
        ("show vms cirros01 ", {"on", "columns", "where", "sort"}),
        ("show vms on ", {"kvm1", "kvm2"}),
        ("show vms where sta", {"state"}),
        ("show vms where not sta", {"state"}),
        ("show vms where memory ", {"<", "<=", ">", ">=", "above", "below", "none"}),
        ("show vms where memory > ", set()),
        ("show vms where memory > 1G ", {"on", "columns", "where", "and", "sort"}),
        ("show vms where graphics ", {"vnc", "spice", "none"}),
        ("show vms where host ", {"kvm1", "kvm2", "none"}),
        ("show ports where bridge ", {"vswitch01", "none"}),
        ("show vms where memory 1G ", {"on", "columns", "where", "and", "sort"}),
        ("show vms where memory > 1G and vcpus-m", {"vcpus-max"}),
        ("show vms sort ", {"by", "descending", "on", "columns", "where", "sort"}),
        ("show vms sort by vcp", {"vcpus", "vcpus-max", "vcpus-now"}),
        ("show vms columns name, vcpus-m", {"vcpus-max"}),
        ("watch show por", {"ports"}),
        ("watch show vms where sta", {"state"}),
        ("tree ", {"vm", "bridge", "port", "tunnel", "on"}),
        ("tree vm ", {"cirros01"}),
        ("tree on kvm1 ", set()),
        ("network web dhcp n", {"none"}),
        ("network web dhcp none n", set()),
        ("network web dhcp mtu 1400 n", set()),
        ("migrate cirros01 to kvm2 compress n", set()),
        (
            "bridge b on kvm1; migrate cirros01 ",
            {
                "to",
                "on",
                "outage",
                "address",
                "bandwidth",
                "over",
                "downtime",
                "auto-converge",
                "post-copy",
                "copy-template",
                "parallel",
                "compress",
                "check",
            },
        ),
        ("bridge b on kvm1\nmigrate cirros01 to ", {"kvm1", "kvm2"}),
        ("migrate cirros01 \\\n to ", {"kvm1", "kvm2"}),
        ("show br", {"bridges"}),
        ("delete v", {"vip", "vm"}),
        ("nonsense ", set()),
        ('vm a disk "', set()),
        ('vm a disk "x; mi', set()),
        ('vm a disk "x, ', set()),
        ("bridge b # on k", set()),
        ("# on kvm1, ", set()),
        ("# over\nmi", {"migrate"}),
        ('vm a disk "x\nmi', {"migrate"}),
        ("bridge x on kvm1, \\\n kvm2, ", {"kvm1", "kvm2"}),
        ("bridge x on kvm1,\nmi", {"migrate"}),
        ("for i in 1..2 { mi", {"migrate"}),
        ("for i in 1..2 { bridge b on ", {"kvm1", "kvm2"}),
        ("for i in 1..2 {\n}\nmi", {"migrate"}),
        ("vm a { por", {"port"}),
        ("vm a on kvm1 { port vswitch01; port ", {"vswitch01"}),
        ("vm a {\n port vswitch01\n}\nmi", {"migrate"}),
        ("vm a on kvm1 & ", set()),
        ("} mi", {"migrate"}),
        ("vm web[1-2] on ", {"kvm1", "kvm2", "any"}),
        ("let x 1; mi", {"migrate"}),
        ("for i i", {"in"}),
    ],
)
def test_what_fits(text: str, expected: set[str], plugins: Plugins) -> None:
    assert {found.text for found in candidates(text, plugins.vocabulary, NAMES)} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("start Ho", '"Home Assistant"'),
        ('start "Ho', '"Home Assistant"'),
        ('delete vm "', '"Home Assistant" "plain"'),
        ('stop "Home Assistant", Ho', '"Home Assistant"'),
        ("show vms p", "plain"),
        ("vm plain port b", '"br(0)@1"'),
        ('vm plain port "', '"br(0)@1"'),
        ('vm plain "', ""),
    ],
)
def test_names_are_offered_in_the_quotes_that_they_need(text: str, expected: str, plugins: Plugins) -> None:
    names = {"vm": ["Home Assistant", "plain"], "bridge": ["br(0)@1"]}
    assert " ".join(found.text for found in candidates(text, plugins.vocabulary, names)) == expected


def test_a_key_is_offered_once(plugins: Plugins) -> None:
    found = {c.text for c in candidates("vm a on kvm1 memory 1G ", plugins.vocabulary, NAMES)}
    assert "vcpus" in found
    assert not {"on", "memory"} & found


LONG = {
    "one word": "vm " + "a" * 400_000,
    "one word, then a blank": "vm " + "a" * 400_000 + " ",
    "a list": "bridge b on " + "kvm1," * 80_000,
    "blanks": "bridge b on" + " " * 400_000,
    "brackets": "vm " + "a[" * 200_000,
    "quotes": '"\\";' * 100_000,
    "open string": 'vm a disk "' + "x " * 200_000,
    "continued": "vm a " + "\\\n" * 130_000,
    "sentences": "vm a;" * 80_000,
    "spoilt sentences": "&;" * 200_000,
    "comments": "#\n" * 200_000,
    "blocks": "for i in 1..2 {" * 26_000,
}


@pytest.mark.parametrize("name", LONG)
def test_long_texts_take_a_moment_and_no_more(name: str, plugins: Plugins) -> None:
    """Each is 400,000 characters: what tries every place of it would take minutes."""
    list(candidates(LONG[name], plugins.vocabulary, NAMES))
