"""What has bash, zsh and fish complete command lines: they ask `vnetsh __complete` (`vnetsh.interface.completing`)."""

from __future__ import annotations

FILES = {"bash": "vnetsh.bash", "zsh": "_vnetsh", "fish": "vnetsh.fish"}
"""The files beside this one, by the shell."""


def script(shell: str) -> str:
    """What a shell reads."""
    from importlib.resources import files

    return files(__name__).joinpath(FILES[shell]).read_text()
