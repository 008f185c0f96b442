"""The library `vnetsh_ovsdb` as a third party uses it: on a server with a schema of its own."""

import json
import signal
import socket
import subprocess
import threading
import time

import pytest

from vnetsh.errors import HostUnreachable, ServiceAbsent
from vnetsh.hosts.transport import Busy, Held
from vnetsh.model import ActionKind, Change, Host, Resource
from vnetsh.testing.fleet import LocalContext
from vnetsh_ovsdb import watching
from vnetsh_ovsdb.client import Client
from vnetsh_ovsdb.committing import commit
from vnetsh_ovsdb.layout import Wanted, read_layout
from vnetsh_ovsdb.live_rows import LiveRows
from vnetsh_ovsdb.operations import as_list, as_pairs, as_uuids, assert_lock, await_row, is_row, reference
from vnetsh_ovsdb.remote import parse_remote
from vnetsh_ovsdb.streams import Server
from vnetsh_ovsdb.transaction import Conflict, Root, Transaction
from vnetsh_ovsdb.watching import Watcher

TEXTS = {"key": "string", "value": "string", "min": 0, "max": "unlimited"}
BOOKS = {"key": {"type": "uuid", "refTable": "Book"}, "min": 0, "max": "unlimited"}
SCHEMA = {
    "name": "Library",
    "version": "1.0.0",
    "tables": {
        "Library": {
            "isRoot": True,
            "maxRows": 1,
            "columns": {
                "external_ids": {"type": TEXTS},
                "state": {"type": "integer"},
                "secret": {"type": "string"},
            },
        },
        "Shelf": {
            "isRoot": True,
            "columns": {
                "name": {"type": "string"},
                "books": {"type": BOOKS},
                "numbers": {"type": {"key": "integer", "min": 0, "max": "unlimited"}},
                "load": {"type": "integer", "ephemeral": True},
            },
            "indexes": [["name"]],
        },
        "Book": {"columns": {"title": {"type": "string"}, "notes": {"type": TEXTS}}},
    },
}
WANTED = Wanted("Library", start=["Shelf"], also={"Library": ("external_ids", "state")})


