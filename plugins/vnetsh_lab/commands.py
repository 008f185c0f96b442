"""`vnetsh lab …`: the options and what each subcommand does."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict

from vnetsh.errors import UsageError
from vnetsh_lab.host_network import NETWORKS
from vnetsh_lab.lab import Lab
from vnetsh_lab.ovn import MODES
from vnetsh_lab.requirements import require_root
from vnetsh_lab.status import host_running, status

_CONSOLE = ("virsh", "--connect", "qemu:///system", "console", "--force")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands of `lab`."""
    commands = parser.add_subparsers(dest="lab_command", metavar="up|down|status|exec|…", required=True)
    up = commands.add_parser("up", help="bring up what is missing")
    up.add_argument("--hosts", type=int, default=2, metavar="N", help="how many hosts, 1 to 8 (2)")
    up.add_argument(
        "--guest",
        dest="guests",
        action="append",
        default=[],
        metavar="NAME",
        help="give the hosts this guest's image, too: `full`",
    )
    up.add_argument(
        "--network",
        choices=NETWORKS,
        default="",
        help="how new hosts get their network at each start; else the lab gives it to them",
    )
    up.add_argument(
        "--ovn",
        nargs="?",
        choices=tuple(MODES),
        const="one",
        default="",
        help="with OVN: its databases on kvm1, or by `raft` on kvm1 to kvm3, and a controller on each host",
    )
    up.add_argument(
        "--ha",
        action="store_true",
        help="with a Pacemaker cluster of these hosts, but for one with storage, and `fence_lab`, which ends one",
    )
    up.add_argument(
        "--storage",
        action="store_true",
        help="with storage on the last host: an export of NFS, an iSCSI target, exports of NBD, an S3 server",
    )
    commands.add_parser("down", help="take the lab down; nothing of it stays")
    status = commands.add_parser("status", help="hosts, daemons and vms")
    status.add_argument(
        "-o", dest="output", choices=("table", "json"), default=argparse.SUPPRESS, help="how to answer"
    )
    execute = commands.add_parser("exec", help="run a command in a host")
    execute.add_argument("host", help="its name, such as kvm1")
    execute.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- CMD …", help="the command")
    kill = commands.add_parser("kill", help="switch a host off, as if its power failed")
    kill.add_argument("host", help="its name, such as kvm2")
    start = commands.add_parser("start", help="start a host that was switched off, with all its files")
    start.add_argument("host", help="its name, such as kvm2")
    console = commands.add_parser("console", help="a vm's serial console (leave it by Ctrl-])")
    console.add_argument("vm", help="its name")


def run(options: argparse.Namespace) -> int:
    """Do what was asked; gives the exit code. Raises `UsageError`, `BackendRefused`."""
    lab = Lab()
    if options.lab_command == "up":
        lab.up(
            options.hosts,
            say=_said_at_once,
            guests=options.guests,
            network=options.network,
            ovn=options.ovn,
            ha=options.ha,
            storage=options.storage,
        )
        return 0
    if options.lab_command == "down":
        if not lab.down():
            print(f"the lab was down already (in {lab.folder})", file=sys.stderr)
        return 0
    if options.lab_command == "kill":
        lab.kill(options.host)
        return 0
    if options.lab_command == "start":
        lab.start(options.host, say=_said_at_once)
        return 0
    require_root()
    if options.lab_command == "status":
        return _status(lab, getattr(options, "output", "table"))
    if options.lab_command == "exec":
        return _execute(lab, options.host, options.argv)
    return _attached(lab, host_running(lab, options.vm), [*_CONSOLE, options.vm])


def _status(lab: Lab, output: str) -> int:
    found = status(lab)
    if output not in ("table", "json"):
        raise UsageError(f"`lab status` does not speak {output}", help="-o table or -o json")
    if output == "json":
        print(json.dumps({"folder": str(lab.folder), "hosts": [asdict(host) for host in found]}, indent=2))
        return 0
    if not found:
        print(f"the lab is down (in {lab.folder})")
    for host in found:
        daemons = ", ".join(f"{name} {'up' if up else 'DOWN'}" for name, up in host.daemons.items())
        print(f"{host.name}  {host.address}  pid {host.pid}  {daemons}")
        for name, state in host.vms.items():
            print(f"      {name}  {state}")
    return 0


def _execute(lab: Lab, host: str, argv: list[str]) -> int:
    command = argv[1:] if argv[:1] == ["--"] else argv
    if not command:
        raise UsageError("no command to run", help=f"`vnetsh lab exec {host} -- ovs-vsctl show`")
    return _attached(lab, host, command)


def _attached(lab: Lab, host: str, argv: list[str]) -> int:
    """Run a command in a host on the user's own terminal; gives its exit code, as a shell would."""
    line, environment = lab.command(host, argv)
    with subprocess.Popen(line, env=environment) as process:
        while True:
            with suppress(KeyboardInterrupt):  # it is the command's: it stands in the same foreground group
                code = process.wait()
                return code if code >= 0 else 128 - code


def _said_at_once(text: str) -> None:
    """A line in one piece: hosts come up side by side, and each tells of itself."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
