"""VMs that are suspended, saved, rebooted, switched off: what happens, what a kill leaves, what an undo gives."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_lab import LabOperator
from libvirt_hosts import Hosts
from waiting import eventually

from vnetsh.model.change import ActionKind, Change
from vnetsh_lab import Lab, running

pytestmark = pytest.mark.lab

MAKES = "vm web on kvm1 memory 96M disk tiny.qcow2"
THEIRS = (
    "<domain type='qemu'><name>theirs</name><memory unit='MiB'>64</memory><os><type arch='x86_64'>hvm</type></os>"
    "<features><acpi/></features><on_reboot>{}</on_reboot><devices>{}<serial type='pty'/></devices></domain>"
)
DEFINED = "define /tmp/t.xml; virsh -q start theirs"
SHARED = "<shmem name='two'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running(hosts=1) as lab:
        yield lab


class Power(LabOperator):
    """An operator of a host with one VM `web`, and others."""

    def states(self) -> dict[str, str]:
        """What libvirt says of each VM."""
        names = self.on("kvm1", "virsh list --all --name").split()
        return {name: self.on("kvm1", f"virsh domstate {name}") for name in names}

    def saved(self) -> bool:
        return "web" in self.on("kvm1", "virsh list --all --with-managed-save --name").split()

    def boots(self) -> int:
        """How often the guest has powered its machine down, as its console says."""
        return self.on("kvm1", "cat /tmp/console.log").count("reboot: Power down")

    def theirs(self, xml: str, start: str = DEFINED) -> None:
        """A running VM of somebody else's."""
        done = self.lab.exec("kvm1", ["sh", "-ec", f"cat >/tmp/t.xml; virsh -q {start}"], input=xml)
        assert done.returncode == 0, done.stderr

    def shown(self, name: str = "web") -> str:
        """The line of `show vms`."""
        lines = self.good("show", "vms").splitlines()
        return next(line for line in lines if line.startswith(name))

    def killed(self, point: str, number: int, *arguments: str) -> None:
        """Run until a point is reached, which is that number's, and end there."""
        log = self.folder / "points"
        log.unlink(missing_ok=True)
        done = self("--yes", *arguments, VNETSH_CRASH_LOG=str(log), VNETSH_CRASH_AT=str(number))
        assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
        assert log.read_text().splitlines()[-1] == point


