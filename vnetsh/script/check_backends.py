"""The static check that what a script has made by a backend is within its power. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vnetsh.diagnostics import Diagnostic, did_you_mean
from vnetsh.model import Resource
from vnetsh.script.script import Script


def backends_can_do_what_is_said(script: Script) -> Iterator[Diagnostic]:
    """No attribute is asked of a backend that the script itself names and that cannot give it."""
    for segment in script.segments:
        said = {r.key: r.text("backend") for r in segment.resources if r.text("backend")}
        for resource in segment.resources if said else ():
            kind = script.vocabulary.kinds[resource.kind]
            whole = resource.parent or (resource.kind, resource.name)
            backend = said.get((whole[0], resource.place, whole[1]))
            for name in resource.attributes if backend else ():
                attribute = kind.attribute(name)
                able = attribute.backends if attribute and resource.get(name) is not None else ()
                if backend and able and backend not in able:
                    makers = script.vocabulary.makers.get(whole[0], ())
                    yield beyond_backend(resource, name, backend, [one for one in able if one in makers])


def backends_are_known(script: Script) -> Iterator[Diagnostic]:
    """A backend that is named is one that makes such things."""
    for resource in script.resources:
        asked = resource.text("backend")
        makers = script.vocabulary.makers.get(resource.kind, ())
        if (
            asked
            and makers
            and asked not in makers
            and script.vocabulary.kinds[resource.kind].attribute("backend")
        ):
            help = did_you_mean(asked, makers, "leave it out: then the usual one makes it")
            yield replace(no_backend(resource, asked, ()), help=help)


def no_backend(wanted: Resource, asked: str, able: Sequence[str], where: str = "") -> Diagnostic:
    """The problem of a backend that there is not, or that does not make such things."""
    listing = "there is " + ", ".join(f"`{name}`" for name in able) if able else ""
    return Diagnostic(
        "E108",
        f"no backend `{asked}` makes a {wanted.kind}{where}",
        wanted.at("backend"),
        help=did_you_mean(asked, able, listing),
    )


def beyond_backend(resource: Resource, attribute: str, backend: str, able: Sequence[str]) -> Diagnostic:
    """The problem of an attribute that the backend cannot give."""
    others = " or ".join(f"`backend {name}`" for name in able)
    return Diagnostic(
        "E305",
        f"backend `{backend}` gives a {resource.kind} no `{attribute}`: {resource.kind} `{resource.name}` on "
        f"{resource.place} is its",
        resource.at(attribute),
        help=f"leave it out; or make it with {others}" if others else "leave it out",
    )
