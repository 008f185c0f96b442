"""Seeds and pools, as far as no host is asked: what is in a seed, what is kept of it, what is refused."""

import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pycdlib
import pytest
from libvirt_fleets import PORT, VM, add, bridge, code, fleet

from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.model import ActionKind, Change, Impact, Resource
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh_libvirt import domain_xml
from vnetsh_libvirt.assessing import assess
from vnetsh_libvirt.backend import LibvirtBackend
from vnetsh_libvirt.definition import Definition
from vnetsh_libvirt.disk_observing import observed_disks
from vnetsh_libvirt.domain_xml import Seed
from vnetsh_libvirt.facts import LibvirtFacts, PoolSeen
from vnetsh_libvirt.named_files import named_files
from vnetsh_libvirt.pools import observed_pools, uuid_of
from vnetsh_libvirt.seed import contents, image, telling
from vnetsh_libvirt.seen import Seen

MAC = "52:54:00:00:00:01"


def seed(**values):
    said = {name.replace("_", "-"): value for name, value in values.items()}
    return Resource("cloudinit", "web1/cloudinit", "kvm1", said, ("vm", "web1"), backend="libvirt")


def test_a_seed_says_who_and_where_its_guest_is():
    said = seed(hostname="shop", user="admin", ssh_keys=("ssh-ed25519 A a",), addresses=("10.0.0.5/24",),
                gateway="10.0.0.1", nameservers=("10.0.0.53",))  # fmt: skip
    files = contents.files(said, "web1", MAC)
    assert json.loads(files["meta-data"])["local-hostname"] == "shop"
    first, _, rest = files["user-data"].partition("\n")
    assert (first, json.loads(rest)["users"][0]["ssh_authorized_keys"]) == (
        "#cloud-config",
        ["ssh-ed25519 A a"],
    )
    assert json.loads(files["network-config"])["ethernets"]["nic0"] == {
        "match": {"macaddress": MAC},
        "addresses": ["10.0.0.5/24"],
        "routes": [{"to": "default", "via": "10.0.0.1"}],
        "nameservers": {"addresses": ["10.0.0.53"]},
    }
    bare = contents.files(seed(ssh_keys=("k",)), "web1", MAC)
    assert json.loads(bare["meta-data"])["local-hostname"] == "web1"
    assert "network-config" not in bare
    assert contents.files(seed(user_data="#!/bin/sh\n"), "web1", "")["user-data"] == "#!/bin/sh\n"
    ids = {json.loads(contents.files(one, "web1", mac)["meta-data"])["instance-id"]
           for one in (said, seed()) for mac in (MAC, "")}  # fmt: skip
    assert len(ids) == 4


def test_an_image_has_the_files_by_their_names():
    files = {"meta-data": "{}\n", "user-data": "#cloud-config\nü\n", "network-config": "x"}
    disc = pycdlib.PyCdlib()
    disc.open_fp(io.BytesIO(image.iso(files)))
    assert disc.pvd.volume_identifier.strip() == b"cidata"
    for name, text in files.items():
        for way in ("joliet_path", "rr_path"):
            out = io.BytesIO()
            disc.get_file_from_iso_fp(out, **{way: f"/{name}"})
            assert out.getvalue() == text.encode()


def test_what_a_seed_says_is_kept_with_its_vm_and_its_file_is_the_vm_s_own():
    said = seed(hostname="shop", ssh_keys=("a b", "c"))
    new = Resource("vm", "web1", "kvm1", {"memory": 2**29, "vcpus": 1})
    xml = domain_xml.domain(new, "qemu", None, [], "1-2", seeds=[Seed(said, "/images/web1-seed-1.iso")])
    defined = Definition(xml)
    assert telling.told_in(defined.root) == {"hostname": "shop", "ssh-keys": ["a b", "c"]}
    assert [(f.path, f.own) for f in named_files(defined)] == [("/images/web1-seed-1.iso", True)]
    assert [disk.path for disk in defined.made_disks] == ["/images/web1-seed-1.iso"]
    vm = replace(VM, record={"xml": xml, "persistent": True})
    found = [one for one in observed_disks([Seen("stopped", True, defined, defined)], [vm], LibvirtFacts(), "kvm1")
             if one.kind == "cloudinit"]  # fmt: skip
    assert dict(found[0].attributes) == {
        "vm": "web1", "hostname": "shop", "ssh-keys": ("a b", "c"), "path": "/images/web1-seed-1.iso",
    }  # fmt: skip
    assert telling.told_in(ET.fromstring("<domain/>")) is None
    assert telling.telling(None) == ""


