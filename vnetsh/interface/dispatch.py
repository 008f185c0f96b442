"""What the command line asks for, as calls of a face; errors that belong to a script become exit codes here."""

from __future__ import annotations

import sys

from vnetsh.diagnostics import ProblemsFound
from vnetsh.engine.failures import HostsDown, PlanRefused
from vnetsh.interface.face import Face
from vnetsh.interface.opening import open_session
from vnetsh.interface.options import Options


def run(options: Options) -> int:
    """Do what the options ask for; the exit code."""
    face = Face(options)
    try:
        return _run(face, options)
    except ProblemsFound as found:
        face.show_problems(found.problems)
        return 2
    except PlanRefused as refused:
        face.show_problems(refused.problems)
        return 1
    except HostsDown as down:
        for failure in down.failures:
            print(f"{face.errors('error', '1;31')}: {failure.message}", file=sys.stderr)
            if failure.help:
                print(f"{face.errors('help', '36')}: {failure.help}", file=sys.stderr)
        print("nothing was changed; `--keep-going` does what can be done without them", file=sys.stderr)
        return 1


def _run(face: Face, options: Options) -> int:
    """What was asked for; the exit code. Raises what `Session.prepare` raises."""
    if options.action == "explain":
        return face.explain(options.arguments.names)
    if options.action == "help":
        return face.help(options.arguments.names)
    if options.action == "fmt":
        return face.format(options.sources())
    sources = options.sources() if options.action in ("run", "plan", "check", "drift") else []
    with face.line, open_session(options, face.line) as session:
        face.session = session
        if options.action == "shell":
            from vnetsh.interface.shell import shell

            return shell(session, options, face.line)
        if options.action == "show":
            return face.show(options.arguments.names)
        if options.action == "export":
            return face.export(options.arguments.names)
        if options.action == "check":
            session.check(*sources)
            print("[]" if options.json else "no problems")
            return 0
        if options.action == "drift":
            return face.drift(session.drift(*sources))
        if options.action == "adopt":
            return face.adopt(options.arguments.names)
        if options.action in ("history", "undo", "recover"):
            return _past(face, options)
        if options.action == "plan":
            prepared = session.prepare(*sources, prune=options.arguments.prune)
            face.plan(prepared)
            return 3 if options.arguments.exit_code and prepared.plan.changes else 0
        prune = options.arguments.prune
        report = face.change(lambda: session.prepare(*sources, lock=True, prune=prune))
        return report.exit_code if report else 1


def _past(face: Face, options: Options) -> int:
    """`history`, `undo` or `recover`."""
    from vnetsh.interface import history

    names = options.arguments.names
    if options.action == "history":
        return history.history(face)
    if options.action == "undo":
        return history.undo(face, names)
    return history.recover(face, names, back=options.arguments.undo)
