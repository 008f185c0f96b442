"""What changes mean beyond the place where they are made: looked up on all that the places hold. Pure.

Imported where there are changes: most runs have none, and start the sooner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from vnetsh.backend import Backend
from vnetsh.diagnostics import Diagnostic
from vnetsh.model import Change, Fleet
from vnetsh.planning.bonds import with_bonds
from vnetsh.planning.deciding import with_flows
from vnetsh.planning.fleet_checks import CHECKS
from vnetsh.planning.loops import closing, loops, may_join, with_doubts
from vnetsh.planning.losses import may_cut, with_losses
from vnetsh.planning.plan import Stage
from vnetsh.planning.planning_problems import failed_assessing


def concerns_all(change: Change) -> bool:
    """Whether it may join or part what other places hold; a vm's are looked for everywhere anyway."""
    return may_join(change) or may_cut(change)


def judged(
    stages: Sequence[Stage],
    before: Fleet,
    after: Fleet,
    refuse: Callable[[Diagnostic], None],
    backends: Mapping[str, Backend],
) -> Sequence[Stage]:
    """The same changes, with whom they cut off and what they may loop; what the fleet forbids is refused."""
    changes = [change for stage in stages for change in stage]
    for check in CHECKS:
        for problem in check(changes, before, after):
            refuse(problem)
    for change in {one.backend: one for one in changes}.values():
        try:
            forbidden = [*backends[change.backend].forbids(changes, before, after)]
        except (Exception, SystemExit) as error:  # a plugin can raise anything
            raise failed_assessing(change, error) from error
        for problem in forbidden:
            refuse(problem)
    closed = tuple(closing(changes, before, after))
    for problem in loops(closed):
        refuse(problem)
    found = with_doubts(with_losses(stages, before, after), closed)
    return with_bonds(with_flows(found, before, after), after)
