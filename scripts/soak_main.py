"""Runs the faults that are named, each with all its rounds, and prints what came of them."""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests" / "integration"
sys.path[:0] = [str(ROOT / "tests" / part) for part in ("helpers", "integration/faults")]

from backup_rounds import soak_backups  # noqa: E402
from brownfield.rounds import soak_brownfield, soak_taken_over  # noqa: E402
from cloud_crashes import soak_crash_clouds  # noqa: E402
from cloud_replies import soak_cloud_replies  # noqa: E402
from cloud_rounds import soak_clouds  # noqa: E402
from confirm_rounds import soak_confirm  # noqa: E402
from crash_moves import soak_crash_moves  # noqa: E402
from export_rounds import soak_export  # noqa: E402
from fleets_placed import soak_balance, soak_drain  # noqa: E402
from flooded_for_real import soak_floods  # noqa: E402
from healthy_fleets import soak_healthy  # noqa: E402
from image_breaks import soak_image_breaks  # noqa: E402
from live_rounds import soak_live  # noqa: E402
from mcp_calls import soak_mcp_calls  # noqa: E402
from outage_rounds import soak_outage  # noqa: E402
from planted import FAULTS, soak_planted  # noqa: E402
from raft_rounds import soak_raft  # noqa: E402
from soaking import Findings  # noqa: E402
from takeovers import soak_takeovers  # noqa: E402
from test_faults_connections import soak_connections  # noqa: E402
from test_faults_devices import soak_devices  # noqa: E402
from test_faults_hanging import soak_hanging, soak_libvirtd  # noqa: E402
from test_faults_journal import soak_room  # noqa: E402
from test_faults_replies import soak_replies  # noqa: E402
from test_faults_uplink import soak_uplink  # noqa: E402
from test_faults_writers import soak_writers  # noqa: E402
from test_locks import soak_killed_holder, soak_operators  # noqa: E402
from tutorials import soak_tutorials  # noqa: E402
from web_calls import soak_web_calls  # noqa: E402
from why_planted import soak_why  # noqa: E402

from vnetsh_lab import Lab, running  # noqa: E402


@dataclass(frozen=True)
class Item:
    """A fault, and how many rounds of it are all."""

    help: str
    rounds: int
    run: Callable[[int, Path], Findings] | None
    seeded: Callable[[int, int, Callable[[str], None]], Findings] | None = None
    """Instead of `run`: that many rounds from a seed on. What it finds it says at once, so it can be broken off."""


def _in_lab(soak: Callable[[Lab, int, Path], Findings]) -> Callable[[int, Path], Findings]:
    """A fault that needs a lab, in one of its own."""

    def run(rounds: int, folder: Path) -> Findings:
        with running(hosts=2) as lab:
            return soak(lab, rounds, folder)

    return run


def _tests(*files: str, **environment: str) -> Findings:
    """Run files of tests; their tests are the rounds."""
    command = [sys.executable, "-m", "pytest", "-q", "--tb=short", *(str(TESTS / file) for file in files)]
    environment = {**os.environ, "VNETSH_EVERY": "1", **environment}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}
    found = Findings(rounds=sum(counts.values()))
    found.expect(done.returncode == 0, done.stdout[-4000:])
    return found


def _crash(points: int, folder: Path) -> Findings:
    scripts = (f"faults/test_crash{name}.py" for name in ("", "_clouds", "_storage", "_ha"))
    found = _tests(*scripts, "vnetsh_libvirt/test_libvirt_storage.py", VNETSH_CRASH_POINTS=str(points))
    found.notes.append(f"each test with up to {points} points")
    return found


def _language(rounds: int, folder: Path) -> Findings:
    found = _tests("../fuzz/test_language.py", VNETSH_EXAMPLES=str(rounds))
    found.notes.append(f"{rounds} times the suite's examples, each time others")
    return found


def _export(rounds: int, folder: Path) -> Findings:
    found = Findings(rounds)
    try:
        soak_export(rounds, seed=1)
    except AssertionError as error:
        found.failures.append(str(error))
    return found


def _cases(rounds: int, folder: Path) -> Findings:
    """The files of tests of whose cases the suite has a few."""
    asking = (file for file in TESTS.parent.rglob("test_*.py") if "import few\n" in file.read_text())
    return _tests(*(os.path.relpath(file, TESTS) for file in sorted(asking)))


