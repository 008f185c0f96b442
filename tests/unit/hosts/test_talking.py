"""Commands on a host whose answer has no end, comes too late, or is long in both directions."""

from __future__ import annotations

import time

import pytest

from vnetsh.errors import HostHung, HostUnreachable
from vnetsh.hosts import talking
from vnetsh.hosts.local import LocalTransport
from vnetsh.model import Host

HERE = LocalTransport(Host("kvm1"), timeout=20.0)


@pytest.mark.parametrize("way", ["1", "2"])
def test_an_answer_without_an_end_is_ended(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talking, "MOST", 8 << 20)
    began = time.monotonic()
    with pytest.raises(HostUnreachable, match="says more than 8 MiB") as caught:
        HERE.run(["sh", "-c", f"exec yes >&{way}"])
    assert not isinstance(caught.value, HostHung)
    assert time.monotonic() - began < 15
    assert HERE.run(["head", "-c", str(talking.MOST), "/dev/zero"]).stdout == "\0" * talking.MOST


def test_what_ends_an_answer_ends_the_command_too() -> None:
    mark = "talking-to-nobody"
    with pytest.raises(HostHung, match=r"gave no answer in 0\.3 s"):
        HERE.run(["sh", "-c", "sleep 30; true", mark], timeout=0.3)
    assert mark not in HERE.run(["ps", "-eo", "args"]).stdout


def test_long_input_and_long_output_at_once() -> None:
    text = "0123456789abcdé\n" * 200_000
    done = HERE.run(["tee", "/dev/stderr"], input=text)
    assert (done.returncode, done.stdout, done.stderr) == (0, text, text)
    assert HERE.run(["true"], input=text).returncode == 0, "whoever reads nothing is not waited for"
    assert HERE.run(["printf", "a\\r\\nb\\377"]).stdout == "a\nb\N{REPLACEMENT CHARACTER}"
    assert HERE.run(["false"]).returncode == 1
    assert HERE.run(["no-such-command"]).returncode == 127
