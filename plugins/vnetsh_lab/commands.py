"""`vnetsh lab …`: the options and what each subcommand does."""

from __future__ import annotations

import argparse
import sys

from vnetsh_lab.lab import Lab


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands of `lab`."""
    commands = parser.add_subparsers(dest="lab_command", metavar="up|down|status|exec|console", required=True)
    up = commands.add_parser("up", help="bring up what is missing")
    up.add_argument("--hosts", type=int, default=2, metavar="N", help="how many hosts, 1 to 8 (2)")
    commands.add_parser("down", help="take the lab down; nothing of it stays")
    status = commands.add_parser("status", help="hosts, daemons and vms")
    status.add_argument("-o", dest="output", choices=("table", "json"), default="table")
    execute = commands.add_parser("exec", help="run a command in a host")
    execute.add_argument("host")
    execute.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- CMD …")
    console = commands.add_parser("console", help="a vm's serial console (leave it by Ctrl-])")
    console.add_argument("vm")


def run(options: argparse.Namespace) -> int:
    """Do what was asked; gives the exit code."""
    lab = Lab()
    if options.lab_command == "up":
        lab.up(options.hosts, say=lambda text: print(text, file=sys.stderr, flush=True))
    elif options.lab_command == "down":
        lab.down()
    return 0
