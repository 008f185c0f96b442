"""Tunnels whose link is down: OpenFlow ports that neither take packets nor send any.

A tunnel has no device that could be switched off. Of a port of OpenFlow a switch takes no packets and sends none where
it was told so, and forgets it when vswitchd starts anew: what was said stays in the database, so that it is known whose
doing it is, and a link counts as down only where its switch still does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from vnetsh.errors import HostUnreachable, VerificationFailed
from vnetsh.hosts.transport import Ask
from vnetsh.model import LINK_DOWN, Change, Resource

DOWN, UP = ("no-receive", "no-forward"), ("receive", "forward")
_VERSIONS = ",".join(f"OpenFlow1{minor}" for minor in range(6))
_OFCTL = ("ovs-ofctl", "--timeout=5", "-O", _VERSIONS)
_PORT = re.compile(r"^ (?:\w+)\((.+?)\):.*\n\s+config:\s+(.*)$", re.MULTILINE)
_STOPPED = {"NO_RECV", "NO_FWD"}


def with_links(resources: Sequence[Resource], ask: Ask | None) -> Sequence[Resource]:
    """Resources as the database says them; a tunnel's link is down only where the switch lets nothing pass."""
    downs = [one for one in resources if one.kind == "tunnel" and one.get("link") == LINK_DOWN]
    if not downs:
        return resources
    bridges = {one.text("bridge") for one in downs}
    stopped = {bridge: _stopped(bridge, ask) for bridge in bridges} if ask else {}
    up = {one.key for one in downs if one.name not in stopped.get(one.text("bridge"), ())}
    return [_up(one) if one.key in up else one for one in resources]


def _up(tunnel: Resource) -> Resource:
    return replace(tunnel, attributes={k: v for k, v in tunnel.attributes.items() if k != "link"})


def _stopped(bridge: str, ask: Ask) -> set[str]:
    """The ports of a bridge that take nothing and send nothing."""
    done = ask([*_OFCTL, "dump-ports-desc", bridge])
    return {name.strip('"') for name, config in _PORT.findall(done.stdout) if {*config.split()} >= _STOPPED}


def switching(change: Change) -> Iterator[Sequence[str]]:
    """The commands by which a tunnel's link comes to be as a change has it; one that is down is a new port at times."""
    end = change.after
    down = end is not None and end.get("link") == LINK_DOWN
    if end is None or end.kind != "tunnel" or not (down or "link" in change.differing()):
        return
    for how in DOWN if down else UP:
        yield (*_OFCTL, "mod-port", end.text("bridge"), end.name, how)


@contextmanager
def brought_up(changes: Iterable[Change], host: str, ask: Ask | None) -> Iterator[None]:
    """Take links up before their keys go: so a link that is down is known to be. They go down where that fails.

    Raises `VerificationFailed`. Without `ask` there is nobody to tell.
    """
    coming = [change for change in changes if change.after and change.after.get("link") != LINK_DOWN]
    if ask:
        bring_about(coming, host, ask)
    try:
        yield
    except BaseException:
        with suppress(VerificationFailed, HostUnreachable):
            if ask:
                bring_about((change.inverse() for change in coming), host, ask)
        raise


def bring_about(changes: Iterable[Change], host: str, ask: Ask) -> None:
    """Have links taken down, or up. Raises `VerificationFailed`."""
    for change in changes:
        for argv in switching(change):
            done = ask(argv)
            if done.returncode:
                raise VerificationFailed(
                    f"{host}: the link of tunnel {change.resource.name} is as it was: {done.stderr.strip()}",
                    help="what does it have? `ovs-ofctl dump-ports-desc BRIDGE` there",
                )
