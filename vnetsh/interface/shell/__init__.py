"""The interactive shell: prompt-toolkit around a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetsh.interface.face import Face
    from vnetsh.interface.options import Options
    from vnetsh.interface.progress import ProgressLine
    from vnetsh.session import Session


def shell(session: Session, options: Options, line: ProgressLine, do: Callable[[Face, Options], int]) -> int:
    """Read, plan and apply until the user leaves; the exit code. `do` does what is a command of the command line."""
    from vnetsh.interface.shell.repl import Repl

    return Repl(session, options, line, do).run()
