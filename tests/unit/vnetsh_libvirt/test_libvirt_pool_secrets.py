"""Secrets of pools' users: what libvirt is told, what QEMU's tools are told, and what a file has to have."""

from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from vnetsh.errors import BackendRefused
from vnetsh.model import Resource
from vnetsh_libvirt import pool_secrets
from vnetsh_libvirt.remote_files import _opened
from vnetsh_libvirt.remote_xml import source_of
from vnetsh_libvirt.storage_xml import secret_xml

CEPH = {"type": "rbd", "source": "vms", "monitors": ("ceph2", "ceph1:6789"), "user": "libvirt"}
CHAP = {"type": "iscsi", "source": "nas", "target": "iqn.2026-01.lab:store", "user": "vms"}
KEY = base64.b64encode(b"sixteen bytes...").decode()


def pool(said: dict[str, object], file: Path) -> Resource:
    return Resource("pool", "store", "kvm1", {**said, "secret": str(file)})


@pytest.mark.parametrize(
    ("said", "text", "value"), [(CEPH, KEY, b"sixteen bytes..."), (CHAP, "pass word", b"pass word")]
)
def test_a_key_is_base64_and_a_password_is_text(
    said: dict[str, object], text: str, value: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{text}\n")
    assert pool_secrets.in_file(pool(said, file)) == value


def test_a_keyring_is_no_key(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("key = AQ==")
    with pytest.raises(BackendRefused, match="no key of Ceph's"):
        pool_secrets.in_file(pool(CEPH, file))


@pytest.mark.parametrize(
    ("url", "kind", "called"),
    [("rbd://me@ceph1/vms", "ceph", "name"), ("iscsi://me@nas/iqn.2026-01.lab:store", "iscsi", "target")],
)
def test_the_xml_of_a_disk_names_the_secret_by_its_pool(url: str, kind: str, called: str) -> None:
    secret = ET.fromstring(secret_xml(url, "file"))
    usage = secret.find("usage")
    assert usage is not None
    assert (usage.get("type"), usage.findtext(called)) == (kind, url)
    named = source_of(f"{url}/1").find("auth/secret")
    assert named is not None
    assert named.attrib == {"type": kind, "usage": url}


def test_no_argument_has_a_secret() -> None:
    told = json.loads(_opened("rbd://me@[2001:db8::4]:3300,ceph1/vms/x", "raw").removeprefix("json:"))
    servers = [{"host": "2001:db8::4", "port": "3300"}, {"host": "ceph1", "port": "6789"}]
    node = {"driver": "rbd", "pool": "vms", "image": "x", "server": servers, "user": "me"}
    assert told == {"driver": "raw", "file": {**node, "key-secret": "key"}}
    told = json.loads(
        _opened("iscsi://me@[2001:db8::4]/iqn.2026-01.lab:store/7", "raw").removeprefix("json:")
    )
    assert told["file"] == {
        "driver": "iscsi",
        "transport": "tcp",
        "portal": "[2001:db8::4]:3260",
        "target": "iqn.2026-01.lab:store",
        "lun": 7,
        "user": "me",
        "password-secret": "key",
    }
    assert _opened("iscsi://nas/iqn.2026-01.lab:store/7", "raw") == "iscsi://nas/iqn.2026-01.lab:store/7"
