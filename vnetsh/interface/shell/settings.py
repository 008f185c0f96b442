"""`set` and `log`: how a shell answers, what it allows, and where it writes what was said."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from vnetsh.diagnostics import did_you_mean
from vnetsh.errors import UsageError
from vnetsh.interface import opening
from vnetsh.interface.fitting import table
from vnetsh.interface.options import Options
from vnetsh.interface.output import Outlet
from vnetsh.interface.render import Style
from vnetsh.session import Session

_NOT_HERE = ("c", "hosts", "set", "prune", "confirm_within", "version", "debug")
_SWITCH = {"on": True, "yes": True, "off": False, "no": False}


def settable(options: Options) -> Mapping[str, argparse.Action]:
    """What can be set in a shell: the options of the command line, without their dashes."""
    return {
        action.option_strings[0 if len(action.option_strings[0]) > 2 else -1].lstrip("-"): action
        for action in (options.line.options if options.line else ())
        if action.dest not in _NOT_HERE and not action.dest.startswith("world_")
    }


def set_(words: Sequence[str], options: Options, session: Session) -> None:
    """Set one of them, or show what is set. Raises `UsageError`."""
    known = settable(options)
    if not words:
        rows = [
            {"setting": name, "value": _shown(getattr(options.arguments, action.dest)), "": action.help or ""}
            for name, action in sorted(known.items())
        ]
        print(table(rows, Style(sys.stdout)))
        return
    action = known.get(words[0].lstrip("-"))
    if action is None:
        raise UsageError(
            f"there is nothing called `{words[0]}` to be set",
            help=did_you_mean(
                words[0], list(known), "`set` alone shows what there is; a variable is `let n 3`"
            ),
        )
    before = getattr(options.arguments, action.dest)
    setattr(options.arguments, action.dest, _value(action, words[0], words[1:]))
    try:
        opening.heed(session, options)
    except UsageError:  # two of them contradict each other
        setattr(options.arguments, action.dest, before)
        raise


def choices(action: argparse.Action) -> Sequence[str]:
    """The words that a setting takes; none where it takes any of its type."""
    if action.nargs == 0:
        return ("on", "off")
    return [str(choice) for choice in action.choices or ()] + ["none"] * (action.default is None)


def _value(action: argparse.Action, name: str, words: Sequence[str]) -> object:
    said, able = " ".join(words), choices(action)
    if action.nargs == 0 and said in _SWITCH:
        return _SWITCH[said]
    if able and said not in able:
        raise UsageError(f"`set {name}` takes one of {', '.join(able)}")
    if said == "none" and action.default is None:
        return None
    try:
        return action.type(said) if callable(action.type) else said
    except ValueError:
        raise UsageError(f"`set {name}` takes {action.metavar or 'a value'}, and `{said}` is none") from None


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def log(name: str) -> None:
    """Have what is said written into a file, too, from now on; `off` ends that. Raises `UsageError`."""
    out, errors = sys.stdout, sys.stderr
    if not (isinstance(out, Outlet) and isinstance(errors, Outlet)):
        raise UsageError("what is said here goes past vnetsh: there is nothing to be written")
    if not name:
        print(f"it is written into {out.copy.name}" if out.copy else "nothing is written: `log FILE` begins")
        return
    file = None
    if name != "off":
        try:
            file = Path(name).expanduser().open("a", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise UsageError(f"cannot write {name}: {error.strerror}") from None
    if out.copy:
        out.copy.close()
    out.copy = errors.copy = file


def logged(text: str) -> None:
    """Have what was typed written into that file."""
    if isinstance(sys.stdout, Outlet):
        sys.stdout.copied(text)
