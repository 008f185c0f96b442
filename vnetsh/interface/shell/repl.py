"""The read-plan-apply loop."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, completion_is_selected
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from vnetsh import __version__
from vnetsh.diagnostics import ProblemsFound
from vnetsh.engine.failures import HostsDown, PlanRefused
from vnetsh.errors import VnetshError
from vnetsh.interface.face import Face
from vnetsh.interface.options import Options
from vnetsh.interface.output import OutputFailed
from vnetsh.interface.progress import ProgressLine
from vnetsh.interface.shell.background import Background, JobsUnderWay
from vnetsh.interface.shell.colours import Shown, WordColours
from vnetsh.interface.shell.lines import Lines
from vnetsh.interface.shell.names import KnownNames
from vnetsh.interface.shell.settings import logged
from vnetsh.journal.folder import state_folder
from vnetsh.language.completion import candidates
from vnetsh.language.scanning import unfinished
from vnetsh.plain_text import said
from vnetsh.schema import Vocabulary
from vnetsh.session import Session


class SlotCompleter(Completer):
    """Offers what fits where the cursor is."""

    def __init__(self, vocabulary: Vocabulary, names: KnownNames, words: Mapping[str, str]) -> None:
        self._vocabulary = vocabulary
        self._names = names
        self._words = words

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The words that fit at the cursor."""
        text = document.text_before_cursor
        first, _, rest = text.lstrip().partition(" ")
        if " " in text.lstrip() and first == "help":
            words = [word for word in self._vocabulary.heads() if word.startswith(rest)]
            yield from (Completion(word, -len(rest)) for word in words)
            return
        if " " in text.lstrip() and first == "plan":
            text = rest
        elif " " not in text.lstrip():
            yield from (
                Completion(word, -len(first), display_meta=meta)
                for word, meta in self._words.items()
                if word.startswith(first) and word.isalpha()
            )
        for found in candidates(text, self._vocabulary, self._names()):
            yield Completion(found.text, -found.replaces, display_meta=found.meta)


class Repl:
    """The shell's loop: each entered text is planned, shown and applied like a script."""

    def __init__(
        self, session: Session, options: Options, line: ProgressLine, do: Callable[[Face, Options], int]
    ) -> None:
        self._session = session
        self._face = Face(options)
        self._face.line = line
        self._debug = options.arguments.debug
        self._names = KnownNames(session)
        self._jobs = Background(session, options, line, self._wake)
        self._lines = Lines(session, options, self._jobs, line, do)
        self._prompt: PromptSession[str] | None = None

    def run(self) -> int:
        """Read until Ctrl-D or `exit`."""
        self._prompt = prompt = PromptSession[str](
            history=_history(),
            completer=SlotCompleter(self._session.vocabulary, self._names, self._lines.help),
            lexer=None if os.environ.get("NO_COLOR") else WordColours(self._session.vocabulary, ("plan",)),
            input_processors=[Shown()],
            complete_while_typing=sys.stdin.isatty(),
            multiline=Condition(lambda: unfinished(prompt.default_buffer.document.text)),
            prompt_continuation="   ... ",
            key_bindings=_keys(),
        )
        hosts = len(self._session.inventory)
        print(f"vnetsh {__version__} · {hosts} host{'s' * (hosts != 1)} · `help` helps, Ctrl-D leaves")
        if not hosts:
            print("no hosts yet: `vnetsh --demo` has some in memory, `vnetsh --hosts FILE` reads yours")
        self._names.start()
        try:
            self._read(prompt)
            self._jobs.wait()
            self._guarded(self._jobs.tell)
        finally:
            self._names.close()
            self._jobs.close()
        return 0

    def _read(self, prompt: PromptSession[str]) -> None:
        asked = False
        while True:
            self._guarded(self._jobs.tell)
            try:
                text = prompt.prompt("vnetsh> ", pre_run=self._tell_above)
            except KeyboardInterrupt:  # Ctrl-C cancels the line
                continue
            except EOFError:
                text = "exit"
            if text.strip() in ("exit", "quit"):
                under_way = self._jobs.under_way
                if not under_way or asked or not sys.stdin.isatty():
                    return
                asked = True
                _say(JobsUnderWay(under_way))
            elif text.strip():
                asked = False
                self.execute(text)

    def _wake(self) -> None:
        """Have a job that has ended told at once, if the prompt stands; called on the job's thread."""
        app = self._prompt and self._prompt.app
        if app and app.is_running and app.loop:
            with suppress(RuntimeError):  # the line was entered meanwhile: it is told before the next prompt
                app.loop.call_soon_threadsafe(self._tell_above, context=app.context)

    def _tell_above(self) -> None:
        """Tell of the jobs that have ended above the prompt, with what was typed so far left as it is."""
        assert self._prompt
        app = self._prompt.app

        def tell() -> None:
            try:
                self._guarded(self._jobs.tell)
            except Exception as error:
                app.exit(exception=error)

        if self._jobs.ended and not app.is_done:
            run_in_terminal(tell)

    def execute(self, text: str) -> None:
        """Do what one entered text says; whatever goes wrong is said, and the shell goes on."""
        logged(f"vnetsh> {text}\n")
        self._guarded(lambda: self._lines.do(text))
        self._names.refresh()

    def _guarded(self, do: Callable[[], object]) -> None:
        """Do something; whatever goes wrong is said."""
        try:
            with self._face.line:  # gone before anything is said of a failure
                do()
        except ProblemsFound as found:
            self._face.show_problems(found.problems)
        except PlanRefused as refused:
            self._face.show_problems(refused.problems, refused.notes)
        except HostsDown as down:
            for failure in down.failures:
                _say(failure)
        except VnetshError as error:
            _say(error)
        except KeyboardInterrupt:
            print("interrupted; nothing was changed")
        except OutputFailed:
            raise
        except Exception as error:
            if self._debug:
                raise
            what = f"{type(error).__name__}: {said(str(error))}"
            print(f"a defect of vnetsh or a plugin: {what}", file=sys.stderr)


def _say(error: VnetshError) -> None:
    print(f"error: {said(error.message)}", file=sys.stderr)
    if error.help:
        print(f"help: {said(error.help)}", file=sys.stderr)


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        """Alt-Enter begins another line at any time."""
        event.current_buffer.insert_text("\n")

    @keys.add("enter", filter=completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        """Enter takes what is chosen in the menu; it is run by another one, when it has been read."""
        event.current_buffer.complete_state = None

    return keys


def _history() -> History:
    """What was typed in earlier sessions; of this one only, where it cannot be kept."""
    try:
        folder = state_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / "history"
        file.touch(mode=0o600)
        return FileHistory(str(file))
    except (OSError, RuntimeError):
        return InMemoryHistory()
