"""The ssh connections that outlive a command, on the lab's sshd."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from runtime_folder import own_runtime
from uplink_hosts import masters
from waiting import eventually

from vnetsh.errors import HostHung, HostUnreachable
from vnetsh.hosts.ssh import SshTransport
from vnetsh.model import Host
from vnetsh_lab import Lab, running
from vnetsh_lab.processes import lab_processes

pytestmark = pytest.mark.lab

OVSDB = "/run/openvswitch/db.sock"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=1) as lab:
        yield lab


@pytest.fixture
def runtime() -> Iterator[Path]:
    with own_runtime() as folder:
        yield folder


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


def control_of(folder: Path) -> Path:
    """The socket of the only master of a folder."""
    (control,) = [p for p in (folder / "vnetsh").iterdir() if p.is_socket() and "-" not in p.name]
    return control


def test_ctrl_c_of_the_terminal_reaches_nobody_of_it(lab: Lab, runtime: Path) -> None:
    """The master and its ProxyCommand stand in no process group and session of ours."""
    before = {process.pid for process in lab_processes(lab.folder)}
    way(lab).open()
    proxy = [p.pid for p in lab_processes(lab.folder) if p.command == "nsenter" and p.pid not in before]
    assert proxy
    for pid in (*masters(runtime), *proxy):
        assert os.getsid(pid) != os.getsid(0)
        assert os.getpgid(pid) != os.getpgid(0)


def test_a_master_that_is_stopped_is_left_to_itself(lab: Lab, runtime: Path) -> None:
    transport = way(lab)
    path = transport.socket(OVSDB)
    (master,) = masters(runtime)
    os.kill(master, signal.SIGSTOP)
    try:
        assert transport.run(["true"]).returncode == 0
        assert transport.socket(OVSDB) != path
        assert way(lab).socket(OVSDB) == transport.socket(OVSDB)  # all others go the new way, too
        assert len(masters(runtime)) == 2
    finally:
        os.kill(master, signal.SIGCONT)


def test_a_shell_that_looks_survives_its_master(lab: Lab, runtime: Path) -> None:
    transport = way(lab)
    assert transport.ask(["echo", "one"]).stdout == "one\n"
    (master,) = masters(runtime)
    os.kill(master, signal.SIGKILL)
    assert transport.ask(["echo", "two"]).stdout == "two\n"
    transport.close()


def test_a_forward_that_is_gone_is_made_anew(lab: Lab, runtime: Path) -> None:
    path = way(lab).socket(OVSDB)
    Path(path).unlink()
    again = way(lab)
    assert listens(again.socket(OVSDB))
    assert len(masters(runtime)) == 1


def test_a_control_socket_that_is_replaced_is_no_way(lab: Lab, runtime: Path) -> None:
    transport = way(lab)
    transport.open()
    control = control_of(runtime)
    control.unlink()
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind(str(control))
    assert transport.run(["echo", "here"]).stdout == "here\n"


def test_why_a_master_ended_is_said(lab: Lab, runtime: Path) -> None:
    transport = way(lab)
    transport.open()
    assert transport.broken() == ""
    (master,) = masters(runtime)
    os.kill(master, signal.SIGKILL)
    assert "the ssh connection was lost" in transport.broken()


def hanging(tmp_path: Path) -> SshTransport:
    """A host whose packets go nowhere."""
    config = tmp_path / "config"
    config.write_text("Host far\n  ProxyCommand sleep 30\n")
    return SshTransport(
        Host("far", attributes={"ssh": "far", "ssh-config": str(config)}), connect_timeout=1.0
    )


def test_who_hangs_is_waited_for_once_however_many_ask(runtime: Path, tmp_path: Path) -> None:
    transport = hanging(tmp_path)
    began = time.monotonic()

    def failure(call: Callable[[], object]) -> HostUnreachable:
        with pytest.raises(HostUnreachable) as caught:
            call()
        return caught.value

    calls = [
        lambda: transport.run(["true"]),
        lambda: transport.ask(["true"]),
        lambda: transport.socket(OVSDB),
    ] * 3
    with ThreadPoolExecutor(len(calls)) as pool:
        failures = list(pool.map(failure, calls))
    assert time.monotonic() - began < 2.5
    assert all(isinstance(one, HostHung) and "ssh" in one.help for one in failures)
    assert not masters(runtime)


@pytest.mark.parametrize("words", ["echo boom >&2", "echo boom"])
def test_what_a_proxy_command_says_is_passed_on(runtime: Path, tmp_path: Path, words: str) -> None:
    """Also where it says it in the place of sshd's greeting."""
    config = tmp_path / "config"
    config.write_text(f"Host gone\n  ProxyCommand sh -c '{words}; sleep 0.3; exit 1'\n")
    transport = SshTransport(Host("gone", attributes={"ssh": "gone", "ssh-config": str(config)}))
    with pytest.raises(HostUnreachable, match=r"^gone: its ProxyCommand ended: boom$"):
        transport.open()


def test_what_connections_left_that_are_long_over_is_cleared(lab: Lab, runtime: Path) -> None:
    """But not what was made just now, what somebody opens, what still listens, and what is none of ours."""
    first = way(lab)
    first.open()
    folder = control_of(runtime).parent
    long_ago = time.time() - 7200

    def left(base: str, *, age: float = long_ago) -> list[Path]:
        names = [base, f"{base}.12ab", f"{base}.at", f"{base}.log", f"{base}-0123abcd", f"{base}.lock"]
        for name in names:
            (folder / name).touch()
            os.utime(folder / name, (age, age))
        return [folder / name for name in names]

    gone = left("0" * 12)
    fresh = left("1" * 12, age=time.time())
    busy = left("2" * 12)
    foreign = [folder / "lock"]
    alive = left("3" * 12)
    alive[0].unlink()
    foreign[0].touch()
    os.utime(foreign[0], (long_ago, long_ago))
    with socket.socket(socket.AF_UNIX) as listening, busy[-1].open() as lock:
        listening.bind(str(alive[0]))
        listening.listen()
        os.utime(alive[0], (long_ago, long_ago))
        fcntl.flock(lock, fcntl.LOCK_EX)
        (master,) = masters(runtime)
        os.kill(master, signal.SIGKILL)
        eventually(lambda: not masters(runtime))
        first.run(["true"])
    assert not [path for path in gone if path.exists()]
    assert all(path.exists() for path in [*fresh, *busy, *alive, foreign[0]])
    assert first.run(["echo", "here"]).stdout == "here\n"
