"""The backend `ovs` when things break: servers killed and stopped, replies lost, certificates wrong."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time

import pytest
from ovs_hosts import dump, found, new, written
from relay import Relay, cut

from vnetsh.errors import HostUnreachable, ServiceAbsent
from vnetsh.hosts.transport import Completed
from vnetsh.model import Host
from vnetsh.testing.fleet import no_progress
from vnetsh.testing.scratch_ovs import scratch_ovs
from vnetsh_ovs.backend import OvsBackend

CHANGES = [new("bridge", "br0"), new("port", "p1", bridge="br0", type="internal")]


@pytest.fixture
def relay(bare):
    running = Relay(bare)
    yield running
    running.close()


@contextlib.contextmanager
def restarting(ovs):
    """Gives a function that kills the server and starts it again soon."""
    due, done, over = threading.Event(), threading.Event(), threading.Event()

    def start():
        due.wait()
        time.sleep(0.3)
        ovs.start_server()
        done.set()
        over.wait()  # the server dies with the thread that started it

    def kill():
        ovs.kill_server()
        due.set()

    thread = threading.Thread(target=start)
    thread.start()
    try:
        yield kill
        assert done.wait(10)
        ovs.transact()
    finally:
        due.set()
        over.set()
        thread.join()


def next_cfg(ovs):
    return written(ovs)[0]["next_cfg"]


def test_a_lost_reply_is_looked_up_and_nothing_is_done_twice(bare, links, relay):
    link = links(relay)
    relay.faults.append(lambda forward: forward())
    link.apply(CHANGES, no_progress)
    assert not relay.faults
    assert found(link, "port", "p1")
    assert next_cfg(bare) == 1


def test_a_request_that_never_arrived_is_sent_again(bare, links, relay):
    link = links(relay)
    relay.faults.append(lambda forward: None)
    link.apply(CHANGES, no_progress)
    assert not relay.faults
    assert found(link, "port", "p1")
    assert next_cfg(bare) == 1


def test_twice_lost_is_still_once_done(bare, links, relay):
    link = links(relay)
    relay.faults += [lambda forward: None, lambda forward: forward()]
    link.apply(CHANGES, no_progress)
    assert not relay.faults
    assert next_cfg(bare) == 1


@pytest.mark.parametrize("committed", [True, False])
def test_a_server_killed_around_the_commit_is_waited_for_and_asked(bare, links, relay, committed):
    link = links(relay)
    with restarting(bare) as kill:
        relay.faults.append(lambda forward: (forward() if committed else None, kill()))
        link.apply(CHANGES, no_progress)
        assert found(link, "port", "p1")
        assert next_cfg(bare) == 1


def test_a_server_that_stays_dead_leaves_the_outcome_open_and_says_so(bare, links, relay):
    link = links(relay, timeout=0.6)
    relay.faults.append(lambda forward: bare.kill_server())
    started = time.monotonic()
    with pytest.raises(HostUnreachable, match="whether the changes took effect is not known"):
        link.apply(CHANGES, no_progress)
    assert time.monotonic() - started < 3


def test_a_server_restarted_between_two_calls_is_not_noticed(bare, links):
    link = links(bare)
    link.apply(CHANGES, no_progress)
    bare.kill_server()
    bare.start_server()
    assert found(link, "port", "p1")


def test_a_stopped_server_is_given_up_in_time(bare, links):
    link = links(bare, timeout=0.5)
    link.observe(no_progress)
    os.kill(bare.server.pid, signal.SIGSTOP)
    for call in (
        lambda: link.observe(no_progress),
        lambda: link.apply(CHANGES, no_progress),
        lambda: links(bare, timeout=0.5),
    ):
        started = time.monotonic()
        with pytest.raises(HostUnreachable, match="kvm1: ovsdb-server does not answer"):
            call()
        assert time.monotonic() - started < 2
    os.kill(bare.server.pid, signal.SIGCONT)
    time.sleep(0.1)
    links(bare).observe(no_progress)


def test_a_dead_server_whose_socket_is_left_is_unreachable_at_once(bare, links):
    bare.kill_server()
    started = time.monotonic()
    with pytest.raises(HostUnreachable, match="nobody listens on"):
        links(bare)
    assert time.monotonic() - started < 2


def test_an_empty_database_is_said(bare, links):
    bare.transact({"op": "delete", "table": "Open_vSwitch", "where": []})
    with pytest.raises(ServiceAbsent, match="database is empty"):
        links(bare).observe(no_progress)


class Forwarded:
    """A transport as ssh is one: it takes every connection, and closes it when nobody is at the other end."""

    local = False

    def __init__(self, folder):
        self._path = f"{folder}/forwarded.sock"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self._path)
        self._listener.listen()
        threading.Thread(target=self._refuse, daemon=True).start()

    def _refuse(self):
        with contextlib.suppress(OSError):
            while True:
                self._listener.accept()[0].close()

    def run(self, argv, *, input="", timeout=10.0):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        return Completed(done.returncode, done.stdout, done.stderr)

    def ask(self, argv, *, timeout=10.0):
        return self.run(argv)

    def socket(self, path):
        return self._path

    def whole(self):
        return True

    def broken(self):
        return ""

    def renew(self):
        pass

    def close(self):
        cut(self._listener)
        self._listener.close()


@pytest.mark.parametrize(("exists", "kind"), [(False, ServiceAbsent), (True, HostUnreachable)])
def test_a_forwarded_socket_tells_an_absent_service_from_a_dead_one(tmp_path, exists, kind):
    transport = Forwarded(tmp_path)

    class Lent:
        timeout = 2.0

        def transport(self, host):
            return transport

    path = tmp_path / "db.sock"
    if exists:
        path.touch()
    try:
        with pytest.raises(kind) as caught:
            OvsBackend().connect(Host("kvm1", attributes={"ovsdb": f"unix:{path}"}), Lent())
        assert type(caught.value) is ServiceAbsent or any(
            word in caught.value.message for word in ("nobody listens", "does not run")
        )
    finally:
        transport.close()


@pytest.fixture(scope="module")
def secure():
    with scratch_ovs(ssl=True) as running:
        yield running


def test_tls_does_all_that_a_unix_socket_does(secure, links):
    link = links(secure)
    many = [new("bridge", "br0"), *(new("port", f"p{n}", bridge="br0", vlan=n + 1) for n in range(2000))]
    link.apply(many, no_progress)
    seen = links(secure).observe(no_progress)
    assert len(seen.resources) == 2001
    assert seen.facts.addresses == {}
    secure.vsctl("del-br", "br0")
    assert dump(secure) == []


def test_a_closed_connection_is_opened_anew(secure, links):
    link = links(secure)
    link.observe(no_progress)
    secure.kill_server()
    secure.start_server()
    assert link.observe(no_progress).resources == []


def test_a_server_of_another_authority_is_not_trusted(secure, links, tmp_path):
    from vnetsh.testing.scratch_ovs import make_certificates

    make_certificates(tmp_path)
    with pytest.raises(HostUnreachable, match="certificate verify failed"):
        links(secure, **{"ovsdb-ca": str(tmp_path / "ca.crt")})


def test_a_client_that_the_server_does_not_know_is_refused(secure, links, tmp_path):
    from vnetsh.testing.scratch_ovs import make_certificates

    make_certificates(tmp_path)
    with pytest.raises(HostUnreachable) as caught:
        links(
            secure,
            **{"ovsdb-key": str(tmp_path / "client.key"), "ovsdb-certificate": str(tmp_path / "client.crt")},
        )
    assert "kvm1" in caught.value.message


@pytest.mark.parametrize("missing", ["ovsdb-key", "ovsdb-certificate", "ovsdb-ca"])
def test_tls_without_its_files_says_which_is_missing(secure, links, missing):
    with pytest.raises(HostUnreachable, match=f"needs `{missing}`"):
        links(secure, **{missing: None})
    with pytest.raises(HostUnreachable, match="there is no file /nowhere"):
        links(secure, **{missing: "/nowhere"})


def test_a_server_is_gone_with_its_folder():
    with scratch_ovs(vswitchd=True) as running:
        pids = [running.server.pid, running.vswitchd.pid]
        folder = running.folder
    assert not folder.exists()
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)  # noqa: PTH110
