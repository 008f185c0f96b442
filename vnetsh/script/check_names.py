"""The static check that no name of a host's links is given to two things, whatever implies them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Resource
from vnetsh.nouns.claims import Claim, claims, given_twice, implied
from vnetsh.schema import Scope
from vnetsh.script.script import Script


def links_have_names_of_their_own(script: Script) -> Iterator[Diagnostic]:
    """No two links of a host have one name, and a vm's port has one that nothing else has on any host."""
    for segment in script.segments:
        anywhere: dict[str, Claim] = {}
        moving: dict[str, Claim] = {}
        here: dict[tuple[str, str], Claim] = {}
        for claim in (one for r in segment.resources for one in (*claims(r), *implied(r))):
            known = [here.setdefault((claim.of.place, claim.name), claim), moving.get(claim.name)]
            if _moves(script, claim.of):
                known += [moving.setdefault(claim.name, claim), anywhere.get(claim.name)]
            anywhere.setdefault(claim.name, claim)
            other = next((one for one in known if one and one.by != claim.by), None)
            if other:
                yield given_twice(claim, other)


def every_host_has_a_loopback(script: Script) -> Iterator[Diagnostic]:
    """Nothing is called as the link that every host has, nor takes it."""
    for resource in script.resources:
        for claim in claims(resource):
            if claim.name == "lo":
                yield Diagnostic(
                    "E203",
                    "the name `lo` is taken on every host by its loopback",
                    resource.at(claim.word),
                    "taken",
                    "choose another name",
                )


def _moves(script: Script, part: Resource) -> bool:
    """Whether a thing goes from host to host with what it is a part of."""
    return part.parent is not None and script.vocabulary.kinds[part.parent[0]].scope is Scope.FLEET
