"""`console VM`: a vm's serial console on this terminal, wherever the vm is, until Ctrl-]."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from vnetsh.backend import NO_CONSOLE, Console
from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.errors import CannotTell, UsageError, VnetshError
from vnetsh.model import Resource, is_off
from vnetsh.nouns.which import ambiguous, written
from vnetsh.plain_text import plain

if TYPE_CHECKING:
    from vnetsh.interface.face import Face
    from vnetsh.session import Session

LEAVE = b"\x1d"
"""Ctrl-], as of telnet and virsh."""

_SOON = 0.02
"""Seconds after which what was typed is sent on that a console did not take at once."""


def console(face: Face, words: Sequence[str]) -> int:
    """Have the console of the vm that the words say; the exit code. Raises `UsageError`, `HostUnreachable`."""
    name, host, force = _said(words)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "a console needs a terminal, and this is none",
            help="what a guest prints can be kept by libvirt: `<log file='…'/>` in the vm's `<console>`",
        )
    vm = _vm(face.session, name, host)
    if isinstance(vm, Diagnostic):
        face.show_problems([vm])
        return 1
    try:
        place = face.session.inventory[vm.place]
        opened = face.session.connection(place, vm.backend).console(vm, force=force)
    except CannotTell as error:
        face.show_problems([Diagnostic(error.code, error.message, help=error.help)])
        return 1
    face.line.clear()
    print(f"console of {plain(vm.name)} on {vm.place}: Ctrl-] leaves it", flush=True)
    try:
        left = attached(opened, sys.stdin.fileno(), sys.stdout.fileno())
    finally:
        why = opened.why()
        opened.close()
    if left:
        print(f"left the console of {plain(vm.name)}", flush=True)
        return 0
    _tell_end(face, vm, why)
    return 1


def _said(words: Sequence[str]) -> tuple[str, str, bool]:
    """The vm's name, its host where that is said, and whether the console is taken from others."""
    rest = list(words)
    force = "force" in rest[1:]
    rest = [word for at, word in enumerate(rest) if word != "force" or not at]
    name, host = (rest[0] if rest else ""), ""
    if len(rest) == 3 and rest[1] == "on":
        host = rest[2]
    elif len(rest) != 1:
        raise UsageError(
            "the console of what?", help="`console VM`, `console VM on HOST`; `force` at the end"
        )
    return name, host, force


def _vm(session: Session, name: str, host: str) -> Resource | Diagnostic:
    """The vm that is meant, or why there is none that has a console now. Raises `HostUnreachable`."""
    fleet = session.observe()
    found = [vm for vm in fleet.named("vm", name) if host in ("", vm.place)]
    if len(found) > 1:
        return ambiguous(found, None, "console")
    if not found:
        silent = [error for place, error in fleet.unreachable.items() if host in ("", place)]
        if silent:
            raise silent[0]
        known = [vm.name for vm in fleet.of_kind("vm") if host in ("", vm.place)]
        help = did_you_mean(name, known, "`show vms` lists them all")
        where = f"host `{host}`" if host else "any host"
        return Diagnostic("E301", f"there is no vm `{name}` on {where}", help=help)
    [vm] = found
    if is_off(vm):
        message = f"vm {vm.name} on {vm.place} is off: it has no console"
        return Diagnostic(NO_CONSOLE, message, help=f"start it: `start {written(vm.name)}`")
    return vm


def _tell_end(face: Face, vm: Resource, why: str) -> None:
    """Say why a console has ended that nobody left, by its vm as that is now."""
    try:
        face.session.connections.try_again()
        now = face.session.observe()
        gone = now.unreachable.get(vm.place)
        there = now.get("vm", vm.place, vm.name)
    except (VnetshError, KeyboardInterrupt):
        gone, there = None, vm
    if gone:
        why = gone.message
    elif there is None:
        elsewhere = " and ".join(one.place for one in now.named("vm", vm.name))
        why = f"the vm is on {elsewhere} now" if elsewhere else "the vm is gone"
    elif is_off(there):
        why = "the vm has gone off"
    face.line.clear()
    print(f"the console of {plain(vm.name)} has ended: {plain(why) or 'somebody else may have taken it'}")


class _Signalled(Exception):
    """A signal wants this process to end: the terminal is given back first."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def attached(console: Console, keys: int, screen: int) -> bool:
    """Pass bytes both ways until Ctrl-] is typed or the terminal is gone (True), or the console has ended (False).

    `keys` is the terminal, which is as before afterwards, whatever happens.
    """
    try:
        with _raw(keys):
            return _pass(console, keys, screen)
    except _Signalled as signalled:
        os.kill(os.getpid(), signalled.number)  # what it does else
        return True


def _pass(console: Console, keys: int, screen: int) -> bool:
    going, comes = b"", console.fileno()
    while True:
        ready, _, _ = select.select([keys, comes], [], [], _SOON if going else None)
        if comes in ready:
            data = console.recv(1 << 16)
            if not data:
                return False
            _write(screen, data)
        if keys in ready:
            try:
                typed = os.read(keys, 4096)
            except OSError:  # the terminal is gone
                return True
            before, left, _ = typed.partition(LEAVE)
            going += before
            if left or not typed:
                return True
        if going:
            try:
                going = going[console.send(going) :]
            except OSError:
                return False


def _write(screen: int, data: bytes) -> None:
    while data:
        data = data[os.write(screen, data) :]


@contextmanager
def _raw(keys: int) -> Iterator[None]:
    """A terminal that hands on each key as it is, and prints what comes as it is; afterwards it is as before."""
    before = termios.tcgetattr(keys)

    def signalled(number: int, frame: object) -> None:
        raise _Signalled(number)

    def again(number: int, frame: object) -> None:
        tty.setraw(keys)  # whoever stopped us had the terminal in between

    main = threading.current_thread() is threading.main_thread()
    wanted = {signal.SIGHUP: signalled, signal.SIGTERM: signalled, signal.SIGCONT: again} if main else {}
    handlers = {number: signal.signal(number, do) for number, do in wanted.items()}
    try:
        tty.setraw(keys)
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(keys, termios.TCSADRAIN, before)
        with suppress(OSError):
            os.write(sys.stdout.fileno(), b"\x1b[0m\r\n")