def test_what_a_seed_costs_and_what_refuses_it():
    assert assess(add(seed(hostname="a")), fleet(VM)).how.startswith("restart: its guest reads it")
    assert code(add(seed(hostname="a")), fleet(VM.with_attributes(state="saved"))) == "E473"
    foresee = LibvirtBackend().foresee
    with_addresses = add(seed(addresses=("10.0.0.5/24",)))
    assert foresee(with_addresses, fleet(VM)).problem.code == "E473"
    assert foresee(with_addresses, fleet(VM, PORT, bridge("kvm1"))).problem is None


def test_user_data_is_a_file_beside_its_script(tmp_path):
    script = tmp_path / "web.vnet"
    plugins = load_plugins()
    text = "vm web1 on kvm1 cloudinit user-data web.yaml"
    with Session(plugins, plugins.worlds["demo"].hosts("1")) as session:
        with pytest.raises(ProblemsFound) as found:
            session.check(Source(str(script), text))
        assert [problem.code for problem in found.value.problems] == ["E473"]
        (tmp_path / "web.yaml").write_text("#cloud-config\n{}\n")
        plan = session.prepare(Source(str(script), text)).plan
        assert [c.resource.get("user-data") for c in plan.changes if c.resource.kind == "cloudinit"] == [
            "#cloud-config\n{}\n"
        ]


def pooled(**pools):
    there = fleet(
        *(
            Resource("pool", name, "kvm1", {"path": pool.path}, backend="libvirt")
            for name, pool in pools.items()
        )
    )
    known = replace(there.facts["kvm1", "libvirt"], defined_pools=pools, other_pools={"san": "iscsi"})
    return replace(there, facts={("kvm1", "libvirt"): known})


def test_pools():
    ours = PoolSeen("/srv/fast", uuid_of("fast"), "<pool/>", True, True)
    others = PoolSeen("/srv/slow", "9-9", "<pool/>", False, False)
    found = list(observed_pools(LibvirtFacts(defined_pools={"fast": ours, "slow": others}), "kvm1"))
    assert [(p.name, p.marked, p.get("state")) for p in found] == [
        ("fast", True, "running"),
        ("slow", False, "stopped"),
    ]
    new = Resource("pool", "new", "kvm1", {"path": "/srv/fast"}, backend="libvirt")
    assert code(add(new), pooled(fast=ours)) == "E472"
    assert code(add(replace(new, name="san", attributes={"path": "/srv/x"})), pooled()) == "E472"
    assert code(add(new), pooled()) is None
    gone = Change(ActionKind.REMOVE, replace(new, name="fast"), None)
    assert assess(gone, pooled(fast=ours)).impact is Impact.NONE
    disk = Resource("disk", "web1/a", "kvm1", {"pool": "fast"}, ("vm", "web1"), backend="libvirt")
    there = pooled(fast=ours)
    assert code(gone, replace(there, resources={**there.resources, disk.key: disk})) == "E472"


def test_a_seed_that_is_there_is_taken_for_what_it_is():
    files = {"meta-data": "instance-id: a\n", "user-data": "#cloud-config\n"}
    new = image.iso(files)
    assert image.says_the_same(new, image.iso(files), files)
    other = image.iso({**files, "user-data": "#cloud-konfig\n"})
    for there in (b"", bytes(len(new)), new[:-4096] + bytes(4096), other, new[:40000] + b"x" + new[40000:]):
        assert not image.says_the_same(new, there, files)
