"""A session's face: prints plans, asks what has to be asked, applies, and prints what came of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from vnetsh.diagnostics import Diagnostic, Source
from vnetsh.engine.prepared import Prepared
from vnetsh.engine.report import Report
from vnetsh.errors import UsageError
from vnetsh.interface import render
from vnetsh.interface.answers import answer_text
from vnetsh.interface.asking import allowed, asked_to_confirm
from vnetsh.interface.fitting import screen_width
from vnetsh.interface.output import Lost, file_text, noting
from vnetsh.interface.paging import print_paged
from vnetsh.interface.progress import ProgressLine
from vnetsh.language.files import replace_file
from vnetsh.model import fleet_name
from vnetsh.model.change import Impact
from vnetsh.plain_text import plain, said
from vnetsh.planning.unconfirmed import nothing_expected
from vnetsh.schema import Answer
from vnetsh.session import Session

if TYPE_CHECKING:
    from vnetsh.interface.options import Options
    from vnetsh.planning.by_hand import Commands
    from vnetsh.planning.plan import Plan


class Face:
    """What a person or a program sees of a session."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.style = render.Style(sys.stdout)
        self.errors = render.Style(sys.stderr)
        self.line = ProgressLine(sys.stderr)
        self.session: Session
        self.partial = False
        """Whether hosts that gave no answer were left out of what was shown."""

    def drift(self, prepared: Prepared) -> int:
        """Say what the hosts have changed since a script; exit code 3 if anything."""
        about = {"what": ", ".join(prepared.script.names), "fleet": fleet_name(prepared.script.inventory)}
        warnings = self.session.plugins.tell("vnetsh_after_drift", **about, plan=prepared.plan)
        self.line.clear()
        if self.options.json:
            from vnetsh.interface import render_json

            print(json.dumps(render_json.drift_json(prepared.plan, prepared.differences), indent=2))
        else:
            print(render.drift_text(prepared.plan, prepared.differences, self.session.vocabulary, self.style))
        for warning in warnings:
            print(f"{self.errors('warning', '33')}: {said(warning)}", file=sys.stderr)
        for failure in prepared.down:  # what it holds is not known
            print(f"{self.errors('error', '1;31')}: {said(failure.message)}", file=sys.stderr)
        if prepared.down:
            return 1
        return 3 if prepared.plan.changes or prepared.differences else 0

    def adopt(self, words: Sequence[str]) -> int:
        """Mark what vnetsh did not make."""
        kind = self.session.vocabulary.kind_of_word(words[0]) if words else None
        if kind is None or len(words) != 2 or kind not in self.session.vocabulary.held():
            raise UsageError("adopt what?", help="a kind and a name: `vnetsh adopt bridge br0`")
        name, owner = words[1], self.options.arguments.owner
        report = self.change(lambda: self.session.adopt(kind.name, name, owner))
        return report.exit_code if report else 1

    def export(self, kinds: Sequence[str]) -> int:
        """Print what the hosts hold as a script, or as JSON. Raises `UsageError`, `HostsDown`."""
        from vnetsh.export.exporting import export

        found = export(self.session, kinds, keep_going=self.options.arguments.keep_going)
        print(json.dumps(found.as_json(), indent=2) if self.options.json else found.text.rstrip("\n"))
        return 0

    def explain(self, codes: Sequence[str]) -> int:
        """Print what codes mean; asks no host and reads no file. Raises `UsageError`."""
        from vnetsh.interface.explain import explain

        known = self.options.plugins.vocabulary.explanations
        print(explain(codes, known, self.options.arguments.output, self.style))
        return 0

    def help(self, words: Sequence[str]) -> int:
        """Print what words mean; asks no host and reads no file. Raises `UsageError`."""
        from vnetsh.interface.help import help_text

        vocabulary = self.options.plugins.vocabulary
        print("\n\n".join(help_text(word, vocabulary, {}) for word in words or [""]))
        return 0

    def format(self, sources: Sequence[Source]) -> int:
        """Bring scripts into their canonical form, or say what that would change; asks no host.

        Exit code 1 when `--check` or `--diff` found something. Raises `ProblemsFound`.
        """
        from vnetsh.language.formatting import formatted

        texts = [
            (source, formatted(source)) for source in sources
        ]  # all must be readable before one is written
        changed = [(source, text) for source, text in texts if text != source.text]
        if self.options.arguments.check or self.options.arguments.diff:
            for source, text in changed:
                print(
                    render.difference(source, text, self.style)
                    if self.options.arguments.diff
                    else plain(source.name)
                )
            return 1 if changed else 0
        for source, text in texts:
            if not _is_file(source):
                file_text(text)
        for source, text in changed:
            if _is_file(source):
                replace_file(Path(source.name), text)
                print(plain(source.name))
        return 0

    def show_problems(self, problems: Sequence[Diagnostic], notes: Iterable[str] = ()) -> None:
        """All diagnostics of a script: text on stderr, or JSON on stdout; before them what else there is to know."""
        self._note(notes)
        if self.options.json:
            print(json.dumps([problem.as_json() for problem in problems], indent=2))
        else:
            print(render.diagnostics_text(problems, self.errors), file=sys.stderr)

    def plan(self, prepared: Prepared) -> None:
        """Print a plan."""
        self.line.clear()
        self._mention(prepared)
        commands = self._by_hand(prepared)
        if self.options.json:
            from vnetsh.interface import render_json

            print(json.dumps(render_json.plan_json(prepared.plan, commands), indent=2))
        else:
            print(render.plan_text(prepared.plan, self.session.vocabulary, self.style, commands or ()))

    def _mention(self, prepared: Prepared) -> None:
        """Say what could not be looked at."""
        self._note(prepared.unseen)

    def _note(self, notes: Iterable[str]) -> None:
        for text in notes:
            print(f"{self.errors('note', '36')}: {said(text)}", file=sys.stderr)

    def _by_hand(self, prepared: Prepared) -> Sequence[Commands] | None:
        """The commands of each change, when the user asked for them."""
        if not self.options.arguments.explain:
            return None
        from vnetsh.planning.by_hand import by_hand

        return by_hand(prepared.plan, prepared.fleet, self.session.plugins.backends)

    def change(self, prepare: Callable[[], Prepared]) -> Report | None:
        """Print a plan, ask where that is due, make it true, print what came of it; None: it was not allowed."""
        if self.options.arguments.only_plan:
            self.plan(prepare())
            self.session.release()
            return Report()
        prepared = self.agree(prepare)
        return self.make(prepared) if prepared else None

    def make(self, prepared: Prepared) -> Report | None:
        """Make a plan true that was agreed to, and print what came of it."""
        lost = Lost()  # a run ends in order though nobody can be told of it any longer
        self.session.agree = self._confirmed if self.asks(prepared) else None
        with self.line:
            report = self.session.apply(prepared, lost.unless(self.tell))
        self.session.agree = None
        self.report(prepared, report, lost)
        return report

    def agree(self, prepare: Callable[[], Prepared]) -> Prepared | None:
        """Print a plan, and ask where that is due: the plan that is to be made, None where it was not allowed.

        `prepare` leaves the hosts locked. While a person is asked they are not, so it is called again then.
        """
        prepared = prepare()
        while True:
            self.line.clear()
            self._mention(prepared)
            plan = prepared.plan
            if prepared.acting and not self.options.json:
                commands = self._by_hand(prepared) or ()
                with noting("nothing was changed"):
                    print(render.plan_text(plan, self.session.vocabulary, self.style, commands), flush=True)
            if not plan.changes or plan.impact <= self._most():
                return prepared
            self.session.release()
            if not self._agreed(plan):
                return None
            prepared = prepare()
            if prepared.plan.changes == plan.changes:
                return prepared
            print("the hosts have changed in between; now this is what is to be done:")

    def report(self, prepared: Prepared, report: Report, lost: Lost) -> None:
        """Print what came of a plan. Raises `OutputFailed` where something could not be printed on the way."""
        after = "the run was made all the same: `vnetsh history` says what came of it"
        with noting(after if prepared.acting else ""):
            lost.raise_it()
            self._report(prepared, report)

    def _report(self, prepared: Prepared, report: Report) -> None:
        if self.options.json and prepared.acting:
            from vnetsh.interface import render_json

            plan_json = render_json.plan_json(prepared.plan, self._by_hand(prepared))
            document = {"plan": plan_json, "report": render_json.report_json(report, prepared.plan.inventory)}
            print(json.dumps(document, indent=2))
        text = render.report_text(report, self.errors if not report.ok else self.style)
        if text and not self.options.json:
            print(text, file=sys.stdout if report.ok else sys.stderr)
        sys.stdout.flush()

    def _most(self) -> Impact:
        """The worst impact that needs no question."""
        default = Impact.DESTROY if self.options.arguments.yes else Impact.LIVE
        return self.options.max_impact if self.options.max_impact is not None else default

    @property
    def _somebody_there(self) -> bool:
        return not self.options.json and sys.stdin.isatty() and sys.stdout.isatty()

    def asks(self, prepared: Prepared) -> bool:
        """Whether a person is to confirm a plan on the way."""
        return self._somebody_there and not self.options.arguments.yes and nothing_expected(prepared.plan)

    def _confirmed(self, run: int, left: float, broken_off: Callable[[], bool]) -> bool:
        """Whether somebody confirms a run in whose block nothing is expected."""
        self.line.clear()
        return asked_to_confirm(run, left, broken_off)

    def _agreed(self, plan: Plan) -> bool:
        """Whether somebody is there and wants it all the same."""
        impact = plan.impact
        if self.options.max_impact is None and self._somebody_there:
            if allowed(plan):
                return True
            print("nothing was changed", file=sys.stderr)
            return False
        error, help = self.errors("error", "1;31"), self.errors("help", "36")
        most = self._most()
        print(f"{error}: this would cost `{impact}`, and at most `{most}` is allowed", file=sys.stderr)
        print(f"{help}: nothing was changed; `--max-impact {impact}` allows it", file=sys.stderr)
        return False

    def tell(self, answer: Answer) -> None:
        """Print what a verb has found; a failed expectation is said in the report."""
        if answer.again:
            from vnetsh.interface.watch import watch

            self.line.clear()
            return watch(answer.again, self.session, self.options.arguments.output, self.style)
        text = answer_text(answer, self.session, self.options.arguments.output, self.style, screen_width())
        with self.line.hidden():
            if text:
                print_paged(text, allowed=not self.options.arguments.no_pager)
            for error in self.session.left_out.values():
                print(f"{self.errors('error', '1;31')}: {said(error.message)}", file=sys.stderr)
                if error.help:
                    print(f"{self.errors('help', '36')}: {said(error.help)}", file=sys.stderr)
        self.partial |= bool(self.session.left_out)
        self.session.left_out.clear()

    def show(self, words: Sequence[str]) -> int:
        """Print tables of what the places hold. Raises `UsageError`, `HostsDown`, and as `Session.prepare` does.

        What follows the kinds is as in the sentence `show`: names, and `on` which hosts.
        """
        known = list(takewhile(self.session.kind_of_word, words))
        rest = (f'"{word}"' if any(map(str.isspace, word)) else word for word in words[len(known) :])
        sentence = f"show {' '.join([', '.join(known), *rest])}"
        report = self.change(lambda: self.session.prepare(Source("<command>", sentence)))
        return self.exit_code(report)

    def exit_code(self, report: Report | None) -> int:
        """Of what was done: 1 also where something was shown without all of the hosts."""
        return (report.exit_code or int(self.partial)) if report else 1


def _is_file(source: Source) -> bool:
    """Whether a source is a file that can be written anew: not what was piped in, by whichever name."""
    return not source.name.startswith("<") and Path(source.name).is_file()
