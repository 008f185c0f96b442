"""A prompt that is there before the shell is: what is typed while plugins are loaded is not lost."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vnetsh import __version__
from vnetsh.interface.output import dumb_terminal

if TYPE_CHECKING:
    from prompt_toolkit.key_binding.key_processor import KeyPress

PROMPT = "vnetsh> "


_FOR_THE_SHELL = (
    *(
        "enter",
        "tab",
        "s-tab",
        "up",
        "down",
        "c-r",
        "c-s",
        "c-p",
        "c-n",
        "c-z",
        "c-x",
        "c-o",
        "escape",
        "?",
        "}",
    ),
    *(f"f{number}" for number in range(1, 13)),
)
"""Keys that mean more there than in any line: whoever presses one waits for the shell."""


@dataclass(frozen=True)
class Typed:
    """What was typed meanwhile, where the cursor was, and the keys that only the shell has an answer to."""

    text: str
    cursor: int
    keys: Sequence[KeyPress] = ()
    over: Callable[[], None] = lambda: None
    """To be called when the shell has read its first line."""


@contextmanager
def unseen() -> Iterator[Callable[[], None]]:
    """The terminal keeps what is typed, and shows nothing of it by itself, until what this gives is called.

    Else what is typed between two prompts stands there twice, and some of it is lost when the terminal begins to wait
    for whole lines, and ends to.
    """
    import termios

    before = termios.tcgetattr(0)
    now = termios.tcgetattr(0)
    now[3] &= ~(termios.ICANON | termios.ECHO)
    now[6][termios.VMIN] = 1
    left = [before]

    def over() -> None:
        with suppress(termios.error):  # the window was closed
            if left:
                termios.tcsetattr(0, termios.TCSANOW, left.pop())

    termios.tcsetattr(0, termios.TCSANOW, now)
    try:
        yield over
    finally:
        over()


def begins_shell(arguments: Sequence[str]) -> bool:
    """Whether a command line begins a shell, as far as that can be told without plugins: it has only options.

    A terminal that can do nothing shows each line twice that goes on in another prompt.
    """
    if dumb_terminal():
        return False
    words = list(arguments)
    if "--hosts" in words[:-1]:
        at = words.index("--hosts")
        del words[at : at + 2]
    asks = {"--help", "--version"} & {*words}
    return not asks and all(w.startswith("--") for w in words) and sys.stdin.isatty() and sys.stdout.isatty()


def greet() -> None:
    """Say who is there."""
    print(f"vnetsh {__version__} · `help` helps, Ctrl-D leaves", flush=True)


def typed_while(load: Callable[[], None]) -> Typed | None:
    """Call `load` on a thread of its own, and let a line be typed meanwhile; None where the user leaves.

    Raises what `load` raises.
    """
    from prompt_toolkit import PromptSession
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.key_binding.key_processor import KeyPress

    keys, failed = KeyBindings(), list[BaseException]()

    for key in _FOR_THE_SHELL:

        @keys.add(key)
        def _(event: KeyPressEvent) -> None:
            end(event.key_sequence)

    @keys.add("c-c")
    def _(event: KeyPressEvent) -> None:
        event.app.erase_when_done = False  # as in the shell, the line stays to be seen
        event.app.exit(exception=KeyboardInterrupt())

    prompt = PromptSession[str](PROMPT, key_bindings=keys, erase_when_done=True)
    found: list[Typed] = []

    def end(pressed: Sequence[KeyPress] = ()) -> None:
        if not prompt.app.is_done:
            text, cursor = prompt.default_buffer.text, prompt.default_buffer.cursor_position
            if 0 < cursor == len(text):  # the shell has an answer to each character, too: a menu
                text, cursor, pressed = text[:-1], cursor - 1, [KeyPress(text[-1]), *pressed]
            found.append(Typed(text, cursor, pressed))
            prompt.app.exit(result="")

    def work() -> None:
        try:
            load()
        except BaseException as error:  # raised where somebody hears it
            failed.append(error)
        loop = prompt.app.loop
        if loop:
            with suppress(RuntimeError):  # the line was entered just now
                loop.call_soon_threadsafe(end)

    loading = threading.Thread(target=work, name="load", daemon=True)
    while not found:
        prompt.app.erase_when_done = True
        try:
            prompt.prompt(pre_run=lambda: None if loading.ident else loading.start())
        except KeyboardInterrupt:
            continue
        except EOFError:
            return None
    loading.join()
    if failed:
        raise failed[0]
    return found[0]
