"""A plan of which nothing is to be made: what its script asks is asked, and that it is true is written down."""

from __future__ import annotations

from vnetsh.engine.answering import Ask, unmet
from vnetsh.engine.mending import Mending
from vnetsh.engine.prepared import Prepared
from vnetsh.engine.report import Failure, Report


def unchanged(prepared: Prepared, ask: Ask, mending: Mending, *, real: bool) -> Report:
    """Ask, until an answer is not as it was expected; what came of it. Raises as `ask` does."""
    queries = (planned.segment for planned in prepared.plan.segments if planned.segment.query)
    failed: Failure | None = next((failure for query in queries if (failure := unmet(query, ask))), None)
    if prepared.undoes or prepared.finishes:
        from vnetsh.engine.taking_back import came_true

        came_true(mending, prepared)
    elif real and not (failed or prepared.down):
        mending.finished(prepared.script.text)
    return Report(failures=(*prepared.down, *([failed] if failed else ())), unasked=len(list(queries)))