class Daemon:
    """An ovsdb-server on that schema."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "schema").write_text(json.dumps(SCHEMA))
        subprocess.run(["ovsdb-tool", "create", folder / "db", folder / "schema"], check=True)
        self.start()

    @property
    def socket(self):
        return self.folder / "sock"

    def start(self):
        self.socket.unlink(missing_ok=True)
        own = ("--unixctl=" + str(self.folder / "ctl"), "--log-file=" + str(self.folder / "log"))
        argv = ["ovsdb-server", str(self.folder / "db"), f"--remote=punix:{self.socket}", *own]
        self.process = subprocess.Popen([*argv, "-vconsole:off", "-vsyslog:off"])
        wait_for(self.listens)

    def listens(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def stop(self):
        self.process.kill()
        self.process.wait(10)


def wait_for(holds, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def daemon(tmp_path):
    running = Daemon(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def client(daemon):
    """Makes clients, as a backend does; closes them all at the end."""
    host, opened = Host("kvm1", attributes={"local": True}), []
    with LocalContext() as context:

        def opening(timeout=5.0):
            server = Server(
                host, parse_remote(f"unix:{daemon.socket}"), context.transport(host), service="library"
            )
            opened.append(Client(server, timeout))
            return opened[-1]

        opening().call("transact", ["Library", {"op": "insert", "table": "Library", "row": {"state": 0}}])
        yield opening
        for one in opened:
            one.close()


def change(name):
    return Change(ActionKind.ADD, None, Resource("shelf", name, "kvm1", {}))


def root_of(rows):
    return Root("Library", "Library", next(iter(rows["Library"])), "state")


def add_shelf(one, rows, name, *titles):
    transaction, what = Transaction(root_of(rows)), change(name)
    books = [transaction.insert(what, "Book", {"title": title})[1] for title in titles]
    row = {"name": name, "books": ["set", [["named-uuid", book] for book in books]]}
    transaction.insert(what, "Shelf", row)
    return commit(one, transaction, f"shelf {name}", 5.0)


def test_rows_are_read_and_followed(client):
    one, other = client(), client()
    live = LiveRows(one, read_layout(one, WANTED))
    rows = live.now()
    assert rows["Shelf"] == {}
    assert set(next(iter(rows["Library"].values()))) <= {"external_ids", "state"}
    assert live.now() is rows
    assert add_shelf(other, rows, "a", "Emma", "Ulysses") == 1
    now = live.now()
    shelf = next(iter(now["Shelf"].values()))
    assert {now["Book"][uuid]["title"] for uuid in as_uuids(shelf["books"])} == {"Emma", "Ulysses"}
    assert rows["Shelf"] == {}, "who holds earlier rows keeps them"
    uuid = next(iter(now["Shelf"]))
    numbers = {
        "op": "update",
        "table": "Shelf",
        "where": is_row(uuid),
        "row": {"numbers": ["set", [1, 2, 3]]},
    }
    other.call("transact", ["Library", numbers])
    mutations = [["numbers", "delete", 2], ["numbers", "insert", 4]]
    other.call(
        "transact",
        ["Library", {"op": "mutate", "table": "Shelf", "where": is_row(uuid), "mutations": mutations}],
    )
    assert sorted(as_list(live.now()["Shelf"][uuid]["numbers"])) == [1, 3, 4]


def test_what_is_not_as_expected_changes_nothing(client):
    one = client()
    live = LiveRows(one, read_layout(one, WANTED))
    add_shelf(one, live.now(), "a", "Emma")
    (uuid,) = live.now()["Shelf"]
    transaction, what = Transaction(root_of(live.now())), change("b")
    transaction.expect(what, "shelf a has another name", "Shelf", is_row(uuid), {"name": "z"})
    transaction.insert(what, "Shelf", {"name": "b"})
    with pytest.raises(Conflict, match="another name") as caught:
        commit(one, transaction, "", 5.0)
    assert caught.value.change is what
    with pytest.raises(Conflict, match="constraint violation") as caught:
        add_shelf(one, live.now(), "a")
    assert caught.value.change.resource.name == "a"
    assert len(live.now()["Shelf"]) == 1


def test_references_and_rows_go(client):
    one = client()
    live = LiveRows(one, read_layout(one, WANTED))
    add_shelf(one, live.now(), "a", "Emma", "Ulysses")
    rows = live.now()
    (shelf,) = rows["Shelf"]
    emma = next(uuid for uuid, row in rows["Book"].items() if row["title"] == "Emma")
    transaction, what = Transaction(root_of(rows)), change("a")
    transaction.take(what, "Shelf", shelf, "books", reference(emma))
    transaction.set_keys(what, "Library", transaction.root.uuid, "external_ids", {"who": "me"})
    commit(one, transaction, "", 5.0)
    assert [row["title"] for row in live.now()["Book"].values()] == ["Ulysses"]
    transaction = Transaction(root_of(live.now()))
    transaction.delete(what, "Shelf", shelf)
    commit(one, transaction, "", 5.0)
    assert not live.now()["Shelf"]
    assert not live.now()["Book"]


def test_a_condition_is_awaited(client):
    one, other = client(), client()
    done = threading.Timer(0.2, lambda: other.call("transact", ["Library", _update_state(7)]))
    done.start()
    found = one.call("transact", ["Library", await_row("Library", "state", ">=", 7, seconds=3)])
    done.join()
    assert "error" not in found[0]
    assert (
        "timed out" in one.call("transact", ["Library", await_row("Library", "state", ">=", 8)])[0]["error"]
    )


def _update_state(number):
    return {"op": "update", "table": "Library", "where": [], "row": {"state": number}}


def test_a_lock_is_held_by_one_and_released_with_its_connection(client):
    one, other, third = client(), client(), client()
    held = one.lock("vnetsh")
    assert isinstance(held, Held)
    assert isinstance(other.lock("vnetsh"), Busy)
    guarded = ["Library", assert_lock("vnetsh"), _update_state(3)]
    assert "error" not in one.call("transact", guarded)[0]
    assert "not owner" in other.call("transact", guarded)[0]["error"]
    held.release()
    again = other.lock("vnetsh")
    assert isinstance(again, Held)
    assert isinstance(one.lock("vnetsh"), Busy), "who asked in vain does not stand in the line"
    other.close()
    wait_for(lambda: isinstance(third.lock("vnetsh"), Held))
    again.release()  # its lock is gone: nothing happens
    assert isinstance(one.lock("vnetsh"), Busy)


@pytest.fixture
def told(client):
    """A watcher, and an event that is set by it."""
    event, one = threading.Event(), client()
    watcher = Watcher(one, read_layout(one, WANTED), event.set)
    yield watcher, event
    watcher.close()


def heard(event, seconds=1.0):
    happened = event.wait(seconds)
    event.clear()
    return happened


def test_changes_are_told(client, told):
    one, (watcher, event) = client(), told
    assert not heard(event, 0.2)
    one.call("transact", ["Library", _update_state(5)])
    assert heard(event)
    secret = {"op": "update", "table": "Library", "where": [], "row": {"secret": "x"}}
    one.call("transact", ["Library", secret])
    assert not heard(event, 0.3), "of what nobody follows nothing is told"
    watcher.close()
    assert "ovsdb watch" not in {thread.name for thread in threading.enumerate()}
    one.call("transact", ["Library", _update_state(6)])
    assert not heard(event, 0.3)


def test_a_broken_connection_is_told_once_and_mended(daemon, client, told):
    calls, (_, event) = [], told
    watcher = Watcher(client(), read_layout(client(), WANTED), lambda: calls.append(time.monotonic()))
    daemon.stop()
    assert heard(event)
    time.sleep(1.5)
    assert len(calls) == 1, "a server that is gone is told of once"
    daemon.start()
    wait_for(lambda: len(calls) == 2)
    client_after = client()
    client_after.call("transact", ["Library", _update_state(9)])
    wait_for(lambda: len(calls) == 3)
    watcher.close()


def test_a_server_that_hangs_is_told_of_and_one_that_is_quiet_is_not(daemon, client, monkeypatch):
    monkeypatch.setattr(watching, "ALIVE", 0.5)
    calls, one = [], client()
    watcher = Watcher(one, read_layout(one, WANTED), lambda: calls.append(time.monotonic()))
    time.sleep(2)
    assert not calls, "a sign of life is no news"
    for hangs in (1, 2):
        daemon.process.send_signal(signal.SIGSTOP)
        wait_for(lambda hangs=hangs: len(calls) == 2 * hangs - 1)
        daemon.process.send_signal(signal.SIGCONT)
        wait_for(lambda hangs=hangs: len(calls) == 2 * hangs)
    client().call("transact", ["Library", _update_state(9)])
    wait_for(lambda: len(calls) == 5)
    watcher.close()


def test_other_databases_and_sockets(daemon, client):
    with pytest.raises(ServiceAbsent):
        read_layout(client(), Wanted("Nothing", start=[]))
    host = Host("kvm1", attributes={"local": True})
    with LocalContext() as context:
        absent = Server(host, parse_remote("unix:/nowhere/sock"), context.transport(host), service="library")
        with pytest.raises(ServiceAbsent, match="kvm1 has no library: /nowhere/sock is not there"):
            Client(absent, 1.0).call("list_dbs", [])
    daemon.stop()
    with pytest.raises(HostUnreachable, match="nobody listens"):
        client().call("list_dbs", [])


def test_a_map_goes_both_ways(client):
    one = client()
    row = {"op": "update", "table": "Library", "where": [], "row": {"external_ids": as_pairs({"a": "b"})}}
    one.call("transact", ["Library", row])
    live = LiveRows(one, read_layout(one, WANTED))
    assert next(iter(live.now()["Library"].values()))["external_ids"] == ["map", [["a", "b"]]]
