"""What the checks of a move came to, in words and as data. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vnetsh.model import Check
from vnetsh.schema import Answer
from vnetsh.schema.phrase import Phrase


def checked(action: Phrase, checks: Sequence[Check]) -> Answer:
    """The answer to `migrate … check`: a line for each check, and under each that failed its remedy."""
    move = f"migrate {action.name} to {action.value('to')}"
    failed = [check for check in checks if check.problem]
    if not checks:
        text = f"{move}: it is there already"
        return Answer(text, {"move": move, "ok": True, "checks": []})
    width = max(len(check.what) for check in checks)
    lines = [line for check in checks for line in _lines(check, width)]
    others = (
        f", {count} {result}"
        for result in ("warned", "unknown")
        if (count := sum(check.result == result for check in checks))
    )
    counts = f"{len(checks)} checks, {len(failed)} failed{''.join(others)}"
    return Answer(
        "\n".join([*lines, f"{move}: {counts}; nothing was changed"]),
        {
            "move": move,
            "ok": not failed,
            "checks": [
                {
                    "check": check.what,
                    "result": check.result,
                    "code": check.problem.code if check.problem else None,
                    "message": check.problem.message if check.problem else check.says,
                    "help": check.problem.help if check.problem else "",
                }
                for check in checks
            ],
        },
        ok=not failed,
        code="E477" if failed else "",
        failed=f"{move}: {len(failed)} of {len(checks)} checks failed" if failed else "",
    )


def _lines(check: Check, width: int) -> Sequence[str]:
    said = f"{check.problem.code}: {check.problem.message}" if check.problem else check.says
    lines = [f"  {check.result:<8}{check.what:<{width}}  {said}".rstrip()]
    if check.problem and check.problem.help:
        lines.append(f"  {'':<8}{'':<{width}}  help: {check.problem.help}")
    return lines
