"""The read-plan-apply loop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application, run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition
from prompt_toolkit.input.typeahead import get_typeahead
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.plain_text import PlainTextOutput

from vnetsh import journal
from vnetsh.diagnostics import ProblemsFound
from vnetsh.engine.failures import HostsDown, PlanRefused
from vnetsh.errors import VnetshError
from vnetsh.interface.early import PROMPT, Typed, greet
from vnetsh.interface.face import Face
from vnetsh.interface.options import Options
from vnetsh.interface.output import OutputFailed, dumb_terminal
from vnetsh.interface.progress import ProgressLine
from vnetsh.interface.shell.background import Background, JobsUnderWay
from vnetsh.interface.shell.checking import Checking
from vnetsh.interface.shell.colours import Shown, WordColours
from vnetsh.interface.shell.completing import Remembered, SlotCompleter
from vnetsh.interface.shell.config import read_config
from vnetsh.interface.shell.history import history
from vnetsh.interface.shell.inventory import LiveInventory
from vnetsh.interface.shell.keys import shell_keys
from vnetsh.interface.shell.lines import Lines
from vnetsh.interface.shell.next_words import next_words
from vnetsh.interface.shell.settings import logged
from vnetsh.interface.shell.targets import Targets, moved
from vnetsh.interface.shell.toolbar import Toolbar
from vnetsh.language.scanning import unfinished
from vnetsh.plain_text import plain, said
from vnetsh.session import Session

_MOMENT = 0.1


class Repl:
    """The shell's loop: each entered text is planned, shown and applied like a script."""

    def __init__(
        self, session: Session, options: Options, line: ProgressLine, do: Callable[[Face, Options], int]
    ) -> None:
        self._session = session
        self._face = Face(options)
        self._face.line = line
        self._debug = options.arguments.debug
        self._typed: Typed | None = getattr(options.arguments, "typed", None)
        self._teaches = bool(getattr(options.arguments, "teaches", False))
        self._config = read_config()
        self._known = LiveInventory(session, self._known_anew)
        self._jobs = Background(session, options, line, self._wake)
        self._lines = Lines(session, options, self._jobs, line, do)
        self._checking = Checking(lambda: self._jobs.front, self._lines.is_command, self._redraw)
        self._targets = Targets(session, lambda: self._known.fleet, self._offer_again)
        self._completer = SlotCompleter(
            session.vocabulary,
            options,
            lambda: self._known.now,
            lambda: self._jobs.under_way,
            self._targets.of,
            self._lines.help,
        )
        self._prompt: PromptSession[str] | None = None

    def run(self) -> int:
        """Read until Ctrl-D or `exit`."""
        if sys.stdin.isatty():  # also where whoever began us ignores Ctrl-C
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if not self._typed:
            greet()
        if not self._session.inventory:
            print("no hosts yet: `vnetsh --demo` has some in memory, `vnetsh --hosts FILE` reads yours")
        if self._teaches:
            self._lines.do("tutorial")
        self._guarded(self._tell_cut_off)
        self._prompt = prompt = self._prompt_session()
        self._known.start()
        self._targets.start()
        if self._config.check:
            self._checking.start()
        try:
            while not self._read(prompt):
                pass
            self._jobs.wait()
            self._guarded(self._jobs.tell)
        finally:
            self._checking.close()
            self._targets.close()
            self._known.close()
            self._jobs.close()
        return 0

    def _tell_cut_off(self) -> None:
        """Say of earlier runs that they were cut off, and what mends that."""
        for run in journal.cut_off(self._session.runs, others=False):
            what = f"run {plain(run.name)} ({plain(run.what)}) was cut off"
            print(f"{what}: `recover` finishes it, `recover --undo` takes it back")

    def _prompt_session(self) -> PromptSession[str]:
        config, vocabulary, known = self._config, self._session.vocabulary, lambda: self._known.now
        dumb = dumb_terminal()
        colourless = dumb or bool(os.environ.get("NO_COLOR"))
        protected = any(host.flag("protected") for host in self._session.hosts.values())
        prompt_style = "protected" if protected else "prompt"
        bar = Toolbar(self._session.hosts, known, self._jobs, self._checking.problem)
        prompt = PromptSession[str](
            message=[(f"class:{prompt_style}", PROMPT)],
            history=history(),
            completer=self._completer,
            lexer=None if colourless else WordColours(vocabulary, known, ("plan", "check")),
            style=config.style,
            color_depth=ColorDepth.MONOCHROME if colourless else None,
            input_processors=[Shown()],
            complete_while_typing=sys.stdin.isatty(),
            auto_suggest=Remembered(vocabulary, self._lines.help) if config.suggest else None,
            multiline=Condition(lambda: unfinished(prompt.default_buffer.document.text)),
            prompt_continuation="   ... ",
            key_bindings=shell_keys(config.keys, self._tell_next),
            editing_mode=EditingMode.VI if config.editing == "vi" else EditingMode.EMACS,
            bottom_toolbar=bar if config.toolbar and not dumb else None,
            refresh_interval=1.0 if config.toolbar else 0,
            enable_suspend=True,
            output=PlainTextOutput(sys.stdout) if dumb else None,
        )
        prompt.default_buffer.on_text_changed += self._looks
        return prompt

    def _looks(self, buffer: Buffer) -> None:
        """Something else stands at the prompt now."""
        self._checking.look(buffer.text)
        self._targets.look(buffer.document.text_before_cursor)

    def _known_anew(self) -> None:
        """The fleet is another one; called on any thread."""
        self._targets.look_again()
        self._redraw()

    def _offer_again(self) -> None:
        """What is offered is another thing; called on any thread."""

        def offer() -> None:
            buffer = self._prompt and self._prompt.default_buffer
            chosen = buffer and buffer.complete_state and buffer.complete_state.current_completion
            if buffer and not chosen and moved(buffer.document.text_before_cursor):
                buffer.complete_state = None  # as long as something is offered, nothing else is looked for
                buffer.start_completion()

        # Not while the last key's words are looked for: prompt-toolkit does one of both only.
        self._on_prompt(lambda app: app.loop and app.loop.call_later(_MOMENT, offer))

    def _redraw(self) -> None:
        """Something below the prompt, or in its colours, is another one; called on any thread."""
        # Not on that thread: where a line ends just then prompt-toolkit could draw nothing any more at the next one.
        self._on_prompt(lambda app: app.invalidate())

    def _tell_next(self, text: str) -> None:
        """Print what may come next at the end of a text."""
        print(f"{PROMPT}{text}?")
        print(next_words(text, self._completer, self._session.vocabulary))

    def _read(self, prompt: PromptSession[str]) -> bool:
        """Read lines until somebody leaves; False where Ctrl-C came between two of them."""
        with suppress(KeyboardInterrupt):
            self._read_on(prompt)
            return True
        return False

    def _read_on(self, prompt: PromptSession[str]) -> None:
        asked = False
        while True:
            self._guarded(self._jobs.tell)
            try:
                text = self._line(prompt)
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

    def _line(self, prompt: PromptSession[str]) -> str:
        """The next line; the first one goes on with what was typed before the shell was there."""
        typed, self._typed = self._typed, None

        def begin() -> None:
            if typed:
                prompt.default_buffer.cursor_position = typed.cursor
                _press(prompt, typed.keys)
            self._tell_above()

        try:
            with self._face.line.unheard():
                return prompt.prompt(default=typed.text if typed else "", pre_run=begin)
        finally:
            if typed:
                typed.over()

    def _wake(self) -> None:
        """Have a job that has ended told at once, if the prompt stands; called on the job's thread."""
        self._on_prompt(lambda app: self._tell_above())

    def _on_prompt(self, do: Callable[[Application[str]], object]) -> None:
        """Have something done by what reads the line, if the prompt stands; called on any thread."""
        app = self._prompt and self._prompt.app
        if app and app.is_running and app.loop:
            with suppress(RuntimeError):  # the line was entered meanwhile
                app.loop.call_soon_threadsafe(do, app, context=app.context)

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
        logged(f"{PROMPT}{text}\n")
        self._guarded(lambda: self._lines.do(text))
        self._lines.tutorial.after(text, self._jobs.front)
        self._known.refresh()

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


def _press(prompt: PromptSession[str], keys: Sequence[KeyPress]) -> None:
    """Press keys before any others."""
    press = prompt.app.key_processor

    async def when_history_is_there(keys: Sequence[KeyPress]) -> None:
        while (loading := prompt.default_buffer._load_history_task) is None or not loading.done():
            await asyncio.sleep(0.005)
        press.feed_multiple([*keys])
        press.process_keys()

    if any(key.key in _OF_HISTORY for key in keys):
        prompt.app.create_background_task(when_history_is_there([*keys, *get_typeahead(prompt.app.input)]))
    else:
        press.feed_multiple([*keys])


_OF_HISTORY = (Keys.Up, Keys.ControlP, Keys.ControlR)
