"""`vnetsh config`: where everything is that vnetsh reads, writes and runs by on this machine. Asks no host."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import vnetsh
from vnetsh.diagnostics import ProblemsFound
from vnetsh.errors import UsageError, VnetshError
from vnetsh.hookspecs import PROJECT
from vnetsh.hosts.master import socket_folder
from vnetsh.interface.opening import inventory_of
from vnetsh.interface.tables import Row, render_rows
from vnetsh.journal.folder import state_folder
from vnetsh.language.sentence_shapes import cache_folder
from vnetsh.model import hosts_in
from vnetsh.registry import Plugins
from vnetsh.registry.entrypoints import entry_points
from vnetsh.schema import Kind
from vnetsh.script.inventory import chosen_hosts_file, config_folder

if TYPE_CHECKING:
    from vnetsh.interface.face import Face
    from vnetsh.interface.options import Options

Config = Mapping[str, Mapping[str, str]]
"""What there is: by heading and name, where it is or which version."""

_ROWS = Kind("config")
_HOMELESS = "nobody knows where your home is: set HOME"


def show_config(face: Face) -> int:
    """Print where everything is. Raises `UsageError`."""
    if face.options.arguments.names:
        raise UsageError("`config` takes no words", help="it shows all there is; `-o json` for programs")
    config, format = _config(face.options), face.options.arguments.output
    if format == "json":
        print(json.dumps(config, indent=2))
        return 0
    if format == "table":
        config = {**config, "files": {name: _there(where) for name, where in config["files"].items()}}
    rows: list[Row] = [
        {"of": head, "what": name, "is": is_} for head, all in config.items() for name, is_ in all.items()
    ]
    print(render_rows({"config": (_ROWS, rows)}, format, face.style))
    return 0


def _config(options: Options) -> Config:
    config = config_folder()
    folders: Mapping[str, Callable[[], Path | None]] = {
        "config": lambda: config,
        "keys and colours": lambda: config and config / "config.toml",
        "state": state_folder,
        "runs": lambda: state_folder() / "runs",
        "history": lambda: state_folder() / "history",
        "cache": cache_folder,
        "ssh connections": socket_folder,
    }
    return {
        "vnetsh": {"version": vnetsh.__version__, "folder": str(Path(vnetsh.__file__).parent)},
        "python": {"version": sys.version.split()[0], "program": sys.executable},
        "hosts": dict(_hosts(options)),
        "files": {name: _place(where) for name, where in folders.items()},
        "plugins": dict(_plugins(options.plugins)),
        "libraries": dict(_libraries(options.plugins)),
    }


def _hosts(options: Options) -> Iterator[tuple[str, str]]:
    """Which hosts a command would be about, and by what they are chosen."""
    try:
        world = next(
            (w for w in options.plugins.worlds if getattr(options.arguments, f"world_{w}") is not None), ""
        )
        if world:
            yield "chosen by", f"--{world}"
        else:
            path, chosen_by = chosen_hosts_file(options.arguments.hosts)
            yield "file", str(path.resolve()) if path else "none: `./hosts.vnet` or `--hosts FILE`"
            yield "chosen by", chosen_by
        yield "names", ", ".join(hosts_in(inventory_of(options)))
    except VnetshError as error:
        yield "trouble", error.message
    except ProblemsFound as found:
        yield "trouble", f"{found.problems[0].message}; `vnetsh show hosts` says more"


def _place(where: Callable[[], Path | None]) -> str:
    try:
        return str(where() or "")
    except RuntimeError:
        return ""


def _there(path: str) -> str:
    """A path, and what stands against its use."""
    try:
        return f"{path}{'' if Path(path).exists() else '  (not there yet)'}" if path else _HOMELESS
    except OSError as error:
        return f"{path}  ({error.strerror})"


def _plugins(plugins: Plugins) -> Iterator[tuple[str, str]]:
    """Those that are installed: each one's distribution, or why it is left out."""
    for point in sorted(entry_points(PROJECT), key=lambda point: point.name):
        left_out = f"plugin {point.owner} is left out: "
        why = next((text for text in plugins.warnings if text.startswith(left_out)), "")
        whose = f"{point.distribution} {_version(point.distribution)}" if point.distribution else point.value
        yield point.name, f"left out: {why.removeprefix(left_out)}" if why else whose


def _libraries(plugins: Plugins) -> Iterator[tuple[str, str]]:
    """What vnetsh stands on, as its own distribution says; and what backends use besides."""
    for requirement in metadata.requires(PROJECT) or ():
        if "extra ==" not in requirement:
            name = re.split(r"[^\w.-]", requirement)[0]
            yield name, _version(name)
    for backend in plugins.backends.values():
        yield from backend.libraries().items()


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not there"
