"""The keys of the shell, besides those of emacs or vi."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.filters import (
    Condition,
    completion_is_selected,
    emacs_insert_mode,
    emacs_mode,
    is_searching,
    vi_insert_mode,
)
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from vnetsh.language.cursor import open_string
from vnetsh.language.scanning import depth, unfinished

_INDENT = "    "


def shell_keys(entered: Mapping[str, str], next_words: Callable[[str], None]) -> KeyBindings:
    """The bindings; `entered` are lines that a key enters, `next_words` prints what may come next at a text's end."""
    keys = KeyBindings()

    @Condition
    def in_quotes() -> bool:
        from prompt_toolkit.application import get_app

        return bool(open_string(get_app().current_buffer.document.text_before_cursor))

    @Condition
    def goes_on() -> bool:
        from prompt_toolkit.application import get_app

        return unfinished(get_app().current_buffer.document.text)

    typing = (emacs_insert_mode | vi_insert_mode) & ~is_searching  # a key of vi's is a motion else

    @keys.add("escape", "enter", filter=emacs_mode)
    def _(event: KeyPressEvent) -> None:
        """Alt-Enter begins another line at any time; in vi it is the end of typing, and Enter."""
        _another_line(event)

    @keys.add("enter", filter=goes_on & ~is_searching)
    def _(event: KeyPressEvent) -> None:
        """So does Enter while a block is open or the line is to go on."""
        _another_line(event)

    @keys.add("enter", filter=completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        """Enter takes what is chosen in the menu; it is run by another one, when it has been read."""
        event.current_buffer.complete_state = None

    @keys.add("}", filter=typing)
    def _(event: KeyPressEvent) -> None:
        """The end of a block stands as far left as its beginning."""
        buffer = event.current_buffer
        before = buffer.document.current_line_before_cursor
        if before and before.isspace():
            buffer.delete_before_cursor(min(len(before), len(_INDENT)))
        buffer.insert_text("}")

    @keys.add("?", filter=typing & ~in_quotes)
    def _(event: KeyPressEvent) -> None:
        """What may come next, each with a word on it."""
        text = event.current_buffer.document.text_before_cursor
        run_in_terminal(lambda: next_words(text))

    for key, line in entered.items():

        @keys.add(*key.split())
        def _(event: KeyPressEvent, line: str = line) -> None:
            event.current_buffer.text = line
            event.current_buffer.validate_and_handle()

    return keys


def _another_line(event: KeyPressEvent) -> None:
    buffer = event.current_buffer
    buffer.insert_text("\n" + _INDENT * depth(buffer.document.text_before_cursor))
