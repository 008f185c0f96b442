"""The places of Pacemaker: what a `cluster … type pacemaker` sentence stands for. Imported at start-up: cheap."""

from __future__ import annotations

from vnetsh.model.power import MANAGED
from vnetsh.schema import Attribute, Choice, Name, Text

SORT = NAME = "pacemaker"  # the places, and the backend of what is in their CIBs

IN_MEMORY = "pacemaker-demo"
"""The backend of the demo."""

FENCING = "fencing"
UNFENCED = "E590"
"""Code: nothing fences a host that is to run what the cluster keeps up."""
UNSHARED = "E591"
"""Code: a vm's disk is on one host alone."""
NO_NETWORK = "E592"
"""Code: a host of the cluster has not what something there is to be on."""
GOVERNED = "E593"
"""Code: what is asked of a vm is its cluster's to do, and vnetsh cannot ask that of it."""
NO_QUORUM = "E594"
"""Code: the cluster has no quorum, so nothing of it is changed."""
NOT_FIT = "E595"
"""Code: a vm that the cluster cannot take over as it is."""
OTHERS = "E596"
"""Code: what others made in the cluster stands in the way."""
BAD_OPTION = "E597"
"""Code: an option or a secret of a fencing agent that cannot be used."""
LAST_FENCE = "E598"
"""Code: what fences hosts goes, and the cluster still keeps something up there."""
HALTED = "E605"
"""Code: the cluster is told to start nothing, or leaves a vm alone."""
NO_NODE = "E606"
"""Code: a host is none of the cluster's, as it calls them."""
NO_SECRET = "E604"
"""Code: a file here that is to have a secret has none."""

CLUSTER = Attribute(
    "cluster",
    Name(what="a cluster of the type `pacemaker`", ref=SORT),
    "The cluster that has it.",
    otherwise="the only one there is",
    column=False,
    clearable=False,
)
"""By which the sentences of these nouns say which cluster they mean."""

WITHOUT = Attribute(
    "without",
    Choice(what="what it does without", choices=(FENCING,)),
    "That it may run though nothing fences the cluster's hosts: after a split it may run on both sides.",
    otherwise="with it",
    column=False,
)

MEMBER, STANDBY, SET_ASIDE = "member", "standby", "drained"
"""A host as its cluster has it, and its attributes that `drain` and `undrain` change."""

OUTDATED = "outdated"
"""Of a `fence`: the secrets of which a host of the cluster has not what their files here have."""

APART, TOGETHER = "apart", "together"
"""What vms say of each other: as the vms' own attributes are called, and those of their `ha`."""


def _of_cluster(name: str, help: str) -> Attribute:
    return Attribute(name, Text(), help, settable=False, column=False)


CLUSTER_ATTRIBUTES = (
    _of_cluster("quorum", "Whether the part that answers may change anything, and which host was asked."),
    _of_cluster("fencing", "Whether it fences hosts, and whom it cannot."),
    Attribute(
        "failed", Text(what="a list", many=True), "What it could not do last.", settable=False, column=False
    ),
    _of_cluster("pacemaker-version", "The version of its Pacemaker."),
)
"""What a cluster tells of itself."""

MANAGED_BY = Attribute(MANAGED, Text(), "The cluster that keeps it up (`ha`).", settable=False, passing=True)
