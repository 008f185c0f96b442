"""A session on the hosts that the options name."""

from __future__ import annotations

import sys

from vnetsh.interface.options import Options
from vnetsh.interface.progress import ProgressLine
from vnetsh.model import Inventory
from vnetsh.script.inventory import hosts_file, load_hosts
from vnetsh.session import Session

PATIENCE = 2.0
"""Seconds for which a person waits for a host that does not answer, when others have."""


def open_session(options: Options, line: ProgressLine) -> Session:
    """A session on the hosts that the options name. Raises `UsageError`, `ProblemsFound`."""
    session = Session(
        options.plugins,
        inventory_of(options),
        settings=options.settings,
        keep_going=options.arguments.keep_going,
        undo_on_failure=options.undo_on_failure,
        timeout=options.arguments.timeout,
        progress=line,
    )
    if sys.stdout.isatty():  # a person would rather see what is there
        session.patience = PATIENCE
    return session


def heed(session: Session, options: Options) -> None:
    """Have a session do what other options say, on the hosts that it has. Raises `UsageError`."""
    session.undo_on_failure = options.undo_on_failure
    session.settings, session.keep_going = options.settings, options.arguments.keep_going
    session.connections.timeout = options.arguments.timeout


def inventory_of(options: Options) -> Inventory:
    """The hosts of the world that was asked for, or of the hosts file; none where there is no file."""
    for world in options.plugins.worlds.values():
        asked = getattr(options.arguments, f"world_{world.name}")
        if asked is not None:
            return world.hosts(asked)
    path = hosts_file(options.arguments.hosts)
    return load_hosts(path, options.plugins.vocabulary) if path else {}
