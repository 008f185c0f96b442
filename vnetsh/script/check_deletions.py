"""The static check of what a script deletes and uses all the same; and what an action may undo. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from vnetsh.diagnostics import Diagnostic, Span, place_of
from vnetsh.model import Key, Resource
from vnetsh.schema import Vocabulary
from vnetsh.schema.phrase import Phrase
from vnetsh.script.script import Script

# What these do is known here. Any other verb or noun, also one that the core gets later, may bring anything back.
_VERBS = {"migrate", "start", "stop", "delete", "show"}
_NOUNS = {"bridge", "port", "tunnel"}


def deleted(action: Phrase, vocabulary: Vocabulary) -> tuple[str, str]:
    """Kind and name of what an action deletes; empty when it is another one."""
    kind = vocabulary.kind_of_word(action.name) if action.schema.name == "delete" else None
    return (kind.name, str(action.value("name"))) if kind else ("", "")


def may_undo(action: Phrase, thing: Resource, vocabulary: Vocabulary) -> bool:
    """Whether an action may change what was said of a thing: it deletes it, or nobody knows what it does."""
    return action.schema.name not in _VERBS or deleted(action, vocabulary) == (thing.kind, thing.name)


@dataclass
class _Known:
    """What is certain at a point of a script, whatever the hosts held before."""

    script: Script
    gone: dict[Key, Phrase] = field(default_factory=dict)
    """What is on a host no longer, and what deleted it."""
    host: dict[str, str] = field(default_factory=dict)
    """Where a vm is, by its name."""
    ports: dict[str, dict[str, str]] = field(default_factory=dict)
    """The bridges of a vm's ports, by its name and theirs."""

    def deletion(self, kind: str, name: str, host: str = "") -> Phrase | None:
        """What has deleted it on that host; on all hosts where none is said."""
        if not self.gone:
            return None
        found = [self.gone.get((kind, at, name)) for at in ([host] if host else self.script.inventory)]
        return found[-1] if found and all(found) else None

    def declare(self, resources: tuple[Resource, ...]) -> Iterator[Diagnostic]:
        """Declarations of one segment: what they are about is there again."""
        others = [resource for resource in resources if not _vm(resource)]
        made = {resource.name for resource in resources if resource.kind == "vm" and resource.place}
        if any(resource.kind not in _NOUNS for resource in others):
            self.gone = {}
        # A tunnel may bring a bridge with it.
        changed = {resource.place for resource in others}
        self.gone = {
            (kind, host, name): by
            for (kind, host, name), by in self.gone.items()
            if (name not in made if kind == "vm" else host not in changed)
        }
        for resource in resources:
            vm = _vm(resource)
            if resource.kind == "vm":
                yield from self.use(vm, resource.span)
            elif vm and resource.kind == "port":
                self.ports.setdefault(vm, {})[resource.name] = resource.text("bridge")
                yield from self.reach(vm, resource.text("bridge"), resource.span)

    def act(self, action: Phrase) -> Iterator[Diagnostic]:
        """A verb."""
        verb, vm = action.schema.name, action.name
        if action.schema.name not in _VERBS:
            self.gone, self.host, self.ports = {}, {}, {}
        elif verb == "delete":
            kind, name = deleted(action, self.script.vocabulary)
            hosts = action.names("on") or tuple(self.script.inventory)
            self.gone |= {(kind, host, name): action for host in hosts}
            if kind == "vm":
                self.host.pop(name, None)
                self.ports.pop(name, None)
            elif kind == "port":
                for ports in self.ports.values():
                    ports.pop(name, None)
        elif verb in ("migrate", "start", "stop"):
            yield from self.use(vm, action.span)
            if verb == "migrate":
                self.host[vm] = str(action.value("to"))
                for bridge in dict.fromkeys(self.ports.get(vm, {}).values()):
                    yield from self.reach(vm, bridge, action.span)

    def use(self, vm: str, span: Span | None) -> Iterator[Diagnostic]:
        """A vm that must be there."""
        by = self.deletion("vm", vm)
        if by:
            yield Diagnostic(
                "E215",
                f"vm `{vm}` is gone: it is deleted in {place_of(by.span, span)}",
                span,
                help=f"leave that out, or have the vm made anew: `vm {vm} on HOST …`",
            )

    def reach(self, vm: str, bridge: str, span: Span | None) -> Iterator[Diagnostic]:
        """A bridge that must be where the vm is."""
        host = self.host.get(vm, "")
        by = self.deletion("bridge", bridge, host)
        if by:
            where = f"on {host}" if host else "on every host"
            yield Diagnostic(
                "E215",
                f"vm `{vm}` needs bridge `{bridge}`, which is deleted {where} in {place_of(by.span, span)}",
                span,
                help=f"leave that out, or have the bridge made anew: `bridge {bridge} on {host or 'HOST'}`",
            )


def _vm(resource: Resource) -> str:
    """The vm that a resource is, or is a part of."""
    kind, name = resource.parent or (resource.kind, resource.name)
    return name if kind == "vm" else ""


def nothing_is_used_once_deleted(script: Script) -> Iterator[Diagnostic]:
    """No vm, and no bridge of one, is needed after the script itself has deleted it for certain."""
    known = _Known(script)
    for segment in script.segments:
        yield from known.act(segment.action) if segment.action else known.declare(segment.resources)
