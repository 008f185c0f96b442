"""Disks over the network by their URLs: what libvirt's XML says, and what no URL can say."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from vnetsh.model import Resource
from vnetsh.model.disks import place_of
from vnetsh_libvirt.imaging import said_server
from vnetsh_libvirt.remote import folder_of, is_remote, same_of_all, well_formed
from vnetsh_libvirt.remote_xml import source_of, url_of
from vnetsh_libvirt.storage_xml import pool_url, remote_pool

URLS = (
    "nfs://nas/export/web01-data.qcow2",
    "nfs://[2001:db8::4]/export/deep/er/x.raw",
    "iscsi://192.0.2.4/iqn.2026-01.lab:store/1",
    "iscsi://san:3261/iqn.2026-01.lab:store/1",
    "nbd://nas/served",
    "nbd://nas:10810/served",
    "rbd://ceph1/vms/web01-data",
    "rbd://libvirt@[2001:db8::4]:6789,ceph1:6789,ceph2/vms/web01-data",
    "iscsi://vms@san/iqn.2026-01.lab:store/1",
    "iscsi://iqn.2026-01.lab:me@san:3261/iqn.2026-01.lab:store/1",
)


def disk(source: ET.Element | str, kind: str = "network") -> ET.Element:
    element = ET.Element("disk", type=kind)
    element.append(source if isinstance(source, ET.Element) else ET.fromstring(source))
    return element


@pytest.mark.parametrize("url", URLS)
def test_a_url_says_what_the_xml_says(url: str) -> None:
    assert well_formed(url)
    assert url_of(disk(source_of(url))) == url


def test_the_usual_port_is_not_said() -> None:
    source = "<source protocol='nbd' name='x'><host name='nas' port='10809'/></source>"
    assert url_of(disk(source)) == "nbd://nas/x"


@pytest.mark.parametrize(
    "source",
    [
        "<source protocol='rbd' name='pool/x'/>",
        "<source protocol='rbd' name='pool/space/x'><host name='mon'/></source>",
        "<source protocol='rbd' name='pool/x'><host name='mon'/><snapshot name='s'/></source>",
        "<source protocol='rbd' name='pool/x'><host name='mon'/><auth username='u'><secret type='ceph' uuid='1'/>"
        "</auth></source>",
        "<source protocol='rbd' name='pool/x'><host name='mon'/><auth username='u'><secret type='ceph' usage='x'/>"
        "</auth></source>",
        "<source protocol='iscsi' name='iqn/1'><host name='san'/><auth username='u'/></source>",
        "<source protocol='nfs' name='/export/x'><host name='nas'/><identity user='+1' group='+1'/></source>",
        "<source protocol='nbd' name='x' tls='yes'><host name='nas'/></source>",
        "<source protocol='nbd' name='x'><host transport='unix' socket='/run/x'/></source>",
        "<source protocol='nbd' name='x'><host name='a'/><host name='b'/></source>",
        "<source protocol='nbd' name='a b'><host name='nas'/></source>",
    ],
)
def test_more_than_a_url_can_say_is_none(source: str) -> None:
    assert url_of(disk(source)) == ""


@pytest.mark.parametrize(
    "url",
    [
        "nfs://nas",
        "nfs://nas:2049/export/x",
        "nfs://nas/../x",
        "http://nas/x",
        "nbd://n as/x",
        "/srv/x",
        "nbd://nas/x?y",
        "nbd://me@nas/x",
        "nfs://me@nas/export/x",
        "iscsi://a,b/iqn.2026-01.lab:store/1",
        "rbd://ceph1/x",
        "rbd://ceph2,ceph1/vms/x",
        "rbd://ceph1/vms/x@snapshot",
    ],
)
def test_what_is_none(url: str) -> None:
    assert not well_formed(url)


@pytest.mark.parametrize("path", ["/srv/a://b", "a.qcow2", "http://nas/x"])
def test_a_file_is_none_whatever_it_is_called(path: str) -> None:
    assert not is_remote(path)


@pytest.mark.parametrize(
    "said",
    [
        {"type": "nfs", "source": "nas:/export"},
        {"type": "nfs", "source": "[2001:db8::4]:/srv/vms"},
        {"type": "nfs", "source": "192.0.2.4:/a/b"},
        {"type": "iscsi", "source": "nas", "target": "iqn.2026-01.lab:store"},
        {"type": "iscsi", "source": "[2001:db8::4]:3261", "target": "iqn.2026-01.lab:store"},
        {"type": "iscsi", "source": "nas", "target": "iqn.2026-01.lab:store", "user": "vms"},
        {"type": "rbd", "source": "vms", "monitors": ("ceph1", "ceph2:6789")},
        {"type": "rbd", "source": "vms", "monitors": ("ceph1",), "user": "libvirt"},
        {"type": "logical", "source": "vg0"},
    ],
)
def test_a_pool_is_where_its_disks_are(said: dict[str, str]) -> None:
    place = place_of(Resource("pool", "store", "kvm1", said))
    assert pool_url(remote_pool("store", place, "3d2f8f4e-6d1c-5b0e-9a53-7d1a6c0f4b11")) == place
    assert said_server(place) == said
    assert folder_of(f"{place}/x.qcow2") == place


@pytest.mark.parametrize(
    "more",
    [
        "<auth type='chap'/>",
        "<auth type='ceph' username='me'/>",
        "<initiator><iqn name='iqn.2026-01.lab:me'/></initiator>",
        "<host name='b'/>",
    ],
)
def test_a_target_that_asks_for_more_has_no_url(more: str) -> None:
    plain = "<host name='nas'/><device path='iqn.2026-01.lab:store'/>"
    assert (
        pool_url(f"<pool type='iscsi'><source>{plain}</source></pool>") == "iscsi://nas/iqn.2026-01.lab:store"
    )
    assert pool_url(f"<pool type='iscsi'><source>{plain}{more}</source></pool>") == ""


@pytest.mark.parametrize("kind", ["dir", "netfs", "disk"])
def test_no_other_pool_has_a_url(kind: str) -> None:
    cifs = (
        "<source><host name='nas'/><dir path='/x'/><format type='cifs'/></source>" if kind == "netfs" else ""
    )
    assert pool_url(f"<pool type='{kind}'><name>x</name>{cifs}<target><path>/x</path></target></pool>") == ""


def test_a_lun_is_one_disk_whatever_its_server_is_called() -> None:
    one, other = "iscsi://nas/iqn.2026-01.lab:store/1", "iscsi://192.0.2.4:3261/iqn.2026-01.lab:store/01"
    assert same_of_all(one) == same_of_all(other) != same_of_all("iscsi://nas/iqn.2026-01.lab:store/2")
    assert same_of_all("iscsi://vms@nas/iqn.2026-01.lab:store/1") == same_of_all(one)
    two = "rbd://me@ceph2,Ceph1:6789/vms/x", "rbd://ceph1,ceph2/vms/x"
    assert same_of_all(two[0]) == same_of_all(two[1]) != same_of_all("rbd://ceph1/vms/y")
    assert same_of_all("nbd://nas/served") == "nbd://nas/served"
    assert same_of_all("/images/a.qcow2") == "/images/a.qcow2"


def test_a_disk_that_proves_itself_has_no_url() -> None:
    """The source's or, in older definitions, the disk's own."""
    one = disk("<source protocol='iscsi' name='iqn/1'><host name='san'/></source>")
    one.append(ET.Element("auth", username="u"))
    assert url_of(one) == ""
