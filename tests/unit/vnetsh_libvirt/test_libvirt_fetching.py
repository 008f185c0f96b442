"""Images that hosts fetch: addresses as hosts are given them, and how an image is known again."""

from __future__ import annotations

import datetime
import json
import subprocess
from pathlib import Path

import pytest
from libvirt_fleets import code, fleet

from vnetsh.errors import BackendRefused
from vnetsh.model import ActionKind, Change, Resource
from vnetsh.nouns.image import Source
from vnetsh.schema.values import BadValue
from vnetsh_libvirt.facts import ImageFile
from vnetsh_libvirt.fetching import sources
from vnetsh_libvirt.fetching.marks import marked
from vnetsh_libvirt.fetching.program_placing import builds_on
from vnetsh_libvirt.heads import Head, parse

EXAMPLE = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"


def test_an_object_is_asked_for_as_in_the_example_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""
    monkeypatch.setattr(sources, "VALID", 86400)
    keys = dict(line.split(" = ") for line in EXAMPLE.splitlines())
    when = datetime.datetime(2013, 5, 24, tzinfo=datetime.UTC)
    found = sources.signed("https://examplebucket.s3.amazonaws.com/test.txt", keys, "us-east-1", when)
    assert found.endswith("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


def test_where_an_object_is(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"[default]\n{EXAMPLE}endpoint_url = http://nas:9000/\n")
    found = sources.address("s3://images/a b.qcow2", str(keys))
    assert found.startswith("http://nas:9000/images/a%20b.qcow2?X-Amz-Algorithm=")
    assert "wJalr" not in found
    assert sources.address("s3://images/a.qcow2", "") == "https://images.s3.us-east-1.amazonaws.com/a.qcow2"
    assert sources.address("https://nas/a.qcow2", "") == "https://nas/a.qcow2"


@pytest.mark.parametrize("text", ["", "region = here\n", "[\n", None])
def test_keys_that_are_none(tmp_path: Path, text: str | None) -> None:
    keys = tmp_path / "keys"
    if text is not None:
        keys.write_text(text)
    with pytest.raises(BackendRefused):
        sources.read_keys(str(keys))


@pytest.mark.parametrize(
    "text",
    [
        "ftp://nas/a.qcow2",
        "https://nas/",
        "https://user:word@nas/a.qcow2",
        "https://nas/a.qcow2?X-Amz-Signature=ab",
        "https://nas/a.qcow2?access_token=ab",
        "https://nas/a.qcow2#part",
        "/root/a.qcow2",
    ],
)
def test_what_is_no_address_or_says_a_secret(text: str) -> None:
    with pytest.raises(BadValue):
        Source().parse(text)


def test_an_image_is_known_again_as_long_as_nobody_changes_it() -> None:
    told = {"from": "https://nas/a.qcow2", "sha256": "ab", "inode": 7, "size": 5, "written": "1000000002"}
    head = parse(b"vnetsh image\n" + json.dumps(told).encode())
    assert isinstance(head, Head)
    beside = ImageFile(99, 99, head=head)

    def known(size: int, written: str, identity: str = "1:7") -> object:
        files = {"a.qcow2": ImageFile(size, 5, identity=identity, written=written), ".a.qcow2.vnetsh": beside}
        found = marked("a.qcow2", files)
        return found and found.unchanged

    assert known(5, "1.000000002") is True
    assert known(6, "1.000000002") is False
    assert known(5, "1.000000003") is False
    assert known(5, "1.000000002", "1:8") is None, "another file took its place"


@pytest.mark.parametrize(
    ("options", "needs"),
    [((), ""), (("-b", "below.qcow2", "-F", "qcow2"), "below.qcow2"), (("-o", "data_file=data.raw"), "data")],
)
def test_what_needs_another_file_is_no_whole_image(
    tmp_path: Path, options: tuple[str, ...], needs: str
) -> None:
    subprocess.run(["qemu-img", "create", "-qf", "qcow2", "below.qcow2", "1M"], cwd=tmp_path, check=True)
    subprocess.run(
        ["qemu-img", "create", "-qf", "qcow2", *options, "a.qcow2", "1M"], cwd=tmp_path, check=True
    )
    with (tmp_path / "a.qcow2").open("rb") as file:
        assert needs in builds_on(file)
        assert bool(needs) is bool(builds_on(file))


def test_what_others_put_there_does_not_come_again_by_itself() -> None:
    gone = Resource("image", "theirs.qcow2", "kvm1", {"folder": "/images"}, backend="libvirt")
    assert code(Change(ActionKind.ADD, None, gone, undo=True), fleet()) == "E540"
    assert (
        code(Change(ActionKind.ADD, None, gone.with_attributes(**{"from": "https://nas/a"})), fleet()) is None
    )
