"""A journal that cannot be written, or read: nothing is done that could not be taken back, and it is said."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ready_vnetsh import COMMAND, run_vnetsh
from soaking import Findings, configuration, scratch_host

from vnetsh import journal
from vnetsh.journal.runs import FORMAT
from vnetsh.testing.scratch_ovs import ScratchOvs, scratch_ovs

# Several segments, each with a step of its own; the first one leaves most of the room for the others.
SCRIPT = """bridge br1 on kvm1 port p1 vlan 1
delete port p0
bridge br2 on kvm1 port p2
bridge br1 on kvm1 port p1 vlan 2
delete bridge br0"""
ARGV = [str(COMMAND), "--max-impact", "destroy"]


@pytest.fixture
def ovs() -> Iterator[ScratchOvs]:
    with scratch_ovs() as running:
        running.vsctl("add-br", "br0", "--", "add-port", "br0", "p0")
        yield running


class _Place:
    """A hosts file, a folder for the journal, and vnetsh with both."""

    def __init__(self, ovs: ScratchOvs, folder: Path) -> None:
        self.ovs = ovs
        self.state = folder / "state"
        self.state.mkdir(exist_ok=True)
        attributes = scratch_host(ovs).attributes
        said = f'local ovsdb "{attributes["ovsdb"]}" vswitchd skip'
        self.hosts = folder / "hosts.vnet"
        self.hosts.write_text(f"host kvm1 {said}\n")

    def argv(self, *arguments: str) -> list[str]:
        return [*ARGV, "--hosts", str(self.hosts), *arguments]

    def run(
        self, *arguments: str, most: int | None = None, prefix: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run vnetsh; no file that it writes may be longer than `most` bytes."""
        environment = {**os.environ, "XDG_STATE_HOME": str(self.state), "NO_COLOR": "1"}
        argv = self.argv(*arguments)
        if most is None and not prefix:
            return run_vnetsh(argv[1:], environment, 60)

        def limit() -> None:
            if most is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

        return subprocess.run(
            [*prefix, *argv],
            env=environment,
            preexec_fn=limit,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def runs(self) -> Path:
        return self.state / "vnetsh" / "runs"


def _full_disk(place: _Place, kilobytes: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run vnetsh with its journal on a disk with so much room, which nobody else sees and which ends with it."""
    script = """
        mount -t tmpfs -o size=64k none "$1" && mkdir -p "$1/vnetsh/runs" || exit 99
        head -c "$((65536 - $2 * 1024))" /dev/zero >"$1/filling" || exit 99
        shift 2; exec "$@"
    """
    enter = ("unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh")
    return place.run(*arguments, prefix=(*enter, str(place.state), str(kilobytes)))


@pytest.mark.lab
@pytest.mark.parametrize("kilobytes", [0, 4, 8])
def test_a_full_disk_under_the_journal(ovs: ScratchOvs, tmp_path: Path, kilobytes: int) -> None:
    """From no room at all to room for its beginning: the journal of all of it takes more than 8 kB."""
    place, before = _Place(ovs, tmp_path), _names(ovs)
    many = " ".join(f"port q{n}" for n in range(100))
    done = _full_disk(place, kilobytes, "-c", f"{SCRIPT}; bridge br3 on kvm1 {many}")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the journal cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert _names(ovs) == before
    assert list(place.state.iterdir()) == []


def soak_room(step: int, folder: Path) -> Findings:
    """The journal's room ends after so many bytes, and so on until there is enough: never is half of it done."""
    found, room = Findings(), 0
    with scratch_ovs() as ovs:
        ovs.vsctl("add-br", "br0", "--", "add-port", "br0", "p0")
        before = _names(ovs)
        while True:
            found.rounds += 1
            place = _Place(ovs, folder)
            done = place.run("-c", SCRIPT, most=room)
            if done.returncode == 0:
                break
            what = f"{room} bytes: "
            found.expect(done.returncode == 1, f"{what}exit code {done.returncode}")
            found.expect("the journal cannot be written: File too large" in done.stderr, what + done.stderr)
            found.expect("Traceback" not in done.stderr, what + done.stderr)
            found.expect(_names(ovs) == before, f"{what}left behind: {_names(ovs)}")
            mended = place.run("recover", "--undo")
            found.expect(mended.returncode == 0, f"{what}recover --undo: {mended.stderr}")
            found.expect(_names(ovs) == before, f"{what}after recover: {_names(ovs)}")
            shutil.rmtree(place.runs)
            if _names(ovs) != before or room > 100_000:
                break
            room += step
    found.notes.append(f"a run of {len(SCRIPT.splitlines())} sentences needs {room} bytes of journal at most")
    return found


def _names(ovs: ScratchOvs) -> list[object]:
    """The configuration without its rows' UUIDs: what was removed and restored has others."""

    def plain(row: dict[str, object]) -> list[str]:
        return [
            f"{key}={len(value[1]) if key in ('ports', 'interfaces') else value}"  # type: ignore[index]
            for key, value in sorted(row.items())
            if key != "_uuid"
        ]

    return [sorted(map(plain, rows), key=str) for rows in configuration(ovs).values()]  # type: ignore[arg-type]


def test_room_for_a_part_of_the_journal(tmp_path: Path) -> None:
    soak_room(1100, tmp_path).check()


@pytest.mark.parametrize("obstacle", ["a file", "no right"])
def test_a_folder_that_cannot_be_made(ovs: ScratchOvs, tmp_path: Path, obstacle: str) -> None:
    place, before = _Place(ovs, tmp_path), configuration(ovs)
    if obstacle == "a file":
        (place.state / "vnetsh").write_text("")
    else:
        place.state = Path("/proc/nowhere")  # where nobody may make anything, not even root
    done = place.run("-c", SCRIPT)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "the journal cannot be written" in done.stderr, done.stderr
    assert configuration(ovs) == before


def _cut_off_run(place: _Place, point: int = 3) -> Path:
    """A run that was killed."""
    environment = {**os.environ, "XDG_STATE_HOME": str(place.state), "VNETSH_CRASH_AT": str(point)}
    done = run_vnetsh(place.argv("-c", SCRIPT)[1:], environment, 60)
    assert done.returncode < 0
    (path,) = place.runs.glob("*.open")
    return path


def test_a_truncated_last_line(ovs: ScratchOvs, tmp_path: Path) -> None:
    """A crash of the machine may leave any beginning of the last line: it counts as not written."""
    place = _Place(ovs, tmp_path)
    before = _names(ovs)
    path = _cut_off_run(place)
    whole = path.read_text()
    lines = whole.splitlines(keepends=True)
    assert '"done"' in lines[-1] or '"step"' in lines[-1] or '"segment"' in lines[-1]
    with path.open("a") as file:
        file.write('{"step":99,"segment":2,"place":{"name":"kv')
    listed = place.run("history")
    assert listed.returncode == 0, listed.stderr
    assert "cut off" in listed.stdout
    mended = place.run("recover", "--undo")
    assert mended.returncode == 0, mended.stderr
    assert _names(ovs) == before
    assert "taken back" in place.run("history").stdout
    assert "no run was cut off" in place.run("recover").stdout
    assert place.run("undo").returncode == 2  # nothing stands


def test_what_is_noted_after_a_truncated_line_is_read(ovs: ScratchOvs, tmp_path: Path) -> None:
    """The note begins a line of its own."""
    place = _Place(ovs, tmp_path)
    path = _cut_off_run(place)
    with path.open("a") as file:
        file.write('{"done":')
    (run,) = journal.cut_off(place.runs)
    run.note({"end": "finished by 7"})
    (again,) = journal.runs(place.runs)
    assert again.outcome == "finished by 7"


def test_a_journal_of_a_newer_format(ovs: ScratchOvs, tmp_path: Path) -> None:
    place = _Place(ovs, tmp_path)
    place.runs.mkdir(parents=True)
    newer = [{"journal": FORMAT + 1, "when": 17, "steps": [{"what": "only they know"}]}]
    for name in ("000004.run", "000005.open"):
        (place.runs / name).write_text("".join(json.dumps(record) + "\n" for record in newer))
    history = place.run("history")
    assert history.returncode == 0, history.stderr
    assert history.stdout.count("unknown format") == 2
    assert json.loads(place.run("history", "-o", "json").stdout)[0]["outcome"] == "unknown format"
    refused = place.run("undo", "4")
    assert refused.returncode == 2
    assert "another version of vnetsh" in refused.stderr
    assert place.run("recover").returncode == 0
    done = place.run("-c", SCRIPT)
    assert done.returncode == 0, done.stderr
    assert place.run("undo").returncode == 0
    assert (place.runs / "000005.open").exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01", b"[1]\n", b"7\n", b"{}\n", b'{"journal":1}\n'])
def test_a_journal_that_is_none(ovs: ScratchOvs, tmp_path: Path, content: bytes) -> None:
    """What somebody else put there is in nobody's way."""
    place = _Place(ovs, tmp_path)
    place.runs.mkdir(parents=True)
    for name in ("000002.run", "000003.open"):
        (place.runs / name).write_bytes(content)
    for call in (("history",), ("recover",), ("-c", "bridge br7 on kvm1"), ("undo",)):
        done = place.run(*call)
        assert done.returncode == 0, f"{call}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr


def test_foreign_files_in_the_journal_s_folder_are_in_nobody_s_way(ovs: ScratchOvs, tmp_path: Path) -> None:
    """None of them is read, written or removed, and no run gets the number of one."""
    place = _Place(ovs, tmp_path)
    assert place.run("-c", "bridge br6 on kvm1").returncode == 0
    place.runs.chmod(0o755)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in ("notes.txt", "notes.run", "x.open", "7.run", "000008.run.bak"):
        (place.runs / name).write_text("mine")
    (place.runs / "000012.run").mkdir()
    (place.runs / "000013.run").symlink_to(victim)
    (place.runs / "000014.open").symlink_to("/nowhere")
    os.mkfifo(place.runs / "000015.open")
    (place.runs / "000016.run").write_bytes(os.urandom(5000))
    with (place.runs / "000017.run").open("w") as huge:
        huge.truncate(1 << 40)
    for name in ("000018.run", "000018.open"):
        (place.runs / name).write_text("")
    (place.runs / "99999999999.run").write_text(
        '{"journal": 2, "time": 7, "what": 1, "script": [], "back": 0}\n'
    )
    before = sorted(path.name for path in place.runs.iterdir())
    shown = place.run("history")
    assert shown.returncode == 0, shown.stderr
    assert [line.split()[0] for line in shown.stdout.splitlines()[1:]] == [
        "99999999999", "17", "16", "15", "14", "13", "12", "1",
    ]  # fmt: skip
    for call in (
        ("recover",),
        ("-c", "bridge br7 on kvm1"),
        ("undo",),
        ("undo", "1"),
        ("history", "-o", "json"),
    ):
        done = place.run(*call)
        assert done.returncode == 0, f"{call}: {done.stdout}{done.stderr}"
    for number in ("12", "13", "17", "9" * 30, "9" * 5000, "-1"):
        assert place.run("undo", number).returncode == 2
    assert set(before) <= {path.name for path in place.runs.iterdir()}
    assert victim.read_text() == "precious"
    assert place.runs.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o077 == 0 for path in place.runs.glob("99999999[0-9]*[0-8].run"))


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder to somebody else")
def test_a_journal_s_folder_of_another_user_s_is_refused(ovs: ScratchOvs, tmp_path: Path) -> None:
    """As after `sudo` that keeps HOME: they could have root take back what was never done."""
    place = _Place(ovs, tmp_path)
    place.runs.mkdir(parents=True)
    os.chown(place.runs, 54321, 54321)
    for call in (("-c", "bridge br7 on kvm1"), ("history",), ("undo",), ("recover",)):
        done = place.run(*call)
        assert done.returncode == 1, done.stdout
        assert "belongs to another user (number 54321)" in done.stderr
    assert "br7" not in ovs.vsctl("list-br")