@pytest.fixture(scope="module")
def started(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Power:
    found = Power.of(lab, tmp_path_factory.mktemp("first"))
    found.good("--yes", "-c", MAKES)
    return found


@pytest.fixture
def web(started: Power, lab: Lab, tmp_path: Path) -> Iterator[Power]:
    """An operator with a journal of its own; `web` runs before and afterwards."""
    lab.exec("kvm1", ["sh", "-c", "virsh start web; virsh resume web"])
    yield Power.of(lab, tmp_path)
    lab.exec("kvm1", ["sh", "-c", "virsh destroy theirs; virsh undefine theirs"])


def test_each_state_is_come_to_shown_and_taken_back(web: Power) -> None:
    web.good("--yes", "-c", "suspend web")
    assert web.states() == {"web": "paused"}
    assert web.shown().endswith("paused")
    web.good("--yes", "-c", "save web; stop web")
    assert web.saved()
    assert web.shown().endswith("saved")
    assert "E453" in web("--yes", "-c", "delete vm web").stderr
    web.good("--yes", "undo")
    assert (web.states(), web.saved()) == ({"web": "paused"}, False)
    web.good("--yes", "-c", "save web; resume web")
    assert (web.states(), web.saved()) == ({"web": "running"}, False)
    web.good("--yes", "-c", "stop web force")
    assert web.states() == {"web": "shut off"}
    done = web("--yes", "-c", "resume web")
    assert (done.returncode, "E308" in done.stderr) == (1, True)
    assert "used up since: it stays off" in web.good("plan", "-c", "start web") + web.good(
        "--yes", "undo", "4"
    )


def test_what_cannot_be_is_refused_and_nothing_is_lost(web: Power) -> None:
    for number, (on_reboot, more, verb, code) in enumerate(
        [
            ("destroy", "", "reboot", "E460"),
            ("restart", SHARED, "save", "E459"),
            ("restart", "", "save", "E447"),
        ]
    ):
        web.theirs(THEIRS.format(on_reboot, more), "create /tmp/t.xml" if number == 2 else DEFINED)
        done = web("--yes", "-c", f"{verb} theirs")
        assert (done.returncode, code in done.stderr) == (1, True), done.stdout + done.stderr
        assert web.states()["theirs"] == "running"
        web.on("kvm1", "virsh -q destroy theirs; virsh -q undefine theirs")


def test_a_state_that_does_not_fit_on_the_disk_leaves_it_running(web: Power) -> None:
    web.on("kvm1", "mount -t tmpfs -o size=8M none /var/lib/libvirt/qemu/save")
    try:
        assert "it may not fit, and runs on then: 8 MiB are free" in web.good("plan", "-c", "save web")
        done = web("--yes", "-c", "save web")
        assert done.returncode == 1
        assert "left:" not in done.stderr
        eventually(lambda: web.states() == {"web": "running"})
        assert not web.saved()
    finally:
        web.on("kvm1", "umount /var/lib/libvirt/qemu/save")


def test_a_guest_that_heeds_boots_anew_with_the_same_machine(web: Power) -> None:
    web.on("kvm1", "setsid script -qfc 'virsh console web' /tmp/console.log </dev/null >/dev/null 2>&1 &")
    machine = web.on("kvm1", "virsh domid web")
    web.good("--yes", "-c", "vm web memory 128M; reboot web")
    assert web.boots() == 1
    assert web.on("kvm1", "virsh domid web") == machine
    assert "restart pending: memory 96M now" in web.shown()
    assert "then still restart pending: memory 96M now" in web.good("plan", "-c", "reboot web")
    back = web.good("--yes", "undo")
    assert "nothing to take back of a reboot" in back
    assert "reboot vm web on kvm1: that was done, and nobody can take it back" in back
    assert "memory 128M → 96M" in back
    assert web.boots() == 1


def test_a_guest_that_does_not_heed_is_reset(web: Power, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no system at all. That its machine is reset another client is told, too."""
    monkeypatch.setattr("vnetsh_libvirt.rebooting.GRACE", 0.5)
    web.theirs(THEIRS.format("restart", ""))
    web.on("kvm1", "setsid virsh event theirs --event reboot --timeout 9 >/tmp/resets 2>&1 </dev/null &")
    hosts = Hosts(web.lab)
    try:
        seen = hosts.get("vm", "theirs")
        assert seen
        hosts.apply(Change(ActionKind.CHANGE, seen, seen, wishes={"reboot": True}))
    finally:
        hosts.connections.close()
    assert "theirs: the guest did not boot anew in 0.5 s: it is reset" in hosts.said
    assert eventually(lambda: "event 'reboot'" in web.on("kvm1", "cat /tmp/resets"))
    assert web.states()["theirs"] == "running"


def test_a_kill_while_it_is_saved(web: Power) -> None:
    web.killed("state is being saved", 3, "-c", "save web")
    assert "was cut off" in web("plan", "-c", "bridge other on kvm1").stdout
    web.good("--yes", "recover")
    assert (web.saved(), web.states()) == (True, {"web": "shut off"})
    assert "no run was cut off" in web.good("recover")
    web.good("--yes", "undo")
    assert (web.saved(), web.states()) == (False, {"web": "running"})


def test_a_kill_while_it_is_rebooted(web: Power) -> None:
    web.killed("guest is asked to boot anew", 2, "-c", "reboot web; vm web vcpus 2")
    said = web("plan", "-c", "bridge other on kvm1").stdout
    assert "`reboot vm web on kvm1` may have come about or not" in said
    planned = web.good("--yes", "recover")
    assert "reboot  restart" in planned
    assert "vcpus 1 → 2" in planned
    assert "no run was cut off" in web.good("recover")
    assert web.states() == {"web": "running"}
