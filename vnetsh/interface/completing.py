"""What may come next on a command line of bash, zsh or fish: options, commands, words of sentences, live names.

The scripts in `completions/` ask for it, `vnetsh __complete WORD…`, each time that Tab is pressed. So it is made from
the parsers and the vocabulary that the manual is made from, those of third parties' plugins included.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from threading import Thread

from vnetsh import journal
from vnetsh.errors import VnetshError
from vnetsh.interface.arguments import commands_of, parsers
from vnetsh.interface.live_names import LiveNames
from vnetsh.interface.options import PLANNED
from vnetsh.language.completion import candidates
from vnetsh.registry import Plugins, load_plugins

PATIENCE = 1.5
"""Seconds of looking after which Tab is answered with what is known by then."""

FILES = ":files"
"""The line that has the shell offer files besides: no word that is offered begins with a colon."""

_RUNS = 20
"""Runs that are offered, the newest first."""

_STEPS = {"rollback": ("to", "run", "RUN"), "diff": ("run", "RUN")}
"""Commands that take these words, one after the other."""

Words = Iterator[tuple[str, str]]
"""Words that fit, each with what it means."""


def complete(arguments: Sequence[str]) -> int:
    """Print what may stand in place of the last word of a command line: a line each, the word, a tab, what it means.

    `arguments` are the line as it was typed; or `--`, and its words without the first.
    """
    words = arguments[1:] if arguments[:1] == ["--"] else _split("".join(arguments))
    found = dict[str, str]()
    if not words:
        return 0
    try:
        plugins = load_plugins()
    except VnetshError:  # any other command says it
        return 1
    at_work = Thread(target=_find, args=(plugins, words, found), daemon=True)
    at_work.start()
    at_work.join(PATIENCE)
    lines = (f"{word}\t{meaning}".rstrip() + "\n" for word, meaning in list(found.items()))
    with suppress(OSError):  # what is printed else has no tabs
        os.write(1, "".join(lines).encode())
    if at_work.is_alive():  # a host hangs: nobody waits until that is over
        os._exit(0)
    return 0


def _split(line: str) -> Sequence[str]:
    """A line's words, without the first; the last is empty after a blank. None in open quotes."""
    import shlex

    try:
        words = shlex.split(line)
    except ValueError:
        return []
    return [*words[1:], *([""] if line[-1:].isspace() else [])]


def _find(plugins: Plugins, words: Sequence[str], found: dict[str, str]) -> None:
    *before, typed = words
    try:
        with LiveNames(plugins, before) as names:
            for word, meaning in _Line(plugins, names, before, typed).fitting():
                if word.startswith(typed) or word == FILES:
                    found.setdefault(word, " ".join(meaning.split()))
    except Exception:  # nothing is completed then: between two keys there is no place to say more
        return


