"""Commands about what is installed here, no host asked: how shells complete command lines."""

from __future__ import annotations

import argparse

from vnetsh.hookspecs import Command

COMPLETIONS = {"bash": "vnetsh.bash", "zsh": "_vnetsh", "fish": "vnetsh.fish"}
"""The files of `completions/` that have a shell complete command lines of vnetsh, by the shell."""


def _completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=COMPLETIONS, help="whose")


def _print_completion(found: argparse.Namespace) -> int:
    from importlib import resources

    file = resources.files("vnetsh.interface").joinpath("completions", COMPLETIONS[found.shell])
    print(file.read_text(), end="")
    return 0


INSTALLED = (
    Command(
        "completion", "what completes its command lines in bash, zsh or fish", _completion, _print_completion
    ),
)
