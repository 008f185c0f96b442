"""What the codes of the verbs that show things mean."""

from __future__ import annotations

from vnetsh.explanations.explanation import Explanation

SHOW_PROBLEMS = (
    Explanation(
        "E542",
        "a kind of things to be shown that there is not",
        "`show` is followed by kinds: `vms`, `ports` and so on, one or several. The message lists all there are; what "
        "plugins add is among them.",
        wrong="show brigdes",
        right="show bridges",
    ),
    Explanation(
        "E543",
        "a comparison of what has no order",
        "`<` and `>` compare numbers, sizes, rates and durations. Of names, states and addresses a condition says the "
        "value; `not` before it wants what has another one, and a `*` in a text stands for whatever there is.",
        wrong="show vms where state > running",
        right="show vms where not state running",
    ),
)
