"""A connection that breaks: the words are true, and the next command works as soon as the host does.

In the shell and in batch, while nobody uses it and in the middle of a run.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from confirm_rounds import stopped
from connection_faults import FALSE_WORDS, FAULTS, HOST, TIMEOUT, Fault, Scene
from in_lab import on
from runtime_folder import own_runtime
from soaking import Findings, Operator
from terminal import Terminal, terminal
from uplink_hosts import masters
from waiting import eventually

from vnetsh.diagnostics import Source
from vnetsh.errors import VnetshError
from vnetsh.hosts.transport import Held
from vnetsh.registry import load_plugins
from vnetsh.session import Session
from vnetsh_lab import Lab, running
from vnetsh_lab.layout import IMAGES
from vnetsh_libvirt.storage import pool_name

pytestmark = pytest.mark.lab

LOOK = "show bridges, vms on kvm2"
CHANGE = "bridge bfault on kvm2"
BACK = "delete bridge bfault on kvm2"
MIGRATION = "vm mid on kvm1 memory 96M disk tiny.qcow2; start mid; migrate mid to kvm2"
AT_MOST = 60.0
"""Seconds that libvirt may take to see that the peer of a migration is gone: it asks it five times, every 5 s."""

_NOT_YET = re.compile("half-made.*(no answer|no progress|nobody knows)")

FEW = (
    "master stopped",
    "forward replaced",
    "session killed by sshd",
    "packets dropped",
    "libvirtd killed",
    "ovsdb-server restarted",
)
"""Those that the suite tries; scripts/soak tries all."""


@contextmanager
def scene() -> Iterator[Scene]:
    with running(hosts=2) as lab, own_runtime() as runtime:
        found = Scene(lab, runtime)
        try:
            yield found
        finally:
            found.over()


def operator(scene: Scene, folder: Path) -> Operator:
    """Runs vnetsh on the lab."""
    environment = {"VNETSH_LAB_DIR": str(scene.lab.folder), "XDG_RUNTIME_DIR": str(scene.runtime)}
    return Operator(folder, ("--lab", "--yes", "--timeout", f"{TIMEOUT:g}"), environment)


def in_batch(found: Findings, scene: Scene, run: Operator, fault: Fault) -> None:
    """A fault while nobody uses the connection; then a process of its own for each command."""
    found.rounds += 1
    warm = run("-c", LOOK)
    found.expect(warm.returncode == 0, f"{fault.name}: before it: {warm.stderr}")
    try:
        fault.begin(scene)
        began = time.monotonic()
        done = run("-c", CHANGE if "vswitchd" in fault.name else LOOK)
        took = time.monotonic() - began
        said = f"{done.stdout}{done.stderr}"
        found.expect(
            done.returncode == (1 if _fails(fault) else 0), f"{fault.name}: exit {done.returncode}: {said}"
        )
        _check_words(found, fault, said, took)
        _check_others(found, run, fault)
    finally:
        scene.over()
    after = run("-c", CHANGE)
    found.expect(after.returncode == 0, f"{fault.name}: after it: {after.stdout}{after.stderr}")
    found.expect(run("-c", BACK).returncode == 0, f"{fault.name}: it cannot be taken back")


def in_shell(found: Findings, scene: Scene, shell: Terminal, fault: Fault) -> None:
    """The same fault in one session that goes on."""
    found.rounds += 1
    _typed(shell, LOOK)
    try:
        fault.begin(scene)
        began = time.monotonic()
        said = _typed(shell, CHANGE if "vswitchd" in fault.name else LOOK)
        _check_words(found, fault, said, time.monotonic() - began)
        found.expect(("error" in said) is _fails(fault), f"{fault.name}, shell: {said}")
    finally:
        scene.over()
    after = _typed(shell, CHANGE)
    found.expect("error" not in after, f"{fault.name}, shell, after it: {after}")
    back = _typed(shell, BACK)
    found.expect("error" not in back, f"{fault.name}, shell: it cannot be taken back: {back}")


def in_mid_run(found: Findings, scene: Scene, run: Operator, fault: Fault, after: float) -> None:
    """A fault in the middle of a run with a live migration; then the same run again."""
    found.rounds += 1
    process = run.start("-c", MIGRATION)
    try:
        time.sleep(after)
        fault.begin(scene)
        out, err = process.communicate(timeout=120)
        found.expect(process.returncode in (0, 1), f"{fault.name}, mid-run: exit {process.returncode}")
        found.expect("Traceback" not in out + err, f"{fault.name}, mid-run: {out}{err}")
        if "killed" not in fault.name or "master" in fault.name:
            found.expect(not FALSE_WORDS.search(out + err), f"{fault.name}, mid-run: {out}{err}")
    except subprocess.TimeoutExpired:
        found.expect(False, f"{fault.name}, mid-run: it does not end")
    finally:
        process.kill()
        scene.over()
    again = run("-c", MIGRATION, "--max-impact", "destroy")
    until = time.monotonic() + AT_MOST
    while again.returncode and _NOT_YET.search(again.stderr) and time.monotonic() < until:
        time.sleep(2)  # libvirt waits for the peer that is gone, and vnetsh for libvirt: both say so
        again = run("-c", MIGRATION, "--max-impact", "destroy")
    found.expect(again.returncode == 0, f"{fault.name}, mid-run, again: {again.stdout}{again.stderr}")
    states = [_state(scene.lab, host) for host in ("kvm1", "kvm2")]
    found.expect(states == ["", "running"], f"{fault.name}, mid-run ({after:.2f} s): mid is {states}")
    _clear(scene.lab)


def _clear(lab: Lab) -> None:
    """Have the next one begin anew, whatever came of this one."""
    for host in ("kvm1", "kvm2"):
        for argv in (
            ("virsh", "destroy", "mid"),
            ("virsh", "undefine", "mid"),
            ("rm", "-f", f"{IMAGES}/mid.qcow2"),
        ):
            lab.exec(host, argv)


def _state(lab: Lab, host: str) -> str:
    return lab.exec(host, ["virsh", "domstate", "mid"]).stdout.strip()


def _fails(fault: Fault) -> bool:
    return (
        bool(fault.words) and "socket gone" not in fault.name
    )  # that a host has no OVS is no failure of looking


def _check_words(found: Findings, fault: Fault, said: str, took: float) -> None:
    said = " ".join(said.split())
    if _fails(fault):
        found.expect(re.search(fault.words, said), f"{fault.name}: not true: {said}")
    if "does not run" not in fault.words:
        found.expect(not FALSE_WORDS.search(said), f"{fault.name}: false: {said}")
    # vswitchd follows the way back no more than the way there. Half a timeout more is a shared machine's.
    limit = 3 * TIMEOUT if "vswitchd" in fault.name else 1.5 * TIMEOUT if fault.waits else TIMEOUT
    found.expect(took < limit, f"{fault.name}: {took:.1f} s, with a timeout of {TIMEOUT:g} s")


def _check_others(found: Findings, run: Operator, fault: Fault) -> None:
    """Whoever does not need the host does not wait for it."""
    if fault.waits:
        began = time.monotonic()
        other = run("-c", "show vms on kvm1; show hosts")
        found.expect(other.returncode == 0, f"{fault.name}: kvm1: {other.stderr}")
        found.expect(time.monotonic() - began < TIMEOUT, f"{fault.name}: kvm1 waited for {HOST}")


def _typed(shell: Terminal, line: str) -> str:
    """Type a line on an empty screen; what stands there when it is done."""
    shell.wait_prompt()
    shell.type("\x0c")
    shell.wait_empty()
    shell.type(f"{line}\r")
    shell.wait_for(line)
    shell.wait_prompt(30)
    return shell.text


@contextmanager
def shell_on(run: Operator) -> Iterator[Terminal]:
    """The shell on the lab."""
    command = str(Path(sys.executable).with_name("vnetsh"))
    environment = {**run.environment, "XDG_STATE_HOME": str(run.folder / "state"), "NO_COLOR": "1"}
    with terminal([command, *run.world], environment) as found:
        yield found


def soak_connections(rounds: int, folder: Path, faults: Sequence[Fault] = FAULTS) -> Findings:
    """All faults: in batch and in the shell, idle; and in the middle of a run, at another time in each round."""
    found, told = Findings(), 0
    with scene() as there:
        run = operator(there, folder)
        for number in range(rounds):
            with shell_on(run) as shell:
                for at, fault in enumerate(faults):
                    with _noted(found, fault):
                        in_batch(found, there, run, fault)
                    with _noted(found, fault):
                        in_shell(found, there, shell, fault)
                    with _noted(found, fault):
                        own = replace(run, folder=folder / f"run{found.rounds}")
                        in_mid_run(found, there, own, fault, 0.3 + 3.0 * ((7 * at + number) % 10) / 10)
                    for failure in found.failures[told:]:
                        print(f"    FAILED: {failure}", flush=True)
                    told = len(found.failures)
                    print(f"    {fault.name}: {told} failures so far", flush=True)
                shell.leave()
    return found


@contextmanager
def _noted(found: Findings, fault: Fault) -> Iterator[None]:
    """What keeps a fault from being tried is a failure, too; the others are tried all the same."""
    try:
        yield
    except (AssertionError, OSError, VnetshError) as error:
        found.failures.append(f"{fault.name}: {type(error).__name__}: {error}")


@pytest.fixture(scope="module")
def lab() -> Iterator[Scene]:
    with scene() as found:
        yield found


@pytest.mark.parametrize("name", FEW)
def test_in_batch(lab: Scene, tmp_path: Path, name: str) -> None:
    found = Findings()
    (fault,) = (fault for fault in FAULTS if fault.name == name)
    in_batch(found, lab, operator(lab, tmp_path), fault)
    found.check()


def test_in_the_shell(lab: Scene, tmp_path: Path) -> None:
    """One session lives through them all."""
    found = Findings()
    with shell_on(operator(lab, tmp_path)) as shell:
        for fault in FAULTS:
            if fault.name in FEW:
                in_shell(found, lab, shell, fault)
        shell.leave()
    found.check()


def test_ctrl_c_of_a_shell_leaves_the_connection_of_others_alone(lab: Scene, tmp_path: Path) -> None:
    """Ctrl-C goes to the whole process group of the terminal; the master that this shell opened is not in it."""
    with own_runtime() as runtime, shell_on(operator(Scene(lab.lab, runtime), tmp_path)) as shell:
        _typed(shell, "show bridges, vms")
        before = masters(runtime)
        assert len(before) == 2
        os.killpg(os.getpgid(shell.pid), signal.SIGINT)
        assert not eventually(lambda: masters(runtime) != before, 1.0)
        shell.leave()


def test_what_moves_is_not_taken_back_while_nobody_knows_where_it_is(lab: Scene, tmp_path: Path) -> None:
    """The run that made the VM loses the way to where it goes, for good: it is neither deleted nor given up."""
    run = operator(lab, tmp_path)
    (refused,) = (fault for fault in FAULTS if fault.name == "login refused")
    at = {"VNETSH_CRASH_AT": "disk is made at the target", "VNETSH_CRASH_BY": "SIGSTOP"}
    process = run.start("-c", MIGRATION, **at)
    try:
        assert stopped(process, 60)
        refused.begin(lab)
        os.kill(process.pid, signal.SIGCONT)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 1, out + err
        assert "running" in (_state(lab.lab, "kvm1"), _state(lab.lab, HOST)), out + err
        assert "add vm mid on kvm1: stays" in err or "the login is refused" in err
    finally:
        process.kill()
        lab.over()
    try:
        again = run("-c", MIGRATION, "--max-impact", "destroy")
        assert again.returncode == 0, again.stdout + again.stderr
        assert [_state(lab.lab, host) for host in ("kvm1", HOST)] == ["", "running"]
    finally:
        _clear(lab.lab)


def test_a_host_that_drops_packets_costs_one_timeout(lab: Scene, tmp_path: Path) -> None:
    """Lock, three backends, commands and the end of it all: each of them has to wait for ssh."""
    layout = lab.lab.layout
    config, hosts = tmp_path / "config", tmp_path / "hosts.vnet"
    before, kvm2, after = layout.ssh_config.read_text().partition(f"Host {HOST}\n")
    config.write_text(before + kvm2 + re.sub("ProxyCommand .*", "ProxyCommand sleep 60", after))
    hosts.write_text(layout.hosts_file.read_text().replace(str(layout.ssh_config), str(config)))
    world = ("--hosts", str(hosts), "--yes", "--keep-going", "--timeout", f"{TIMEOUT:g}")
    run = replace(operator(lab, tmp_path), world=world)
    began = time.monotonic()
    run("-c", "show hosts")
    alone = time.monotonic() - began  # of what needs no host, on a machine that may be busy
    for script in (f"bridge bdrop on kvm1, {HOST}", "show bridges, ports, vms, tunnels"):
        began = time.monotonic()
        done = run("-c", script)
        assert TIMEOUT < time.monotonic() - began < 2 * TIMEOUT + alone, done.stdout + done.stderr
        assert script.startswith("show") or re.search("timed out|could not connect", done.stderr)
    assert on(lab.lab, "kvm1", "ovs-vsctl", "br-exists", "bdrop") == ""
    on(lab.lab, "kvm1", "ovs-vsctl", "del-br", "bdrop")


@pytest.mark.parametrize(
    "script", ["vm swept on kvm2 memory 64M", "vm swept on kvm1 memory 64M; migrate swept to kvm2"]
)
def test_what_a_killed_run_left_is_cleared_away_and_nothing_else(
    lab: Scene, tmp_path: Path, script: str
) -> None:
    """Pools and files of vnetsh's own making go; those that only look like it stay."""
    images = "/var/lib/libvirt/images"
    ours, others = pool_name(images), ("vnetsh-0123456789ab", "vnetsh-mine", pool_name("/srv"))

    def pool(how: str, name: str, folder: str) -> None:
        on(lab.lab, HOST, "mkdir", "-p", folder)
        on(lab.lab, HOST, "virsh", "-q", how, name, "dir", "--target", folder)

    lab.lab.exec(HOST, ["virsh", "pool-destroy", ours])  # of a test before, whose connection was lost
    pool("pool-create-as", ours, images)
    pool("pool-create-as", others[0], "/tmp/one")
    pool("pool-create-as", others[1], "/tmp/two")
    pool("pool-define-as", others[2], "/srv")  # somebody's for good
    on(lab.lab, HOST, "virsh", "-q", "pool-start", others[2])
    stale, new, full = (f"{images}/.vnetsh-{'abcdefghi' + letter}" for letter in "xyz")
    on(lab.lab, HOST, "touch", "-d", "10 minutes ago", stale)
    on(lab.lab, HOST, "touch", new)
    on(lab.lab, HOST, "sh", "-c", f"echo data >{full}; touch -d '10 minutes ago' {full}")
    try:
        done = operator(lab, tmp_path)("-c", script)
        assert done.returncode == 0, done.stderr
        left = on(lab.lab, HOST, "virsh", "-q", "pool-list", "--all", "--name").split()
        assert sorted(left) == sorted(others)
        assert on(lab.lab, HOST, "sh", "-c", f"ls {images}/.vnetsh-*").split() == [new, full]
    finally:
        for name in (ours, *others):
            lab.lab.exec(HOST, ["virsh", "pool-destroy", name])
        lab.lab.exec(HOST, ["virsh", "pool-undefine", others[2]])
        for host in ("kvm1", HOST):
            lab.lab.exec(host, ["virsh", "destroy", "swept"])
            lab.lab.exec(host, ["virsh", "undefine", "swept"])
        on(lab.lab, HOST, "rm", "-f", stale, new, full)


@pytest.mark.parametrize("taken", [False, True])
def test_a_lock_that_is_lost_in_mid_run_is_taken_again_or_the_run_ends(lab: Scene, taken: bool) -> None:
    """It ends with the connection by which it is held; meanwhile somebody else may have come."""
    plugins = load_plugins()
    with Session(plugins, lab.lab.hosts()) as session, Session(plugins, lab.lab.hosts()) as other:
        prepared = session.prepare(Source("<test>", f"bridge block on {HOST}"), lock=True)
        lab.end_masters(signal.SIGKILL)
        if taken:
            found = other.connections.lock(lab.lab.hosts()[HOST], "otto")
            assert isinstance(found, Held)
        report = session.apply(prepared)
        if taken:
            assert "its lock was lost with the connection, and otto has it now" in report.failures[0].message
            assert report.exit_code == 1
            found.release()
        else:
            assert report.ok, report.failures
    assert ("block" in on(lab.lab, HOST, "ovs-vsctl", "list-br").split()) is not taken
    on(lab.lab, HOST, "ovs-vsctl", "--if-exists", "del-br", "block")
