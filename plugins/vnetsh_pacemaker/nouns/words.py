"""Words that several of these nouns have."""

from __future__ import annotations

from vnetsh.schema import HOST, HOSTS, Attribute, Text

PREFER = Attribute(
    "prefer",
    HOST,
    "The host where it is put when there is a choice. What runs already stays where it is.",
    otherwise="any host of the cluster",
)
AT = Attribute("at", HOSTS, "Where it is now, as the cluster says.", settable=False, passing=True)
ERROR = Attribute(
    "error", Text(), "What the cluster could not do with it.", settable=False, column=False, passing=True
)
NAMED_BY = Attribute(
    "named-by",
    Text(what="a list", many=True, ordered=False),
    "What others made in the cluster that names it.",
    settable=False,
    column=False,
    inner=True,
)


def others(word: str, help: str) -> Attribute:
    """Other vms under the cluster, of which something is said in the vms themselves."""
    type = Text(what="a list", many=True, ordered=False)
    return Attribute(word, type, help, settable=False, column=False, inner=True)


OBSERVED = (AT, ERROR, NAMED_BY)
"""What is only seen."""
