"""Without libvirt's Python module: what needs none works, and the rest is one message that says what to install."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest

from vnetsh.backend import Context
from vnetsh.errors import ServiceAbsent, VnetshError
from vnetsh.hosts.transport import Completed
from vnetsh.model import Host
from vnetsh_libvirt import library

WITHOUT = "import sys; sys.modules['libvirt'] = None; "


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )


def test_hosts_in_memory_need_none() -> None:
    script = "bridge br0 on kvm1, kvm2; vm web on kvm1 port br0; migrate web to kvm2; delete vm web"
    done = run(
        WITHOUT + "from vnetsh.cli import main; sys.exit(main(sys.argv[1:]))", "--demo", "--yes", "-c", script
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_what_is_pure_needs_none() -> None:
    """What a plan asks of the backend is asked also where no host has a libvirt that could be looked at."""
    pure = (
        "checking",
        "assessing",
        "assessing_moves",
        "disk_assessing",
        "seed.assessing",
        "capacity",
        "images",
    )
    more = ("attributes", "commands", "export_gaps", "plugged", "tracing", "explanations")
    done = run(WITHOUT + "".join(f"import vnetsh_libvirt.{name}; " for name in pure + more))
    assert done.returncode == 0, done.stderr


@dataclass
class Way:
    """The way to a host that has a socket of libvirt, or has none."""

    there: bool

    def transport(self, host: Host) -> Way:
        return self

    def ask(self, argv: Sequence[str]) -> Completed:
        return Completed(0 if self.there else 1, "", "")


@pytest.mark.parametrize(
    ("there", "said", "error"),
    [
        (True, {}, VnetshError),
        (False, {}, ServiceAbsent),
        (False, {"libvirt": "qemu+tls://kvm1/system"}, VnetshError),
    ],
)
def test_a_host_with_libvirt_wants_it(
    there: bool, said: dict[str, Any], error: type[VnetshError], monkeypatch: pytest.MonkeyPatch
) -> None:
    host, way = Host("kvm1", attributes=said), cast(Context, Way(there))
    library.see_that_it_is_there(host, way)  # here it is there
    monkeypatch.setattr(library, "_trouble", lambda: "No module named 'libvirt'")
    with pytest.raises(VnetshError) as found:
        library.see_that_it_is_there(host, way)
    assert type(found.value) is error
    assert ("apt install python3-libvirt" in found.value.help) is (error is VnetshError)


def test_the_systems_own_is_found_and_nothing_else(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("libvirt", "yaml"):
        (tmp_path / f"{name}.py").touch()
    monkeypatch.setattr(library, "SYSTEM", str(tmp_path))
    assert library._OfTheSystem.find_spec("libvirt")
    assert library._OfTheSystem.find_spec("yaml") is None
    assert library._OfTheSystem.find_spec("libvirt_qemu") is None
