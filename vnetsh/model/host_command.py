"""A command as somebody would type it on a host."""

from __future__ import annotations

from dataclasses import dataclass

from vnetsh.plain_text import plain, shell_word


@dataclass(frozen=True, slots=True)
class HostCommand:
    """A command as somebody would type it on a host.

    `input` is what it reads, `note` a few words on it. `host`: where it runs, when that is not the place of its
    change (`Change.place`). As text it is for a shell: quoted, the note a comment, the input a here-document.
    """

    argv: tuple[str, ...]
    input: str = ""
    note: str = ""
    host: str = ""

    def __str__(self) -> str:
        line = " ".join(map(shell_word, self.argv))
        end = "EOF"
        while end in self.input.splitlines():
            end += "_"
        if self.input:
            line += f" <<'{end}'"
        if self.note:
            line += f"  # {plain(' '.join(self.note.split()))}"
        return f"{line}\n{self.input.rstrip()}\n{end}" if self.input else line
