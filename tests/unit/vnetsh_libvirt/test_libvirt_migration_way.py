"""The way of a migration's data: which one it is, what refuses it, what a host has for TLS."""

from __future__ import annotations

from dataclasses import replace

import pytest
from libvirt_fleets import PORT, READY, VM, bridge, fleet, move

from vnetsh.model import Fleet, Host, LinkFacts
from vnetsh_libvirt import tls
from vnetsh_libvirt.assessing import assess
from vnetsh_libvirt.commands_moves import moving
from vnetsh_libvirt.facts import Folder
from vnetsh_libvirt.migration_way import Way
from vnetsh_libvirt.tls import Tls

WHOLE = Tls("/pki", frozenset({*tls.SERVER, *tls.CLIENT}))
SHARED = replace(VM, record={"xml": "<domain><name>web1</name><devices/></domain>", "persistent": True})


def test_the_way_is_the_sentences_or_the_hosts() -> None:
    here, there = Host("kvm1"), Host("kvm2", attributes={"migration-address": "10.9.0.2"})
    assert Way.of({}, here, there) == Way("", "10.9.0.2")
    assert Way.of({}, there, here) == Way()
    strict = replace(here, attributes={"migration-over": "tls"})
    assert Way.of({}, strict, there).over == Way.of({}, there, strict).over == "tls"
    assert Way.of({"over": "tcp"}, strict, there) == Way("tcp", "10.9.0.2")
    assert Way.of({"over": "ssh"}, here, there) == Way("ssh")  # that goes where the daemons go
    assert Way("tls", "2001:db8::2").uri == "tcp://[2001:db8::2]"
    assert Way("tls", "10.9.0.2").virsh == (
        "--tls",
        "--migrateuri",
        "tcp://10.9.0.2",
        "--listen-address",
        "10.9.0.2",
    )


def found(over: str = "", vm=VM, here: Tls | None = WHOLE, there: Tls | None = WHOLE, **host: str):
    vms = (vm, PORT, bridge("kvm1"), bridge("kvm2"))
    local = {"/images": Folder({}, 2**30, "ext4")}
    known = fleet(*vms, tls=there, folders=local)
    own = replace(known.facts["kvm1", "libvirt"], tls=here, folders=local)
    facts = {**known.facts, ("kvm1", "libvirt"): own}
    facts["kvm2", "ovs"] = LinkFacts(addresses={"eth0": ["192.0.2.2/24"], "eth1": ["10.9.0.2/24"]})
    hosts = {"kvm1": Host("kvm1"), "kvm2": Host("kvm2", "192.0.2.2", attributes=host)}
    change = replace(move(vm), wishes={"over": over} if over else {})
    return change, Fleet(hosts, known.resources, facts)


def refused(*args, **more) -> str:
    problem = assess(*found(*args, **more)).problem
    return f"{problem.code} {problem.message}" if problem else ""


def test_what_is_ready() -> None:
    assert assess(*found()).how == "live, peer to peer; probed from kvm1, kvm2"
    assert "over tls to 10.9.0.2" in assess(*found("tls", **{"migration-address": "10.9.0.2"})).how
    change, known = found("tls", **{"migration-address": "10.9.0.2"})
    words = [word for command in moving(change, known) for word in command.argv]
    assert {"--tls", "tcp://10.9.0.2", "--listen-address"} <= set(words)
    assert not refused("tls", here=None, there=None)  # what is not seen is not refused


def test_what_is_refused() -> None:
    missing = refused("tls", there=replace(WHOLE, files=frozenset({tls.AUTHORITY})))
    assert missing.startswith(
        "E481 host `kvm2` is not set up for TLS: /pki has no server-cert.pem, server-key.pem"
    )
    alone = replace(WHOLE, files=frozenset({tls.AUTHORITY}))
    assert "client-cert.pem, client-key.pem" in refused("tls", here=alone)
    assert not refused("tls", here=alone, there=replace(WHOLE, verifies=False))
    assert refused(there=replace(WHOLE, forced=True)).startswith(
        "E481 host `kvm2` takes no migration without"
    )
    assert refused("ssh").startswith("E482")
    assert not refused("ssh", vm=SHARED)
    assert refused("ssh", vm=SHARED, **{"libvirt-peer": "qemu+tcp://kvm2/system"}).startswith("E483")
    assert refused(**{"migration-address": "10.8.0.2"}).startswith("E480 host `kvm2` has no address 10.8.0.2")
    off = replace(VM, attributes={**VM.attributes, "state": "stopped"})
    assert not refused("tls", vm=off, there=replace(WHOLE, files=frozenset()))


def test_nothing_is_said_of_what_libvirt_does_by_itself() -> None:
    assert assess(move(), fleet(*READY)).how == "live, peer to peer; probed from kvm1, kvm2"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("", None),
        ("conf \n", Tls("/etc/pki/qemu", frozenset())),
        (
            "conf \nfolder /etc/pki/libvirt-migrate\nfile /etc/pki/libvirt-migrate/ca-cert.pem\n"
            "folder /etc/pki/qemu\nfile /etc/pki/qemu/server-key.pem",
            Tls("/etc/pki/libvirt-migrate", frozenset({"ca-cert.pem"})),
        ),
        (
            'conf default_tls_x509_cert_dir = "/own/"\n  migrate_tls_force=1 # so\nmigrate_tls_x509_verify = 0\n'
            "folder /own/\nfile /own//ca-cert.pem",
            Tls("/own", frozenset({"ca-cert.pem"}), verifies=False, forced=True),
        ),
        ("conf \ndark /etc/pki/qemu", None),
    ],
)
def test_what_a_host_has_for_tls(told: str, expected: Tls | None) -> None:
    assert tls.read(told) == expected
