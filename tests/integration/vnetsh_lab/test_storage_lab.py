"""A lab with storage: each of its servers is reached from another host, by the drivers that QEMU has for it."""

from __future__ import annotations

import pytest

from vnetsh_lab import running
from vnetsh_lab.storage import EXPORT, FOLDER, S3_PORT, TARGET

pytestmark = pytest.mark.lab

PUT_AND_GET = """
import sys, urllib.error, urllib.request as web
where = sys.argv[1]
for path, data, who in (
    ("/images", None, {}), ("/images/a", b"an object", {"x-amz-acl": "public-read"}), ("/images/b", b"another", {})
):
    headers = {"Content-Type": "application/octet-stream", **who}
    web.urlopen(web.Request(where + path, data, headers, method="PUT"), timeout=10)
print(len(web.urlopen(where + "/images/a", timeout=10).read()))
try:
    web.urlopen(where + "/images/b", timeout=10)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def test_all_of_its_servers_are_reached() -> None:
    with running(hosts=2, storage=True) as lab:
        server = "10.77.0.2"

        def on(host: str, *argv: str) -> str:
            done = lab.exec(host, argv, timeout=60)
            assert done.returncode == 0, done.stderr
            return done.stdout

        file = f"nfs://{server}{EXPORT}/disk.qcow2"
        on("kvm1", "qemu-img", "create", "-q", "-f", "qcow2", file, "64M")
        assert "qcow2" in on("kvm2", "qemu-img", "info", f"{FOLDER}/nfs/disk.qcow2")
        assert "2 GiB" in on("kvm1", "qemu-img", "info", f"iscsi://{server}/{TARGET}/1")
        on("kvm2", "truncate", "-s", "64M", f"{FOLDER}/nbd/data")
        assert "64 MiB" in on("kvm1", "qemu-img", "info", f"nbd://{server}/data")
        object_server = f"http://{server}:{S3_PORT}"
        assert on("kvm1", "python3", "-c", PUT_AND_GET, object_server).split() == ["9", "403"]
        lab.kill("kvm2")
        lab.start("kvm2")
        assert "qcow2" in on("kvm1", "qemu-img", "info", file), "files stay over a failed power"
