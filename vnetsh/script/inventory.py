"""Where the hosts come from: a world (`--demo`, `--lab`) or a hosts file."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from vnetsh.errors import UsageError
from vnetsh.language.files import read_source
from vnetsh.model import Inventory
from vnetsh.schema import Vocabulary
from vnetsh.script.reading import read_hosts


def hosts_file(named: str | None) -> Path | None:
    """The hosts file: the one named, `$VNETSH_HOSTS`, `./hosts.vnet`, the user's config folder's; or none."""
    return chosen_hosts_file(named)[0]


def chosen_hosts_file(named: str | None) -> tuple[Path | None, str]:
    """The hosts file, and by what it is chosen. Raises `UsageError` where it was named and is none."""
    asked = named or os.environ.get("VNETSH_HOSTS")
    if asked:
        if not Path(asked).is_file():
            raise UsageError(
                f"there is no hosts file {asked}", help="a line for each host: `host kvm1 address 192.0.2.1`"
            )
        return Path(asked), "--hosts" if named else "$VNETSH_HOSTS"
    places = {Path("hosts.vnet"): "the folder that you are in"}
    config = config_folder()
    if config:
        places[config / "hosts.vnet"] = "the config folder"
    return next(((place, by) for place, by in places.items() if _is_file(place)), (None, ""))


def config_folder() -> Path | None:
    """Where a user says what vnetsh is to be like; None where nobody knows where the user is at home."""
    with suppress(RuntimeError):
        return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "vnetsh"
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # in a folder that is closed to us
        return False


def load_hosts(path: Path, vocabulary: Vocabulary) -> Inventory:
    """The hosts of a hosts file, which holds nothing else. Raises `ProblemsFound`, `UsageError`."""
    return read_hosts(read_source(path), vocabulary)
