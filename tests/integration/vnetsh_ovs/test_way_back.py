"""The program by which a host takes a transaction back, on an ovsdb-server that hangs, is gone, or never will do it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from ovs_hosts import LIVED_IN, dump, new, removed

from vnetsh.hosts.going_back import ARMED, Guard, Standing, WayBack
from vnetsh.model import Host
from vnetsh.testing.scratch_ovs import ScratchOvs, scratch_ovs
from vnetsh_ovs.going_back import GATE, promised
from vnetsh_ovs.translating import translate

DONE, AGAIN, NEVER, UNCLEAR = 0, 1, 3, 4


class Keeper(Guard):
    """Keeps one way back, and has it called in a folder of its own."""

    token = "5fbe9f6c1df44a52a4ce6c4c4d11f6d2"

    def __init__(self, folder):
        self.folder, self.way = folder, None

    def arm(self):
        pass

    def promise(self, way: WayBack):
        self.way = way
        return ()

    def reach(self):
        return Standing(ARMED)

    def call(self, word):
        """How it ends, and what it says."""
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", self.way.program, word, "0001"],
            input=json.dumps(self.way.data),
            capture_output=True,
            text=True,
            cwd=self.folder,
            timeout=60,
        )
        assert not done.stderr
        return done.returncode, done.stdout.strip()


class Step:
    """A step, its way back, and the database on which it is made."""

    def __init__(self, ovs, link, folder, changes):
        self.ovs, self.guard = ovs, Keeper(folder)
        self.before = dump(ovs)
        index = link._live.now()
        host = Host("kvm1", attributes=ovs.host_attributes)
        made = promised(self.guard, translate(changes, index, "system"), index, host, changes, "test")
        self.operations = made[0].operations(made[1], "test")

    def make(self):
        found = self.ovs.transact(*self.operations)
        return not any(result and "error" in result for result in found)

    def junk(self):
        return GATE in self.ovs.vsctl("get", "open", ".", "external_ids")


@pytest.fixture
def bare():
    with scratch_ovs() as running:
        running.vsctl(*LIVED_IN)
        yield running


def stop(ovs: ScratchOvs, how: signal.Signals) -> None:
    assert ovs.server
    os.kill(ovs.server.pid, how)


def test_who_hangs_is_asked_again_until_it_is_certain(bare, links, tmp_path):
    step = Step(bare, links(bare, vswitchd="skip"), tmp_path, [new("bridge", "br9")])
    assert step.guard.call("open") == (DONE, "")
    assert step.make()
    stop(bare, signal.SIGSTOP)
    code, said = step.guard.call("back")
    assert code not in (DONE, NEVER)
    assert said == f"ovsdb-server at {bare.socket}: timed out"
    stop(bare, signal.SIGCONT)
    assert step.guard.call("back") == (DONE, "")
    assert dump(bare) == step.before
    assert not step.junk()


@pytest.mark.parametrize("made", [True, False])
def test_what_follows_is_done_also_where_the_answer_was_lost_and_only_then(bare, links, tmp_path, made):
    step = Step(bare, links(bare, vswitchd="skip"), tmp_path, [new("bridge", "br9")])
    then = tmp_path / "then"
    step.guard.way.data["then"] = [["touch", str(then)]]
    assert step.guard.call("open") == (DONE, "")
    if made:
        assert step.make()
        (tmp_path / "0001.taking").touch()  # as it does before it asks for it
        bare.transact(*step.guard.way.data["back"][1:])
    assert step.guard.call("back") == (DONE, "")
    assert then.exists() is made
    assert dump(bare) == step.before


def test_who_hangs_as_the_gate_is_opened_may_have_opened_it(bare, links, tmp_path):
    step = Step(bare, links(bare, vswitchd="skip"), tmp_path, [new("bridge", "br9")])
    stop(bare, signal.SIGSTOP)
    assert step.guard.call("open")[0] == UNCLEAR
    stop(bare, signal.SIGCONT)
    assert step.guard.call("back") == (DONE, "")
    assert not step.make(), "nothing comes late"
    assert not step.junk()
    assert dump(bare) == step.before


def test_who_is_gone_has_done_nothing_and_goes_back_when_it_is_there_again(bare, links, tmp_path):
    step = Step(bare, links(bare, vswitchd="skip"), tmp_path, [new("bridge", "br9")])
    assert step.guard.call("open") == (DONE, "")
    assert step.make()
    bare.kill_server()
    assert step.guard.call("open")[0] == AGAIN
    assert step.guard.call("back")[0] not in (DONE, NEVER)
    bare.start_server()
    assert step.guard.call("back") == (DONE, "")
    assert dump(bare) == step.before
    assert not step.junk()


def test_what_never_can_be_taken_back_is_named_at_once(bare, links, tmp_path):
    link = links(bare, vswitchd="skip")
    bare.vsctl("add-br", "own")
    step = Step(bare, link, tmp_path, [removed(link, "bridge", "own")])
    assert step.guard.call("open") == (DONE, "")
    assert step.make()
    bare.vsctl("add-br", "own")
    code, said = step.guard.call("back")
    assert code == NEVER
    assert "constraint violation" in said
    assert "own" in said
    assert not step.make(), "the gate is closed"


def test_one_that_is_confirmed_leaves_the_gate_of_another_guard_open(bare, links, tmp_path):
    step = Step(bare, links(bare, vswitchd="skip"), tmp_path, [new("bridge", "br9")])
    assert step.guard.call("open") == (DONE, "")
    assert step.make()
    bare.vsctl("set", "open", ".", f"external_ids:{GATE}=another")
    assert step.guard.call("keep") == (DONE, "")
    assert f"{GATE}=another" in bare.vsctl("get", "open", ".", "external_ids")
    assert step.guard.call("back") == (DONE, "")
    assert dump(bare) != step.before
