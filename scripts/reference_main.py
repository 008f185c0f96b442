"""The pages of docs/reference/, from the data that vnetsh itself works with. `scripts/reference` writes them."""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path

from vnetsh.hookspecs import PROJECT
from vnetsh.interface.arguments import parsers
from vnetsh.interface.help import slot, usage
from vnetsh.language import expanding, ranges, scanning
from vnetsh.registry import Plugins, load_plugins
from vnetsh.registry.entrypoints import entry_points
from vnetsh.schema import (
    CONTROL,
    Attribute,
    Kind,
    SentenceSchema,
    value_addresses,
    value_names,
    value_numbers,
    values,
)

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
_NOTE = "<!-- Written by scripts/reference: change the data, not this page. -->"


def pages() -> Mapping[str, str]:
    """Every page's text, by its file's name. Of plugins only those that come with vnetsh."""
    plugins = own_plugins()
    written = {
        "words.md": _words(plugins),
        "grammar.md": _grammar(),
        "codes.md": _codes(plugins),
        "commands.md": _commands(plugins),
    }
    return {name: f"{_NOTE}\n\n" + "\n".join(lines) + "\n" for name, lines in written.items()}


def own_plugins() -> Plugins:
    """The plugins that come with vnetsh, whatever else is installed."""
    plugins = load_plugins(point for point in entry_points(PROJECT) if point.distribution == PROJECT)
    if plugins.warnings:
        raise SystemExit("\n".join(plugins.warnings))
    return plugins


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""


def _words(plugins: Plugins) -> Iterator[str]:
    vocabulary = plugins.vocabulary
    sayable = [kind for kind in vocabulary.kinds.values() if kind.sayable]
    yield "# Nouns and verbs\n"
    yield "What each sentence may say, with the plugins that come with vnetsh; `vnetsh help WORD` says it for those"
    yield "that are installed. How words are put together: [the language](../language.md).\n"
    yield "In the tables, *default* is what a new thing gets when nothing is said, and *backends* names those that know"
    yield "the key, where not all do. Hosts of `--demo` know all of them.\n"
    yield "## Nouns\n"
    for kind in sayable:
        yield from _sentence(kind, plugins)
    yield "## Verbs\n"
    for verb in vocabulary.verbs.values():
        yield from _sentence(verb, plugins)
    yield "## The language's own\n"
    for schema in CONTROL.values():
        yield from _sentence(schema, plugins)
    yield "## What is only shown\n"
    for kind in vocabulary.kinds.values():
        if not kind.sayable:
            yield from _sentence(kind, plugins)
    yield "## Values\n"
    yield "What the words of the column *takes* mean.\n"
    yield from _table(["takes", "is"], list(values_known()))


def _sentence(schema: SentenceSchema, plugins: Plugins) -> Iterator[str]:
    yield f"### {schema.name}\n"
    yield f"{schema.help}\n"
    if isinstance(schema, Kind) and not schema.sayable:
        yield f"`show {schema.plural}` shows them.\n"
    else:
        yield f"`{usage(schema)}`, for example `{schema.example}`\n"
    facts = [f"Since {schema.since}."]
    if isinstance(schema, Kind):
        made = sorted(name for name, backend in plugins.backends.items() if schema.name in backend.kinds)
        facts += [f"Backends: {', '.join(made)}."] if made else []
        if schema.sayable and schema.subject and schema.subject.describe() != schema.subject.what:
            facts.append(f"NAME is {schema.subject.describe()}.")
    yield f"{' '.join(facts)}\n"
    yield from _attributes(schema)
    for part in schema.parts:
        yield f"`{schema.name} … {usage(part)}`: {part.help}\n"
        yield from _attributes(part)
    for form in schema.forms:
        yield f"`{usage(form)}`: {form.help}\n"
        yield from _attributes(form)


def _attributes(schema: SentenceSchema) -> Iterator[str]:
    rows = [
        *(_attribute(slot(operand.type), operand) for operand in schema.operands),
        *(_attribute(f"`{attribute.name}`", attribute) for attribute in schema.attributes),
    ]
    if rows:
        yield from _table(["key", "takes", "default", "since", "backends", "meaning"], rows)


def _attribute(name: str, attribute: Attribute) -> Sequence[str]:
    notes = ", ".join(attribute.notes())
    return (
        name,
        attribute.type.describe(),
        attribute.unsaid(),
        attribute.since,
        ", ".join(attribute.backends) or "all",
        attribute.help + (f" ({notes})" if notes else ""),
    )


def values_known() -> Iterator[tuple[str, str]]:
    """What words of a sentence may be, each with what it means."""
    for module in (values, value_names, value_numbers, value_addresses):
        for found in vars(module).values():
            own = isinstance(found, type) and found.__module__ == module.__name__
            if not own or not issubclass(found, values.ValueType):
                continue
            if found not in (values.ValueType, values.Amount, values.Choice):
                yield found().what, (inspect.getdoc(found) or "").splitlines()[0]


