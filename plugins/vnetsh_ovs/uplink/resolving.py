"""DNS settings of a link under systemd-resolved (resolvectl(1)). Where it does not run there is nothing to move."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from vnetsh.backend import ApplyFailed
from vnetsh.hosts.transport import Completed

SETTINGS = ("dns", "domain", "default-route", "llmnr", "mdns", "dnsovertls", "dnssec", "nta")
_PATIENCE = 5  # seconds; resolvectl itself would wait for 25
_TIMED_OUT = 124  # timeout(1)

Names = Mapping[str, Sequence[str]]
"""The values of each setting of a link, those that are set only."""


def read_names(run: Callable[[Sequence[str]], Completed], link: str) -> Names:
    """A link's settings; none without systemd-resolved. Raises `ApplyFailed` when it hangs."""
    found: dict[str, list[str]] = {}
    for setting in SETTINGS:
        done = run(["timeout", str(_PATIENCE), "resolvectl", setting, link])
        if done.returncode == _TIMED_OUT:  # then it would not take them for another link either
            raise ApplyFailed(
                f"systemd-resolved does not answer in {_PATIENCE} s, and {link} may have DNS settings there",
                help="restart it: `systemctl restart systemd-resolved`; nothing is changed on this host",
            )
        if done.returncode and setting == SETTINGS[0]:
            return {}
        values = done.stdout.partition("):")[2].split()  # `Link 2 (eth0): 192.0.2.53`
        if values and not done.returncode:
            found[setting] = values
    return found if "dns" in found or "domain" in found else {}


def moving(names: Names, source: str, target: str) -> list[list[str]]:
    """The commands that give them to another link."""
    if not names:
        return []
    given = [["resolvectl", setting, target, *values] for setting, values in names.items()]
    return [*given, ["resolvectl", "revert", source]]