def _writers(rounds: int, folder: Path) -> Findings:
    found = Findings()
    for _ in range(rounds):
        more = soak_writers()
        found.rounds += more.rounds
        found.failures += more.failures
        found.notes = more.notes
    return found


ITEMS = {
    "crash": Item(
        "kill -9 at every point of a run, then the same script, recover, recover --undo", 1000, _crash
    ),
    "replies": Item("the reply to a commit is dropped", 1000, lambda rounds, _: soak_replies(rounds)),
    "devices": Item(
        "what ovs-vsctl takes and vswitchd cannot make", 1, _in_lab(lambda lab, rounds, _: soak_devices(lab))
    ),
    "hanging": Item("one of 20 databases hangs", 9, lambda rounds, _: soak_hanging(rounds)),
    "libvirtd": Item(
        "one of two libvirtds hangs", 9, _in_lab(lambda lab, rounds, _: soak_libvirtd(lab, rounds))
    ),
    "connections": Item(
        "24 faults of a connection, in batch, in the shell and in mid-run",
        3,
        lambda rounds, folder: soak_connections(rounds, folder),
    ),
    "live": Item("ovs-vsctl, virsh and ip change a host: completion knows it", 1000, _in_lab(soak_live)),
    "operators": Item("two operators at the same moment", 100, _in_lab(soak_operators)),
    "holder": Item("the holder of the locks is killed", 50, _in_lab(soak_killed_holder)),
    "journal": Item(
        "the journal's room ends after so many bytes",
        300,
        lambda rounds, folder: soak_room(3000 // rounds, folder),
    ),
    "writers": Item("somebody else writes between plan and commit", 10, _writers),
    "uplink": Item(
        "the controller is killed at each step of moving an uplink",
        1000,
        _in_lab(lambda lab, rounds, _: soak_uplink(lab, rounds)),
    ),
    "uplink-tests": Item(
        "what else breaks an uplink's move", 1, lambda rounds, _: _tests("vnetsh_ovs/test_ovs_uplink.py")
    ),
    "outage": Item(
        "a fault amidst a move that is measured: of its probers, of vnetsh, of a switch",
        90,
        _in_lab(soak_outage),
    ),
    "planted": Item(f"{len(FAULTS)} faults planted where a vm is to go", 1, _in_lab(soak_planted)),
    "expect": Item(
        "expectations on real hosts, and what is kept while somebody cuts it off",
        1,
        lambda rounds, _: _tests("vnetsh_libvirt/test_libvirt_expect.py", VNETSH_EXPECT_FAULTS="1"),
    ),
    "moved-disks": Item(
        "disks are moved to other pools, and the run is killed at each of its points",
        1,
        lambda rounds, _: _tests("vnetsh_libvirt/test_libvirt_disk_moves.py", VNETSH_EXPECT_FAULTS="1"),
    ),
    "export": Item("export, then a plan: empty, for random fleets", 200, _export),
    "cases": Item("each case of the tests of which the suite has a few", 1, _cases),
    "drain": Item(
        "hosts of random fleets are drained and undrained (planned only)",
        1000,
        lambda rounds, _: soak_drain(rounds),
    ),
    "balance": Item(
        "random fleets are balanced with as few moves as a solver's bound (planned only)",
        100,
        lambda rounds, _: soak_balance(rounds),
    ),
    "hostile": Item(
        "names that act on terminals, through every command",
        1,
        lambda rounds, _: _tests("../unit/interface/test_hostile.py", "../unit/language/test_limits.py"),
    ),
    "web-calls": Item(
        "hostile sequences of calls of `web --write`: nothing above the limit, nothing stale, all can be taken back",
        500,
        None,
        soak_web_calls,
    ),
    "language": Item("generated scripts, slips of the pen and any text at all", 50, _language),
    "floods": Item(
        "random networks of bridges: frames come where the model says, or the loop is refused",
        100,
        None,
        soak_floods,
    ),
    "why": Item(
        "a fault is planted in a network of four hosts: `why` names the thing, and what mends it",
        60,
        None,
        soak_why,
    ),
    "mcp-calls": Item(
        "hostile calls of `vnetsh mcp` on hosts in memory: nothing above the limit, nothing stale, all undoable",
        500,
        None,
        soak_mcp_calls,
    ),
    "brownfield": Item(
        "random sentences on hosts that others set up, and their undo", 300, None, soak_brownfield
    ),
    "taken-over": Item(
        "hosts that others set up, with all kinds of faults: `takeover` names each",
        200,
        None,
        soak_taken_over,
    ),
    "confirm": Item(
        "vnetsh is killed, stopped or cut off while five hosts wait to be confirmed", 300, None, soak_confirm
    ),
    "crash-moves": Item(
        "kill -9 with a live migration under way, what mends it killed as well", 500, None, soak_crash_moves
    ),
    "clouds": Item(
        "random clouds of OVN: exported, made again of that, changed and taken back", 200, None, soak_clouds
    ),
    "crash-clouds": Item(
        "kill -9 at a point of a run on OVN's database, what mends it killed as well",
        100,
        None,
        soak_crash_clouds,
    ),
    "cloud-replies": Item(
        "replies, requests and connections of OVN's databases are lost, in each phase of a run",
        200,
        None,
        soak_cloud_replies,
    ),
    "cloud-restarts": Item(
        "each daemon under scripts/cloud.vnet is killed: its guests' packets again",
        1,
        lambda rounds, _: _tests("vnetsh_ovn/test_cloud_script.py", VNETSH_CLOUD_RESTARTS="1"),
    ),
    "raft": Item("who leads of three OVN servers is killed while a run is at work", 20, None, soak_raft),
    "backups": Item("a vm lives with incremental backups, killed at points", 20, None, soak_backups),
    "healthy": Item("a fleet with nothing wrong is taken over", 30, None, soak_healthy),
    "image-breaks": Item("a fetch of an image is broken off, then said again", 20, None, soak_image_breaks),
    "ha-kills": Item(
        "the host of a vm under HA dies, made by pcs and by vnetsh", 50, None, partial(soak_takeovers, "kill")
    ),
    "tutorials": Item("the manual's tutorials, typed as they stand there", 1, None, soak_tutorials),
    "ha-splits": Item("the host of a vm under HA is cut off", 50, None, partial(soak_takeovers, "split")),
}


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


def _run(item: Item, rounds: int, seed: int, folder: Path) -> Findings:
    if item.seeded:
        return item.seeded(rounds, seed, _say)
    assert item.run
    return item.run(rounds, folder)


def _interrupted(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run the items that are named; 1 when one of them has failures."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ITEMS))
    parser.add_argument("--share", type=int, default=100, metavar="PERCENT", help="of all rounds (100)")
    parser.add_argument("--rounds", type=int, help="so many, of each item")
    parser.add_argument("--seed", type=int, default=1, help="where items with seeds begin (1)")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in ITEMS]
    if unknown:
        parser.error(f"no item {unknown[0]}: there is {', '.join(ITEMS)}")
    for ending in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # so that labs go; a shell's background job ignores the first
        signal.signal(ending, _interrupted)
    rows = []
    for name in options.names or ITEMS:
        item = ITEMS[name]
        rounds = options.rounds or max(1, item.rounds * options.share // 100)
        print(f"{name}: {item.help}", flush=True)
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="vnetsh-soak-") as own:
            os.environ["XDG_STATE_HOME"] = f"{own}/state"
            os.environ["VNETSH_RECORDS"] = f"{own}/records"
            os.environ["XDG_CONFIG_HOME"] = f"{own}/config"
            try:
                found = _run(item, rounds, options.seed, Path(own))
            except Exception as error:  # the other items are to be run all the same
                found = Findings(1, [f"{type(error).__name__}: {error}"])
                if item.seeded:
                    _say(f"FAILED {found.failures[0]}")
            except KeyboardInterrupt:
                print("broken off; rounds with seeds go on by --seed, after the last that was said")
                return 130
        for line in [*found.notes, *(f"FAILED {failure}" for failure in found.failures if not item.seeded)]:
            _say(line)
        rows.append((name, found.rounds, len(found.failures), time.monotonic() - began))
    print(f"\n{'ITEM':14}{'ROUNDS':>8}{'FAILURES':>10}{'SECONDS':>10}")
    for name, rounds, failures, seconds in rows:
        print(f"{name:14}{rounds:8}{failures:10}{seconds:10.0f}")
    return 1 if any(failures for _, _, failures, _ in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
