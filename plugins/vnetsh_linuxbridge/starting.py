"""What a host does at each start, so that the links that vnetsh made there come again. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace

from vnetsh.hosts.boot.files import Stanzas, unless_there, waiting_for
from vnetsh_linuxbridge.links import BRIDGE, DELAYS, OPTIONS, Link, Links
from vnetsh_linuxbridge.steps import AddBridge, AddTunnel, Step, steps
from vnetsh_linuxbridge.way_ip import program_of, words_of


def stanzas(links: Links) -> Stanzas:
    """What brings about the links that are to be kept: all of a bridge's with the bridge, for its ports need it."""
    found: dict[str, list[str]] = {}
    for name, commands in _commands({name: link for name, link in links.items() if link.kept}).items():
        link = links[name]
        found.setdefault(link.master or name, []).extend(commands)
    return found


def with_kept(links: Links, stanzas: Stanzas) -> Links:
    """The links, each `kept` where a host's stanzas bring it about as it is."""
    if not stanzas:
        return links
    told = {device: set(commands) for device, commands in stanzas.items()}

    def kept(link: Link, commands: Sequence[str]) -> bool:
        return told.get(link.master or link.name, set()).issuperset(commands)

    ours = {
        name: link for name, link in links.items() if link.marked and (link.master or link.kind == BRIDGE)
    }
    same = [name for name, commands in _commands(ours).items() if kept(links[name], commands)]
    return {**links, **{name: replace(links[name], kept=True) for name in same}}


def _commands(wanted: Links) -> Mapping[str, Sequence[str]]:
    """By link, the commands that make it of what a host has anyway; bridges come first."""
    bridges = sorted(name for name, link in wanted.items() if link.kind == BRIDGE)
    others = sorted(wanted.keys() - set(bridges))
    ordered = {name: _as_new(wanted[name]) for name in (*bridges, *others)}
    have = {
        name: replace(link.released(), up=False)
        for name, link in ordered.items()
        if link.encap is None and link.kind != BRIDGE
    }
    found = {name: [waiting_for(name)] if name in have else [] for name in ordered}
    for step in steps(have, ordered):
        found[step.name].append(_command(step))
    return found


def _as_new(link: Link) -> Link:
    """A link with what is said of it when it is made: the kernel chooses its address, and what is as usual."""
    options = {
        option: value
        for option, value in link.options.items()
        if value != OPTIONS[option] and not (link.follows and option in DELAYS)
    }
    return replace(link, mac="", options=options)


def _command(step: Step) -> str:
    """A step as a shell's command; what makes a link does nothing where that is there."""
    command = shlex.join((program_of(step), *words_of(step)))
    if isinstance(step, AddBridge | AddTunnel):
        return unless_there(step.name, command)
    return command
