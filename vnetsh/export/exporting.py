"""The running state as a script: planning it again gives an empty plan.

Sentences are written from the schemas and then planned. One that has a problem, or that would change anything,
becomes a comment that says why. So an export holds for every kind there is, and for hosts in any state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

from vnetsh.diagnostics import Diagnostic, ProblemsFound, Source, did_you_mean
from vnetsh.engine.failures import HostsDown
from vnetsh.errors import PluginBroken, UsageError, VnetshError
from vnetsh.export.script_page import NAME, Page
from vnetsh.export.sentences import Said, chapter
from vnetsh.export.strays import strays
from vnetsh.language.formatting import formatted
from vnetsh.model import Fleet, Inventory, Resource, where_key
from vnetsh.model.change import ActionKind, Change
from vnetsh.plain_text import plain
from vnetsh.schema import Kind, Scope, Vocabulary
from vnetsh.schema.declared import Unsaid
from vnetsh.session import Session


@dataclass(frozen=True)
class Export:
    """The script, the resources it was made of, and what it does not say of them.

    `hidden` are the hosts and services that did not answer, in sentences. `chapters` are the parts of the script, each
    with its kind; what is said of no kind has the empty one.
    """

    text: str
    resources: tuple[Resource, ...]
    unsaid: tuple[Unsaid, ...]
    hidden: tuple[str, ...]
    inventory: Inventory = field(default_factory=dict, repr=False)
    chapters: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> Mapping[str, object]:
        """The stable JSON form."""
        return {
            "resources": [_as_json(resource, self.inventory) for resource in self.resources],
            "unsaid": [
                {**_key(u.resource, self.inventory), "reason": u.reason, "whole": u.whole}
                for u in self.unsaid
            ],
            "hidden": list(self.hidden),
        }


def export(session: Session, words: Sequence[str], *, keep_going: bool = False) -> Export:
    """Everything of these kinds that the hosts have; without any: of all kinds, but not the hosts themselves.

    Raises `UsageError` for a word that is no kind, `HostsDown` unless `keep_going`.
    """
    kinds = _kinds(words, session.vocabulary)
    fleet = session.observe()
    if fleet.unreachable and not keep_going:
        raise HostsDown(fleet.unreachable)
    resources: list[Resource] = []
    chapters: list[tuple[str, list[Said | Unsaid]]] = []
    for kind in kinds:
        found = _of_kind(kind, session, fleet)
        try:
            said = list(chapter(kind, found, fleet, lambda resource: _told(resource, session)))
        except VnetshError:
            raise
        except (Exception, SystemExit) as error:  # a plugin can raise anything
            raise session.vocabulary.broken(kind, "export", error) from error
        chapters.append((kind.name, said))
        for resource in found if not kind.gather else [one for one in found if one.key in fleet.resources]:
            resources += [resource, *sorted(fleet.parts(resource), key=lambda part: part.name)]
    if not words:
        rest = list(strays(fleet, resources, session.vocabulary))
        chapters.append(("", [*rest]))
        resources += [unsaid.resource for unsaid in rest]
    hidden = list(_hidden(session, fleet, kinds))
    page = _sound_page(session, fleet, chapters, hidden)
    texts = tuple((kind, formatted(Source(NAME, text))) for kind, text in page.chapters())
    text = formatted(Source(NAME, page.text))
    return Export(text, tuple(resources), tuple(page.unsaid), tuple(hidden), session.inventory, texts)


def sentence_of(session: Session, resource: Resource, fleet: Fleet) -> str:
    """What an export says of one resource, or of what it is a part of; with what no sentence says, as comments."""
    whole = fleet.get(resource.parent[0], resource.place, resource.parent[1]) if resource.parent else None
    kind = session.vocabulary.kinds[(whole or resource).kind]
    if not kind.sayable:
        return ""
    try:
        said = list(
            chapter(kind, _alike(whole or resource, kind, fleet), fleet, lambda one: _told(one, session))
        )
    except VnetshError:
        raise
    except (Exception, SystemExit) as error:  # a plugin can raise anything
        raise session.vocabulary.broken(kind, "export", error) from error
    said = [one for one in said if _is_of(one, whole or resource, kind)]
    return formatted(Source(NAME, _sound_page(session, fleet, [(kind.name, said)], []).text)).rstrip("\n")


def _alike(resource: Resource, kind: Kind, fleet: Fleet) -> Sequence[Resource]:
    """What a sentence may say together with a resource: of the same name, at other places."""
    return fleet.named(kind.name, resource.name) or [resource]


def _is_of(said: Said | Unsaid, resource: Resource, kind: Kind) -> bool:
    """Whether a sentence, or what is not said, is about a resource."""
    if isinstance(said, Unsaid):
        one = said.resource
        return one.key == resource.key or (one.parent, one.place) == (
            (resource.kind, resource.name),
            resource.place,
        )
    return said.text.split()[1:2] == [resource.name] if kind.gather else resource in said.of


def _kinds(words: Sequence[str], vocabulary: Vocabulary) -> list[Kind]:
    """The kinds meant, in the order in which they need one another."""
    sayable = [kind for kind in vocabulary.seen() if kind.sayable]
    asked = {_kind(word, sayable, vocabulary).name for word in words}
    asked = asked or {kind.name for kind in sayable if kind.scope is not Scope.INVENTORY}
    order = TopologicalSorter({kind.name: kind.requires for kind in vocabulary.kinds.values()})
    return [vocabulary.kinds[name] for name in order.static_order() if name in asked]


def _kind(word: str, sayable: Sequence[Kind], vocabulary: Vocabulary) -> Kind:
    kind = vocabulary.kind_of_word(word)
    if kind and kind in sayable:
        return kind
    plurals = [known.plural for known in sayable]
    if kind is None:
        help = did_you_mean(word, plurals, ", ".join(plurals))
        raise UsageError(f"there is nothing called `{word}` to export", help=help)
    owners = [k.plural for k in sayable if k.name in kind.requires or kind.name in {p.kind for p in k.parts}]
    raise UsageError(
        f"{kind.plural} have no sentences of their own", help=f"they are exported with {' and '.join(owners)}"
    )


def _of_kind(kind: Kind, session: Session, fleet: Fleet) -> Sequence[Resource]:
    """The resources of a kind that are no part of another, by name and host."""
    if kind.scope is Scope.INVENTORY:
        found: Iterable[Resource] = session.look(kind.name)
    elif kind.gather:
        found = kind.gather(fleet)
    else:
        found = (resource for resource in fleet.of_kind(kind.name) if not resource.parent)
    places = {name: number for number, name in enumerate(fleet.places)}
    return sorted(found, key=lambda resource: (resource.name, places[resource.place]))


def _told(resource: Resource, session: Session) -> Sequence[str]:
    """What a resource's backend knows that no sentence says."""
    backend = session.plugins.backends.get(resource.backend)
    try:
        return tuple(backend.left_out(resource)) if backend else ()
    except (Exception, SystemExit) as error:  # a plugin can raise anything
        what = f"backend {resource.backend} failed: {type(error).__name__}: {error}"
        raise PluginBroken(what, help="run again with --debug for a traceback") from error


