"""What a thing is to have of a host's links: its name, and links that it takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Resource, is_nic_name

LINKS = ("bridge", "tunnel", "port")
"""The kinds whose objects are links of their hosts, or have the name of one."""

_Claimant = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A name that something is to have on its host: `word` is what says so in the sentence of `of`."""

    name: str
    by: _Claimant
    of: Resource
    word: str = "name"

    @property
    def claimant(self) -> str:
        """Who is to have it, in words."""
        kind, name, *whole = self.by
        if kind == "port":
            return f"a port of {' '.join(whole)}"
        return f"{kind} {name}"


def claims(wanted: Resource) -> Iterator[Claim]:
    """The names that a resource needs for itself."""
    if wanted.kind not in LINKS:
        return
    if not is_nic_name(wanted.name):
        yield Claim(wanted.name, (wanted.kind, wanted.name, *(wanted.parent or ())), wanted)
    if wanted.kind == "bridge" and wanted.text("uplink"):
        yield Claim(wanted.text("uplink"), ("the uplink of bridge", wanted.name), wanted, "uplink")


def implied(wanted: Resource) -> Iterator[Claim]:
    """The names of what a resource implies where it is missing: the bridge that a tunnel joins."""
    if wanted.kind == "tunnel" and wanted.text("bridge"):
        yield Claim(wanted.text("bridge"), ("bridge", wanted.text("bridge")), wanted, "bridge")


def made_together(changes: Iterable[Change]) -> Iterator[Diagnostic]:
    """What changes that are made at the same time would each take: none of them finds the other one there."""
    first: dict[tuple[str, str], Claim] = {}
    for change in changes:
        for claim in claims(change.after) if change.after else ():
            before = change.before
            if before and (claim.word == "name" or before.text("uplink") == claim.name):
                continue
            other = first.setdefault((claim.of.place, claim.name), claim)
            if other.by != claim.by:
                yield given_twice(claim, other)


def given_twice(claim: Claim, other: Claim) -> Diagnostic:
    """The problem of one name for two things."""
    return Diagnostic(
        "E203",
        f"the name `{claim.name}` is given to two things: the other is {other.claimant}",
        claim.of.at(claim.word),
        help="bridges, tunnels, ports and uplinks are interfaces of one host: each needs a name of its own, and is in "
        "one place only",
    )