class _Line:
    """A command line up to the cursor: the words before it, and the one that is being typed."""

    def __init__(self, plugins: Plugins, names: LiveNames, before: Sequence[str], typed: str) -> None:
        self._plugins, self._names, self._typed = plugins, names, typed
        self._parsers, self._heads = parsers(plugins), plugins.vocabulary.heads()
        self._parser = self._parsers[""]
        self._said: list[str] = []  # the command, what a sentence begins with, or a file, and what follows
        self._given: list[str] = []  # of that, the arguments of the command
        self._open: argparse.Action | None = None  # the option whose value stands next
        for word in before:
            self._read(word)

    def _read(self, word: str) -> None:
        if self._open:
            self._open = None
        elif word.startswith("-") and word != "-":
            action = _options(self._parser).get(word)
            takes = action and action.nargs is None and not str(action.metavar).startswith("[")
            self._open = action if takes else None
        else:
            inner = self._inner(word)
            self._parser, self._given = (inner, []) if inner else (self._parser, [*self._given, word])
            self._said.append(word)

    def _inner(self, word: str) -> argparse.ArgumentParser | None:
        """The parser of a command that a word names here."""
        if not self._said or (self._said == ["plan"] and word in PLANNED):
            return self._parsers.get(word)
        under = _commands_under(self._parser)
        return under.choices.get(word) if under and not self._given else None

    def fitting(self) -> Words:
        """What fits here."""
        flag, equals, _ = self._typed.partition("=")
        options = _options(self._parser)
        if self._open:
            yield from self._values(self._open)
        elif flag.startswith("--") and equals:
            if flag in options:
                yield from ((f"{flag}={word}", meaning) for word, meaning in self._values(options[flag]))
        elif self._typed.startswith("-"):
            yield from ((flag, option.help or "") for flag, option in options.items())
        else:
            yield from self._arguments()

    def _arguments(self) -> Words:
        vocabulary, command = self._plugins.vocabulary, self._said[0] if self._said else ""
        if not command:
            yield from ((name, known.help) for name, known in commands_of(self._plugins).items())
            yield from ((head, schema.help) for head in self._heads if (schema := vocabulary.schema(head)))
            yield FILES, ""
        elif command == "show":
            kinds = {kind.plural: kind.help for kind in vocabulary.seen()}
            first = [word for word in self._given if word in kinds]
            if first == self._given:
                yield from kinds.items()
            yield from self._sentence(f"show {', '.join(first)}", self._given[len(first) :])
        elif command == "adopt":
            kinds = {kind.name: kind.help for kind in vocabulary.held()}
            named = ((name, kind) for kind in self._given[:1] for name in self._names.get(kind, ()))
            yield from named if self._given else kinds.items()
        elif command == "help":
            yield from self._words_of_the_language()
        elif command in _STEPS:
            step = dict(enumerate(_STEPS[command])).get(len(self._given), "")
            yield from _runs() if step == "RUN" else [(step, "")] if step else ()
        elif command not in self._parsers and command in self._heads:
            yield from self._sentence("", self._said)
        else:
            under = _commands_under(self._parser)
            if under and not self._given:
                yield from ((choice.dest, choice.help or "") for choice in under._choices_actions)
            takes = _argument(self._parser, len(self._given))
            yield from self._values(takes) if takes else ()

    def _sentence(self, start: str, words: Sequence[str]) -> Words:
        """What the sentence may go on with. A word that the shell of the user would split is not offered."""
        quoted = (f'"{word}"' if any(map(str.isspace, word)) else word for word in words)
        text = " ".join(filter(None, [start, *quoted]))
        for candidate in candidates(f"{text} {self._typed}", self._plugins.vocabulary, self._names):
            if not set(candidate.text) & set(" \"'"):
                kept = self._typed[: len(self._typed) - candidate.replaces]
                yield kept + candidate.text, candidate.meta

    def _words_of_the_language(self) -> Words:
        vocabulary = self._plugins.vocabulary
        for head in self._heads:
            schema = vocabulary.schema(head)
            for one in schema.sentences if schema else ():
                yield head, schema.help if schema else ""
                for phrase in (one, *one.parts):
                    yield from ((a.name, f"in `{phrase.name}`: {a.help}") for a in phrase.attributes)

    def _values(self, action: argparse.Action) -> Words:
        """The values of an option or an argument, by its choices or by what the manual calls it."""
        if action.choices:
            yield from ((str(choice), "") for choice in action.choices)
            return
        vocabulary, called = self._plugins.vocabulary, str(action.metavar or action.dest).upper()
        if called == "FILE":
            yield FILES, ""
        elif called == "KIND":
            yield from ((kind.plural, kind.help) for kind in vocabulary.seen())
        elif called == "CODE":
            yield from ((code, known.title) for code, known in sorted(vocabulary.explanations.items()))
        elif called == "RUN":
            yield from _runs()
        elif called.lower() in vocabulary.kinds:  # HOST, VM
            yield from ((name, called.lower()) for name in self._names.get(called.lower(), ()))


def _options(parser: argparse.ArgumentParser) -> Mapping[str, argparse.Action]:
    """A parser's options that its help shows, by each way to write them."""
    shown = (action for action in parser._actions if action.help is not argparse.SUPPRESS)
    return {flag: action for action in shown for flag in action.option_strings}


def _commands_under(
    parser: argparse.ArgumentParser,
) -> argparse._SubParsersAction[argparse.ArgumentParser] | None:
    return next((a for a in parser._actions if isinstance(a, argparse._SubParsersAction)), None)


def _argument(parser: argparse.ArgumentParser, number: int) -> argparse.Action | None:
    """A parser's argument by its place; one that takes many is also those after it."""
    arguments = [action for action in parser._actions if not action.option_strings]
    last = arguments[min(number, len(arguments) - 1)] if arguments else None
    many = last is not None and last.nargs == "*"
    return last if last and (number < len(arguments) or many) and last.nargs != argparse.REMAINDER else None


def _runs() -> Words:
    """The numbers of the runs, each with what it was."""
    for run, _ in zip(journal.runs(journal.folder()), range(_RUNS), strict=False):
        if run.readable:
            yield str(run.number), f"{run.time:%Y-%m-%d %H:%M}  {run.what}"