def _hidden(session: Session, fleet: Fleet, kinds: Sequence[Kind]) -> Iterator[str]:
    """What could not be looked at."""
    for host, error in fleet.unreachable.items():
        yield plain(f"left out: all of {host}, which does not answer: {error.message}")
    names = {part.kind for kind in kinds for part in kind.parts} | {kind.name for kind in kinds}
    for (host, backend), error in fleet.absent.items():
        if session.plugins.backends[backend].kinds & names:
            yield plain(f"left out: what {backend} has on {host}: {error.message}")


def _sound_page(
    session: Session, fleet: Fleet, chapters: Sequence[tuple[str, Sequence[Said | Unsaid]]], hidden: list[str]
) -> Page:
    """The page that changes nothing: what it would change, or cannot say, is in comments."""
    refused: dict[Said, str] = {}
    while True:
        page = Page(session.vocabulary)
        for sentence in hidden:
            page.add(f"# {sentence}")
        for kind, said_of_kind in chapters:
            if not said_of_kind:
                continue
            if page.lines:
                page.add("")
            page.begins.append((kind, len(page.lines)))
            for said in said_of_kind:
                page.write(said, refused) if isinstance(said, Said) else page.comment(said)
        problems = _problems(session, fleet, page.text)
        found = {owner: p.message for p in reversed(problems) if (owner := page.owner(p))}
        if (
            problems and not found
        ):  # they are about no sentence here: a rule of a plugin's, or the hosts file's
            unknown = [f"problem: {plain(problem.message)}" for problem in problems]
            if set(unknown) <= set(hidden):
                return page
            hidden += unknown
        elif not problems:
            return page
        refused |= found


def _problems(session: Session, fleet: Fleet, text: str) -> list[Diagnostic]:
    """Why planning a script on the fleet gives something else than an empty plan."""
    try:
        script = session.check(Source(NAME, text))
    except ProblemsFound as found:
        return list(found.problems)
    plan, problems = session.planner.plan(script, fleet)
    return problems or [Diagnostic("", _change_text(change), change.resource.span) for change in plan.changes]


def _change_text(change: Change) -> str:
    if change.action is not ActionKind.CHANGE:
        return f"planning it would {change}"
    differing = (f"{name} from `{old}` to `{new}`" for name, (old, new) in change.differing().items())
    return f"planning it would change {', '.join(differing)}"


def _key(resource: Resource, inventory: Inventory) -> dict[str, object]:
    return {
        "kind": resource.kind,
        "name": resource.name,
        where_key(resource.place, inventory): resource.place,
    }


def _as_json(resource: Resource, inventory: Inventory) -> Mapping[str, object]:
    return {
        **_key(resource, inventory),
        "parent": list(resource.parent) if resource.parent else None,
        "backend": resource.backend,
        "marked": resource.marked,
        "attributes": {name: value for name, value in resource.attributes.items() if value is not None},
    }
