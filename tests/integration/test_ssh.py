"""The ssh connections that outlive a command, on the lab's sshd."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from uplink_hosts import masters
from waiting import eventually

from vnetsh.errors import HostUnreachable
from vnetsh.hosts.ssh import SshTransport
from vnetsh.model import Host
from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

OVSDB = "/run/openvswitch/db.sock"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=1) as lab:
        yield lab


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A short one: the path of a unix socket has few characters."""
    folder = Path(tempfile.mkdtemp())
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield folder
    for pid in masters(folder):
        os.kill(pid, signal.SIGTERM)
    assert eventually(lambda: not masters(folder))  # each takes its socket away itself
    shutil.rmtree(folder)


def way(lab: Lab) -> SshTransport:
    return SshTransport(Host("kvm1", attributes={"ssh": "kvm1", "ssh-config": str(lab.layout.ssh_config)}))


def listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


def test_the_next_command_finds_the_connection_and_its_sockets(lab: Lab, runtime: Path) -> None:
    first, second = way(lab), way(lab)
    path = first.socket(OVSDB)
    first.close()
    (master,) = masters(runtime)
    assert second.run(["echo", "it's; $HOME"]).stdout == "it's; $HOME\n"
    assert second.socket(OVSDB) == path
    assert listens(path)
    assert masters(runtime) == [master]


def test_a_connection_that_died_is_opened_anew(lab: Lab, runtime: Path) -> None:
    path = way(lab).socket(OVSDB)
    (master,) = masters(runtime)
    os.kill(master, signal.SIGKILL)  # its sockets stay behind
    assert eventually(lambda: not listens(path))
    assert way(lab).socket(OVSDB) == path
    assert listens(path)
    assert masters(runtime) != [master]


def test_many_at_once_share_one(lab: Lab, runtime: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda transport: transport.socket(OVSDB), [way(lab) for _ in range(8)]))
    assert len(set(paths)) == 1
    assert listens(paths[0])
    assert len(masters(runtime)) == 1


def test_a_folder_that_others_can_write_to_is_refused(lab: Lab, runtime: Path) -> None:
    folder = runtime / "vnetsh"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(HostUnreachable, match="yours alone"):
        way(lab).open()
