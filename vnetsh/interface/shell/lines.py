"""What an entered line says: a word of the shell's own, a command of the command line, or sentences."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

from vnetsh.diagnostics import Source
from vnetsh.engine.prepared import Prepared
from vnetsh.errors import UsageError
from vnetsh.interface import opening
from vnetsh.interface.face import Face
from vnetsh.interface.help import help_text
from vnetsh.interface.options import OF_SCRIPTS, Options, is_planned
from vnetsh.interface.progress import ProgressLine
from vnetsh.interface.shell import settings
from vnetsh.interface.shell.background import Background, in_background
from vnetsh.interface.shell.face import ShellFace
from vnetsh.interface.shell.tutorial import Tutorial
from vnetsh.session import Session

OWN = {
    "tutorial": "ten steps on hosts in memory; `tutorial 5`: that one, `tutorial off` ends it",
    "set": "how the shell answers and what it allows: `set output json`; alone: what is set",
    "log": "write what is typed and said into a file, too: `log FILE`, `log off`",
    "&": "at the end of a line: it goes on in the background (`show jobs`, `cancel JOB`)",
    "?": "what may come next; behind some words: what may follow them",
    "exit": "leave (Ctrl-D)",
}
"""The words that only a shell has."""


class Lines:
    """Does what each entered line says, in one session."""

    def __init__(
        self,
        session: Session,
        options: Options,
        jobs: Background,
        line: ProgressLine,
        do: Callable[[Face, Options], int],
    ) -> None:
        self._session = session
        self._options = options
        self._jobs = jobs
        self._line = line
        self._number = 0
        self.tutorial = Tutorial()
        self._do = do
        assert options.line
        self._known = options.line
        self._flags = options.line.flags
        self.help = {name: command.help for name, command in sorted(self._known.commands.items())} | OWN
        """The words that begin no sentence, and what they are for."""

    def do(self, text: str) -> None:
        """Do what an entered text says. Raises what `Session.prepare` raises."""
        self._number += 1
        first, _, rest = text.strip().partition(" ")
        if first in ("help", "?"):
            print(help_text(rest.strip(), self._session.vocabulary, self.help))
        elif first == "set":
            settings.set_(rest.split(), self._options, self._jobs.front)
        elif first == "tutorial":
            self.tutorial.command(rest.split(), self._session)
        elif first == "log":
            settings.log(rest.strip())
        elif first in OWN:
            raise UsageError(f"`{first}` stands alone", help=OWN[first])
        elif self.is_command(text):
            self._command(first, text)
        else:
            behind = in_background(text)
            source = Source(f"<{self._number}>", text if behind is None else behind)
            self._run(source, behind=behind is not None)

    def is_command(self, text: str) -> bool:
        """Whether a line begins with a command of the command line, or has options of it among its words."""
        words = text.split()
        if any(word.partition("=")[0] in self._flags for word in words):
            return True
        first = next(iter(words), "")
        return first in self._known.commands and self._session.vocabulary.schema(first) is None

    def _command(self, first: str, text: str) -> None:
        """Do what the command line does with the same words."""
        sentence = ""
        if first in OF_SCRIPTS:
            words, sentence = _script_words(text, self._flags)
        else:
            words = _words(text)
        try:
            command, found = self._known.parse(words, self._options.arguments)
        except SystemExit:  # `--help` and `--version` have said it
            return
        self._same_hosts(found)
        if command.name and command.name in self._options.plugins.commands:
            command.run(found)
            return
        if sentence:
            found.c = sentence
        options = Options(self._options.plugins, command.name or "run", found)
        options.see_enough()
        opening.heed(self._jobs.front, options)
        try:
            self._do(ShellFace(options, self._jobs, self._line), options)
        finally:
            opening.heed(self._jobs.front, self._options)

    def _same_hosts(self, found: argparse.Namespace) -> None:
        worlds = [f"world_{world}" for world in self._options.plugins.worlds]
        if any(getattr(found, name) != getattr(self._options.arguments, name) for name in ("hosts", *worlds)):
            raise UsageError("a shell stays on its hosts", help="leave it, and begin another one on those")

    def _run(self, source: Source, *, behind: bool) -> None:
        """Plan and apply, where it is so `behind` the shell; what the script's `let` said stays known."""
        variables = self._session.variables

        def prepare(session: Session) -> Prepared:
            nonlocal variables
            prepared = session.prepare(source, lock=True)
            variables = prepared.script.variables
            return prepared

        if behind:
            self._jobs.begin(prepare)
        else:
            front = self._jobs.front
            ShellFace(self._options, self._jobs, self._line).change(lambda: prepare(front))
        self._session.variables = self._jobs.front.variables = variables


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:  # a quote that is not closed
        raise UsageError(f"{text.strip()}: {str(error).lower()}") from None


_WORD = re.compile(r"\s*(\S+)")


def _script_words(text: str, flags: Mapping[str, bool]) -> tuple[list[str], str]:
    """The words of a command that takes scripts, and the sentences behind it where no files or runs are named there."""
    head, at, takes = "", 0, False
    for match in _WORD.finditer(text):
        word = match[1]
        if head and not takes and not (word.startswith("-") and word.partition("=")[0] in flags):
            break
        takes = bool(head) and not takes and flags.get(word, False)
        head, at = head or word, match.end()
    rest = text[at:].strip()
    words = _words(text)
    named = words[len(_words(text[:at])) :]
    # No sentence begins with a word that could be a path.
    known = bool(named) and ((head == "plan" and is_planned(named[0])) or not {"/", "."}.isdisjoint(named[0]))
    if not rest or known or rest.startswith("-") or all(Path(one).is_file() for one in named):
        return words, ""
    return _words(text[:at]), rest