def _grammar() -> Iterator[str]:
    text = resources.files("vnetsh.grammar").joinpath("vnet.lark").read_text()
    yield "# The shapes of sentences\n"
    yield "The grammar knows shapes only; which words there are and what they take is in [nouns and verbs](words.md)."
    yield "A rule is its name, `:`, and what it is made of: `*` is any number, `+` one or more, `|` one or the other.\n"
    for block in text.split("\n\n"):
        comment = [line.removeprefix("//").strip() for line in block.splitlines() if line.startswith("//")]
        rule = [line for line in block.splitlines() if line and not line.startswith("//")]
        if not rule:
            continue
        name = rule[0].partition(":")[0].lstrip("?")
        yield f"## {name}\n"
        yield "\n".join(comment) + "\n"
        if not re.match(r"\w+: /", rule[0]):
            yield "```\n" + "\n".join(rule).lstrip("?") + "\n```\n"
    yield "## Limits\n"
    yield "What is longer or deeper is an error with a code.\n"
    limits = {
        "sentences that a script stands for, loops and includes counted in": expanding.MOST_SENTENCES,
        "values of one range": ranges.MOST_VALUES,
        "characters of a word with its variables' values": ranges.LONGEST_WORD,
        "includes in one another": expanding.DEEPEST_INCLUDE,
        "blocks in one another": scanning.DEEPEST,
    }
    yield from _table(["at most", ""], [(f"{most:,}", what) for what, most in limits.items()])


def _codes(plugins: Plugins) -> Iterator[str]:
    yield "# Error codes\n"
    yield "What `vnetsh explain CODE` prints, for all codes. Each *wrong* script yields its code on `--demo` hosts and"
    yield "each *right* one yields none; a code without them comes of real hosts, files or daemons only.\n"
    explanations = plugins.vocabulary.explanations
    rows = [(f"[{code}](#{code.lower()})", explanations[code].title) for code in sorted(explanations)]
    yield from _table(["code", "says"], rows)
    for code in sorted(explanations):
        explanation = explanations[code]
        yield f"## {code}\n"
        yield f"**{sentenced(explanation.title)}** {explanation.cause}\n"
        for heading in ("before", "wrong", "right"):
            script = getattr(explanation, heading)
            if script:
                yield f"{heading.capitalize()}:\n\n```vnet {heading}\n{script}\n```\n"


def _commands(plugins: Plugins) -> Iterator[str]:
    main = parsers(plugins)[""]
    common = {option for a in main._actions for option in a.option_strings}
    yield "# The command line\n"
    yield "```\n" + main.format_usage().strip() + "\n```\n"
    yield f"{main.description} Without a script: the interactive shell."
    yield "Exit codes: [the language](../language.md#exit-codes).\n"
    yield "## For every command\n"
    yield from _options(main, set())
    for name, parser, help in commands(plugins):
        yield f"## {name}\n"
        yield f"{help}\n"
        yield from _options(parser, common if name.split()[1] not in plugins.commands else set())


def commands(plugins: Plugins) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    """Every command of the command line, those under it after it: how it is called, its parser, what it does."""
    for name, parser in parsers(plugins).items():
        if name:
            yield from _with_those_under(f"vnetsh {name}", parser, parser.description or "")


def _with_those_under(
    name: str, parser: argparse.ArgumentParser, help: str
) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    yield name, parser, sentenced(help)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for sub, inner in action.choices.items():
                yield from _with_those_under(f"{name} {sub}", inner, inner.description or helps[sub])


def options(parser: argparse.ArgumentParser, known: set[str]) -> Sequence[argparse.Action]:
    """What a command takes, but what all of them do, which is `known`."""
    return [
        action
        for action in parser._actions
        if action.help is not argparse.SUPPRESS
        and not isinstance(action, (argparse._HelpAction, argparse._SubParsersAction))
        and not known & set(action.option_strings)
    ]


def _options(parser: argparse.ArgumentParser, known: set[str]) -> Iterator[str]:
    rows = [(option_text(action), sentenced(action.help or "")) for action in options(parser, known)]
    if rows:
        yield from _table(["", ""], rows)


def option_text(action: argparse.Action) -> str:
    """How an option or an argument is written."""
    value = action.metavar or (
        "{" + ",".join(action.choices) + "}" if action.choices else action.dest.upper()
    )
    names = [*action.option_strings]
    if names and action.nargs != 0:
        names[-1] += f"{value}" if str(value).startswith("[") else f" {value}"  # `--demo[=N]`
    return ", ".join(f"`{name}`" for name in names) or f"`{value}`" + (" …" if action.nargs == "*" else "")


def sentenced(text: str) -> str:
    """A text as a sentence."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def main() -> int:
    """Write all pages, and take away what is none."""
    FOLDER.mkdir(exist_ok=True)
    written = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in written:
            path.unlink()
    for name, text in written.items():
        (FOLDER / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
