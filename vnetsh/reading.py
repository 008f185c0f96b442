"""Sources into a checked script: parse, expand, bind, resolve, check. Touches no host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vnetsh.binding import bind
from vnetsh.checks import check
from vnetsh.diagnostics import Diagnostic, ProblemsFound, Source
from vnetsh.expanding import Expander, Variables
from vnetsh.inventory import read_included
from vnetsh.model import Inventory
from vnetsh.ownership import owner_of
from vnetsh.parsing import parse
from vnetsh.plugins import Plugins
from vnetsh.resolve import Resolver, Script


def read(
    sources: Sequence[Source],
    plugins: Plugins,
    inventory: Inventory,
    settings: Mapping[str, str],
    variables: Variables,
) -> Script:
    """The script that sources make up. Raises `ProblemsFound` with all its problems, in a reader's order."""
    expander = Expander(read_included, settings, variables)
    for source in sources:
        expander.expand(parse(source))
    expanded = expander.result()
    phrases, found = bind(expanded.sentences, plugins.vocabulary)
    problems = [*expanded.problems, *found]
    resolver = Resolver(phrases, inventory, plugins.vocabulary, owner_of(sources))
    script = replace(
        resolver.resolve(),
        variables=expanded.variables,
        sentences=expanded.sentences,
        names=tuple(source.name for source in sources),
    )
    problems += resolver.problems
    if not problems:
        problems += check(script)
        for more in plugins.hook.vnetsh_check(topology=script):
            problems += more
    if problems:
        # A loop's rounds have the same problem at the same place: the first one says it.
        first = {
            (p.code, p.message, p.span and (id(p.span.source), p.span.start, p.span.end)): p
            for p in problems[::-1]
        }
        raise ProblemsFound(sorted(first.values(), key=lambda problem: _order(problem, sources)))
    return script


def _order(problem: Diagnostic, sources: Sequence[Source]) -> list[int]:
    """Where a problem comes in a reader's order: an included file stands where it is included."""
    if problem.span is None:
        return []
    spans = [problem.span]
    while spans[0].source.included:
        spans.insert(0, spans[0].source.included)
    root = next((n for n, source in enumerate(sources) if source is spans[0].source), 0)
    return [root, *(span.start for span in spans)]
