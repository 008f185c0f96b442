"""Images that hosts fetch: addresses as hosts are given them, and how an image is known again."""

from __future__ import annotations

import datetime
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from libvirt_fleets import code, fleet

from vnetsh.errors import BackendRefused
from vnetsh.model import ActionKind, Change, Resource
from vnetsh.nouns.image import Source
from vnetsh.schema.values import BadValue
from vnetsh_libvirt.facts import ImageFile, LibvirtFacts
from vnetsh_libvirt.fetching import sources
from vnetsh_libvirt.fetching.marks import marked
from vnetsh_libvirt.fetching.program_placing import builds_on
from vnetsh_libvirt.fetching.sending import PROGRAM as SENDING
from vnetsh_libvirt.fetching.session import PROGRAM
from vnetsh_libvirt.heads import Head, parse
from vnetsh_libvirt.outage.prober_session import joined_program

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


def test_an_image_in_a_pool_that_is_new_is_in_its_folder() -> None:
    pool = Resource("pool", "fast", "kvm1", {"path": "/srv/fast"}, backend="libvirt")
    image = Resource("image", "a.qcow2", "kvm1", {"pool": "fast"}, backend="libvirt")
    before = LibvirtFacts(folder="/images", images={})
    after = before.after("kvm1", [Change(ActionKind.ADD, None, one) for one in (pool, image)])
    assert after.lacks("/images/a.qcow2")
    assert not after.lacks("/srv/fast/a.qcow2")


NO_TMPFILE = b"""
import errno, os
real = os.open
def opened(path, flags, *more, **named):
    if flags & os.O_TMPFILE == os.O_TMPFILE:
        raise OSError(errno.EOPNOTSUPP, "")
    return real(path, flags, *more, **named)
os.open = opened
"""


def run(
    asked: dict[str, object], *, data: bytes = b"", go: bool = True, named: bool = False
) -> list[dict[str, object]]:
    """What a host's program says to what it is asked; `named`: on a filesystem that knows no files without names."""
    code = joined_program(PROGRAM)
    head, rest = code.split(b"from __future__ import annotations\n", 1)
    code = head + b"from __future__ import annotations\n" + (NO_TMPFILE if named else b"") + rest
    usual = {
        "name": "a",
        "sha256": "",
        "url": "",
        "takes": 0,
        "readonly": False,
        "wait": 1,
        "mark": {"from": "x"},
    }
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps({**usual, **asked}).encode() + b"\n" + data)
    process.stdin.flush()
    said: list[dict[str, object]] = []
    for line in process.stdout:
        said.append(json.loads(line))
        if "ready" in said[-1]:
            if go:
                process.stdin.write(b"\n")
                process.stdin.flush()
            else:
                process.stdin.close()
    process.wait()
    return said


def sent(path: Path) -> bytes:
    """What the program says that sends a file."""
    program = [sys.executable, "-c", joined_program(SENDING)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps({"path": str(path)}).encode() + b"\n")
        process.stdin.flush()
        return process.stdout.read()


@pytest.mark.parametrize("named", [False, True])
def test_a_file_comes_from_another_host_with_its_holes(tmp_path: Path, *, named: bool) -> None:
    old, new = tmp_path / "old", tmp_path / "new.raw"
    with old.open("wb") as file:
        file.write(b"begin" * 100_000)
        file.seek(30 << 20)
        file.write(b"end")
        file.truncate((40 << 20) + 7)
    data = sent(old)
    assert len(data) < 2 << 20
    digest = hashlib.sha256(old.read_bytes()).hexdigest()
    asked = {"path": str(new), "way": "sent", "size": old.stat().st_size, "sha256": digest}
    assert "failed" in run({**asked, "sha256": "0" * 64}, data=data, named=named)[-1]
    run(asked, data=data, go=False, named=named)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["old"], "who goes away leaves nothing"
    assert run(asked, data=data, named=named)[-1]["made"]
    assert new.read_bytes() == old.read_bytes()
    assert new.stat().st_blocks * 512 < 4 << 20
    assert json.loads((tmp_path / ".new.raw.vnetsh").read_bytes().partition(b"\n")[2])["sha256"] == digest


@pytest.mark.parametrize("named", [False, True])
def test_a_template_is_whole_and_only_read(tmp_path: Path, *, named: bool) -> None:
    for command in (
        ["qemu-img", "create", "-qf", "qcow2", "below.qcow2", "8M"],
        ["qemu-io", "-c", "write -P 7 0 1M", "below.qcow2"],
        ["qemu-img", "create", "-qf", "qcow2", "-b", "below.qcow2", "-F", "qcow2", "disk.qcow2"],
        ["qemu-io", "-c", "write -P 9 512k 1M", "disk.qcow2"],
    ):
        subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    new = tmp_path / "web.qcow2"
    disk = {"path": str(tmp_path / "disk.qcow2"), "format": "qcow2", "size": 8 << 20}
    asked = {"path": str(new), "way": "disk", "disk": disk}
    run(asked, go=False, named=named)
    assert not new.exists()
    assert run(asked, named=named)[-1]["made"]
    assert new.stat().st_mode & 0o777 == 0o444
    with new.open("rb") as file:
        assert builds_on(file) == ""
    subprocess.run(["qemu-img", "compare", "-q", new, disk["path"]], cwd=tmp_path, check=True)
    assert not list(tmp_path.glob(".vnetsh-image-*"))
    broken = {**asked, "path": str(tmp_path / "no.qcow2"), "disk": {**disk, "path": str(tmp_path / "none")}}
    assert "No such file" in str(run(broken, named=named)[-1]["failed"])
