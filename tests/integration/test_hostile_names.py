"""Hostile names on real daemons: OVS and libvirt take them, and vnetsh shows, plans and exports around them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from xml.sax.saxutils import escape

import pytest
from hostile import acts
from in_lab import command_of, on

from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

PORTS = ("p\x1b[5m", "p\x07", "p\u202ex", "p\x9b5m", "p\x7f", "p\nx")
VMS = ("v\u202ex", "v\x9b5m", "v\u2028x", "v\u200bx", "v\x85x", "v\x7fx")
BRIDGE = "b\x1b[2J"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=1) as lab:
        yield lab


def test_nothing_that_a_daemon_holds_acts_on_the_terminal(lab: Lab) -> None:
    vnetsh = command_of(lab)
    for port in PORTS:
        on(lab, "kvm1", "ovs-vsctl", "--no-wait", "add-port", "vswitch01", json.dumps(port), "--", "set", "interface",
           json.dumps(port), f"external_ids:owner={json.dumps(port)}")  # fmt: skip
    on(lab, "kvm1", "ovs-vsctl", "--no-wait", "add-br", json.dumps(BRIDGE))
    for name in VMS:
        xml = (
            f"<domain type='qemu'><name>{escape(name)}</name><title>{escape(name)}</title>"
            f"<description>{escape(name)}\n{escape(name)}</description><memory unit='MiB'>64</memory>"
            f"<os><type arch='x86_64'>hvm</type></os><devices><interface type='bridge'><source bridge='vswitch01'/>"
            "<virtualport type='openvswitch'/></interface></devices></domain>"
        )
        lab.exec("kvm1", ["sh", "-c", "cat >/tmp/d.xml; virsh -q define /tmp/d.xml"], input=xml)
    held = on(lab, "kvm1", "virsh", "list", "--all", "--name")
    taken = [name for name in VMS if name in held]
    assert taken, "libvirt takes some of them"
    for format in ("table", "json", "yaml", "csv"):
        shown = vnetsh("--lab", "show", "vms", "ports", "bridges", "-o", format)
        assert acts(shown.stdout + shown.stderr) == [], format
    rows = json.loads(vnetsh("--lab", "show", "vms", "-o", "json").stdout)
    assert set(taken) <= {row["name"] for row in rows}
    for call in (
        ("export",), ("export", "-o", "json"), ("history",),
        ("plan", "--explain", "-c", "bridge vswitch02 on kvm1; vm x on kvm1 memory 64M port vswitch02"),
        ("--yes", "-c", "bridge vswitch02 on kvm1"), ("undo",),
    ):  # fmt: skip
        done = vnetsh("--lab", *call)
        assert acts(done.stdout + done.stderr) == [], call
