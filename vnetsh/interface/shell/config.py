"""What a user wants of the shell: `config.toml` in the user's config folder."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prompt_toolkit.key_binding.key_bindings import _parse_key
from prompt_toolkit.styles import Style

from vnetsh.diagnostics import did_you_mean
from vnetsh.errors import UsageError
from vnetsh.interface.shell.colours import STYLES
from vnetsh.script.inventory import config_folder

EDITING = ("emacs", "vi")


@dataclass(frozen=True)
class Config:
    """`editing`: as in `emacs` or `vi`; `colours` by what they are of; `keys`: what each of them enters.

    `suggest`: lines that were typed before; `check`: say what is wrong while one types; `toolbar`: show it.
    """

    editing: str = "emacs"
    suggest: bool = True
    check: bool = True
    toolbar: bool = True
    colours: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def style(self) -> Style:
        """The colours, as prompt-toolkit has them."""
        return Style.from_dict({**STYLES, **self.colours, "bottom-toolbar": "noreverse"})


def read_config() -> Config:
    """The user's, or what is usual where there is none. Raises `UsageError` with the place and what may stand there."""
    folder = config_folder()
    path = folder / "config.toml" if folder else Path()
    try:
        text = path.read_text(encoding="utf-8") if folder else ""
    except (FileNotFoundError, NotADirectoryError):
        return Config()
    except (OSError, UnicodeError) as error:
        raise UsageError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{path}: {error}", help='it is written in TOML: `[shell]`, then `editing = "vi"`'
        ) from None
    return _checked(found, path)


def _checked(found: Mapping[str, Any], path: Path) -> Config:
    known = {"shell": ("editing", "suggest", "check", "toolbar"), "colours": tuple(STYLES), "keys": None}
    for table, values in found.items():
        if table not in known or not isinstance(values, dict):
            raise _wrong(path, table, f"there is no table `{table}`", did_you_mean(table, list(known)))
        names = known[table]
        for name, value in values.items():
            where = f"{table}.{name}"
            if names is not None and name not in names:
                raise _wrong(path, where, "there is nothing of that name", did_you_mean(name, list(names)))
            wanted = bool if table == "shell" and name != "editing" else str
            if not isinstance(value, wanted):
                what = "true or false" if wanted is bool else "a text in quotes"
                raise _wrong(path, where, f"it takes {what}", "")
            _check(path, where, table, name, value)
    return Config(**found.get("shell", {}), colours=found.get("colours", {}), keys=found.get("keys", {}))


def _check(path: Path, where: str, table: str, name: str, value: object) -> None:
    """Raise `UsageError` where a value is none of those that can be."""
    if where == "shell.editing" and value not in EDITING:
        raise _wrong(path, where, f"`{value}` is no way of editing", f"one of {', '.join(EDITING)}")
    try:
        if table == "colours":
            Style.from_dict({name: str(value)})
        elif table == "keys":
            for key in name.split():
                _parse_key(key)
    except ValueError as error:
        example = (
            "for example `ansigreen bold`" if table == "colours" else "for example `f5`, `c-t` or `escape t`"
        )
        raise _wrong(path, where, str(error), example) from None


def _wrong(path: Path, where: str, message: str, help: str) -> UsageError:
    return UsageError(f"{path}: {where}: {message}", help=help)
