"""What the command line asks for, as calls of a face; errors that belong to a script become exit codes here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vnetsh.diagnostics import ProblemsFound, Source
from vnetsh.engine.failures import HostsDown, PlanRefused
from vnetsh.interface import completions
from vnetsh.interface.face import Face
from vnetsh.interface.opening import open_session
from vnetsh.interface.options import Options
from vnetsh.plain_text import said


def run(options: Options) -> int:
    """Do what the options ask for; the exit code."""
    face = Face(options)
    try:
        return _run(face, options)
    except ProblemsFound as found:
        face.show_problems(found.problems)
        return 2
    except PlanRefused as refused:
        face.show_problems(refused.problems, refused.notes)
        return 1
    except HostsDown as down:
        for failure in down.failures:
            print(f"{face.errors('error', '1;31')}: {said(failure.message)}", file=sys.stderr)
            if failure.help:
                print(f"{face.errors('help', '36')}: {said(failure.help)}", file=sys.stderr)
        print("nothing was changed; `--keep-going` does what can be done without them", file=sys.stderr)
        return 1


def _run(face: Face, options: Options) -> int:
    """What was asked for; the exit code. Raises what `Session.prepare` raises."""
    reading = _WITHOUT_HOSTS.get(options.action)
    if reading:
        return reading(face, options)
    # Read before any host is asked: a file that is not there is said at once.
    sources = options.sources() if options.action in _OF_SCRIPTS else []
    with face.line, open_session(options, face.line) as face.session:
        return _on_hosts(face, options, sources)


def run_in_shell(face: Face, options: Options) -> int:
    """As `run`, with the session that there is; raises what `Session.prepare` raises."""
    reading = _WITHOUT_HOSTS.get(options.action)
    if reading:
        return reading(face, options)
    return _on_hosts(face, options, options.sources() if options.action in _OF_SCRIPTS else [])


def _on_hosts(face: Face, options: Options, sources: Sequence[Source]) -> int:
    if sources:
        return _OF_SCRIPTS[options.action](face, options, sources)
    return _ON_HOSTS[options.action](face, options)


def _check(face: Face, options: Options, sources: Sequence[Source]) -> int:
    face.session.check(*sources, confirm_within=options.arguments.confirm_within)
    print("[]" if options.json else "no problems")
    return 0


def _plan(face: Face, options: Options, sources: Sequence[Source]) -> int:
    prepared = face.session.prepare(*sources, **_how(options))
    face.plan(prepared)
    if prepared.down:  # it is not the whole plan
        return 1
    return 3 if options.arguments.exit_code and prepared.plan.changes else 0


def _how(options: Options) -> dict[str, Any]:
    """How a script is to be planned."""
    return {"prune": options.arguments.prune, "confirm_within": options.arguments.confirm_within}


def _drift(face: Face, options: Options, sources: Sequence[Source]) -> int:
    return face.drift(face.session.drift(*sources))


def _apply(face: Face, options: Options, sources: Sequence[Source]) -> int:
    report = face.change(lambda: face.session.prepare(*sources, lock=True, **_how(options)))
    return face.exit_code(report)


def _shell(face: Face, options: Options) -> int:
    from vnetsh.interface.shell import shell

    return shell(face.session, options, face.line, run_in_shell)


def _history(face: Face, options: Options) -> int:
    from vnetsh.interface import history

    return history.history(face, options.arguments.names)


def _diff(face: Face, options: Options) -> int:
    from vnetsh.interface import run_diff

    return run_diff.diff(face, options.arguments.names)


def _undo(face: Face, options: Options) -> int:
    from vnetsh.interface import undoing

    return undoing.undo(face, options.arguments.names)


def _rollback(face: Face, options: Options) -> int:
    from vnetsh.interface import undoing

    return undoing.rollback(face, options.arguments.names)


def _console(face: Face, options: Options) -> int:
    from vnetsh.interface.console import console

    return console(face, options.arguments.names)


def _recover(face: Face, options: Options) -> int:
    from vnetsh.interface import undoing

    return undoing.recover(face, options.arguments.names, back=options.arguments.undo)


def _config(face: Face, options: Options) -> int:
    from vnetsh.interface import whereabouts

    return whereabouts.show_config(face)


def _export(face: Face, options: Options) -> int:
    from vnetsh.interface.exports import only_deliveries, print_export

    if form := options.plugins.exports.get(options.arguments.output):
        return print_export(face, form, options.arguments.names)
    only_deliveries(options.arguments)
    return face.export(options.arguments.names)


def _takeover(face: Face, options: Options) -> int:
    from vnetsh.interface.takeover import takeover

    return takeover(face, options.arguments.names)


def _graph(face: Face, options: Options, sources: Sequence[Source] = ()) -> int:
    from vnetsh.interface.graph import graph

    return graph(face, options, sources)


def _web(face: Face, options: Options) -> int:
    from vnetsh.interface.web.command import web

    return web(face, options)


def _mcp(face: Face, options: Options) -> int:
    from vnetsh.interface.mcp.command import serve

    return serve(face, options)


def _completion(face: Face, options: Options) -> int:
    print(completions.script(options.arguments.names[0]), end="")
    return 0


_WITHOUT_HOSTS: Mapping[str, Callable[[Face, Options], int]] = {
    "explain": lambda face, options: face.explain(options.arguments.names),
    "help": lambda face, options: face.help(options.arguments.names),
    "fmt": lambda face, options: face.format(options.sources()),
    "config": _config,
    "completion": _completion,
}
_OF_SCRIPTS: Mapping[str, Callable[[Face, Options, Sequence[Source]], int]] = {
    "run": _apply,
    "source": _apply,
    "plan": _plan,
    "check": _check,
    "drift": _drift,
    "graph": _graph,
}
_ON_HOSTS: Mapping[str, Callable[[Face, Options], int]] = {
    "shell": _shell,
    "show": lambda face, options: face.show(options.arguments.names),
    "export": _export,
    "adopt": lambda face, options: face.adopt(options.arguments.names),
    "graph": _graph,
    "takeover": _takeover,
    "web": _web,
    "history": _history,
    "diff": _diff,
    "undo": _undo,
    "rollback": _rollback,
    "recover": _recover,
    "console": _console,
    "mcp": _mcp,
}
