"""`vnetsh` in processes of their own that need not load it first: they are forked from one that has.

Loading is most of what a short run costs, and the suite has thousands of them. Arguments, environment, folder, output
and exit code are as for a user. Tests of how the command starts, or that send it signals, have the command itself run.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import IO

COMMAND = Path(sys.executable).with_name("vnetsh")
_AT_START = ("PYTHON", "LANG", "LC_")
"""Variables that Python looks at when it starts."""


def run_vnetsh(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    timeout: float = 180,
    folder: Path | None = None,
    input: str = "",
) -> subprocess.CompletedProcess[str]:
    """What comes of it in a folder (this one). Raises `subprocess.TimeoutExpired`."""
    argv = [str(COMMAND), *arguments]
    if _at_start(environment) != _at_start(os.environ) or _namespaces() != _HOME:
        return subprocess.run(
            argv,
            env=environment,
            cwd=folder,
            input=input,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    here, there = socket.socketpair()
    with here, there, _file() as request, _file() as told, _file() as out, _file() as err:
        json.dump([argv, dict(environment), str(folder or Path.cwd())], request)
        told.write(input)
        for file in (request, told):
            file.seek(0)
        socket.send_fds(_server(), [b"\0"], [file.fileno() for file in (request, told, out, err, there)])
        there.close()
        here.settimeout(timeout)
        with here.makefile() as said:
            pid = 0
            try:
                pid = int(said.readline())
                status = int(said.readline())
            except BaseException as error:
                if pid:
                    os.kill(pid, signal.SIGKILL)
                if isinstance(error, TimeoutError):
                    raise subprocess.TimeoutExpired(argv, timeout) from error
                raise
        for file in (out, err):
            file.seek(0)
        code = os.waitstatus_to_exitcode(status)
        return subprocess.CompletedProcess(argv, code, out.read(), err.read())


def _namespaces() -> list[str]:
    return [str(Path(f"/proc/thread-self/ns/{kind}").readlink()) for kind in ("mnt", "net")]


_HOME = _namespaces()
"""Those of the process that has loaded it: a test that has gone into others needs the command itself."""


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_AT_START)}


def _file() -> IO[str]:
    return tempfile.TemporaryFile("w+")


@cache
def _server() -> socket.socket:
    """The way to the process that has loaded it. It ends with this one."""
    here, there = socket.socketpair()
    with there:
        argv = [sys.executable, __file__, str(there.fileno())]
        subprocess.Popen(argv, pass_fds=[there.fileno()], stdin=subprocess.DEVNULL)
    return here


def _serve(calls: socket.socket) -> list[int]:
    """Fork for each call; comes back in a process that is to run it, with its files, and ends when nobody calls."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, files, *_ = socket.recv_fds(calls, 1, 5)
        if not message:
            sys.exit()
        if os.fork() == 0:
            calls.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                return files
            with suppress(BrokenPipeError):  # nobody waits any longer
                os.write(files[-1], b"%d\n" % pid)
                os.write(files[-1], b"%d\n" % os.waitpid(pid, 0)[1])
            os._exit(0)
        for file in files:
            os.close(file)


def _load() -> None:
    plugins = {point.module for point in entry_points(group="vnetsh")}
    for name in ("vnetsh", "vnetsh_ovsdb", *sorted(plugins - {"vnetsh_lsp"})):
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)
    gc.collect()
    gc.freeze()


def _run(files: list[int]) -> int:
    request, told, out, err, reply = files
    os.close(reply)
    with open(request) as text:  # noqa: PTH123
        sys.argv, environment, folder = json.load(text)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, file in enumerate((told, out, err)):
        os.dup2(file, number)
        os.close(file)
    from vnetsh.cli import main

    return main()


if __name__ == "__main__":
    _load()
    sys.exit(_run(_serve(socket.socket(fileno=int(sys.argv[1])))))
