"""Sources into a checked script: parse, expand, bind, resolve, check. Touches no host."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from vnetsh.diagnostics import Diagnostic, ProblemsFound, Source, Span
from vnetsh.language.binding import bind
from vnetsh.language.expanding import Expander
from vnetsh.language.files import read_source
from vnetsh.language.limits import MOST_PROBLEMS
from vnetsh.language.parsing import Parsed, parse
from vnetsh.language.variables import Variables
from vnetsh.model import Inventory
from vnetsh.schema import Vocabulary
from vnetsh.schema.phrase import Phrase
from vnetsh.script.alone import only_looking, refuse_included, standing_alone
from vnetsh.script.checks import check
from vnetsh.script.confirmed import whole
from vnetsh.script.resolve import Resolver, names_places
from vnetsh.script.script import Script, is_typed, owner_of, title_of

Check = Callable[[Script], Iterable[Diagnostic]]


def read(
    sources: Sequence[Source],
    vocabulary: Vocabulary,
    inventory: Inventory,
    settings: Mapping[str, str],
    variables: Variables,
    further: Check,
    confirm_within: str | None = None,
    *,
    alone: bool = False,
) -> Script:
    """The script that sources make up, once it has passed the core's checks and the `further` ones.

    With `confirm_within` it is one block that has to be confirmed in that time. `alone`: it comes from elsewhere, so it
    reads nothing of this machine, and says nothing of how hosts are reached.
    Raises `ProblemsFound` with all its problems, in a reader's order.
    """
    script, problems = _resolved(
        sources, vocabulary, inventory, settings, variables, confirm_within=confirm_within, alone=alone
    )
    if alone:
        problems += only_looking(script.segments)
    if not problems:
        problems += check(script)
        problems += further(script)
    _refuse(problems, sources)
    return script


def read_hosts(source: Source, vocabulary: Vocabulary) -> Inventory:
    """The hosts of a source that holds nothing else. Raises `ProblemsFound`."""
    script, problems = _resolved([source], vocabulary, {}, {}, {}, hosts_only=True)
    _refuse(problems, [source])
    return script.inventory


def read_included(path: Path, at: Span) -> Parsed:
    """A script that another one includes, named as a reader of that one would. Raises `UsageError`."""
    with suppress(ValueError):
        path = path.relative_to(Path.cwd())
    return parse(read_source(path, at))


def _resolved(
    sources: Sequence[Source],
    vocabulary: Vocabulary,
    inventory: Inventory,
    settings: Mapping[str, str],
    variables: Variables,
    *,
    hosts_only: bool = False,
    confirm_within: str | None = None,
    alone: bool = False,
) -> tuple[Script, list[Diagnostic]]:
    """The script as far as it can be understood, and what is wrong with it up to here."""
    expander = Expander(refuse_included if alone else read_included, settings, variables, vocabulary.block_of)
    for source in sources:
        expander.expand(parse(source))
    expanded = expander.result()
    sentences = expanded.sentences
    if confirm_within is not None:
        sentences = whole(sentences, confirm_within, vocabulary)
    phrases, problems = bind(sentences, vocabulary)
    problems += expanded.problems
    if alone:
        phrases, reaching = standing_alone(phrases)
        problems += reaching
    if hosts_only:
        problems += [_no_host(phrase) for phrase in phrases if not names_places(phrase.schema)]
        phrases = [phrase for phrase in phrases if names_places(phrase.schema)]
    resolver = Resolver(phrases, inventory, vocabulary, owner_of(sources))
    script = replace(
        resolver.resolve(),
        variables=expanded.variables,
        sentences=sentences,
        names=tuple(map(title_of, sources)),
        typed="\n".join(source.text for source in sources if is_typed(source)),
    )
    return script, problems + resolver.problems


def _no_host(phrase: Phrase) -> Diagnostic:
    message = f"a hosts file holds no `{phrase.schema.name}`"
    return Diagnostic("E109", message, phrase.span, help="only `host` sentences; the others go into a script")


def _refuse(problems: Iterable[Diagnostic], sources: Sequence[Source]) -> None:
    """Raise `ProblemsFound` if there are any."""
    problems = [_but_no_line(problem) for problem in problems]
    # A loop's rounds have the same problem at the same place: the first one says it.
    first = {
        (p.code, p.message, p.span and (id(p.span.source), p.span.start, p.span.end)): p
        for p in reversed(list(problems))
    }
    if first:
        found = sorted(first.values(), key=lambda problem: _order(problem, sources))
        if len(found) > MOST_PROBLEMS + 1:  # one more says that the rest was not looked at
            found[MOST_PROBLEMS:] = [
                Diagnostic("E116", f"and {len(found) - MOST_PROBLEMS} mistakes more", help="mend these first")
            ]
        raise ProblemsFound(found)


def _but_no_line(problem: Diagnostic) -> Diagnostic:
    """A problem without what an included file says that does not look like a script: it may be a secret."""
    source = problem.span.source if problem.span else None
    if not source or not source.included or source.name.endswith(".vnet"):
        return problem
    message = f"`{source.name}` cannot be read as a script"
    help = "what is wrong in it is only shown of files that end in `.vnet`"
    return Diagnostic("E114", message, source.included, "included here", help)


def _order(problem: Diagnostic, sources: Sequence[Source]) -> list[int]:
    """Where a problem comes in a reader's order: an included file stands where it is included."""
    if problem.span is None:
        return []
    spans = [problem.span]
    while spans[0].source.included:
        spans.insert(0, spans[0].source.included)
    root = next((n for n, source in enumerate(sources) if source is spans[0].source), 0)
    return [root, *(span.start for span in spans)]
