"""What the shell offers while a line is typed: what is valid where the cursor is, with what it is and where."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from prompt_toolkit.auto_suggest import AutoSuggest, Suggestion
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from vnetsh.interface.options import OF_SCRIPTS, PLANNED, Options
from vnetsh.interface.shell import settings
from vnetsh.interface.shell.inventory import Known
from vnetsh.interface.shell.targets import moved
from vnetsh.language.completion import Candidate, candidates, slot_of
from vnetsh.language.highlighting import Role, tokens
from vnetsh.schema import Vocabulary

MOST = 200
"""Words that a menu offers at most: nobody reads more, and each costs time at every key."""

_RUNS = frozenset({"undo", "history", "rollback", "diff"})
_KINDS = frozenset({"export", "adopt"})


class SlotCompleter(Completer):
    """Offers what fits where the cursor is. `words` are those that begin no sentence, with their help."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        options: Options,
        known: Callable[[], Known],
        jobs: Callable[[], Collection[int]],
        targets: Callable[[str], Mapping[str, str]],
        words: Mapping[str, str],
    ) -> None:
        self._vocabulary = vocabulary
        self._options = options
        self._known = known
        self._jobs = jobs
        self._targets = targets
        self._words = words
        self._files = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The words that fit at the cursor."""
        return islice(self._fitting(document), MOST)

    def _fitting(self, document: Document) -> Iterator[Completion]:
        for found in self.offered(document.text_before_cursor):
            yield Completion(found.text, -found.replaces, display_meta=found.meta)
        yield from self._paths(document)

    def offered(self, text: str) -> Iterator[Candidate]:
        """The words that fit at the end of a text; files are not among them."""
        first, blank, rest = text.lstrip().partition(" ")
        typed = rest.rpartition(" ")[2]
        if not blank:
            yield from _beginning(self._words, first)
        elif first in ("help", "?"):
            heads = dict.fromkeys(self._vocabulary.heads(), "")
            yield from _beginning(heads | dict(self._words), rest)
            return
        elif first == "explain":
            yield from _beginning({c: e.title for c, e in self._vocabulary.explanations.items()}, typed)
            return
        elif first == "set":
            yield from self._settings(rest)
            return
        elif first in _RUNS:
            yield from _beginning(self._known().names.get("run", {}), typed)
            return
        elif first in _KINDS:
            yield from self._kinds(first, rest)
            return
        elif first in OF_SCRIPTS:
            if " " not in rest and first == "plan":
                yield from _beginning({word: f"what `{word}` would do" for word in PLANNED}, rest)
            text = rest
        elif first in self._words:
            return
        jobs = {str(number): "under way" for number in self._jobs()}
        known = self._known()
        vlans = known.vlans.offered(text, known.names.get("host", {}))
        found = candidates(text, self._vocabulary, {**known.names, "job": jobs, "vlan": vlans})
        against = self._targets(moved(text))
        if against:  # hosts where the move passes come first
            found = iter(
                sorted((_with(against, one) for one in found), key=lambda one: bool(against.get(one.text)))
            )
        yield from found

    def _kinds(self, first: str, rest: str) -> Iterator[Candidate]:
        held, (word, blank, name) = self._vocabulary.held(), rest.partition(" ")
        if first == "export":
            yield from _beginning({kind.plural: kind.help for kind in held}, rest.rpartition(" ")[2])
        elif not blank:
            yield from _beginning({kind.name: kind.help for kind in held}, word)
        else:
            yield from _beginning(self._known().names.get(word, {}), name)

    def _settings(self, rest: str) -> Iterator[Candidate]:
        known = settings.settable(self._options)
        name, blank, value = rest.partition(" ")
        if not blank:
            yield from _beginning({word: action.help or "" for word, action in known.items()}, name)
        elif name in known:
            yield from _beginning(dict.fromkeys(settings.choices(known[name]), ""), value)

    def _paths(self, document: Document) -> Iterator[Completion]:
        """Files, where one is to be named."""
        text = document.text_before_cursor
        first, blank, rest = text.lstrip().partition(" ")
        if blank and first in (*OF_SCRIPTS, "graph", "log"):
            typed = rest.rpartition(" ")[2]
            if typed == rest.lstrip() or "/" in typed:
                yield from self._files.get_completions(Document(typed), CompleteEvent())
        elif blank:
            typed, slot = slot_of(text, self._vocabulary)
            if slot.type and slot.type.offers == "file":
                yield from self._files.get_completions(Document(typed.removeprefix('"')), CompleteEvent())


def _with(against: Mapping[str, str], host: Candidate) -> Candidate:
    """A host, with what speaks against a move there."""
    why = against.get(host.text)
    return host if why is None else replace(host, meta=why or "the move passes its checks")


def _beginning(words: Mapping[str, str], typed: str) -> Iterator[Candidate]:
    for word, meaning in words.items():
        if word.startswith(typed) and (word[0].isalnum() or typed):
            yield Candidate(word, len(typed), meaning)


_SAFE = frozenset({"migrate", "start", "resume", "undrain", "snapshot", "backup", "clone"})
_ENDS_SOMETHING = "cancel"
_SAFE_COMMANDS = frozenset({"help", "plan", "check", "set", "explain", "export", "history", "fmt", "drift"})


class Remembered(AutoSuggest):
    """Goes on with what was typed before; never with what takes something away, stops it, or may do so."""

    def __init__(self, vocabulary: Vocabulary, words: Collection[str]) -> None:
        self._vocabulary = vocabulary
        self._words = frozenset(words)

    def get_suggestion(self, buffer: Buffer, document: Document) -> Suggestion | None:
        """The rest of the newest line that begins so."""
        text = document.text
        if not text.strip() or "\n" in text:
            return None
        for line in reversed(buffer.history.get_strings()):
            if line.startswith(text) and len(line) > len(text) and self._harmless(line):
                return Suggestion(line[len(text) :])
        return None

    def _harmless(self, line: str) -> bool:
        """Whether whoever runs it by mistake loses nothing."""
        first = line.split(maxsplit=1)[0]
        if first in self._words and self._vocabulary.schema(first) is None:
            return first in _SAFE_COMMANDS
        found = list(tokens(line, self._vocabulary))
        verbs = (line[token.start : token.end] for token in found if token.role is Role.VERB)
        known = self._vocabulary.verbs
        return not any(line[token.start : token.end] in ("none", "force") for token in found) and all(
            verb in _SAFE
            or (verb in known and verb != _ENDS_SOMETHING and known[verb].answer and not known[verb].plan)
            for verb in verbs
        )
