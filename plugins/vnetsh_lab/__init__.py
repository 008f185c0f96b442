"""The lab: real KVM hosts in namespaces of one machine, with real OVS, libvirt, QEMU and sshd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vnetsh.hookspecs import Command, CommandRegistry, World, hookimpl

if TYPE_CHECKING:
    import argparse

    from vnetsh.model import Place
    from vnetsh_lab.lab import Lab

__all__ = ["Lab", "running", "vnetsh_register_commands"]


def _arguments(parser: argparse.ArgumentParser) -> None:
    from vnetsh_lab.commands import arguments

    arguments(parser)


def _run(options: argparse.Namespace) -> int:
    from vnetsh_lab.commands import run

    return run(options)


def _hosts(argument: str) -> Mapping[str, Place]:
    from vnetsh_lab.lab import Lab

    return Lab(argument or None).places()


@hookimpl
def vnetsh_register_commands(commands: CommandRegistry) -> None:
    """Register `vnetsh lab` and `--lab`."""
    help = "Real KVM hosts on this one machine: up, down, status, exec, console."
    commands.add(Command("lab", help, _arguments, _run))
    commands.add_world(World("lab", "The hosts of the lab that `vnetsh lab up` made.", _hosts))


def __getattr__(name: str) -> Any:
    """`Lab`, which is loaded when it is first asked for."""
    if name != "Lab":
        raise AttributeError(f"module `vnetsh_lab` has no `{name}`")
    from vnetsh_lab.lab import Lab

    return Lab


@contextmanager
def running(
    hosts: int = 2, guests: Sequence[str] = (), ovn: str = "", *, ha: bool = False, storage: bool = False
) -> Iterator[Lab]:
    """A lab in a temporary state folder of its own; taken down at the end, whatever happens.

    `guests` are the images that its hosts have besides `tiny.qcow2`, such as `full`; the rest is as of `Lab.up`.
    """
    import tempfile
    from pathlib import Path

    from vnetsh_lab.lab import Lab

    with tempfile.TemporaryDirectory(prefix="vnetsh-lab-", ignore_cleanup_errors=True) as folder:
        lab = Lab(Path(folder) / "lab")
        try:
            lab.up(hosts, guests=guests, ovn=ovn, ha=ha, storage=storage)
            yield lab
        finally:
            lab.down()
